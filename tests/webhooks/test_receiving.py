"""``POST /pay/webhook``: 200 exactly when the raw bytes are on disk."""

from pathlib import Path

import pytest

from flask_paystack.webhooks.model import WebhookEvent
from tests.race import race
from tests.servers import fresh_database
from tests.shop import Shop, signed
from tests.wire import served

MIB = 1024 * 1024


def kept(shop: Shop) -> list[WebhookEvent]:
    return list(shop.ours.records.webhooks.list_page(None, 100).items)


def test_what_is_kept_are_the_bytes_that_came(shop: Shop) -> None:
    body = (
        '{ "event":"x",\r\n"data":{"name":"Zo\u00eb\u0000 \U0001f600", "url":"a\\/b"} }\n\x00'.encode()
        + b"\xff\xfe\x80"
    )

    answer = shop.post_webhook(body, headers={"User-Agent": "Paystack/1"})

    assert answer.status_code == 200
    assert answer.text == "Webhook received successfully"
    assert answer.mimetype == "text/plain"
    (event,) = kept(shop)
    assert event.body == body
    assert (event.deliveries, event.state, event.attempts) == (1, "waiting", 0)
    assert event.headers["user-agent"] == "Paystack/1"
    assert signed(body) not in str(event.headers)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"not JSON", b"[" * 50_000, b"\x00", bytes(range(256))])
def test_a_signed_body_that_cannot_be_read_is_kept_for_a_person(shop: Shop, body: bytes) -> None:
    assert shop.post_webhook(body).status_code == 200
    shop.run("processEvents")

    (event,) = kept(shop)
    assert (event.state, event.body, event.attempts) == ("unreadable", body, 1)
    assert event.error is not None
    assert event.error.endswith(".")
    assert shop.ours.records.messages.list_page(None, 9).items == []


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "", "x" * 5000],
)
def test_the_content_type_does_not_matter(shop: Shop, content_type: str) -> None:
    """A form content type must not make Flask eat the body."""
    body = b'{"event":"x","data":{"a":"b=c&d"}}'

    assert shop.post_webhook(body, headers={"Content-Type": content_type}).status_code == 200
    assert kept(shop)[0].body == body


def test_a_body_of_a_mebibyte_is_kept_and_one_byte_more_is_refused(shop: Shop) -> None:
    assert shop.post_webhook(b"x" * MIB).status_code == 200
    answer = shop.post_webhook(b"x" * (MIB + 1))

    assert answer.status_code == 413
    assert answer.get_json()["code"] == "body_too_large"
    assert [len(each.body) for each in kept(shop)] == [MIB]


def test_a_chunked_body_is_held_to_the_same_bound(shop: Shop) -> None:
    """Over a real connection; nothing is cut short and kept."""
    import http.client

    with served(shop.app) as port:
        for size, status in ((3000, 200), (MIB, 200), (MIB + 1, 413), (3 * MIB, 413)):
            body = b"y" * size
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            chunks = (body[at : at + 100_000] for at in range(0, size, 100_000))
            headers = {"x-paystack-signature": signed(body), "Transfer-Encoding": "chunked"}
            try:
                connection.request("POST", "/pay/webhook", chunks, headers, encode_chunked=True)
                assert connection.getresponse().status == status
            except (BrokenPipeError, ConnectionResetError):
                assert status == 413  # refused before all of it was sent
            finally:
                connection.close()
    assert sorted(len(each.body) for each in kept(shop)) == [3000, MIB]


def test_a_repeat_is_counted_and_not_kept_twice(shop: Shop) -> None:
    body = b'{"event":"x"}'
    for _ in range(3):
        assert shop.post_webhook(body).status_code == 200
        shop.advance(60)
    assert shop.post_webhook(b'{"event": "x"}').status_code == 200

    events = sorted(kept(shop), key=lambda event: event.id)
    assert [event.deliveries for event in events] == [3, 1]
    assert events[0].last_delivery_at > events[0].received_at


def test_repeats_at_the_same_moment_are_counted_all(shop: Shop) -> None:
    for number in range(5):
        body = f'{{"event":"x{number}"}}'.encode()
        answers = race(
            8,
            lambda body=body: (
                shop.app.test_client()
                .post(  # type: ignore[misc]
                    "/pay/webhook", data=body, headers={"x-paystack-signature": signed(body)}
                )
                .status_code
            ),
        )
        assert answers == [200] * 8

    assert [event.deliveries for event in kept(shop)] == [8] * 5


def test_without_a_database_paystack_is_asked_to_come_again(tmp_path: Path) -> None:
    """503, never 200, and never kept by half."""
    with Shop(tmp_path) as shop:
        file = tmp_path / "payments.sqlite3"
        shop.ours.records.database.close()
        for each in tmp_path.glob("payments.sqlite3*"):
            each.rename(each.with_name("away-" + each.name))
        file.mkdir()
        body = b'{"event":"x"}'

        answer = shop.post_webhook(body)
        assert answer.status_code == 503
        assert answer.get_json()["code"] == "storage_unavailable"
        assert "Retry-After" in answer.headers

        shop.ours.records.database.close()
        file.rmdir()
        for each in tmp_path.glob("away-*"):
            each.rename(each.with_name(each.name.removeprefix("away-")))
        assert shop.post_webhook(body).status_code == 200
        assert [event.deliveries for event in kept(shop)] == [1]


def test_without_postgresql_too(tmp_path: Path, postgres_server: str) -> None:
    import psycopg

    with fresh_database(postgres_server) as url:
        from flask_paystack.records import upgrades
        from flask_paystack.records.database import Database

        database = Database(url)
        upgrades.upgrade(database)
        database.close()
        with Shop(tmp_path, database_url=url) as shop, psycopg.connect(postgres_server, autocommit=True) as operator:
            name = url.rsplit("/", 1)[1].split("?")[0]
            body = b'{"event":"x"}'
            operator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            operator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            assert shop.post_webhook(body).status_code == 503
            operator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

            assert shop.post_webhook(body).status_code == 200
            assert [event.deliveries for event in kept(shop)] == [1]


def test_nothing_slow_happens_inside(shop: Shop) -> None:
    """No call to Paystack, no mail, no settling: what came is kept, and that is all."""
    reference = shop.open_payment()
    shop.customer_pays(reference)
    shop.session.mount("https://", _Unreachable())
    shop.session.mount("https://api.paystack.co", _Unreachable())

    assert shop.deliver_webhooks() == 1
    assert kept(shop)[0].state == "waiting"


class _Unreachable:
    """No adapter at all: whoever calls Paystack fails."""

    def close(self) -> None:
        """Nothing is open."""
