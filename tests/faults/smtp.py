"""The mail server is silent, refuses, hangs up or shows a bad certificate: webhooks stay quick, no mail is lost (FAULTS R51).

Three parts. Webhooks of paid payments arrive at a steady rate at a gunicorn whose mail server fails in each mode in turn. In
moved time, letters are tried eight times over more than a day, or given up at once where that is hopeless; an operator sends
them again. And the process that sends is killed again and again, with ``kill -9``, until every letter has arrived.
"""

import argparse
import random
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from flask_paystack.backoff import Backoff
from flask_paystack.clock import SystemClock
from flask_paystack.mail import outbox
from flask_paystack.mail.model import QueuedMessage
from flask_paystack.mail.notices import receipt_for
from flask_paystack.records.database import Database
from flask_paystack.records.messages import MessageRecords
from flask_paystack.records.upgrades import make_ready
from tests.faults import Outcome, crash_inbox, silence
from tests.faults.customers import percentile
from tests.faults.moved_time import shop_of_moved_time
from tests.faults.server import Gunicorn
from tests.faults.steady import Steady
from tests.mail import payment
from tests.patience import until
from tests.shop import Shop
from tests.smtp import Mailbox, running_smtp, self_signed, silent_smtp

MODES = ("silent", "4xx", "5xx", "drop-after-data", "bad-tls")
CONTROLS = {"in-the-request": "serve", "noted-first": "kill", "one-hour": "patience", "no-dead-letter": "patience"}
"""Each with the part that must turn red."""
RATE = 20
"""Webhooks a second."""
QUICK = 0.2
"""Seconds within which 99 of 100 webhooks must be answered; a machine that is slow with a sound mail server has twice that."""
DAY = 24 * 3600
TRIES = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--seconds", type=float, default=8.0, help="for each mode")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--letters", type=int, default=80)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    control = options.control
    part = CONTROLS.get(control)
    with silence():
        outcomes = []
        if part in {None, "serve"}:
            outcomes.append(serve(options.seconds, options.modes, control))
        if part in {None, "patience"}:
            outcomes.append(be_patient(options.modes, control))
        if part in {None, "kill"}:
            outcomes.append(kill(options.letters, options.kills, control))
    numbers = {name: number for outcome in outcomes for name, number in outcome.numbers.items()}
    return Outcome(all(outcome.ok for outcome in outcomes), numbers)


@contextmanager
def failing_smtp(mode: str) -> Iterator[tuple[dict[str, Any], Mailbox]]:
    """Settings that lead to a mail server which fails like that, and its mailbox: ``sound`` fails at nothing."""
    with ExitStack() as stack:
        if mode == "silent":
            yield {"mail_port": stack.enter_context(silent_smtp())}, Mailbox()
            return
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flask-paystack-fault-")))
        tls = self_signed(directory)[0] if mode == "bad-tls" else None
        mailbox = stack.enter_context(running_smtp(starttls=tls))
        mailbox.answer_recipient = {"4xx": "450 4.2.0 Come again", "5xx": "550 5.1.1 No such user"}.get(mode)
        mailbox.hangs_up_after_data = mode == "drop-after-data"
        yield {"mail_port": mailbox.port, "mail_use_tls": tls is not None}, mailbox


def serve(seconds: float, modes: tuple[str, ...] = MODES, control: str | None = None, quick: float = QUICK) -> Outcome:
    """Let webhooks come for so long in each mode. All must be answered 200, quickly, and settle their payments."""
    application = "tests.faults.broken_mail:in_the_request()" if control else "wsgi:app"
    sound, _ = _serve_mode("sound", seconds, application)
    worst, worst_mode, unsettled = 0.0, "", 0
    for mode in modes:
        taken, waiting = _serve_mode(mode, seconds, application)
        worst, worst_mode = max((worst, worst_mode), (percentile(taken, 0.99), mode))
        unsettled += waiting
    sound_p99 = percentile(sound, 0.99)
    numbers: dict[str, object] = {
        "webhooks": len(sound) * (len(modes) + 1),
        "webhook_p99_ms": f"{worst * 1000:.0f}({worst_mode})",
        "with_sound_mail_p99_ms": round(sound_p99 * 1000),
        "unsettled": unsettled,
    }
    return Outcome(worst <= max(quick, 2 * sound_p99) and unsettled == 0, numbers)


def _serve_mode(mode: str, seconds: float, application: str) -> tuple[list[float], int]:
    """How long each webhook took, for ever where it was not answered 200; and how many had no effect soon after."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="flask-paystack-fault-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        url = f"sqlite:///{directory}/payments.sqlite3"
        bodies = crash_inbox.prepare(url, max(RATE, int(seconds * RATE)))
        settings, _ = stack.enter_context(failing_smtp(mode))
        server = stack.enter_context(Gunicorn(directory, url, application, **settings))
        taken = Steady(server.port, bodies, RATE).deliver()
        deadline = time.monotonic() + 10
        if float("inf") in taken:
            return taken, 0
        while (left := len(bodies) - crash_inbox.events_done(url)) and time.monotonic() < deadline:
            threading.Event().wait(0.2)
    return taken, left


def be_patient(modes: tuple[str, ...] = MODES, control: str | None = None) -> Outcome:
    """Letters that nobody takes, for as long as they are tried; then the server mends, and an operator sends them again."""
    faults: Counter[str] = Counter()
    shortest = float("inf")
    for mode in modes:
        with failing_smtp(mode) as (settings, mailbox), shop_of_moved_time(mail_timeout=1, **settings) as shop:
            _loosen(control)
            try:
                tries = _try_all(shop, letters=1 if mode == "silent" else 3)
            finally:
                outbox.TRIES = _USUAL
            dead = [_message(shop, each) for each in tries]
            wanted = 1 if mode == "5xx" else TRIES
            faults["not_tried_so_often"] += sum(len(times) != wanted for times in tries.values())
            faults["not_given_up"] += sum(each.state != "dead" for each in dead)
            if mode != "5xx":
                shortest = min(shortest, *(times[-1] - times[0] for times in tries.values()))
                faults["in_step"] += len(tries) - len({times[1] for times in tries.values() if len(times) > 1})
            if mailbox.port and mode != "bad-tls":
                faults["not_sent_again"] += _mend(shop, mailbox, list(tries))
    numbers: dict[str, object] = {"tried_over_h": round(shortest / 3600, 1), **faults}
    return Outcome(faults.total() == 0 and shortest >= DAY, numbers)


_USUAL = outbox.TRIES


def _loosen(control: str | None) -> None:
    if control == "one-hour":
        outbox.TRIES = Backoff([600.0] * (TRIES - 1), jitter=0)
    if control == "no-dead-letter":
        outbox.TRIES = Backoff([*_USUAL.seconds, *_USUAL.seconds])


def _try_all(shop: Shop, letters: int) -> dict[int, list[float]]:
    """When each letter was tried, in seconds, until all were given up."""
    for _ in range(letters):
        shop.settled_payment()
    tries: dict[int, list[float]] = {}
    for _ in range(100):
        shop.run("sendMessages")
        messages = _messages(shop)
        for each in messages:
            seen = tries.setdefault(each.id, [])
            seen.extend([shop.clock.monotonic()] * (each.attempts - len(seen)))
        waiting = [each.next_attempt_at for each in messages if each.state == "waiting" and each.next_attempt_at]
        if not waiting:
            break
        shop.advance((min(waiting) - shop.clock.now()).total_seconds() + 0.001)
    return tries


def _mend(shop: Shop, mailbox: Mailbox, ids: list[int]) -> int:
    """How many do not arrive, under one Message-ID each, when they are sent round again."""
    mailbox.answer_recipient, mailbox.hangs_up_after_data = None, False
    before = {mail["Message-ID"] for mail in mailbox.received}
    mailbox.received.clear()
    for id_ in ids:
        shop.ours.records.messages.resend(id_)
    shop.run("sendMessages")
    arrived = {mail["Message-ID"] for mail in mailbox.received}
    return len(ids) - len(arrived) + len(before - arrived)


def _messages(shop: Shop) -> list[QueuedMessage]:
    return list(shop.ours.records.messages.list_page(None, 100).items)


def _message(shop: Shop, id_: int) -> QueuedMessage:
    found = shop.ours.records.messages.get(id_)
    if found is None:
        raise LookupError(id_)
    return found


def kill(letters: int, kills: int, control: str | None = None, seed: int = 1) -> Outcome:
    """``kill -9`` takes the process that sends, so often, in the midst of ``letters``; what is left is sent afterwards."""
    chance = random.Random(seed)
    application = "tests.faults.broken_mail:noted_first()" if control else "wsgi:app"
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="flask-paystack-fault-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        mailbox = stack.enter_context(running_smtp())
        mailbox.pause = 0.1
        url = f"sqlite:///{directory}/payments.sqlite3"
        identities = _queue(url, letters)
        server = Gunicorn(directory, url, application, mail_port=mailbox.port)
        for number in range(kills):
            with server:
                _wait_for_a_letter(mailbox, kept=number % 2 == 1)
                threading.Event().wait(chance.uniform(0.0, mailbox.pause / 2))
        mailbox.pause = 0.0
        clock = crash_inbox.LaterClock()
        with Shop(directory, clock=clock, database_url=url, mail_port=mailbox.port) as shop:  # type: ignore[arg-type]
            while shop.run("sendMessages") != [0]:
                continue
            undone = sum(each.state != "done" for each in _messages(shop))
        copies = Counter(mail["Message-ID"].strip("<>").rpartition("@")[0] for mail in mailbox.received)
    numbers: dict[str, object] = {
        "letters": letters,
        "kills": kills,
        "lost": len(identities - set(copies)),
        "sent_twice": sum(count > 1 for count in copies.values()),
        "undone": undone,
    }
    return Outcome(identities <= set(copies) and undone == 0 and max(copies.values(), default=0) <= 1 + kills, numbers)


def _queue(url: str, letters: int) -> set[str]:
    database = Database(url)
    make_ready(database)
    queued = [receipt_for(payment(reference=f"pay-{number:032x}"), "Womaye GSP") for number in range(letters)]
    MessageRecords(database, SystemClock()).add(*queued)
    database.close()
    return {each.identity for each in queued}


def _wait_for_a_letter(mailbox: Mailbox, *, kept: bool) -> None:
    """Return as soon as the next letter was kept and not yet answered, or else as soon as it came."""

    def count() -> int:
        return len(mailbox.received) if kept else mailbox.begun

    before = count()
    until(lambda: count() > before, 30)
