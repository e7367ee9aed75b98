"""Refunds (CONTRACT §7)."""

from flask import g, request
from flask.typing import ResponseReturnValue

from paystack_simulator import errors, parsing, payloads, refund_requests
from paystack_simulator.api.door import answer, bp, empty
from paystack_simulator.errors import Refused
from paystack_simulator.model import Refund, RefundStatus
from paystack_simulator.simulator import simulator
from paystack_simulator.transactions import page


@bp.post("/refund")
def create_refund() -> ResponseReturnValue:
    """Send money back, all of it unless an amount is named (CONTRACT §7)."""
    wanted = refund_requests.read(parsing.body(request))
    with simulator().world.lock:
        transaction = refund_requests.find_transaction(g.integration, wanted.transaction)
        refund = simulator().refunds.create(
            transaction, wanted.amount, wanted.currency, wanted.customer_note, wanted.merchant_note
        )
        return answer("Refund has been queued for processing", payloads.refund_created(refund, empty()))


@bp.get("/refund/<refund_id>")
def fetch_refund(refund_id: str) -> ResponseReturnValue:
    """One refund by its id (CONTRACT §7)."""
    with simulator().world.lock:
        return answer("Refund retrieved", payloads.refund_read(_refund(refund_id)))


@bp.post("/refund/retry_with_customer_details/<refund_id>")
def retry_refund(refund_id: str) -> ResponseReturnValue:
    """Name the bank account a refund in need of attention goes to (CONTRACT §7)."""
    details = refund_requests.account_details(parsing.body(request))
    with simulator().world.lock:
        refund = _refund(refund_id)
        if details["currency"] != refund.currency:
            raise Refused(errors.REFUND_CURRENCY_MISMATCH)
        simulator().refunds.retry_with_customer_details(refund)
        return answer("Refund retried and has been queued for processing", payloads.refund_read(refund))


@bp.get("/refund", strict_slashes=False)
def list_refunds() -> ResponseReturnValue:
    """A page of refunds, newest first; ``transaction`` is a numeric id, a reference finds none (CONTRACT §7)."""
    arguments = request.args.to_dict()
    with simulator().world.lock:
        rows = refund_requests.list_matching(g.integration, arguments)
        chosen, meta = page(rows, arguments)
        meta["failedRefundCount"] = sum(refund.status is RefundStatus.FAILED for refund in rows)
        data = [payloads.refund_read(refund) for refund in chosen]
    return answer("Refunds retrieved", data, meta)


def _refund(refund_id: str) -> Refund:
    refund: Refund | None = g.integration.refunds.get(parsing.identifier(refund_id))
    if refund is None:
        raise Refused(errors.REFUND_NOT_FOUND)
    return refund
