"""What an operator lives through, told like ``customers``."""

import re
import secrets

from flask_paystack.demo.scene import Scene, Untrue, expect


def asks_for_a_key(scene: Scene) -> None:
    """The operator asks admin1 for a key, trades it for a session, and logs out."""
    asked = scene.ask_backend("POST", "/admin-keys/request", json={"permission_from": scene.stack.admin_name})
    request = scene.read(asked, 202, "POST /admin-keys/request")
    mail = scene.wait_for_mail(scene.stack.admin_email, "access key")
    found = re.search(r"(?<![0-9])[0-9]{6}(?![0-9])", mail["text"])
    if found is None:
        raise Untrue("six digits in the mail", mail["text"])
    attempt = {"id": request["id"], "key": found[0]}
    session = scene.read(scene.ask_backend("POST", "/admin-keys/verify", json=attempt), 201, "POST /admin-keys/verify")
    again = scene.ask_backend("POST", "/admin-keys/verify", json=attempt)
    expect("the answer to a key used twice", again.status_code, 400)
    token = session["session_token"]
    valid = scene.ask_backend("POST", "/check-session", json={"session_token": token})
    expect("what the session is told", scene.read(valid, 200, "POST /check-session"), {"message": "success"})
    ended = scene.ask_backend("DELETE", "/sessions", headers={"X-Session-Token": token})
    expect("the answer to logging out", ended.status_code, 204)
    after = scene.ask_backend("POST", "/check-session", json={"session_token": token})
    expect("the answer after logging out", after.status_code, 400)


def guesses_a_key(scene: Scene) -> None:
    """A stranger asks for a key and guesses: after five wrong guesses even the right one is refused."""
    asked = scene.ask_backend("POST", "/admin-keys/request", json={"permission_from": scene.stack.admin_name})
    request = scene.read(asked, 202, "POST /admin-keys/request")
    mail = scene.wait_for_mail(scene.stack.admin_email, "access key")
    right = re.findall(r"(?<![0-9])[0-9]{6}(?![0-9])", mail["text"])[0]
    wrong = f"{(int(right) + 1 + secrets.randbelow(999_999)) % 1_000_000:06d}"
    answers = [
        scene.ask_backend("POST", "/admin-keys/verify", json={"id": request["id"], "key": key}).status_code
        for key in [wrong] * 5 + [right]
    ]
    expect("the answers to six tries", answers, [400] * 6)
