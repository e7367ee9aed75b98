"""The JSON of customers. The contract does not describe it; keys follow the official OpenAPI file (CONTRACT §11)."""

from typing import Any

from paystack_simulator import payloads
from paystack_simulator.clock import iso
from paystack_simulator.model import Customer, Integration

Json = dict[str, Any]


def listed(customer: Customer, integration: Integration) -> Json:
    """One row of the list of customers."""
    return {
        "integration": integration.id,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email": customer.email,
        "phone": customer.phone,
        "metadata": customer.metadata,
        "domain": integration.domain,
        "customer_code": customer.code,
        "risk_action": customer.risk_action,
        "id": customer.id,
        "createdAt": iso(customer.created_at),
        "updatedAt": iso(customer.updated_at),
    }


def created(customer: Customer, integration: Integration) -> Json:
    """``data`` of a customer made or changed."""
    lists: Json = {"transactions": [], "subscriptions": [], "authorizations": []}
    return lists | listed(customer, integration) | {"identified": False, "identifications": None}


def fetched(customer: Customer, integration: Integration) -> Json:
    """``data`` of one customer, with the cards that can be charged again."""
    cards = [
        payloads.authorization(use)
        for use in integration.authorizations.values()
        if use.email.lower() == customer.email.lower() and use.active and use.reusable
    ]
    mine = [each for each in integration.transactions.values() if each.customer is customer and each.paid]
    currencies = dict.fromkeys(each.currency for each in mine)
    values = [
        {"currency": currency, "value": sum(each.amount for each in mine if each.currency == currency)}
        for currency in currencies
    ]
    return created(customer, integration) | {
        "authorizations": cards,
        "created_at": iso(customer.created_at),
        "updated_at": iso(customer.updated_at),
        "total_transactions": len(mine),
        "total_transaction_value": values,
        "dedicated_account": None,
        "dedicated_accounts": [],
    }
