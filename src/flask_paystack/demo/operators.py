"""What an operator lives through, told like ``customers``."""

import re
import secrets

from flask_paystack.demo.scene import Json, Scene, Untrue, expect

TRIES = 5
"""Wrong guesses that a key survives."""


def asks_for_a_key(scene: Scene) -> None:
    """The operator asks admin1 for a key, trades it for a session, works, and logs out."""
    attempt = _ask_for_a_key(scene)
    headers = _log_in(scene, attempt)
    again = scene.ask_backend("POST", "/admin-keys/verify", json=attempt)
    expect("the answer to a key used twice", again.status_code, 400)
    session = {"session_token": headers["X-Session-Token"]}
    valid = scene.ask_backend("POST", "/check-session", json=session)
    expect("what the session is told", scene.read(valid, 200, "POST /check-session"), {"message": "success"})
    _log_out(scene, headers)
    after = scene.ask_backend("POST", "/check-session", json=session)
    expect("the answer after logging out", after.status_code, 400)


def refunds_a_payment(scene: Scene) -> None:
    """The operator reads why Kwame's payment is settled, refunds it, and his return page says so."""
    payment = scene.open_payment("kwame@example.com")
    scene.check_out(payment)
    scene.wait_for_handover(payment["reference"])
    headers = _log_in(scene, _ask_for_a_key(scene))
    path = f"/admin/payments/{payment['reference']}"
    shown = scene.read(scene.ask_backend("GET", path, headers=headers), 200, "GET /admin/payments")
    kinds = {line["kind"]: line["actor"] for line in shown["timeline"]}
    expect("who settled it, in its timeline", str(kinds.get("settled")).partition(" ")[0], "webhook")
    refunded = scene.ask_backend("POST", f"{path}/refund", headers=headers, json={})
    expect("the status", scene.read(refunded, 200, "POST …/refund")["status"], "reversal-pending")
    scene.simulator("POST", "/clock", {"seconds": 600})
    scene.wait_for_status(payment["reference"], "reversed")
    twice = scene.ask_backend("POST", f"{path}/refund", headers=headers, json={})
    expect("the answer to a second refund", twice.status_code, 409)
    _log_out(scene, headers)
    stranger = scene.ask_backend("GET", path, headers=headers)
    expect("the answer to the ended session", stranger.status_code, 401)


def guesses_a_key(scene: Scene) -> None:
    """A stranger guesses an access key: after five wrong guesses even the right one is refused."""
    attempt = _ask_for_a_key(scene)
    wrong = (int(attempt["key"]) + 1 + secrets.randbelow(999_999)) % 1_000_000
    keys = [f"{wrong:06d}"] * TRIES + [attempt["key"]]
    answers = [
        scene.ask_backend("POST", "/admin-keys/verify", json={**attempt, "key": key}).status_code for key in keys
    ]
    expect("the answers", answers, [400] * (TRIES + 1))


def _ask_for_a_key(scene: Scene) -> Json:
    """The key's id from the backend's answer, and the key from the admin's mail."""
    asked = scene.ask_backend("POST", "/admin-keys/request", json={"permission_from": scene.stack.admin_name})
    request = scene.read(asked, 202, "POST /admin-keys/request")
    # The mail was taken before the answer was given, so the newest is the one.
    mail = scene.wait_for_mail(scene.stack.admin_email, "access key")
    key = re.search(r"(?<![0-9])[0-9]{6}(?![0-9])", mail["text"])
    if key is None:
        raise Untrue("six digits in the mail", mail["text"])
    return {"id": request["id"], "key": key[0]}


def _log_in(scene: Scene, attempt: Json) -> dict[str, str]:
    """Trade a key for a session. Returns the header that carries it."""
    answer = scene.ask_backend("POST", "/admin-keys/verify", json=attempt)
    return {"X-Session-Token": scene.read(answer, 201, "POST /admin-keys/verify")["session_token"]}


def _log_out(scene: Scene, headers: dict[str, str]) -> None:
    ended = scene.ask_backend("DELETE", "/sessions", headers=headers)
    expect("the answer to logging out", ended.status_code, 204)
