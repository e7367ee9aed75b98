"""The shop is static pages that run nothing but their own files, and a receiver that believes nobody unsigned."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from flask_paystack.demo import shop as shop_module
from flask_paystack.demo.shop import Surroundings, create_shop

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BACKEND = "http://127.0.0.1:5001"
PAGES = Path(shop_module.__file__).parent / "pages"


@pytest.fixture
def shop() -> FlaskClient:
    app = create_shop(Surroundings(BACKEND, "http://127.0.0.1:5002", "http://127.0.0.1:5003"), SECRET)
    return app.test_client()


def get(shop: FlaskClient, path: str) -> TestResponse:
    """The whole answer; files behind it are closed."""
    return shop.get(path, base_url="http://127.0.0.1", buffered=True)


def test_the_configuration_tells_where_the_backend_is(shop: FlaskClient) -> None:
    found = get(shop, "/config.json").get_json()

    assert found["backend"] == BACKEND
    assert found["links"]["mailbox"] == "http://127.0.0.1:5002/"


@pytest.mark.parametrize("path", ["/", "/return?trxref=a&reference=a"])
def test_pages_run_only_their_own_files_and_speak_only_to_the_backend(shop: FlaskClient, path: str) -> None:
    answer = get(shop, path)

    assert answer.status_code == 200
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {BACKEND}"
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.html")), ids=lambda page: page.name)
def test_no_page_holds_inline_script_or_style(page: Path) -> None:
    html = page.read_text(encoding="utf-8")

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html, re.IGNORECASE)
    assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", html))


@pytest.mark.parametrize("page", ["/", "/return"])
def test_every_file_a_page_asks_for_is_there(shop: FlaskClient, page: str) -> None:
    html = get(shop, page).get_data(as_text=True)
    wanted = set(re.findall(r"/assets/[a-z.]+", html))

    assert wanted
    assert {path: get(shop, path).status_code for path in wanted} == dict.fromkeys(wanted, 200)


def test_scripts_never_write_html() -> None:
    for script in PAGES.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", script.read_text(encoding="utf-8")
        )


def test_another_host_name_is_refused(shop: FlaskClient) -> None:
    """A page elsewhere may point a name of its own at 127.0.0.1."""
    assert shop.get("/handovers.json", base_url="http://evil.example").status_code == 400


def test_a_signed_hand_over_is_kept_once_however_often_it_comes(shop: FlaskClient) -> None:
    for _ in range(2):
        assert _deliver(shop, SECRET).status_code == 204

    (kept,) = get(shop, "/handovers.json").get_json()["handovers"]
    assert (kept["id"], kept["deliveries"]) == ("handover-1", 2)


def test_a_hand_over_signed_by_somebody_else_is_refused(shop: FlaskClient) -> None:
    assert _deliver(shop, "whsec_c29tZWJvZHktZWxzZS1oYXMtdGhpcy1zZWNyZXQ=").status_code == 401
    assert get(shop, "/handovers.json").get_json() == {"handovers": []}


def _deliver(shop: FlaskClient, secret: str) -> TestResponse:
    now = datetime.now(UTC)
    body = json.dumps({"type": "payment.settled", "id": "handover-1", "data": {"reference": "pay-1"}})
    headers = {
        "webhook-id": "handover-1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("handover-1", now, body),
        "Content-Type": "application/json",
    }
    return shop.post("/handovers", data=body, headers=headers, base_url="http://127.0.0.1")
