"""What the accounts' tests share."""

from argon2 import PasswordHasher

from flask_paystack.accounts.passwords import Passwords

SECRET = "kR7v0yQm2Jt9XwZc5HnB1sLd8FgPaE4u6ToVi3Yq"
OLD_SECRET = "Wm3Zp8Tq1Bx6Nv0Yc5Rk9Lj2Hs7Gf4Da0Qe8Ui1O"
PASSWORD = "correct horse battery staple"
HOME = "192.0.2.1"
"""Where Ada logs in from."""
ELSEWHERE = "198.51.100.7"
"""Where nobody we know logs in from."""


def cheap_passwords() -> Passwords:
    """Real Argon2id, with parameters that cost next to nothing."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
