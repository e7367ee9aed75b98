"""Secrets planted over a whole story, and looked for wherever anything is told (FAULTS R57).

The real backend, the simulator and a real mail server play a story in which twenty-odd secrets take part: keys, passwords,
tokens, an authorization code, a card's number. Then every log line, answer, mail, page, metric, admin JSON, line of a command
and byte of the database and of the store is searched. A secret may stand only where ``GIVEN_TO`` says, which is where it is
handed to its owner. The controls tell one secret each, in one kind of place (``broken_secrets.py``). A second story looks for
authorization codes in dumps of both databases (``canary_codes.py``).
"""

import argparse
import io
import logging
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flask_paystack.web.log import JsonLines, LinesForPeople
from tests.faults import Outcome, canary_codes
from tests.faults.broken_secrets import LEAKS, leaking
from tests.faults.canary_story import CHOSEN, MADE, Told, fail_to_open, play
from tests.faults.moved_time import shop_of_moved_time
from tests.servers import free_port
from tests.shop import SECRET_KEY
from tests.smtp import running_smtp

CONTROLS = tuple(LEAKS)

GIVEN_TO: dict[str, tuple[str, ...]] = {
    "access token": ("answer of POST /auth/register", "answer of POST /auth/login"),
    "session token": ("answer of POST /admin-keys/verify",),
    "access key": ("mail to ada@example.org",),
    "reset token": ("mail to ada@example.org",),
    "retry token": ("mail to ada@example.org", "page of the retry link"),
    # Paystack's signed bytes are kept sealed, and shown to operators as they came, by the console and by
    # `flask events show`: what was signed could not be proved otherwise.
    "authorization code": ("signed bytes for operators",),
    "password hash": ("database",),
}
"""Where a secret may stand. Nothing else may stand anywhere."""


def finds(told: Told) -> Iterator[str]:
    """A secret and a place where it may not stand."""
    for name, secret in {**CHOSEN, **told.made}.items():
        sought = re.compile(re.escape(secret.encode()))
        if (
            len(secret) < 8
        ):  # six digits stand in longer numbers by chance, so they are found as a word of their own only
            sought = re.compile(rb"(?<![0-9a-zA-Z.])" + sought.pattern + rb"(?![0-9a-zA-Z])")
        for place, text in told.places:
            if sought.search(text) and place not in GIVEN_TO.get(name, ()):
                yield f"{name} in {place}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return look(*([options.control] if options.control else []))


def look(*controls: str) -> Outcome:
    """Play the story, with these leaks in it, and search."""
    told = Told()
    with ExitStack() as stack:
        store = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flask-paystack-fault-"))) / "store.sqlite3"
        log = stack.enter_context(_listening())
        mailbox = stack.enter_context(running_smtp())
        shop = stack.enter_context(
            shop_of_moved_time(
                paystack_secret_key=f"{SECRET_KEY},{CHOSEN['older Paystack key']}",
                jwt_secret=CHOSEN["JWT secret"],
                metrics_token=CHOSEN["metrics token"],
                store_url=f"sqlite:///{store}",
                notify_url=f"http://127.0.0.1:{free_port()}/told",
                notify_secret=CHOSEN["hand-over secret"],
                mail_server="127.0.0.1",
                mail_port=mailbox.port,
                mail_username="payments",
                mail_password=CHOSEN["SMTP password"],
            )
        )
        log.listen()
        stack.enter_context(leaking(shop, *controls))
        play(shop, mailbox, told)
        fail_to_open(shop, told)
        for raw, (_, recipients) in zip(mailbox.raw, mailbox.envelopes, strict=True):
            told.places.append((f"mail to {','.join(recipients)}", _decoded(raw)))
        told.places += [(place, text.encode()) for place, text in log.written()]
        told.places.append(("repr of the settings", f"{shop.ours.settings!r}{shop.ours.settings}".encode()))
        told.places += [("database", _dump(shop.directory)), ("store", _dump(store.parent))]
        codes = list(canary_codes.finds())
    found = [*finds(told), *codes]
    for find in found:
        print(find)
    planted = len(CHOSEN) + len(told.made)
    is_whole = set(told.made) == set(MADE) and all(_reached(told, name) for name in MADE)
    numbers: dict[str, object] = {
        "canaries": planted,
        "places": len(told.places),
        "bytes": sum(len(each) for _, each in told.places),
        "found": len(found),
    }
    return Outcome(not found and is_whole and planted >= 20, numbers)


def _reached(told: Told, name: str) -> bool:
    """Whether the search finds a secret where it is given to its owner: one that finds nothing anywhere proves nothing."""
    secret = told.made[name].encode()
    return any(secret in text for place, text in told.places if place in GIVEN_TO[name])


def _dump(directory: Path) -> bytes:
    """Every byte of a database, its journal too."""
    files = [each for each in directory.iterdir() if "sqlite3" in each.name]
    return b"".join(each.read_bytes() for each in sorted(files))


def _decoded(raw: bytes) -> bytes:
    """A mail as it went over the wire, and with its quoted-printable lines joined."""
    return raw + b"\n" + re.sub(rb"=\r?\n", b"", raw).replace(b"=3D", b"=")


def _is_ours(record: logging.LogRecord) -> bool:
    """Not of the mail server that plays along in this process, which may tell what it takes."""
    return record.name != "mail.log"


class _Listening:
    """Everybody's log lines, in both forms."""

    def __init__(self) -> None:
        self._streams = {"log for machines": io.StringIO(), "log for people": io.StringIO()}
        formatters = (JsonLines(), LinesForPeople())
        self._handlers = [logging.StreamHandler(each) for each in self._streams.values()]
        for handler, formatter in zip(self._handlers, formatters, strict=True):
            handler.setFormatter(formatter)
            handler.addFilter(_is_ours)
        self._loggers = (logging.getLogger(), logging.getLogger("flask_paystack"))
        self._before = [(list(each.handlers), each.level) for each in self._loggers]

    def listen(self) -> None:
        for logger in self._loggers:  # the second does not hand its lines on
            logger.handlers = list(self._handlers)
            logger.setLevel(logging.DEBUG)

    def stop(self) -> None:
        for logger, (handlers, level) in zip(self._loggers, self._before, strict=True):
            logger.handlers = handlers
            logger.setLevel(level)

    def written(self) -> list[tuple[str, str]]:
        return [(place, stream.getvalue()) for place, stream in self._streams.items()]


@contextmanager
def _listening() -> Iterator[_Listening]:
    listening = _Listening()
    try:
        yield listening
    finally:
        listening.stop()
