"""Examples of bodies: one payment, and the people around it."""

import base64
from typing import Any

REFERENCE = "pay-3f9c1e7a5b2d4860917e6f0c8a4b2d15"
ORDER = "order-1042"
EMAIL = "ada@example.org"
AT = "2026-03-01T10:00:00.000Z"
PAID_AT = "2026-03-01T10:02:17.000Z"
SETTLED_AT = "2026-03-01T10:02:18.204Z"
CHECKOUT = "https://checkout.paystack.com/0peioxfhpn"
SESSION_TOKEN = "rZ7Vt0pJ3mXq9cKf2LwA8sUeYbHnD5GiTo1xP6vQkRE"  # noqa: S105
KEY_ID = "1772359200000-9c0f4be1d2a37e56"
CURSOR = "WyIyMDI2LTAzLTAxVDEwOjAwOjAwKzAwOjAwIiwgInBheS0zZjljIl0"
ACCESS_TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3In0.Ck1vXh0oZ3"  # noqa: S105
RETRY_TOKEN = "InBheS0zZjljMWU3YSI.aaQKYA.m8Jt2VxQ0r7cPz4LkNfWsYbUe1g"  # noqa: S105

Body = dict[str, Any]

ASK_FIXED: Body = {"email": EMAIL, "order": ORDER}
ASK_CHOSEN: Body = {
    "email": EMAIL,
    "amount": 250000,
    "metadata": {"campaign": "spring"},
    "callback_url": "https://shop.example.com/thanks",
}
OPENED: Body = {
    "reference": REFERENCE,
    "order": ORDER,
    "authorization_url": CHECKOUT,
    "access_code": "0peioxfhpn",
    "amount": 500000,
    "currency": "NGN",
    "status": "pending",
}
PAYMENT: Body = {
    "reference": REFERENCE,
    "order": ORDER,
    "product": "womaye-gsp",
    "status": "success",
    "amount": 500000,
    "currency": "NGN",
    "channel": "card",
    "paid_at": PAID_AT,
    "message": "Successful",
}
PENDING: Body = {**PAYMENT, "status": "pending", "channel": None, "paid_at": None, "message": None}
UNVERIFIED: Body = {
    **PENDING,
    "error": "Paystack did not answer in time.",
    "code": "paystack_unavailable",
    "retry_after": 5,
}
PAYMENTS: Body = {"payments": [PAYMENT], "next": None}
FULL_PAYMENT: Body = {
    **PAYMENT,
    "email": EMAIL,
    "user": None,
    "metadata": {"campaign": "spring"},
    "paystack_id": "4099260516",
    "paid_amount": 500000,
    "created_at": AT,
    "updated_at": SETTLED_AT,
    "settled_at": SETTLED_AT,
    "authorization_url": CHECKOUT,
}
FULL_PAYMENTS: Body = {"payments": [FULL_PAYMENT], "next": CURSOR}
REFUND: Body = {
    "amount": 100000,
    "currency": "NGN",
    "status": "pending",
    "requested_by": "admin1",
    "created_at": SETTLED_AT,
    "updated_at": SETTLED_AT,
}
DISPUTE: Body = {
    "paystack_id": "640213",
    "amount": 500000,
    "currency": "NGN",
    "status": "awaiting-merchant-feedback",
    "resolution": None,
    "category": "chargeback",
    "due_at": SETTLED_AT,
    "resolved_at": None,
    "created_at": AT,
    "updated_at": AT,
}
HANDOVER: Body = {
    "id": "evt_5c1f0e9a7d3b48629f017a6be2d4c853",
    "state": "done",
    "attempts": 1,
    "accepted_by": ["NOTIFY_URL"],
    "error": None,
    "next_attempt_at": None,
    "finished_at": SETTLED_AT,
}
TIMELINE: list[Body] = [
    {"at": AT, "actor": "customer", "kind": "opened", "sentence": "Opened ₦5,000.00 for Womaye GSP.", "facts": {}},
    {
        "at": SETTLED_AT,
        "actor": "webhook 12",
        "kind": "settled",
        "sentence": "Settled: receipt and hand-over queued.",
        "facts": {},
    },
]
PAYMENT_WITH_TIMELINE: Body = {
    **FULL_PAYMENT,
    "refunds": [REFUND],
    "disputes": [DISPUTE],
    "handover": HANDOVER,
    "timeline": TIMELINE,
}
PAYSTACK_EVENT: Body = {
    "event": "charge.success",
    "data": {"reference": REFERENCE, "status": "success", "amount": 500000, "currency": "NGN", "domain": "test"},
}
EVENT: Body = {
    "id": 12,
    "event": "charge.success",
    "reference": REFERENCE,
    "state": "done",
    "deliveries": 1,
    "attempts": 1,
    "error": None,
    "received_at": SETTLED_AT,
    "last_delivery_at": SETTLED_AT,
    "next_attempt_at": None,
    "finished_at": SETTLED_AT,
}
REPLAYED_EVENT: Body = {
    **EVENT,
    "state": "waiting",
    "attempts": 0,
    "next_attempt_at": SETTLED_AT,
    "finished_at": None,
}
EVENT_WITH_BYTES: Body = {
    **EVENT,
    "headers": {"content-type": "application/json", "user-agent": "Paystack/2.0", "remote-addr": "52.31.139.75"},
    "body": base64.b64encode(b'{"event":"charge.success"}').decode(),
}
MESSAGE: Body = {
    "id": 7,
    "kind": "receipt",
    "recipient": EMAIL,
    "reference": REFERENCE,
    "state": "done",
    "attempts": 1,
    "error": None,
    "created_at": SETTLED_AT,
    "next_attempt_at": None,
    "finished_at": SETTLED_AT,
}
RESENT_MESSAGE: Body = {**MESSAGE, "state": "waiting", "attempts": 0, "next_attempt_at": AT, "finished_at": None}
SUMMARY: Body = {
    "payments": {"success": 41, "pending": 3},
    "events": {"done": 44},
    "messages": {"done": 44},
    "handovers": {"done": 41},
    "settled": {"NGN": 20500000},
    "open_disputes": 0,
    "alarms": [
        {"alarm": "events_wait", "sentence": "A webhook event waits long to be processed.", "since": SETTLED_AT}
    ],
    "oldest_unprocessed_event": None,
    "last_webhook": SETTLED_AT,
}
SETTLED: Body = {
    "type": "payment.settled",
    "id": "evt_5c1f0e9a7d3b48629f017a6be2d4c853",
    "timestamp": SETTLED_AT,
    "data": FULL_PAYMENT,
}
CREDENTIALS: Body = {"email": EMAIL, "password": "correct horse battery staple"}
TOKEN: Body = {"access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 3600}
MEMBER: Body = {"email": EMAIL, "role": "customer", "created_at": AT, "second_factor": False}
SEED: Body = {
    "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "otpauth_uri": "otpauth://totp/shop.example.com:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=shop.example.com",
}
RECOVERY_CODES: Body = {"recovery_codes": [f"5f0c8a2b-9d7e4136-6c1fa0e4-b8d2537{number}" for number in range(10)]}
LOGIN_ID = "5f0c8a2b9d7e41366c1fa0e4b8d25379"
LOGIN: Body = {
    "id": LOGIN_ID,
    "created_at": AT,
    "expires_at": "2026-03-01T11:00:00.000Z",
    "address": "192.0.2.44",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "current": True,
}
LOGINS: Body = {"sessions": [LOGIN, {**LOGIN, "id": "a1" * 16, "address": "198.51.100.7", "current": False}]}
READY: Body = {"status": "ready", "checks": {"store": "ok", "database": "ok", "jobs": "ok"}, "alarms": []}
NOT_READY: Body = {
    "status": "not ready",
    "checks": {"store": "ok", "database": "ok", "jobs": "no sign of life from processEvents"},
    "alarms": ["events_wait"],
}
METRICS = "# HELP flask_paystack_payments Payments by status.\n# TYPE flask_paystack_payments gauge\n"
PAGE = "<!doctype html><title>Try the payment again</title><form method=post><button>Pay ₦5,000.00</button></form>"
