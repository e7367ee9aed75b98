"""The message as it travels: a letter with its headers, in bytes that no value can break out of."""

import hashlib
from datetime import UTC, datetime
from email import charset, policy
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from urllib.parse import quote

import flask_mail

from flask_paystack.mail.letters import Letter
from flask_paystack.mail.wording import one_line

_UTF8 = charset.Charset("utf-8")
_UTF8.body_encoding = charset.QP  # any mail server carries it, whatever the length of a line
_UTF8.header_encoding = charset.SHORTEST

LONGEST_WORD = 200
"""Characters of an identity that stand in a Message-ID as they are: its line cannot be folded, and mail allows 998."""

_WIRE = policy.compat32.clone(linesep="\r\n")


class Envelope(flask_mail.Message):
    """A letter to one recipient.

    Flask-Mail's own message reads the host application's settings while it is built, checks no extra headers, and numbers
    itself at random. This one needs no application and puts no value into a header but by the functions below.
    """

    def __init__(self, letter: Letter, sender: tuple[str, str], recipient: str, identity: str, now: datetime) -> None:
        """``sender`` is a name, which may be empty, and an ASCII address; ``recipient`` is an ASCII address."""
        self._mailbox = one_line(sender[0], longest=100), sender[1]
        super().__init__(
            subject=one_line(letter.subject, longest=200),
            sender=sender[1],
            recipients=[recipient],
            body=letter.text,
            html=letter.html,
            date=now.timestamp(),
        )
        self.msgId = message_id(identity, sender[1])

    def _message(self) -> MIMEMultipart:
        mail = MIMEMultipart("alternative", policy=_WIRE)
        mail["Subject"] = _words("Subject", self.subject)
        mail["From"] = _from(*self._mailbox)
        mail["To"] = str(self.recipients[0])
        mail["Date"] = format_datetime(datetime.fromtimestamp(self.date or 0, UTC))
        mail["Message-ID"] = self.msgId
        mail["Auto-Submitted"] = "auto-generated"
        for subtype, text in (("plain", self.body), ("html", self.html)):
            readable = (text or "").encode(errors="replace").decode()  # without lone surrogates
            mail.attach(MIMEText(readable, subtype, _UTF8, policy=_WIRE))  # type: ignore[arg-type]
        return mail


def message_id(identity: str, sender: str) -> str:
    """The Message-ID of a message: the same at each try, so that a reader's mail program can tell a repeat."""
    word = quote(identity, safe="", errors="surrogatepass")
    if len(word) > LONGEST_WORD:
        word = hashlib.sha256(word.encode()).hexdigest()
    return f"<{word}@{sender.rpartition('@')[2]}>"


def _words(header: str, text: str) -> str:
    """Free text for a header, folded. What could pass for an encoded word is encoded, so that it reads as it was written."""
    return Header(text, "us-ascii" if _is_plain(text) else _UTF8, header_name=header).encode()


def _from(name: str, address: str) -> str:
    if not name or _is_plain(name):
        return formataddr((name, address))
    return f"{_words('From', name)} <{address}>"


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text
