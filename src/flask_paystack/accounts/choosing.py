"""Which passwords may be chosen: none that is too short, and none that is guessed first (ASVS 6.2.4, 6.2.11, 6.2.12)."""

import re
from functools import cache
from importlib.resources import files

from flask_paystack.accounts.model import LONGEST_PASSWORD, SHORTEST_PASSWORD, is_password
from flask_paystack.errors import Invalid

OUR_WORDS = frozenset({"paystack", "flaskpaystack"})
"""Words of this place. What a user is called by stands in their e-mail."""


@cache
def _common() -> frozenset[str]:
    lines = files(__package__).joinpath("common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("# "))


def is_common(password: str) -> bool:
    """Whether breaches showed this password, in whatever case, among the commonest."""
    return password.lower() in _common()


def names_itself(password: str, email: str) -> bool:
    """Whether nothing but digits and signs is added to a word of this place, or to the user's e-mail or a part of it."""
    name, _, domain = email.partition("@")
    return _letters(password) in {
        _letters(word) for word in (email, name, domain, domain.partition(".")[0], *OUR_WORDS)
    }


def _letters(text: str) -> str:
    """The letters alone; a text without any stays itself, so that two such are not taken for one."""
    return re.sub(r"[\W\d_]+", "", text.lower()) or text


def refuse_unfit(password: str, email: str, field: str = "password") -> None:
    """Raise Invalid, with a sentence for ``field``, where the user of ``email`` may not choose this password."""
    sentence = ""
    if not is_password(password):
        sentence = f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
    elif is_common(password):
        sentence = "This password is among the first that are tried; choose another."
    elif names_itself(password, email):
        sentence = "A password that is our name or your e-mail is guessed first; choose another."
    if sentence:
        raise Invalid(f"{field}: {sentence}", {field: sentence})
