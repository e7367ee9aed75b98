"""The table of operations, for those of an operator."""

from flask_paystack import errors
from flask_paystack.console.forms import RefundForm
from flask_paystack.openapi import console_answers as answers
from flask_paystack.openapi import examples
from flask_paystack.openapi.answers import UnverifiedPayment
from flask_paystack.openapi.operation import Operation, Reply
from flask_paystack.openapi.parameters import EVENT_FILTERS, MESSAGE_FILTERS, PAGES, PAYMENT_FILTERS

AFTER_THE_ACT = Reply(
    200, "The payment after the act.", {"payment": examples.PAYMENT_WITH_TIMELINE}, answers.PaymentWithTimeline
)

CONSOLE = {
    "console.list_payments": Operation(
        "listPayments",
        [Reply(200, "A page of them.", {"page": examples.FULL_PAYMENTS}, answers.FullPayments)],
        parameters=[*PAYMENT_FILTERS, *PAGES],
    ),
    "console.show_payment": Operation(
        "showPayment",
        [Reply(200, "The payment.", AFTER_THE_ACT.examples, answers.PaymentWithTimeline)],
        failures=[errors.NotFound],
    ),
    "console.verify": Operation(
        "verifyPaymentNow",
        [
            AFTER_THE_ACT,
            Reply(
                503,
                "Paystack gave no answer: the payment as we know it.",
                {"paystack_unavailable": examples.UNVERIFIED},
                UnverifiedPayment,
                headers=["Retry-After"],
            ),
        ],
        failures=[errors.NotFound, errors.NotAllowed, errors.PaystackRejected],
    ),
    "console.accept": Operation("acceptPayment", [AFTER_THE_ACT], failures=[errors.NotFound, errors.NotAllowed]),
    "console.refund": Operation(
        "refundPayment",
        [AFTER_THE_ACT],
        RefundForm,
        {"some of it": {"amount": 100000}, "all that is left": {}},
        body_required=False,
        failures=[errors.NotFound, errors.NotAllowed, errors.PaystackRejected, errors.PaystackUnavailable],
    ),
    "console.retry": Operation("inviteToRetry", [AFTER_THE_ACT], failures=[errors.NotFound, errors.NotAllowed]),
    "console.list_events": Operation(
        "listEvents",
        [Reply(200, "A page of them.", {"page": {"events": [examples.EVENT], "next": None}}, answers.Events)],
        parameters=[*EVENT_FILTERS, *PAGES],
    ),
    "console.show_event": Operation(
        "showEvent",
        [Reply(200, "The event.", {"event": examples.EVENT_WITH_BYTES}, answers.EventWithBytes)],
        failures=[errors.NotFound],
    ),
    "console.replay_event": Operation(
        "replayEvent",
        [Reply(200, "It waits again.", {"event": examples.REPLAYED_EVENT}, answers.Event)],
        failures=[errors.NotFound, errors.NotAllowed],
    ),
    "console.replay_failed": Operation(
        "replayFailedEvents", [Reply(200, "How many.", {"two": {"replayed": 2}}, answers.Replayed)]
    ),
    "console.list_messages": Operation(
        "listMessages",
        [Reply(200, "A page of them.", {"page": {"messages": [examples.MESSAGE], "next": None}}, answers.Messages)],
        parameters=[*MESSAGE_FILTERS, *PAGES],
    ),
    "console.resend": Operation(
        "resendMessage",
        [Reply(200, "It waits again.", {"message": examples.RESENT_MESSAGE}, answers.Message)],
        failures=[errors.NotFound, errors.NotAllowed],
    ),
    "console.summary": Operation("summary", [Reply(200, "The numbers.", {"day": examples.SUMMARY}, answers.Summary)]),
}
