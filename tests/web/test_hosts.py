"""What a request names as its host is never believed: it stands in no answer, no mail, and no link (FAULTS R54)."""

import re
from pathlib import Path

import pytest

from tests.shop import EMAIL, Shop
from tests.smtp import running_smtp

STRANGE = "evil-host.test"
HEADERS = [
    {"Host": STRANGE},
    {"Host": f"{STRANGE}:8443"},
    {"Host": f"backend.test@{STRANGE}"},
    {"Host": f"backend.test,{STRANGE}"},
    {"Host": f"{STRANGE}/x"},
    {"Host": "backend.test", "X-Forwarded-Host": STRANGE},
    {"Host": "backend.test", "X-Forwarded-Server": STRANGE, "X-Host": STRANGE, "X-Original-Host": STRANGE},
    {"Host": "backend.test", "Forwarded": f"host={STRANGE};proto=https"},
    {"Host": "backend.test", "X-Forwarded-Prefix": f"//{STRANGE}", "X-Original-URL": f"https://{STRANGE}/"},
]


@pytest.mark.parametrize("headers", HEADERS, ids=str)
def test_no_answer_of_any_route_holds_a_host_that_was_sent(shop: Shop, headers: dict[str, str]) -> None:
    rules = [rule for rule in shop.app.url_map.iter_rules() if rule.endpoint.startswith("paystack.")]
    assert len(rules) > 20

    for rule in rules:
        path = re.sub(r"<[^<>]+>", "1", re.sub(r"<[^<>]*\([^)]*\):[^<>]*>", "1", rule.rule))
        for method in sorted(rule.methods or set()):
            for slash in ("", "/"):
                answer = shop.client.open(
                    path + slash, method=method, headers=headers, json={} if method == "POST" else None
                )
                assert STRANGE not in answer.text + str(answer.headers), f"{method} {path}"


@pytest.mark.parametrize("headers", HEADERS, ids=str)
def test_no_mail_and_no_link_holds_it_either(tmp_path: Path, headers: dict[str, str]) -> None:
    with running_smtp() as mailbox, Shop(tmp_path, mail_server="127.0.0.1", mail_port=mailbox.port) as shop:
        shop.ours.services.accounts.register(EMAIL, "correct horse battery staple", "192.0.2.1")
        assert shop.client.post("/auth/forgot", json={"email": EMAIL}, headers=headers).status_code == 202
        opened = shop.pay(headers=headers)
        assert opened.status_code == 201, opened.text
        shop.customer_pays(opened.get_json()["reference"], "declined")
        for _ in range(20):
            shop.advance(60)
            shop.run("pollPayments", "noticeFailures", "sendMessages")
        shop.client.post("/admin-keys/request", json={"permission_from": "admin1"}, headers=headers)

        assert len(mailbox.raw) == 3
        letters = b"".join(mailbox.raw).replace(b"=\r\n", b"").replace(b"=\n", b"")
        assert STRANGE.encode() not in letters
        assert b"http://backend.test/pay/retry/" in letters, "the control: links are there, to the configured address"
        assert STRANGE not in opened.text
