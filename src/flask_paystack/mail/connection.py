"""One conversation with the mail server, over verified TLS where TLS is asked for, and over by its deadline."""

import io
import logging
import smtplib
import socket
import ssl
from types import TracebackType
from typing import Any

import flask_mail

from flask_paystack.clock import Clock

log = logging.getLogger(__name__)

PARTING = 1
"""Seconds at most for a polite goodbye: the letter has been taken by then, and nothing depends on it."""


class Deadline:
    """The end of the time for one conversation."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._end = clock.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, more than none. Raises TimeoutError when there are none."""
        left = self._end - self._clock.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this letter is over")
        return left

    def shorten(self, seconds: float) -> None:
        """Let it end within ``seconds``."""
        self._end = min(self._end, self._clock.monotonic() + seconds)


class Connection(flask_mail.Connection):
    """Flask-Mail's connection, with a deadline over all it does and with certificates verified.

    It does not send Flask-Mail's ``email_dispatched``: a letter may hold an access key, which is nobody else's to see, and
    a listener that failed after the letter had gone would have it sent again.

    Args:
        old_password: tried where the server refuses the mail's own, while the password rotates.
    """

    def __init__(self, mail: flask_mail.Mail, deadline: Deadline, old_password: str | None = None) -> None:
        super().__init__(mail)
        self._deadline = deadline
        self._old_password = old_password

    def configure_host(self) -> smtplib.SMTP:
        """A greeted, and where asked for encrypted and logged in, mail server."""
        try:
            return self._greeted(self.mail.password)
        except smtplib.SMTPAuthenticationError:
            if self._old_password is None:
                raise
        # A new conversation: many servers hang up on whoever gave a wrong password.
        return self._greeted(self._old_password)

    def _greeted(self, password: str | None) -> smtplib.SMTP:
        tls = ssl.create_default_context() if self.mail.use_ssl or self.mail.use_tls else None
        host = BoundedSMTP(self.mail.server, self.mail.port, self._deadline, tls if self.mail.use_ssl else None)
        try:
            if self.mail.use_tls:
                host.starttls(context=tls)
            if self.mail.username and password:
                host.login(self.mail.username, password)
        except BaseException:
            host.close()
            raise
        return host

    def greet(self) -> None:
        """Say hello, where that was not done already to begin TLS or to log in."""
        assert self.host is not None  # noqa: S101 -- __enter__ opened it
        self.host.ehlo_or_helo_if_needed()

    def send(self, message: flask_mail.Message, envelope_from: str | tuple[str, str] | None = None) -> None:
        """Send ``message`` from ``envelope_from``. It was taken where this returns."""
        if message.has_bad_headers():
            raise flask_mail.BadHeaderError
        assert self.host is not None  # noqa: S101 -- __enter__ opened it: nothing here suppresses sending
        self.host.sendmail(str(envelope_from or message.sender), list(map(str, message.recipients)), message.as_bytes())

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        host, self.host = self.host, None
        if host is None:
            return
        try:
            if exc_type is None:
                self._deadline.shorten(PARTING)
                host.quit()
        except (OSError, smtplib.SMTPException) as error:
            log.debug("The mail server took the letter and did not say goodbye: %s", type(error).__name__)
        finally:
            host.close()


class BoundedSMTP(smtplib.SMTP):
    """SMTP that ends by a deadline, however slowly the other side drips its answers.

    A socket's own timeout starts anew with each byte. Only the look-up of the server's name is left to the system's resolver
    and its limits.
    """

    def __init__(self, host: str, port: int, deadline: Deadline, tls: ssl.SSLContext | None) -> None:
        self._deadline = deadline
        self._tls = tls
        super().__init__(host, port, local_hostname=_own_name())

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        connected = _connect(host, port, self._deadline)
        try:
            connected.settimeout(self._deadline.remaining())
            return self._tls.wrap_socket(connected, server_hostname=host) if self._tls else connected
        except BaseException:
            connected.close()
            raise

    def send(self, s: Any) -> None:
        """Send bytes, or text, before the deadline."""
        self._hurry()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """The server's answer, read before the deadline."""
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_Arriving(self.sock, self._deadline))
        reply = super().getreply()
        self._hurry()  # a TLS handshake may come next, and takes the socket as it is
        return reply

    def _hurry(self) -> None:
        """Give the socket the time that is left."""
        if self.sock is None:
            return
        try:
            self.sock.settimeout(self._deadline.remaining())
        except TimeoutError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected("the time for this letter is over") from error


class _Arriving(io.RawIOBase):
    """What a server sends, until the deadline."""

    def __init__(self, source: socket.socket, deadline: Deadline) -> None:
        self._source = source
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._source.settimeout(self._deadline.remaining())
        return self._source.recv_into(buffer)


def _connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A connection to the first of the host's addresses that answers; each gets an equal share of what time is left."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(address[4][0]) for address in found))
    failure = OSError("the mail server's name has no address")
    for position, address in enumerate(addresses):
        try:
            return socket.create_connection((address, port), deadline.remaining() / (len(addresses) - position))
        except OSError as error:
            failure = error
    raise failure


def _own_name() -> str:
    """How we greet. smtplib would ask the network for our name, which may take long."""
    name = socket.gethostname()
    return name if "." in name else "[127.0.0.1]"
