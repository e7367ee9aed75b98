"""paystackease: answers as objects over requests."""

import json

from paystackease import PayStackBase
from paystackease.core._api_base import BaseAPI
from shopper import AMOUNT, BASE, EMAIL, REFERENCE, pay

BaseAPI._PAYSTACK_API_URL = f"{BASE}/"

paystack = PayStackBase()
opened = paystack.transactions.initialize(email=EMAIL, amount=AMOUNT, reference=REFERENCE)
pay(opened.data["authorization_url"])
verified = paystack.transactions.verify_transaction(REFERENCE)
listed = paystack.transactions.list_transactions(per_page=10)
refund = paystack.refund.create_refund(REFERENCE, amount=100000)
refunds = paystack.refund.list_refunds()

print(
    json.dumps(
        {
            "status": verified.data["status"],
            "amount": verified.data["amount"],
            "listed": [each["reference"] for each in listed.data],
            "refund": refund.data["status"],
            "refunds": [each["amount"] for each in refunds.data],
        }
    )
)
