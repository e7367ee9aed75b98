"""Whom a request comes from: spoofed headers change nothing unless a configured proxy sent them."""

from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from flask_paystack.web.proxies import TrustedProxies
from tests.shop import Shop

PROXY, STRANGER = "10.0.0.1", "203.0.113.66"
TRUSTED = [ip_network(text) for text in ("10.0.0.0/8", "fd00::/8", "192.0.2.1/32")]


def seen(peer: str | None, proxies: Sequence[Any] = TRUSTED, **headers: str) -> tuple[str, str]:
    """The address and scheme the application sees of a plain http request."""

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [f"{environ.get('REMOTE_ADDR', '')} {environ['wsgi.url_scheme']}".encode()]

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    environ = EnvironBuilder(headers=named).get_environ()
    if peer is not None:
        environ["REMOTE_ADDR"] = peer
    chunks, _, _ = run_wsgi_app(TrustedProxies(app, proxies), environ, buffered=True)
    address, _, scheme = b"".join(chunks).decode().rpartition(" ")
    return address, scheme


@pytest.mark.parametrize("peer", [STRANGER, "127.0.0.1", "11.0.0.1", "2001:db8::1", "unix:", ""])
def test_nothing_a_stranger_sends_is_believed(peer: str) -> None:
    told = {
        "X_Forwarded_For": "1.2.3.4",
        "X_Forwarded_Proto": "https",
        "X_Forwarded_Host": "evil.test",
        "Forwarded": "for=1.2.3.4;proto=https",
        "X_Real_IP": "1.2.3.4",
        "X_Forwarded_Port": "443",
    }

    assert seen(peer, **told) == (peer, "http")


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("1.2.3.4", "1.2.3.4"),
        (" 1.2.3.4 ", "1.2.3.4"),
        ("6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("6.6.6.6,1.2.3.4,192.0.2.1,10.0.0.2", "1.2.3.4"),
        ("10.9.9.9, 1.2.3.4", "1.2.3.4"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("2001:db8::5", "2001:db8::5"),
        ("2001:DB8:0::5, fd00::2", "2001:db8::5"),
        ("1.2.3.4,,", "1.2.3.4"),
        ("", PROXY),
        (" , ", PROXY),
        ("unknown", PROXY),
        ("1.2.3.4, unknown", PROXY),
        ("1.2.3.4, 10.0.0.2, garbage, 10.0.0.3", "10.0.0.3"),
        ("garbage, 1.2.3.4", "1.2.3.4"),
        ("1.2.3.4:5678", PROXY),
        ("127.1", PROXY),
        ("01.2.3.4", PROXY),
        ("1.2.3.4\x00", PROXY),
        ("fe80::1%" + "a" * 3000, PROXY),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("1.2.3.4, ::ffff:10.0.0.2", "1.2.3.4"),
        ("<script>", PROXY),
    ],
)
def test_the_client_is_the_last_address_that_is_no_proxy_of_ours(forwarded: str, expected: str) -> None:
    assert seen(PROXY, X_Forwarded_For=forwarded) == (expected, "http")


def test_a_proxy_that_is_reached_over_ipv6_sockets_is_known_by_its_ipv4_address() -> None:
    assert seen("::ffff:10.0.0.1", X_Forwarded_For="1.2.3.4") == ("1.2.3.4", "http")


@pytest.mark.parametrize(
    ("proto", "scheme"),
    [("https", "https"), ("http", "http"), ("ftp", "http"), ("", "http"), ("https,http", "http")],
)
def test_the_scheme_is_believed_from_a_proxy_where_it_is_one(proto: str, scheme: str) -> None:
    assert seen(PROXY, X_Forwarded_Proto=proto) == (PROXY, scheme)


def test_without_an_address_nothing_is_believed() -> None:
    """As over a Unix socket."""
    assert seen(None, X_Forwarded_For="1.2.3.4") == ("", "http")


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("127.0.0.1, 1.2.3.4", "1.2.3.4"),
        ("6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("garbage", ""),
        ("1.2.3.4, ", "1.2.3.4"),
        ("", ""),
        ("unix", ""),
    ],
)
def test_over_a_unix_socket_the_last_hop_is_believed_where_it_is_named(forwarded: str, expected: str) -> None:
    proxies = ["unix", *TRUSTED]

    assert seen(None, proxies, X_Forwarded_For=forwarded, X_Forwarded_Proto="https") == (expected, "https")
    assert seen("", proxies, X_Forwarded_For=forwarded) == (expected, "http")


@pytest.mark.parametrize("peer", [STRANGER, "127.0.0.1", "unix:", "/run/other.sock", "::1"])
def test_who_has_an_address_does_not_come_over_a_unix_socket(peer: str) -> None:
    assert seen(peer, ["unix"], X_Forwarded_For="1.2.3.4", X_Forwarded_Proto="https") == (peer, "http")


def test_nobody_without_an_address_is_this_machine(tmp_path: Path) -> None:
    """Neither /metrics nor a limit takes an empty address for loopback."""
    with Shop(tmp_path, rate_limits="on", limit_verify="1/min") as shop:
        nowhere = {"REMOTE_ADDR": ""}
        assert shop.client.get("/metrics", environ_base=nowhere).status_code == 401
        assert shop.client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).status_code == 200
        tries = [shop.client.get("/pay/verify/x", environ_base=at).status_code for at in (nowhere, nowhere, {})]
    assert tries == [404, 429, 404]


def test_the_host_a_proxy_names_is_never_taken(tmp_path: Path) -> None:
    with Shop(tmp_path, trusted_proxies="127.0.0.1") as shop:
        answer = shop.pay(headers={"X-Forwarded-Host": "evil.test", "Host": "evil.test"})

    assert answer.status_code == 201
    assert "evil.test" not in answer.text


def test_a_webhook_is_kept_with_the_address_it_came_from(tmp_path: Path) -> None:
    with Shop(tmp_path, trusted_proxies="127.0.0.1") as shop:
        shop.post_webhook({"event": "test.one"}, headers={"X-Forwarded-For": "6.6.6.6, 52.31.139.75"})
        [(_, event)] = shop.ours.records.webhooks.claim(5, shop.ours.settings.lease)

    assert event.headers["remote-addr"] == "52.31.139.75"
