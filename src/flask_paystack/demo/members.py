"""What a customer with an account lives through, told like ``customers``."""

import secrets

from flask_paystack.demo.scene import Scene, expect


def registers_and_pays(scene: Scene) -> None:
    """Halima registers, logs in, pays, finds her payment and no other's in her list, and logs out."""
    account = {"email": "halima@example.com", "password": secrets.token_urlsafe(12)}
    scene.read(scene.ask_backend("POST", "/auth/register", json=account), 201, "POST /auth/register")
    login = scene.read(scene.ask_backend("POST", "/auth/login", json=account), 200, "POST /auth/login")
    headers = {"Authorization": f"Bearer {login['access_token']}"}
    # Somebody else may type her address; that payment is not hers.
    scene.open_payment(account["email"])
    answer = scene.ask_backend("POST", "/pay/womaye-gsp", json={}, headers=headers)
    payment = scene.read(answer, 201, "POST /pay/womaye-gsp, logged in")
    scene.check_out(payment)
    scene.wait_for_handover(payment["reference"])
    listed = scene.read(scene.ask_backend("GET", "/payments", headers=headers), 200, "GET /payments")
    told = [(each["reference"], each["status"]) for each in listed["payments"]]
    expect("her payments", told, [(payment["reference"], "success")])
    ended = scene.ask_backend("POST", "/auth/logout", headers=headers)
    expect("the answer to logging out", ended.status_code, 204)
    after = scene.ask_backend("GET", "/payments", headers=headers)
    expect("the answer to her old token", after.status_code, 401)
