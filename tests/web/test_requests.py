"""Request ids, and the headers that every answer carries."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask_cors import CORS

from tests.shop import EMAIL, FRONTEND, Shop

OURS = re.compile(r"[0-9a-f]{16}")

ANSWERS = [
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 503),
    ("GET", "/nowhere", 404),
    ("GET", "/pay/verify/unknown", 404),
    ("GET", "/pay/womaye-gsp", 405),
    ("DELETE", "/pay/webhook", 405),
    ("POST", "/pay/womaye-gsp", 415),
    ("POST", "/pay/webhook", 401),
    ("OPTIONS", "/pay/womaye-gsp", 200),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_carries_an_id_and_may_not_be_kept_or_sniffed(
    shop: Shop, method: str, path: str, status: int
) -> None:
    answer = shop.client.open(path, method=method)

    assert answer.status_code == status
    assert OURS.fullmatch(answer.headers["X-Request-ID"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.headers.getlist("X-Request-ID")) == 1


@pytest.mark.parametrize("given", ["abc", "A-1._z", "x" * 64, "7d8e0c1a-5f0e-4a55-9d0e-3c0f8d2a9b11"])
def test_a_plain_id_from_a_proxy_is_kept(shop: Shop, given: str) -> None:
    assert shop.client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["", " ", "x" * 65, "two words", "<b>", "a;b", "a,b", "é", "\x1b[2K", "a\tb", "'or 1=1", "١٢٣", "a/b"]
)
def test_any_other_id_is_replaced(shop: Shop, given: str) -> None:
    environ = {"HTTP_X_REQUEST_ID": given.encode("utf-8").decode("latin-1")}

    assert OURS.fullmatch(shop.client.get("/healthz", environ_overrides=environ).headers["X-Request-ID"])


def test_each_request_has_an_id_of_its_own(shop: Shop) -> None:
    assert len({shop.client.get("/healthz").headers["X-Request-ID"] for _ in range(50)}) == 50


class TestCors:
    """CORS: the configured origins may call us, nobody else, and never with cookies."""

    def preflight(self, shop: Shop, origin: str, path: str = "/pay/womaye-gsp", headers: str = "") -> dict[str, str]:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": headers}
        return dict(shop.client.options(path, headers=asked).headers)

    def test_cors_csrf_the_frontend_may_call_with_our_headers(self, shop: Shop) -> None:
        wanted = {"content-type", "authorization", "idempotency-key", "x-session-token"}
        told = self.preflight(shop, FRONTEND, headers=", ".join(sorted(wanted)))

        assert told["Access-Control-Allow-Origin"] == FRONTEND
        assert wanted <= set(told["Access-Control-Allow-Headers"].lower().split(", "))
        assert "POST" in told["Access-Control-Allow-Methods"]
        assert "Access-Control-Allow-Credentials" not in told

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("GET", "/pay/womaye-gsp", 405), ("DELETE", "/pay/webhook", 405), ("PUT", "/auth/login", 405),
         ("GET", "/nowhere", 404), ("POST", "/pay/no-such", 404), ("GET", "/auth/me", 401)],
    )  # fmt: skip
    def test_cors_csrf_the_frontend_may_read_why_it_was_refused(
        self, shop: Shop, method: str, path: str, status: int
    ) -> None:
        answer = shop.client.open(path, method=method, json={"email": EMAIL}, headers={"Origin": FRONTEND})
        assert answer.status_code == status
        assert answer.headers.getlist("Access-Control-Allow-Origin") == [FRONTEND]
        assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]

        stranger = shop.client.open(path, method=method, json={"email": EMAIL}, headers={"Origin": "https://evil.test"})
        assert "Access-Control-Allow-Origin" not in stranger.headers

    def test_cors_csrf_the_frontend_may_read_answers_and_errors(self, shop: Shop) -> None:
        for answer in (shop.pay(headers={"Origin": FRONTEND}), shop.pay(headers={"Origin": FRONTEND}, amount=1)):
            assert answer.headers["Access-Control-Allow-Origin"] == FRONTEND
            assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]
            assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]

    @pytest.mark.parametrize(
        "origin",
        ["https://evil.test", "http://shop.test", "https://shop.test.evil.test", "https://shop.test:8443", "null",
         "https://shopxtest", "*", "https://sub.shop.test", "https://shop.test/"],
    )  # fmt: skip
    def test_cors_csrf_another_origin_may_not(self, shop: Shop, origin: str) -> None:
        assert "Access-Control-Allow-Origin" not in self.preflight(shop, origin)
        assert "Access-Control-Allow-Origin" not in shop.pay(headers={"Origin": origin}).headers

    def test_cors_csrf_further_origins_may_be_named(self, tmp_path: Path) -> None:
        with Shop(tmp_path, frontend_url=None, cors_origins="https://a.test,http://localhost:3000") as shop:
            allowed = [
                self.preflight(shop, each).get("Access-Control-Allow-Origin")
                for each in ("https://a.test", "http://localhost:3000", FRONTEND)
            ]
            varies = self.preflight(shop, "https://a.test")["Vary"]
        assert allowed == ["https://a.test", "http://localhost:3000", None]
        assert "Origin" in varies

    def test_cors_csrf_without_origins_nobody_may(self, tmp_path: Path) -> None:
        with Shop(tmp_path, frontend_url=None) as shop:
            assert not [name for name in self.preflight(shop, FRONTEND) if name.startswith("Access-Control")]

    def test_cors_csrf_a_webhook_needs_no_origin(self, shop: Shop) -> None:
        assert shop.post_webhook({"event": "test.kept"}).status_code == 200
        assert shop.post_webhook({"event": "test.kept"}, headers={"Origin": "https://evil.test"}).status_code == 200

    def test_cors_csrf_no_answer_sets_a_cookie_and_none_lets_anybody_in(self, shop: Shop) -> None:
        """So there is nothing that another site could make a browser send."""
        token = shop.ours.services.sessions.open("admin1")
        for rule in shop.app.url_map.iter_rules():
            for method in (rule.methods or set()) - {"OPTIONS"}:
                path = re.sub(r"<[^<>]+>", "1", rule.rule)
                cookies = {"Cookie": f"session={token}; X-Session-Token={token}; Authorization=Bearer {token}"}
                with shop.client.open(path, method=method, headers=cookies, data=b"a=b") as answer:
                    assert "Set-Cookie" not in answer.headers
                    if path.startswith("/admin/"):
                        assert answer.status_code == 401, path

    def test_cors_csrf_control_any_origin_with_credentials_would_be_told(self) -> None:
        """What the tests above look at does tell an open door."""
        app = Flask("open")
        CORS(app, origins="*", supports_credentials=True)
        app.add_url_rule("/", view_func=lambda: "ok")
        answer = app.test_client().get("/", headers={"Origin": "https://evil.test"})
        assert answer.headers["Access-Control-Allow-Origin"] == "https://evil.test"
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_what_is_no_page_may_do_nothing_in_a_browser(shop: Shop, method: str, path: str, status: int) -> None:
    answer = shop.client.open(path, method=method)

    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "sandbox"} == set(policy)
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_browsers_are_told_to_stay_with_tls_where_our_address_has_it(tmp_path: Path) -> None:
    with Shop(tmp_path, public_url="https://pay.example.com") as shop:
        told = [shop.client.get(path).headers["Strict-Transport-Security"] for path in ("/healthz", "/nowhere")]
    assert told == ["max-age=31536000; includeSubDomains"] * 2


def test_without_tls_or_in_somebody_elses_application_nobody_is_told_so(shop: Shop, tmp_path: Path) -> None:
    elsewhere = tmp_path / "mounted"
    elsewhere.mkdir()
    with Shop(elsewhere, public_url="https://pay.example.com", host=Flask("host"), prefix="/shop") as mounted:
        answers = [shop.client.get("/healthz"), mounted.client.get("/shop/healthz")]
    assert not [answer for answer in answers if "Strict-Transport-Security" in answer.headers]
