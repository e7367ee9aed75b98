"""``/metrics``: numbers for Prometheus, and who may read them."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import TestResponse

from tests.shop import Shop

TOKEN = "q7Rz2Lm9Xv4Tn8Ks"


def ask(shop: Shop, address: str = "127.0.0.1", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return shop.client.get("/metrics", environ_overrides={"REMOTE_ADDR": address}, headers=named)


def numbers(shop: Shop) -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels."""
    text = ask(shop).get_data(as_text=True)
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_may_read_them(shop: Shop, address: str) -> None:
    answer = ask(shop, address)

    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=")


@pytest.mark.parametrize("address", ["10.0.0.5", "203.0.113.66", "2001:db8::1", "0.0.0.0", "", "localhost"])
def test_nobody_else_may_without_a_token(shop: Shop, address: str) -> None:
    answer = ask(shop, address)

    assert (answer.status_code, answer.get_json()["code"]) == (401, "not_logged_in")


@pytest.mark.parametrize(
    "header", ["X_Forwarded_For", "Forwarded", "X_Real_IP", "X_Forwarded_Proto", "X_Forwarded_Host"]
)
def test_what_came_through_a_proxy_on_this_machine_is_from_elsewhere(shop: Shop, header: str) -> None:
    assert ask(shop, "127.0.0.1", **{header: "127.0.0.1"}).status_code == 401


def test_a_trusted_proxy_does_not_make_its_client_local(tmp_path: Path) -> None:
    with Shop(tmp_path, trusted_proxies="10.0.0.0/8") as shop:
        assert ask(shop, "10.0.0.1", X_Forwarded_For="127.0.0.1").status_code == 401
        assert ask(shop, "10.0.0.1").status_code == 401


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (None, 401),
        ("", 401),
        (TOKEN[:-1], 401),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        (f"Basic {TOKEN}", 401),
        ("Bearer", 401),
        ("Bearer é\xff", 401),
        ("Bearer " + "x" * 5000, 401),
    ],
)
def test_a_token_is_asked_of_everyone_where_one_is_set(tmp_path: Path, authorization: str | None, status: int) -> None:
    with Shop(tmp_path, metrics_token=TOKEN) as shop:
        for address in ("127.0.0.1", "203.0.113.66"):
            headers = {} if authorization is None else {"Authorization": authorization}
            assert ask(shop, address, **headers).status_code == status


def test_the_numbers_tell_what_is_kept(shop: Shop) -> None:
    shop.settled_payment()
    shop.open_payment()
    shop.post_webhook({"event": "test.kept"})
    shop.advance(30)
    shop.ours.records.jobs.beat("processEvents")

    told = numbers(shop)

    assert told["flask_paystack_payments", "success"] == 1
    assert told["flask_paystack_payments", "pending"] == 1
    assert told["flask_paystack_webhook_events", "waiting"] == 1
    assert told["flask_paystack_webhook_events", "done"] == 1
    assert told["flask_paystack_handovers", "waiting"] == 1
    assert told["flask_paystack_oldest_waiting_event_age_seconds",] == 30
    assert told["flask_paystack_last_webhook_timestamp_seconds",] == shop.clock.now().timestamp() - 30
    assert told["flask_paystack_job_last_run_timestamp_seconds", "processEvents"] == shop.clock.now().timestamp()


def test_an_empty_shop_has_numbers_too(shop: Shop) -> None:
    assert numbers(shop)["flask_paystack_oldest_waiting_event_age_seconds",] == 0


def test_the_numbers_are_those_of_every_process(shop: Shop) -> None:
    with shop.second() as other:
        shop.open_payment()
        other.open_payment()

        assert numbers(other) == numbers(shop)
        assert numbers(shop)["flask_paystack_payments", "pending"] == 2
