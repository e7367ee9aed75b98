"""Customers, and switching off their cards (CONTRACT §3.1, §4.1)."""

from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue

from paystack_simulator import customer_payloads, errors, parsing
from paystack_simulator.api.door import answer, bp
from paystack_simulator.errors import Refused
from paystack_simulator.model import Customer
from paystack_simulator.simulator import simulator
from paystack_simulator.transactions import page


@bp.post("/customer")
def create_customer() -> ResponseReturnValue:
    """A customer for each address; one who is known already is answered with, and changed by what was sent."""
    fields = parsing.body(request)
    email = parsing.email(fields)
    with simulator().world.lock:
        metadata = _metadata(fields)
        customer = simulator().world.customer(g.integration, email, simulator().clock.now())
        _change(customer, fields, metadata)
        return answer("Customer created", customer_payloads.created(customer, g.integration))


@bp.get("/customer", strict_slashes=False)
def list_customers() -> ResponseReturnValue:
    """A page of customers, newest first."""
    arguments = request.args.to_dict()
    since, until = parsing.date(arguments, "from"), parsing.date(arguments, "to")
    with simulator().world.lock:
        rows = [
            customer
            for customer in reversed(g.integration.customers.values())
            if (since is None or customer.created_at >= since) and (until is None or customer.created_at <= until)
        ]
        chosen, meta = page(rows, arguments)
        data = [customer_payloads.listed(customer, g.integration) for customer in chosen]
        return answer("Customers retrieved", data, meta)


@bp.get("/customer/<code>")
def fetch_customer(code: str) -> ResponseReturnValue:
    """One customer by code or e-mail address."""
    with simulator().world.lock:
        return answer("Customer retrieved", customer_payloads.fetched(_customer(code), g.integration))


@bp.put("/customer/<code>")
def update_customer(code: str) -> ResponseReturnValue:
    """Change a customer's names, phone and metadata."""
    fields = parsing.body(request)
    with simulator().world.lock:
        customer = _customer(code)
        _change(customer, fields, _metadata(fields))
        return answer("Customer updated", customer_payloads.created(customer, g.integration))


@bp.post("/customer/authorization/deactivate")
def deactivate_authorization() -> ResponseReturnValue:
    """A card may not be charged again. What verify tells of old payments stays as it was (CONTRACT §4.1)."""
    fields = parsing.body(request)
    with simulator().world.lock:
        found = g.integration.authorizations.get(parsing.text(fields, "authorization_code"))
        if found is None:
            raise Refused(errors.INVALID_AUTHORIZATION)
        found.active = False
    return {"status": True, "message": "Authorization has been deactivated"}


def _customer(code_or_email: str) -> Customer:
    found: Customer | None = g.integration.customers.get(code_or_email.lower())
    if found is None:
        found = next((each for each in g.integration.customers.values() if each.code == code_or_email), None)
    if found is None:
        raise Refused(errors.CUSTOMER_NOT_FOUND)
    return found


def _metadata(fields: dict[str, Any]) -> dict[str, Any] | None:
    """Metadata must be an object here, whatever the official file says (CONTRACT §11)."""
    value = fields.get("metadata")
    if value is not None and not isinstance(value, dict):
        raise Refused(errors.CUSTOMER_METADATA_NOT_OBJECT)
    return parsing.metadata(fields) if value else None


def _change(customer: Customer, fields: dict[str, Any], metadata: dict[str, Any] | None) -> None:
    customer.first_name = parsing.text(fields, "first_name") or customer.first_name
    customer.last_name = parsing.text(fields, "last_name") or customer.last_name
    customer.phone = parsing.text(fields, "phone") or customer.phone
    customer.metadata = customer.metadata if metadata is None else metadata
    customer.updated_at = simulator().clock.now()
