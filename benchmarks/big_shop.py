"""A shop with years behind it, written straight into PostgreSQL: a million payments in about a minute."""

import hashlib
from dataclasses import dataclass

import psycopg

from flask_paystack.records.database import Database
from flask_paystack.records.schema import metadata

USERS = 10_000

FILL = """
SET session_replication_role = replica;  -- foreign keys hold by the way rows are made

INSERT INTO users (id, email, password_hash, role, created_at, tokens_valid_from)
SELECT md5('u' || n), 'user' || n || '@example.org', 'x', 'customer', now(), now() FROM generate_series(1, {users}) n;

INSERT INTO orders (product, order_id, paid_reference)
SELECT 'womaye-gsp', 'order-' || n, CASE WHEN n % 20 < 17 THEN 'pay-' || md5('p' || n) END
FROM generate_series(1, {payments}) n;

INSERT INTO payments (reference, product, order_id, email, user_id, amount, currency, status, metadata, authorization_url,
    refused, save_card, channel, paid_amount, created_at, updated_at, paid_at, settled_at, asked_at, next_check_at, checks,
    declined_at, notified_at)
SELECT 'pay-' || md5('p' || n), 'womaye-gsp', 'order-' || n, 'user' || n % {users} || '@example.org',
    CASE WHEN n % 3 = 0 THEN md5('u' || n % {users} + 1) END, 500000, CASE WHEN n % 10 = 0 THEN 'GHS' ELSE 'NGN' END,
    s.status, '{{}}', 'https://checkout.paystack.com/' || n, false, false, 'card',
    CASE WHEN s.paid THEN 500000 END, t.at, t.at, CASE WHEN s.paid THEN t.at END, CASE WHEN s.paid THEN t.at END, t.at,
    CASE WHEN s.status = 'pending' THEN now() + (n % 3600) * interval '1 second' - interval '10 minutes' END, 3,
    CASE WHEN n % 5 = 0 THEN t.at END, CASE WHEN n % 20 >= 17 AND s.status <> 'pending' THEN t.at END
FROM generate_series(1, {payments}) n
CROSS JOIN LATERAL (SELECT now() - ({payments} - n) * interval '60 seconds' AS at) t
CROSS JOIN LATERAL (SELECT n % 20 < 17 AS paid, CASE
    WHEN n % 20 < 17 THEN CASE WHEN n % 1000 = 0 THEN 'reversed' ELSE 'success' END
    WHEN n > {payments} - 20000 THEN 'pending'
    WHEN n % 1000 = 17 THEN 'quarantined'
    WHEN n % 20 = 17 THEN 'failed' ELSE 'abandoned' END AS status) s;

INSERT INTO payment_timeline (reference, at, actor, kind, sentence, facts)
SELECT 'pay-' || md5('p' || (n / 2 + 1)), now(), 'webhook 1', 'settled', 'Settled.', '{{}}'
FROM generate_series(0, 2 * {payments} - 1) n;

INSERT INTO handovers (id, reference, created_at, accepted_by, state, attempts, next_attempt_at, fence, finished_at)
SELECT 'evt_' || md5('h' || n), 'pay-' || md5('p' || n), t.at, '[]',
    CASE WHEN n % 20000 = 1 THEN 'dead' WHEN n > {payments} - 100 THEN 'waiting' ELSE 'done' END, 1, t.at, 1, t.at
FROM generate_series(1, {payments}) n
CROSS JOIN LATERAL (SELECT now() - ({payments} - n) * interval '60 seconds' AS at) t WHERE n % 20 < 17;

INSERT INTO messages (identity, kind, recipient, reference, context, created_at, state, attempts, next_attempt_at, fence,
    finished_at)
SELECT 'receipt.' || n, 'receipt', 'user' || n % {users} || '@example.org', 'pay-' || md5('p' || n), '{{}}', t.at,
    CASE WHEN n % 20000 = 1 THEN 'dead' WHEN n > {payments} - 100 THEN 'waiting' ELSE 'done' END, 1, t.at, 1, t.at
FROM generate_series(1, {payments}) n
CROSS JOIN LATERAL (SELECT now() - ({payments} - n) * interval '60 seconds' AS at) t;

INSERT INTO webhook_events (digest, body, headers, received_at, last_delivery_at, deliveries, event, reference, state,
    attempts, next_attempt_at, fence, finished_at)
SELECT md5('e' || n) || md5('f' || n), decode(repeat(md5('b' || n), 8), 'hex'), '{{}}', t.at, t.at, 1, 'charge.success',
    'pay-' || md5('p' || (n / 3 + 1)),
    CASE WHEN n > {events} - 500 THEN 'waiting' WHEN n % 50000 = 1 THEN 'dead' WHEN n % 20000 = 2 THEN 'unmatched'
        WHEN n % 20 = 3 THEN 'kept' ELSE 'done' END, 1, t.at, 1, t.at
FROM generate_series(1, {events}) n
CROSS JOIN LATERAL (SELECT now() - ({events} - n) * interval '20 seconds' AS at) t;
"""


@dataclass(frozen=True)
class Size:
    """How much of it there is."""

    payments: int
    events: int


def reference(number: int) -> str:
    """The reference of a payment of the shop, by its number from 1."""
    return f"pay-{hashlib.md5(f'p{number}'.encode(), usedforsecurity=False).hexdigest()}"


def fill(database: Database, size: Size) -> None:
    """Make the tables of an empty database, and fill them. Indexes are made when the rows are there."""
    metadata.create_all(database.engine)
    with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as connection:
        made = _drop_indexes(connection)
        for statement in FILL.format(users=USERS, payments=size.payments, events=size.events).split(";\n"):
            if statement.strip():
                connection.execute(statement)
        connection.execute("SET maintenance_work_mem = '256MB'")
        for definition in made:
            connection.execute(definition)
        connection.execute("VACUUM ANALYZE")


def _drop_indexes(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """Drop every index that is no constraint's; the statements that make them again."""
    found = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE 'ix_%'"
    ).fetchall()
    for name, _ in found:
        connection.execute(f'DROP INDEX "{name}"')
    return [str(definition) for _, definition in found]
