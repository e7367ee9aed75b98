"""What the tests of access keys share."""

import re
from email.message import EmailMessage

from flask_paystack.admin_keys.service import AdminKeys
from flask_paystack.errors import Failure
from tests.smtp import Mailbox

SECRET = "kR7v0yQm2Jt9XwZc5HnB1sLd8FgPaE4u6ToVi3Yq"
OLD_SECRET = "Wm3Zp8Tq1Bx6Nv0Yc5Rk9Lj2Hs7Gf4Da0Qe8Ui1O"
ADMINS = {"admin1": "ada@example.org", "admin2": "ben@example.org"}


class CountingKeys(AdminKeys):
    """Access keys that count how often a guess was compared with a key."""

    evaluated = 0

    def _matches(self, mac: str, id: str, key: str) -> bool:  # noqa: A002
        self.evaluated += 1
        return super()._matches(mac, id, key)


def mailed_key(mailbox: Mailbox) -> str:
    """The key in the last letter."""
    return key_in(mailbox.received[-1])


def key_in(letter: EmailMessage) -> str:
    """The six digits that stand on a line of their own."""
    body = letter.get_body(("plain",))
    assert body is not None
    (key,) = re.findall(r"^\s*([0-9]{6})\s*$", body.get_content(), re.MULTILINE)
    return str(key)


def outcome(keys: AdminKeys, id: str, key: str) -> str:  # noqa: A002
    """``session``, or the name of the failure."""
    try:
        keys.verify(id, key)
    except Failure as failure:
        return type(failure).__name__
    return "session"


def other_than(key: str, number: int) -> str:
    """A wrong guess."""
    return f"{(int(key) + 1 + number) % 10**6:06d}"
