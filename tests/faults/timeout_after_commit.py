"""Paystack does it and falls silent: an opening is unknown and never failed, and a refund is never sent twice (FAULTS R14).

The controls take silence for a no: they call the payment failed, and send the refund again.
"""

import argparse

from flask_paystack.payments.model import Entry, Payment, Status
from tests.faults import Outcome
from tests.faults.moved_time import POLL, kept, shop_of_moved_time
from tests.shop import SECRET_KEY, Shop

CONTROLS = ("silence-is-no", "refund-again")
KNOWN_WITHIN = 120
SILENCES = ("timeout-after-commit", "reset-after-commit", "500-after-commit")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--payments", type=int, default=30)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return fall_silent(options.payments, options.control)


def fall_silent(payments: int, control: str | None = None) -> Outcome:
    """Open ``payments`` without an answer, have them paid, and refund each without an answer, then once more."""
    with shop_of_moved_time() as shop:
        references = [_open(shop, SILENCES[number % 3], control) for number in range(payments)]
        for _ in range(0, KNOWN_WITHIN, POLL):
            shop.advance(POLL)
            shop.run("pollPayments")
        failed = sum(kept(shop, each).status is not Status.PENDING for each in references)
        unresolved = sum(kept(shop, each).answer in {None, "unknown"} for each in references)
        for reference in references:
            shop.customer_pays(reference)
            shop.deliver_webhooks()
        for _ in range(5):
            shop.run("processEvents")
            shop.advance(3)
        unsettled = sum(kept(shop, each).status is not Status.SUCCESS for each in references)
        given_back = [_refund_twice(shop, each, SILENCES[n % 3], control) for n, each in enumerate(references)]
    numbers: dict[str, object] = {
        "payments": payments,
        "called_failed": failed,
        "unresolved": unresolved,
        "unsettled": unsettled,
        "refunded_twice": sum(count > 1 for count in given_back),
        "not_refunded": sum(count == 0 for count in given_back),
    }
    return Outcome(not any(count for name, count in numbers.items() if name != "payments"), numbers)


def _open(shop: Shop, silence: str, control: str | None) -> str:
    shop.simulator.faults.add("initialize", silence)
    reference = str(shop.pay().get_json()["reference"])
    if control == "silence-is-no":
        changes = {"next_check_at": None}
        entry = Entry("paystack", "failed", "Paystack did not answer.")
        shop.ours.records.payments.step(reference, Status.FAILED, changes, entry)
    return reference


def _refund_twice(shop: Shop, reference: str, silence: str, control: str | None) -> int:
    """A part is given back, Paystack falls silent, and a person tries again. How many refunds Paystack then has."""
    session = {"X-Session-Token": shop.ours.services.sessions.open("admin1")}
    path = f"/admin/payments/{reference}/refund"
    shop.simulator.faults.add("create_refund", silence)
    shop.client.post(path, json={"amount": 400000}, headers=session)
    if control == "refund-again":
        _send_blindly(shop, kept(shop, reference), 50000)
    for _ in range(3):
        shop.client.post(path, json={"amount": 400000}, headers=session)
        shop.advance(30)
    transaction = shop.simulator.world.find(reference)
    return 0 if transaction is None else len(transaction.refunds)


def _send_blindly(shop: Shop, payment: Payment, amount: int) -> None:
    headers = {"Authorization": f"Bearer {SECRET_KEY}"}
    body = {"transaction": payment.reference, "amount": amount}
    shop.session.post("https://api.paystack.co/refund", json=body, headers=headers)
