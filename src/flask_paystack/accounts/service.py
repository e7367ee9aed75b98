"""Accounts."""

from flask_paystack.accounts.model import User
from flask_paystack.errors import NotLoggedIn


class Accounts:
    def who(self, token: str) -> User:
        raise NotLoggedIn("The access token does not hold.")
