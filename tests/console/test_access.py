"""Every route of the console asks for a session, and a session ends."""

import pytest

from tests.console.conftest import Operator
from tests.shop import Shop

REFUSED = {"error": "Invalid session token", "code": "invalid_session_token"}


def routes(shop: Shop) -> list[tuple[str, str]]:
    """Every method and path under ``/admin``, with something in each gap."""
    found = []
    for rule in shop.app.url_map.iter_rules():
        if rule.rule.startswith("/admin/"):
            filled = {name: 1 if name == "number" else "pay-1" for name in rule.arguments}
            with shop.app.test_request_context():
                path = rule.build(filled)
            assert path is not None
            found += [(method, path[1]) for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}]
    return found


def test_every_route_is_known(shop: Shop) -> None:
    assert {
        ("GET", "/admin/payments"),
        ("GET", "/admin/payments/pay-1"),
        ("POST", "/admin/payments/pay-1/verify"),
        ("POST", "/admin/payments/pay-1/accept"),
        ("POST", "/admin/payments/pay-1/refund"),
        ("POST", "/admin/payments/pay-1/retry"),
        ("GET", "/admin/events"),
        ("GET", "/admin/events/1"),
        ("POST", "/admin/events/1/replay"),
        ("GET", "/admin/messages"),
        ("POST", "/admin/messages/1/resend"),
        ("GET", "/admin/summary"),
    } <= set(routes(shop))


@pytest.mark.parametrize("token", [None, "", "wrong", "x" * 5000, "ключ".encode().decode("latin-1")])
def test_nobody_comes_in_without_a_session(shop: Shop, token: str | None) -> None:
    headers = {} if token is None else {"X-Session-Token": token}
    for method, path in routes(shop):
        answer = shop.client.open(path, method=method, headers=headers)
        assert (answer.status_code, answer.get_json()) == (401, REFUSED), (method, path)


def test_a_user_with_an_access_token_is_no_operator(shop: Shop) -> None:
    token = shop.ours.services.accounts.register("bob@example.org", "correct horse battery staple", "192.0.2.1").token
    headers = {"Authorization": f"Bearer {token}", "X-Session-Token": token}
    for method, path in routes(shop):
        assert shop.client.open(path, method=method, headers=headers).status_code == 401


def test_a_session_is_refused_from_its_first_moment_over(shop: Shop, operator: Operator) -> None:
    shop.advance(599.999)
    assert operator.get("/summary").status_code == 200
    shop.advance(0.001)
    for method, path in routes(shop):
        answer = shop.client.open(path, method=method, headers=operator.headers)
        assert (answer.status_code, answer.get_json()) == (401, REFUSED)


@pytest.mark.parametrize(
    "path",
    [
        "/payments/pay-1",
        "/payments/pay-1/verify",
        "/payments/pay-1/accept",
        "/payments/pay-1/refund",
        "/payments/pay-1/retry",
        "/payments/%00",
        "/payments/%F0%9F%92%B8",
        "/events/1",
        "/events/9223372036854775807",
        "/events/9223372036854775808",
        "/events/99999999999999999999999999",
        "/events/-1",
        "/events/1.5",
        "/events/1/replay",
        "/messages/1/resend",
        "/messages/9223372036854775808/resend",
    ],
)
def test_what_is_not_there_is_not_found(operator: Operator, path: str) -> None:
    acts = ("verify", "accept", "refund", "retry", "replay", "resend")
    answer = operator.post(path) if path.endswith(acts) else operator.get(path)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
