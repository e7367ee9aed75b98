"""Stories of operators and of members: keys, sessions and accounts, wherever what expires is kept."""

import re
from email.message import EmailMessage
from typing import Any

import requests

from tests.flows.conftest import Town, wait_for


def ask(town: Town, method: str, path: str, **more: Any) -> requests.Response:
    return town.browser.request(method, town.backend + path, timeout=10, **more)


def mailed_key(town: Town) -> dict[str, str]:
    """What an operator has once the admin told them the key of the mail."""
    before = len(town.mailbox.received)
    answer = ask(town, "POST", "/admin-keys/request", json={"permission_from": "admin2"})
    assert answer.status_code == 202, answer.text

    def look() -> EmailMessage | None:
        return next((mail for mail in town.mailbox.received[before:] if "ben@example.org" in str(mail["To"])), None)

    body = wait_for("the key's mail", look).get_body(("plain",))
    assert body is not None
    found = re.search(r"\b[0-9]{6}\b", body.get_content())
    assert found is not None
    return {"id": answer.json()["id"], "key": found[0]}


def open_session(town: Town) -> str:
    answer = ask(town, "POST", "/admin-keys/verify", json=mailed_key(town))
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["session_token"]
    return token


def is_valid(town: Town, token: str) -> bool:
    return ask(town, "POST", "/check-session", json={"session_token": token}).status_code == 200


def test_an_operator_gives_money_back_with_a_key_that_an_admin_told(town: Town) -> None:
    opened = town.open_payment(email="ife@example.org")
    town.check_out(opened)
    town.wait_for_status(opened["reference"], "success")
    session = {"X-Session-Token": open_session(town)}

    answer = ask(town, "POST", f"/admin/payments/{opened['reference']}/refund", headers=session, json={})

    assert answer.status_code == 200, answer.text
    town.wait_for_status(opened["reference"], answer.json()["status"])
    shown = ask(town, "GET", f"/admin/payments/{opened['reference']}", headers=session).json()
    assert "admin2" in {entry["actor"] for entry in shown["timeline"]}
    assert ask(town, "DELETE", "/sessions", headers=session).status_code == 204
    assert ask(town, "GET", "/admin/summary", headers=session).status_code == 401


def test_a_key_opens_one_session_and_no_second(town: Town) -> None:
    key = mailed_key(town)
    assert ask(town, "POST", "/admin-keys/verify", json=key).status_code == 201
    assert ask(town, "POST", "/admin-keys/verify", json=key).status_code == 400


def test_a_key_and_a_session_end_at_their_very_moment(town: Town) -> None:
    key, session = mailed_key(town), open_session(town)
    town.clock.advance(50)
    assert ask(town, "POST", "/admin-keys/verify", json=key).status_code == 400
    town.clock.advance(549.9)
    assert is_valid(town, session)
    town.clock.advance(0.1)
    assert not is_valid(town, session)


def test_a_member_pays_sees_their_payments_and_logs_out(town: Town) -> None:
    credentials = {"email": "jide@example.org", "password": "correct horse battery"}
    assert ask(town, "POST", "/auth/register", json=credentials).status_code == 201
    token = ask(town, "POST", "/auth/login", json=credentials).json()["access_token"]
    member = {"Authorization": f"Bearer {token}"}
    opened = ask(town, "POST", "/pay/womaye-gsp", json={}, headers=member).json()
    town.clock.advance(3)
    town.check_out(opened)
    town.wait_for_status(opened["reference"], "success")
    town.wait_for_handover(opened["reference"])

    listed = ask(town, "GET", "/payments", headers=member).json()["payments"]
    assert [each["reference"] for each in listed] == [opened["reference"]]
    assert ask(town, "POST", "/auth/logout", headers=member).status_code == 204
    assert ask(town, "GET", "/payments", headers=member).status_code == 401
