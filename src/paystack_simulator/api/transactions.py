"""Transactions (CONTRACT §2, §3, §4.2)."""

from flask import Response, g, request
from flask.typing import ResponseReturnValue

from paystack_simulator import api_faults, cards, errors, parsing, payloads
from paystack_simulator.api.door import answer, bp, checkout_url, empty
from paystack_simulator.errors import Refused
from paystack_simulator.model import Transaction
from paystack_simulator.simulator import simulator
from paystack_simulator.transactions import cursor_page, page, totals


@bp.post("/transaction/initialize")
def initialize() -> ResponseReturnValue:
    """Open a transaction and say where to pay it (CONTRACT §2)."""
    fields = parsing.body(request)
    with simulator().world.lock:
        transaction = simulator().transactions.initialize(g.integration, fields)
        data = {
            "authorization_url": checkout_url(transaction),
            "access_code": transaction.access_code,
            "reference": transaction.reference,
        }
    if g.fault == api_faults.WEBHOOK_FIRST:
        simulator().pay(transaction.reference)
        simulator().deliver_first(transaction.reference)
    return answer("Authorization URL created", data)


@bp.get("/transaction/verify/", defaults={"reference": ""})
@bp.get("/transaction/verify/<path:reference>")
def verify(reference: str) -> ResponseReturnValue:
    """200 for any known reference, paid or not; an unknown one is a 400 (CONTRACT §3.1)."""
    if not reference:
        raise Refused(errors.TRANSACTION_ID_NOT_NUMERIC)
    with simulator().world.lock:
        transaction = g.integration.transactions.get(reference)
        if transaction is None:
            raise Refused(errors.TRANSACTION_REFERENCE_NOT_FOUND)
        return answer("Verification successful", payloads.verified(transaction, empty()))


@bp.get("/transaction/<transaction_id>")
def fetch(transaction_id: str) -> ResponseReturnValue:
    """One transaction by its numeric id (CONTRACT §3.4)."""
    if not (transaction_id.isascii() and transaction_id.isdigit()):
        raise Refused(errors.TRANSACTION_ID_NOT_NUMERIC)
    with simulator().world.lock:
        transaction = g.integration.transactions_by_id.get(parsing.identifier(transaction_id))
        if transaction is None:
            raise Refused(errors.TRANSACTION_ID_NOT_FOUND)
        return answer("Transaction retrieved", payloads.fetched(transaction, empty()))


@bp.get("/transaction/timeline/<path:id_or_reference>")
def timeline(id_or_reference: str) -> ResponseReturnValue:
    """What the customer did on the checkout page; nothing yet is an empty log (CONTRACT §3.4)."""
    with simulator().world.lock:
        found = g.integration.transactions.get(id_or_reference)
        found = found or g.integration.transactions_by_id.get(parsing.identifier(id_or_reference))
        if found is None:
            raise Refused(errors.TRANSACTION_ID_NOT_FOUND)
        return answer("Timeline retrieved", payloads.log(found) or payloads.EMPTY_LOG)


@bp.get("/transaction/totals")
def transaction_totals() -> ResponseReturnValue:
    """How many payments there were, and how much money by currency (CONTRACT §3.4)."""
    arguments = request.args.to_dict()
    with simulator().world.lock:
        return answer("Transaction totals", totals(simulator().transactions.list_matching(g.integration, arguments)))


@bp.get("/transaction", strict_slashes=False)
def list_transactions() -> ResponseReturnValue:
    """A page of transactions, newest first (CONTRACT §3.4)."""
    arguments = request.args.to_dict()
    with simulator().world.lock:
        rows = simulator().transactions.list_matching(g.integration, arguments)
        if arguments.get("use_cursor", "").lower() == "true":
            chosen, meta = cursor_page(rows, arguments)
        else:
            chosen, meta = page(rows, arguments)
            meta["total_volume"] = sum(transaction.amount for transaction in rows)
        data = [payloads.listed(transaction, empty()) for transaction in chosen]
    return answer("Transactions retrieved", data, meta)


@bp.post("/transaction/charge_authorization")
def charge_authorization() -> ResponseReturnValue:
    """Charge a reusable card again. A decline is a 200 whose ``data.status`` is ``failed`` (CONTRACT §4.2)."""
    fields = parsing.body(request)
    with simulator().world.lock:
        transaction = simulator().transactions.charge_authorization(
            g.integration,
            fields,
            paused=g.fault == api_faults.PAUSED,
            processing=g.fault == api_faults.PROCESSING,
            refuse=cards.INSUFFICIENT_FUNDS if g.fault == api_faults.DECLINED else None,
        )
        said = _paused(transaction) if transaction.steps else _charged(transaction)
    if g.fault == api_faults.WEBHOOK_FIRST:
        simulator().deliver_first(transaction.reference)
    return said


@bp.post("/transaction/partial_debit")
def partial_debit() -> ResponseReturnValue:
    """Take as much of an amount as the account holds, and ``at_least`` so much (CONTRACT §4.2)."""
    fields = parsing.body(request)
    with simulator().world.lock:
        transaction = simulator().transactions.partial_debit(
            g.integration, fields, refuse=cards.INSUFFICIENT_FUNDS if g.fault == api_faults.DECLINED else None
        )
        data = payloads.charged(transaction, empty()) | {"requested_amount": transaction.requested_amount}
        return answer("Charge attempted", data)


def _charged(transaction: Transaction) -> Response:
    return answer("Charge attempted", payloads.charged(transaction, empty()))


def _paused(transaction: Transaction) -> Response:
    """``status: true`` and no ``data.status``: the customer has to confirm first (CONTRACT §4.2)."""
    data = {
        "authorization_url": checkout_url(transaction, "resume"),
        "reference": transaction.reference,
        "access_code": transaction.access_code,
        "paused": True,
    }
    return answer("Please, redirect your customer to the authorization url provided", data)
