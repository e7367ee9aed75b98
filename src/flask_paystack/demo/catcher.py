"""A mail server on this machine that delivers nothing: it keeps what it is given, to be read."""

import email.policy
import itertools
import socket
import threading
from collections import deque
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller

from flask_paystack.demo.local_server import LOOPBACK

KEPT = 500
LARGEST_MAIL = 2 * 1024 * 1024


@dataclass(frozen=True)
class Mail:
    """A mail as the server received it. ``recipients`` are those of the envelope, so copies in blind are seen too."""

    id: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    raw: bytes = field(repr=False)
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "(no subject)")

    @property
    def text(self) -> str | None:
        """Its plain text, where it has one."""
        return _content(self.message.get_body(("plain",)))

    @property
    def html(self) -> str | None:
        """Its HTML, where it has any: a stranger's, not to be put into a page."""
        return _content(self.message.get_body(("html",)))


def _content(part: Any) -> str | None:
    if part is None:
        return None
    try:
        return str(part.get_content())
    except (LookupError, ValueError):
        # A charset nobody knows: the bytes are shown as far as they can be.
        return bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")


class _BoundController(Controller):
    """aiosmtpd's server on a socket that is bound already, so that its port can be any free one."""

    def __init__(self, handler: object, bound: socket.socket) -> None:
        super().__init__(handler, LOOPBACK, bound.getsockname()[1], data_size_limit=LARGEST_MAIL)
        self._bound = bound

    def _create_server(self) -> Awaitable[Any]:
        created: Awaitable[Any] = self.loop.create_server(self._factory_invoker, sock=self._bound)
        return created


class MailCatcher:
    """The server, from ``start`` to ``stop`` or for a ``with`` block, and the last ``KEPT`` mails it was given."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._mails: deque[Mail] = deque(maxlen=KEPT)
        self._socket = socket.create_server((LOOPBACK, 0))
        self._controller = _BoundController(self, self._socket)
        self.host = LOOPBACK
        self.port: int = self._socket.getsockname()[1]

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- the name is aiosmtpd's
        """Keep a mail, and accept it."""
        message = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(envelope.content)
        with self._lock:
            recipients = tuple(envelope.rcpt_tos)
            now = datetime.now(UTC)
            self._mails.append(Mail(next(self._ids), now, envelope.mail_from, recipients, envelope.content, message))
        return "250 Message accepted"

    def mails(self) -> list[Mail]:
        """What was received, newest first."""
        with self._lock:
            return list(self._mails)[::-1]

    def get_mail(self, mail_id: int) -> Mail | None:
        return next((mail for mail in self.mails() if mail.id == mail_id), None)

    def start(self) -> Self:
        """Receive mail in the background."""
        self._controller.start()
        return self

    def stop(self) -> None:
        """Stop receiving, and free the port."""
        self._controller.stop(no_assert=True)
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
