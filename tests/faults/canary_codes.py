"""Authorization codes wherever Paystack tells them, looked for in every byte of the database (for ``canary``).

A card is kept and charged again; the bank's words quote its code; webhooks of all of it are taken. The database is read as its
file and through SQL, on SQLite, and through SQL, as a dump gives it, on PostgreSQL.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text

from flask_paystack.records import upgrades, webhooks
from flask_paystack.records.database import Database
from flask_paystack.records.schema import metadata
from tests.faults import silence
from tests.faults.moved_time import shop_of_moved_time
from tests.payments.test_auto_retry import attempts, authorization, pass_hours, planned
from tests.servers import running_postgres
from tests.shop import Shop

QUOTED = "AUTH_quoted7Hx3"
"""A code of nobody's, within a webhook's words."""


@contextmanager
def in_clear() -> Iterator[None]:
    """Keep events as a program does that seals nothing."""
    sealing = webhooks.sealed_body
    webhooks.sealed_body = lambda _seal, _digest, body: {"body": body, "sealed_with": None}
    try:
        yield
    finally:
        webhooks.sealed_body = sealing


def finds() -> Iterator[str]:
    """A code, and the database in which it stands."""
    with silence(), shop_of_moved_time(jwt_ttl=30 * 86400) as shop:
        codes = _play(shop)
        dumped = _dump(shop.ours.records.database)
        files = b"".join(each.read_bytes() for each in shop.directory.glob("payments.sqlite3*"))
        yield from _found(codes, {"dump of SQLite": dumped, "file of SQLite": files})
    with silence(), running_postgres() as url:
        database = Database(url)
        upgrades.upgrade(database)
        with shop_of_moved_time(jwt_ttl=30 * 86400, database_url=url) as shop:
            codes = _play(shop)
        yield from _found(codes, {"dump of PostgreSQL": _dump(database)})
        database.close()


def _play(shop: Shop) -> dict[str, str]:
    """The codes that Paystack told, by what they are."""
    _, saved, failed = planned(shop)
    card = authorization(shop)
    card.declines = f"No funds for {card.code}"
    pass_hours(shop, 2)
    quoting = {"reference": failed, "status": "failed", "gateway_response": f"Not {QUOTED}", "message": QUOTED}
    quoting |= {"amount": 500000, "currency": "NGN", "domain": "test", "authorization": {"authorization_code": QUOTED}}
    shop.post_webhook({"event": "charge.failed", "data": quoting})
    shop.deliver_webhooks()
    shop.run("processEvents")
    events = shop.ours.records.webhooks.list_page(None, 100).items
    told = b"".join(each.body for each in events)
    is_whole = attempts(shop) and saved.encode() in told and card.code.encode() in told and QUOTED.encode() in told
    if not is_whole:
        raise RuntimeError("the story did not tell every code")
    return {"authorization code of a saved card": card.code, "authorization code in a bank's words": QUOTED}


def _dump(database: Database) -> bytes:
    """Every value of every table, bytes as they are."""
    found: list[bytes] = []
    with database.reading() as connection:
        for table in metadata.sorted_tables:
            rows = connection.execute(text(f'SELECT * FROM "{table.name}"')).all()  # noqa: S608
            found += [_as_bytes(value) for row in rows for value in row]
    return b"\n".join(found)


def _as_bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode(errors="replace")


def _found(codes: dict[str, str], places: dict[str, bytes]) -> Iterator[str]:
    for place, dumped in places.items():
        if b"womaye-gsp" not in dumped:
            raise RuntimeError(f"the {place} is empty")
        yield from (f"{what} in {place}" for what, code in codes.items() if code.encode() in dumped)
