"""The API: ``/transaction…`` and ``/refund…`` as CONTRACT §2, §3, §4.2 and §7 have them; all else answers 501.

Each view is an *operation*, called by its name when a fault is planned for it.
"""

from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from paystack_simulator import cards, errors, faults, parsing, payloads, refund_requests
from paystack_simulator.errors import Refused
from paystack_simulator.model import Integration, RefundStatus, Transaction
from paystack_simulator.simulator import simulator
from paystack_simulator.transactions import cursor_page, page

bp = Blueprint("api", __name__)

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@bp.before_request
def open_the_door() -> ResponseReturnValue | None:
    """Spoil the call if a fault is planned, else find the integration the secret key opens (CONTRACT §1)."""
    operation = str(request.endpoint).removeprefix("api.")
    g.fault = simulator().faults.take(operation)
    if g.fault in faults.BEFORE:
        return faults.BEFORE[g.fault]()
    g.integration = _integration()
    simulator().settle_due()
    return None


@bp.after_request
def spoil_the_answer(response: Response) -> Response:
    """The work is done; the caller may not learn of it."""
    fault = g.get("fault")
    return faults.AFTER[fault]() if fault in faults.AFTER else response


@bp.errorhandler(Refused)
def refused(error: Refused) -> Response:
    return faults.refuse(error.refusal)


def _integration() -> Integration:
    """Any ``sk_test_…`` opens an integration of its own; a live key opens nothing here (CONTRACT §13.1)."""
    header = request.headers.get("Authorization")
    if not header:
        raise Refused(errors.NO_AUTHORIZATION)
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Refused(errors.MALFORMED_AUTHORIZATION)
    key = key.strip()
    if not key.startswith("sk_test_") or key == "sk_test_":
        raise Refused(errors.INVALID_KEY)
    return simulator().world.integration(key)


def _answer(message: str, data: Any, meta: dict[str, Any] | None = None) -> Response:
    body = {"status": True, "message": message, "data": data}
    return jsonify(body if meta is None else body | {"meta": meta})


def _empty() -> object:
    """What the API says when no metadata was sent (CONTRACT §3.1)."""
    empty = simulator().settings.empty_metadata
    return "" if empty == "varied" else empty


def _checkout_url(transaction: Transaction, room: str = "checkout") -> str:
    base = simulator().settings.public_url or request.host_url
    return f"{base.rstrip('/')}/{room}/{transaction.access_code}"


@bp.post("/transaction/initialize")
def initialize() -> ResponseReturnValue:
    """Open a transaction and say where to pay it (CONTRACT §2)."""
    fields = parsing.body(request)
    with simulator().world.lock:
        transaction = simulator().transactions.initialize(g.integration, fields)
        data = {
            "authorization_url": _checkout_url(transaction),
            "access_code": transaction.access_code,
            "reference": transaction.reference,
        }
    if g.fault == faults.WEBHOOK_FIRST:
        simulator().pay(transaction.reference)
        simulator().deliver_first(transaction.reference)
    return _answer("Authorization URL created", data)


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
        return _answer("Verification successful", payloads.verified(transaction, _empty()))


@bp.get("/transaction/<transaction_id>")
def fetch(transaction_id: str) -> ResponseReturnValue:
    """One transaction by its numeric id (CONTRACT §3.4)."""
    if not (transaction_id.isascii() and transaction_id.isdigit()):
        raise Refused(errors.TRANSACTION_ID_NOT_NUMERIC)
    with simulator().world.lock:
        transaction = g.integration.transactions_by_id.get(parsing.identifier(transaction_id))
        if transaction is None:
            raise Refused(errors.TRANSACTION_ID_NOT_FOUND)
        return _answer("Transaction retrieved", payloads.fetched(transaction, _empty()))


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
        data = [payloads.listed(transaction, _empty()) for transaction in chosen]
    return _answer("Transactions retrieved", data, meta)


@bp.post("/transaction/charge_authorization")
def charge_authorization() -> ResponseReturnValue:
    """Charge a reusable card again. A decline is a 200 whose ``data.status`` is ``failed`` (CONTRACT §4.2)."""
    fields = parsing.body(request)
    with simulator().world.lock:
        transaction = simulator().transactions.charge_authorization(
            g.integration,
            fields,
            paused=g.fault == faults.PAUSED,
            refuse=cards.INSUFFICIENT_FUNDS if g.fault == faults.DECLINED else None,
        )
        answer = _paused(transaction) if transaction.steps else _charged(transaction)
    if g.fault == faults.WEBHOOK_FIRST:
        simulator().deliver_first(transaction.reference)
    return answer


def _charged(transaction: Transaction) -> Response:
    return _answer("Charge attempted", payloads.charged(transaction, _empty()))


def _paused(transaction: Transaction) -> Response:
    """``status: true`` and no ``data.status``: the customer has to confirm first (CONTRACT §4.2)."""
    data = {
        "authorization_url": _checkout_url(transaction, "resume"),
        "reference": transaction.reference,
        "access_code": transaction.access_code,
        "paused": True,
    }
    return _answer("Please, redirect your customer to the authorization url provided", data)


@bp.post("/refund")
def create_refund() -> ResponseReturnValue:
    """Send money back, all of it unless an amount is named (CONTRACT §7)."""
    wanted = refund_requests.read(parsing.body(request))
    with simulator().world.lock:
        transaction = refund_requests.find_transaction(g.integration, wanted.transaction)
        refund = simulator().refunds.create(
            transaction, wanted.amount, wanted.currency, wanted.customer_note, wanted.merchant_note
        )
        return _answer("Refund has been queued for processing", payloads.refund_created(refund, _empty()))


@bp.get("/refund/<refund_id>")
def fetch_refund(refund_id: str) -> ResponseReturnValue:
    """One refund by its id (CONTRACT §7)."""
    with simulator().world.lock:
        refund = g.integration.refunds.get(parsing.identifier(refund_id))
        if refund is None:
            raise Refused(errors.REFUND_NOT_FOUND)
        return _answer("Refund retrieved", payloads.refund_read(refund))


@bp.get("/refund", strict_slashes=False)
def list_refunds() -> ResponseReturnValue:
    """A page of refunds, newest first; ``transaction`` is a numeric id, a reference finds none (CONTRACT §7)."""
    arguments = request.args.to_dict()
    with simulator().world.lock:
        rows = refund_requests.list_matching(g.integration, arguments)
        chosen, meta = page(rows, arguments)
        meta["failedRefundCount"] = sum(refund.status is RefundStatus.FAILED for refund in rows)
        data = [payloads.refund_read(refund) for refund in chosen]
    return _answer("Refunds retrieved", data, meta)


@bp.route("/", methods=METHODS, defaults={"path": ""})
@bp.route("/<path:path>", methods=METHODS)
def not_simulated(path: str) -> ResponseReturnValue:
    """Everything the simulator has not learned yet."""
    raise Refused(errors.not_simulated(request.method, "/" + path))
