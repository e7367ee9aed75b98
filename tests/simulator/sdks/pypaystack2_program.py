"""pypaystack2: pydantic models over httpx; an answer that does not fit its models comes back as no data."""

import json

from pypaystack2 import PaystackClient
from pypaystack2.base_clients import AbstractAPIClient
from shopper import AMOUNT, BASE, EMAIL, KEY, REFERENCE, pay

AbstractAPIClient._BASE_URL = BASE

paystack = PaystackClient(secret_key=KEY)
opened = paystack.transactions.initialize(amount=AMOUNT, email=EMAIL, reference=REFERENCE)
pay(opened.data.authorization_url)
verified = paystack.transactions.verify(REFERENCE)
listed = paystack.transactions.get_transactions(pagination=10)
refund = paystack.refunds.create(transaction=REFERENCE, amount=100000)
refunds = paystack.refunds.get_refunds()

print(
    json.dumps(
        {
            "status": verified.data.status,
            "amount": verified.data.amount,
            "listed": [each.reference for each in listed.data],
            "refund": refund.data.status,
            "refunds": [each.amount for each in refunds.data],
        }
    )
)
