"""Real SMTP servers for tests: one that keeps what it gets and can be told to misbehave, and ones that only misbehave."""

import asyncio
import email
import email.policy
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests import canaries
from tests.servers import free_port


@dataclass
class Mailbox:
    """What a server took, and how it answers from now on."""

    port: int = 0
    received: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    """For each message its sender and its recipients, as the server heard them."""
    answer_recipient: str | None = None
    """What RCPT is answered instead of yes, as in ``450 4.2.0 Come again``."""
    answer_data: str | None = None
    """What the message is answered instead of yes."""
    hangs_up_after_data: bool = False
    """Keep the message, and hang up without an answer."""
    begun: int = 0
    """How many messages came, kept or not."""
    pause: float = 0.0
    """Seconds that pass before a message is kept, and once more before that is answered."""
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    accepts_logins: bool = True
    passwords: set[bytes] | None = None
    """Those that hold; None takes any."""

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answer_recipient is not None:
            return self.answer_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer_data is not None:
            return self.answer_data
        content = envelope.content
        assert isinstance(content, bytes)
        self.begun += 1
        await asyncio.sleep(self.pause)
        canaries.plant_mail(content)
        self.raw.append(content)
        self.received.append(email.message_from_bytes(content, policy=email.policy.default))
        self.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
        await asyncio.sleep(self.pause)
        if self.hangs_up_after_data and server.transport is not None:
            server.transport.close()
        return "250 OK"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        """aiosmtpd's hook: whether a login holds."""
        self.logins.append((data.login, data.password))
        holds = self.accepts_logins and (self.passwords is None or data.password in self.passwords)
        return AuthResult(success=holds, handled=False)


@contextmanager
def running_smtp(*, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """A mail server on loopback. ``tls`` makes it speak TLS from the first byte, ``starttls`` when asked."""
    mailbox = Mailbox(port=free_port())
    options: dict[str, Any] = {"ssl_context": tls, "tls_context": starttls, "auth_require_tls": False}
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=mailbox.port, authenticator=mailbox.authenticate, **options
    )
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@contextmanager
def silent_smtp() -> Iterator[int]:
    """The port of a server that accepts, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def dripping_smtp() -> Iterator[int]:
    """The port of a server whose greeting hardly ends: a line of it every twentieth of a second, for five."""
    over = threading.Event()

    def drip(listening: socket.socket) -> None:
        with listening.accept()[0] as caller:
            for _ in range(100):
                if over.wait(0.05):
                    return
                try:
                    caller.sendall(b"220-one moment\r\n")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            thread.join(10)


def self_signed(directory: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context for 127.0.0.1 that nobody has vouched for, and its certificate."""
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    options = "-x509 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    options += f" -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -keyout {key.name} -out {certificate.name}"
    subprocess.run(["openssl", "req", *options.split()], check=True, capture_output=True, cwd=directory)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context, certificate
