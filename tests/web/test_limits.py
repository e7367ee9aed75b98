"""Rate limits for each client address."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.shop import Shop

ADA, EVE = "198.51.100.7", "203.0.113.66"


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path, rate_limits="on", limit_verify="3/min", limit_pay="2/hour") as shop:
        yield shop


def ask(shop: Shop, address: str = ADA, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return shop.client.get("/pay/verify/unknown", environ_overrides={"REMOTE_ADDR": address}, headers=named)


def asked(shop: Shop, times: int, **options: Any) -> list[int]:
    return [ask(shop, **options).status_code for _ in range(times)]


def test_one_more_than_the_limit_is_refused(limited: Shop) -> None:
    assert asked(limited, 5) == [404, 404, 404, 429, 429]


def test_a_refusal_says_when_to_come_back_and_keeps_its_word(limited: Shop) -> None:
    asked(limited, 3)
    limited.advance(20.5)
    refusal = ask(limited)

    assert refusal.status_code == 429
    assert refusal.get_json()["code"] == "too_many_requests"
    assert refusal.headers["Retry-After"] == "40"
    assert refusal.get_json()["retry_after"] == 40

    limited.advance(39.4)
    assert ask(limited).headers["Retry-After"] == "1"
    limited.advance(0.6)
    assert ask(limited).status_code == 404


def test_another_address_is_not_affected(limited: Shop) -> None:
    asked(limited, 10, address=EVE)

    assert asked(limited, 3, address=ADA) == [404, 404, 404]


def test_one_limit_does_not_count_against_another(limited: Shop) -> None:
    asked(limited, 10, address="127.0.0.1")

    assert [limited.pay().status_code for _ in range(3)] == [201, 201, 429]


def test_what_a_stranger_says_of_his_address_changes_nothing(limited: Shop) -> None:
    asked(limited, 3, address=EVE)

    for header in ("X_Forwarded_For", "Forwarded", "X_Real_IP", "X_Client_IP"):
        assert ask(limited, EVE, **{header: "192.0.2.1"}).status_code == 429


def test_behind_a_trusted_proxy_each_client_has_a_limit(tmp_path: Path) -> None:
    with Shop(tmp_path, rate_limits="on", limit_verify="1/min", trusted_proxies="10.0.0.0/8") as shop:
        assert ask(shop, "10.1.1.1", X_Forwarded_For=ADA).status_code == 404
        assert ask(shop, "10.1.1.1", X_Forwarded_For=f"192.0.2.{1}, {ADA}").status_code == 429
        assert ask(shop, "10.1.1.1", X_Forwarded_For=f"{ADA}, {EVE}").status_code == 404


def test_the_switch_lifts_the_limits(tmp_path: Path) -> None:
    with Shop(tmp_path, rate_limits="off", limit_verify="1/min") as shop:
        assert asked(shop, 5) == [404] * 5


def test_limits_hold_over_two_processes_that_share_a_store(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    with (
        Shop(tmp_path, rate_limits="on", limit_verify="3/min", store_url=store) as shop,
        shop.second() as other,
    ):
        assert asked(shop, 2) + asked(other, 2) + asked(shop, 1) == [404, 404, 404, 429, 429]


def test_counters_that_ended_are_swept(limited: Shop) -> None:
    asked(limited, 2, address=ADA)
    asked(limited, 2, address=EVE)
    limited.pay()

    limited.advance(60)
    assert limited.run("removeExpiredCounters") == [2]
    limited.advance(3600)
    assert limited.run("removeExpiredCounters") == [1]


def test_whoever_has_one_ipv6_address_has_its_64_and_counts_once(limited: Shop) -> None:
    assert [ask(limited, f"2001:db8:1:2::{number}").status_code for number in range(5)] == [404, 404, 404, 429, 429]
    assert ask(limited, "2001:db8:1:3::1").status_code == 404
