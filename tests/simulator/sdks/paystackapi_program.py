"""paystackapi: dictionaries over requests."""

import json

import paystackapi
from shopper import AMOUNT, BASE, EMAIL, KEY, REFERENCE, pay

paystackapi.API_URL = f"{BASE}/"
from paystackapi.paystack import Paystack  # noqa: E402  the base URL is read when the client is made

paystack = Paystack(secret_key=KEY)
opened = paystack.transaction.initialize(reference=REFERENCE, email=EMAIL, amount=AMOUNT)
pay(opened["data"]["authorization_url"])
verified = paystack.transaction.verify(REFERENCE)
listed = paystack.transaction.list(perPage=10)
refund = paystack.refund.create(transaction=REFERENCE, amount=100000)
refunds = paystack.refund.list()

print(
    json.dumps(
        {
            "status": verified["data"]["status"],
            "amount": verified["data"]["amount"],
            "listed": [each["reference"] for each in listed["data"]],
            "refund": refund["data"]["status"],
            "refunds": [each["amount"] for each in refunds["data"]],
        }
    )
)
