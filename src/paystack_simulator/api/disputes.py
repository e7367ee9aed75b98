"""Disputes (CONTRACT §8). Only the cardholder's bank opens one: see ``/_simulator/disputes``."""

import re

from flask import g, request
from flask.typing import ResponseReturnValue

from paystack_simulator import dispute_payloads, errors, parsing
from paystack_simulator.api.door import answer, bp
from paystack_simulator.errors import Refused
from paystack_simulator.model import Dispute
from paystack_simulator.simulator import simulator
from paystack_simulator.transactions import page


@bp.get("/dispute", strict_slashes=False)
def list_disputes() -> ResponseReturnValue:
    """A page of disputes, newest first; ``transaction`` is a numeric id."""
    arguments = request.args.to_dict()
    with simulator().world.lock:
        rows, meta = page(simulator().disputes.list_matching(g.integration, arguments), arguments)
        return answer("Disputes retrieved", [dispute_payloads.read(dispute) for dispute in rows], meta)


@bp.get("/dispute/<dispute_id>")
def fetch_dispute(dispute_id: str) -> ResponseReturnValue:
    """One dispute by its id."""
    with simulator().world.lock:
        return answer("Dispute retrieved", dispute_payloads.read(_dispute(dispute_id)))


@bp.get("/dispute/transaction/<transaction_id>")
def disputes_of_transaction(transaction_id: str) -> ResponseReturnValue:
    """The newest dispute over a transaction, by the transaction's numeric id."""
    with simulator().world.lock:
        found = simulator().disputes.list_matching(g.integration, {"transaction": transaction_id})
        if not found:
            raise Refused(errors.DISPUTE_NOT_FOUND)
        return answer("Dispute retrieved successfully", dispute_payloads.read(found[0]))


@bp.put("/dispute/<dispute_id>")
def update_dispute(dispute_id: str) -> ResponseReturnValue:
    """Change what is offered back. ``data`` is a list, as in the official sample."""
    fields = parsing.body(request)
    with simulator().world.lock:
        dispute = _dispute(dispute_id)
        simulator().disputes.update(dispute, fields)
        return answer("Dispute updated successfully", [dispute_payloads.read(dispute)])


@bp.post("/dispute/<dispute_id>/evidence")
def add_evidence(dispute_id: str) -> ResponseReturnValue:
    """Show that value was delivered."""
    fields = parsing.body(request)
    with simulator().world.lock:
        dispute = _dispute(dispute_id)
        simulator().disputes.add_evidence(dispute, fields)
        return answer("Evidence created", dispute_payloads.evidence(dispute))


@bp.get("/dispute/<dispute_id>/upload_url")
def upload_url(dispute_id: str) -> ResponseReturnValue:
    """Where to PUT an attachment. The simulator takes it and forgets it."""
    wanted = request.args.get("upload_filename", "")
    if not wanted:
        raise Refused(errors.UPLOAD_NAME_REQUIRED)
    with simulator().world.lock:
        dispute = _dispute(dispute_id)
    name = f"{dispute.id}-{re.sub('[^A-Za-z0-9._-]', '-', wanted)[-80:]}"
    base = simulator().settings.public_url or request.host_url
    data = {"signedUrl": f"{base.rstrip('/')}/_simulator/uploads/{name}", "fileName": name}
    return answer("Upload url generated", data)


@bp.put("/dispute/<dispute_id>/resolve")
def resolve_dispute(dispute_id: str) -> ResponseReturnValue:
    """Accept or decline."""
    fields = parsing.body(request)
    with simulator().world.lock:
        dispute = _dispute(dispute_id)
        simulator().disputes.resolve(dispute, fields)
        return answer("Dispute successfully resolved", dispute_payloads.read(dispute))


def _dispute(dispute_id: str) -> Dispute:
    found: Dispute | None = g.integration.disputes.get(parsing.identifier(dispute_id))
    if found is None:
        raise Refused(errors.DISPUTE_NOT_FOUND)
    return found
