"""What customers live through. Each function is one story: it returns when all of it was true, and raises Untrue otherwise.

The first line of a docstring is the line of the transcript.
"""

import re
import secrets

from flask_paystack.demo.scene import Scene, Untrue, expect

PRICE = 500_000
"""Kobo; what ``stack.PRODUCTS`` says of womaye-gsp."""


def pays_and_returns(scene: Scene) -> None:
    """Ada pays ₦5,000.00, comes back to the shop, and is told the truth."""
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,idempotency-key"}
    preflight = scene.ask_backend("OPTIONS", "/pay/womaye-gsp", headers=asked)
    expect("whether the shop's page may ask", preflight.ok, expected=True)
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    answers = [
        scene.ask_backend("POST", "/pay/womaye-gsp", json={"email": "ada@example.com"}, headers=headers)
        for _ in range(2)
    ]
    payment, twin = (scene.read(answer, 201, "POST /pay/womaye-gsp") for answer in answers)
    expect("the answer to the same press of the button", twin, payment)
    expect("the amount", payment["amount"], PRICE)
    expect("the status before paying", scene.verify(payment["reference"])["status"], "pending")
    expect("the reference she comes back with", scene.come_back(payment), payment["reference"])
    told = scene.wait_for_status(payment["reference"], "success")
    expect("the amount she is told", (told["amount"], told["currency"]), (PRICE, "NGN"))


def pays_and_never_returns(scene: Scene) -> None:
    """Binta pays and closes the tab: the webhook settles her payment."""
    payment = scene.open_payment("binta@example.com")
    scene.check_out(payment)
    scene.wait_for_handover(payment["reference"])
    scene.wait_for_mail("binta@example.com", "receipt")
    expect("the status nobody had asked for", scene.verify(payment["reference"])["status"], "success")


def same_webhook_three_times(scene: Scene) -> None:
    """Paystack sends Chidi's webhook three times: each is answered 200, and he pays once."""
    payment = scene.open_payment("chidi@example.com")
    scene.check_out(payment)
    first = scene.wait_for("a webhook", lambda: scene.deliveries_of(payment["reference"]))[0]
    for _ in range(2):
        scene.simulator("POST", f"/deliveries/{first['id']}/again")

    def answers() -> list[int] | None:
        found = [
            attempt["http_status"] for each in scene.deliveries_of(payment["reference"]) for attempt in each["attempts"]
        ]
        return found if len(found) >= 3 else None

    expect("the answers to the webhook", scene.wait_for("three deliveries", answers), [200, 200, 200])
    scene.must_have_settled_once("chidi@example.com", payment["reference"])


def tampers_with_the_price(scene: Scene) -> None:
    """Dayo's browser offers ₦1.00 for it: refused, with a sentence."""
    answer = scene.ask_backend("POST", "/pay/womaye-gsp", json={"email": "dayo@example.com", "amount": 100})
    refused = scene.read(answer, 400, "POST /pay/womaye-gsp with another price")
    expect("that the error names the field", "amount" in refused.get("fields", {}), expected=True)


def pays_a_wrong_amount(scene: Scene) -> None:
    """Efua's bank sends ₦1.00 instead of ₦5,000.00: a person must look, and nothing is handed over."""
    payment = scene.open_payment("efua@example.com")
    scene.simulator("POST", f"/transactions/{payment['reference']}/overrides", {"amount": 100})
    scene.check_out(payment)
    scene.wait_for_status(payment["reference"], "quarantined")
    scene.wait_for_mail(scene.stack.admin_email, payment["reference"])
    expect("hand-overs of a wrong amount", scene.handovers_of(payment["reference"]), [])
    expect("receipts for a wrong amount", scene.mails_to("efua@example.com", "receipt"), [])


def gets_a_receipt(scene: Scene) -> None:
    """Femi gives ₦1,500.50, and reads his receipt in his mail."""
    payment = scene.open_payment("femi@example.com", "donation", amount=150_050)
    scene.check_out(payment)
    mail = scene.wait_for_mail("femi@example.com", "receipt")
    for part in ("text", "html"):
        for fact in ("₦1,500.50", "Donation", payment["reference"]):
            if fact not in (mail[part] or ""):
                raise Untrue(f"{fact} in the receipt's {part}", mail[part])


def is_handed_over(scene: Scene) -> None:
    """Gbenga's order reaches the shop's own server, signed; a forged one is refused there."""
    payment = scene.open_payment("gbenga@example.com", order="order-1042", metadata={"shirt": "XL"})
    scene.check_out(payment)
    told = scene.wait_for_handover(payment["reference"])
    expect("the type of the hand-over", told["type"], "payment.settled")
    data = told["data"]
    expect(
        "what it tells of", (data["order"], data["amount"], data["metadata"]), ("order-1042", PRICE, {"shirt": "XL"})
    )
    forged = scene.call("POST", f"{scene.stack.shop_url}/handovers", json={**told, "id": "forged"})
    expect("the answer to a forged hand-over", forged.status_code, 401)


def is_found_without_a_webhook(scene: Scene) -> None:
    """Ifeoma's webhook is lost and she never returns: a minute later her payment is found by asking."""
    payment = scene.open_payment("ifeoma@example.com")
    scene.simulator("POST", "/settings", {"webhooks": "dropped"})
    try:
        scene.check_out(payment)
    finally:
        scene.simulator("POST", "/settings", {"webhooks": "on"})
    expect(
        "the fate of her webhook", [each["state"] for each in scene.deliveries_of(payment["reference"])], ["dropped"]
    )
    scene.stack.advance(61)
    scene.must_have_settled_once("ifeoma@example.com", payment["reference"])


def is_declined_and_tries_again(scene: Scene) -> None:
    """Juma's card is declined and he leaves: a mail tells him, and its link lets him pay after all."""
    payment = scene.open_payment("juma@example.com")
    declined = scene.check_out(payment, "declined")
    expect("where a declined card leads", declined.headers["Location"].startswith(scene.stack.shop_url), expected=False)
    expect("the status after a decline", scene.verify(payment["reference"])["status"], "pending")
    scene.stack.advance(61)
    mail = scene.wait_for_mail("juma@example.com", "did not go through")
    link = re.search(r"http://\S+/pay/retry/\S+", mail["text"])
    if link is None:
        raise Untrue("a link to try again in the mail", mail["text"])
    for _ in range(2):
        # Mail scanners follow links too.
        expect("the status of the link's page", scene.call("GET", link[0]).status_code, 200)
    pressed = scene.call("POST", link[0], headers={"Content-Type": "application/x-www-form-urlencoded"})
    expect("the answer to the page's button", pressed.status_code, 303)
    # The payment that is still open, or another in the same order.
    reference = scene.come_back({"authorization_url": pressed.headers["Location"]})
    told = scene.wait_for_status(reference, "success")
    expect("the order it pays for", told["order"], payment["order"])
    scene.must_have_settled_once("juma@example.com", reference)


def settled_once_each(scene: Scene) -> None:
    """After all of that, everyone who paid has one receipt and one hand-over."""
    answer = scene.call("GET", f"{scene.stack.shop_url}/handovers.json")
    for handover in scene.read(answer, 200, "the shop's server")["handovers"]:
        scene.must_have_settled_once(handover["data"]["email"], handover["data"]["reference"])
