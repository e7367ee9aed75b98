"""Kill -9 of every process while webhooks arrive: nothing acknowledged is lost, nothing settles twice (FAULTS R1).

Webhooks of paid payments arrive from client threads, a quarter of them twice, and each is sent again until it was answered
200, as Paystack does. The whole group of a real gunicorn is killed every few seconds and started again. What a restarted
server would do once the leases of the dead have ended is then done in this process, and everything is counted.
"""

import argparse
import hashlib
import http.client
import json
import random
import shutil
import tempfile
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from flask_paystack.clock import SystemClock
from flask_paystack.payments.model import new_reference
from flask_paystack.records import upgrades
from flask_paystack.records.database import Database
from flask_paystack.records.leases import DONE
from flask_paystack.records.schema import orders, payments, webhook_events
from tests.faults import Outcome, broken
from tests.faults.server import Gunicorn
from tests.servers import running_postgres
from tests.shop import Shop, signed

CONTROLS = {
    "ack-first": "tests.faults.broken:ack_first()",
    "two-transactions": "tests.faults.broken:two_transactions()",
}
CLIENTS = 8
LEASES_HAVE_ENDED = timedelta(seconds=61)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--kill-every", type=float, default=2.0, metavar="SECONDS")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--control", choices=sorted(CONTROLS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="flask-paystack-fault-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        url = f"sqlite:///{directory}/payments.sqlite3"
        if options.database == "postgresql":
            url = stack.enter_context(running_postgres())
        return crash(directory, url, options.events, options.kill_every, options.control)


def crash(
    directory: Path, database_url: str, events: int, kill_every: float, control: str | None = None, seed: int = 1
) -> Outcome:
    """Let ``events`` webhooks arrive while the server is killed every ``kill_every`` seconds, give or take 30 %."""
    begun = time.monotonic()
    bodies = prepare(database_url, events)
    chance = random.Random(seed)
    sent = [*bodies, *chance.sample(bodies, events // 4)]
    chance.shuffle(sent)
    post = Post(sent)
    application = CONTROLS[control] if control else "wsgi:app"
    kills = 0
    with Gunicorn(directory, database_url, application) as server:
        post.start(server.port)
        while not post.is_done.wait(kill_every * chance.uniform(0.7, 1.3)):
            server.kill()
            kills += 1
            if time.monotonic() - begun > 60 + events / 20:
                raise TimeoutError(server.log.read_text(errors="replace")[-3000:])
            server.start()
    kills += 1  # leaving the block: right after the last answer, when most is still to be done
    post.join()
    numbers = count(directory, database_url, post.acknowledged, control)
    ok = numbers["lost"] == numbers["twice"] == numbers["unfinished"] == 0 and numbers["sound"] is True
    told = {"events": events, "deliveries": len(sent), "kills": kills, "acknowledged": len(post.acknowledged)}
    return Outcome(ok and kills >= 2, {**told, **numbers, "seconds": round(time.monotonic() - begun, 1)})


class Post:
    """Clients that deliver bodies until each was answered 200."""

    def __init__(self, bodies: list[bytes]) -> None:
        self.is_done = threading.Event()
        self.acknowledged: set[str] = set()
        self._waiting = deque(bodies)
        self._left = len(bodies)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def start(self, port: int) -> None:
        """Begin to deliver."""
        self._threads = [threading.Thread(target=self._deliver, args=(port,), daemon=True) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait for the clients, who have nothing left to do."""
        for thread in self._threads:
            thread.join(30)

    def _deliver(self, port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while not self.is_done.is_set():
            try:
                body = self._waiting.popleft()
            except IndexError:
                self.is_done.wait(0.02)
                continue
            if self._is_accepted(connection, body):
                with self._lock:
                    self.acknowledged.add(hashlib.sha256(body).hexdigest())
                    self._left -= 1
                    if self._left == 0:
                        self.is_done.set()
            else:
                self._waiting.append(body)
                self.is_done.wait(0.02)
        connection.close()

    def _is_accepted(self, connection: http.client.HTTPConnection, body: bytes) -> bool:
        headers = {"Content-Type": "application/json", "x-paystack-signature": signed(body)}
        try:
            connection.request("POST", "/pay/webhook", body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return False
        return answer.status == 200


def prepare(database_url: str, events: int) -> list[bytes]:
    """A database with that many open payments, and for each the event that tells of its money."""
    references = [new_reference() for _ in range(events)]
    open_payments(database_url, references)
    return [_event(number, reference) for number, reference in enumerate(references, 5_100_000_001)]


def open_payments(database_url: str, references: Sequence[str]) -> None:
    """A database with an open payment of each of these references."""
    database = Database(database_url)
    upgrades.upgrade(database)
    now = datetime.now(UTC)
    usual = {
        "product": "womaye-gsp",
        "email": "ada@example.org",
        "amount": 500000,
        "currency": "NGN",
        "status": "pending",
        "metadata": {},
        "refused": False,
        "save_card": False,
        "checks": 0,
        "created_at": now,
        "updated_at": now,
    }
    with database.writing() as connection:
        connection.execute(orders.insert(), [{"product": "womaye-gsp", "order_id": each} for each in references])
        connection.execute(payments.insert(), [{**usual, "reference": each, "order_id": each} for each in references])
    database.close()


def _event(number: int, reference: str) -> bytes:
    data = {
        "id": number,
        "domain": "test",
        "status": "success",
        "reference": reference,
        "amount": 500000,
        "requested_amount": 500000,
        "currency": "NGN",
        "channel": "card",
        "gateway_response": "Successful",
        "paid_at": "2026-03-01T10:00:05.000Z",
        "customer": {"first_name": "Zoë"},
    }
    return json.dumps({"event": "charge.success", "data": data}, ensure_ascii=False, separators=(",", ":")).encode()


class LaterClock(SystemClock):
    """The time at which every lease of now has ended."""

    def now(self) -> datetime:
        return super().now() + LEASES_HAVE_ENDED


def events_done(database_url: str) -> int:
    """How many events have had their effect."""
    database = Database(database_url)
    try:
        with database.reading() as connection:
            query = select(func.count()).where(webhook_events.c.state == DONE)
            return int(connection.execute(query).scalar_one())
    finally:
        database.close()


def count(directory: Path, database_url: str, acknowledged: set[str], control: str | None) -> dict[str, object]:
    """Finish what waits, and compare what was acknowledged with what came of it."""
    with Shop(directory, clock=LaterClock(), database_url=database_url) as shop:  # type: ignore[arg-type]
        if control == "two-transactions":
            broken.settle_and_mark_apart(shop.ours)
        while shop.run("processEvents") != [0]:
            continue
        with shop.ours.records.database.reading() as connection:

            def query(sql: str) -> list[tuple[object, ...]]:
                return [tuple(row) for row in connection.exec_driver_sql(sql)]

            kept = dict(query("SELECT digest, reference FROM webhook_events"))
            settled = dict(
                query("SELECT reference, count(*) FROM payment_timeline WHERE kind = 'settled' GROUP BY reference")
            )
            doubles = query("SELECT reference FROM handovers GROUP BY reference HAVING count(*) > 1")
            doubles += query(
                "SELECT reference FROM messages WHERE kind = 'receipt' GROUP BY reference HAVING count(*) > 1"
            )
            unfinished = query("SELECT count(*) FROM webhook_events WHERE state <> 'done'")[0][0]
            check = query("PRAGMA integrity_check")[0][0] if database_url.startswith("sqlite") else "ok"
    return {
        "lost": sum(digest not in kept or kept[digest] not in settled for digest in acknowledged),
        "twice": sum(count != 1 for count in settled.values()) + len(doubles),
        "unfinished": unfinished,
        "sound": check == "ok",
    }
