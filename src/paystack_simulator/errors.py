"""The errors Paystack answers with: HTTP status, words, code, type and next step (CONTRACT §1, §7).

Older endpoints leave ``meta``, ``type`` and ``code`` out; where the contract does not know them, so do we.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """One entry of the catalogue."""

    http_status: int
    message: str
    code: str | None = None
    type: str | None = None
    next_step: str | None = None

    def body(self) -> dict[str, Any]:
        """The error envelope of CONTRACT §1."""
        body: dict[str, Any] = {"status": False, "message": self.message}
        if self.next_step is not None:
            body["meta"] = {"nextStep": self.next_step}
        if self.type is not None:
            body["type"] = self.type
        if self.code is not None:
            body["code"] = self.code
        return body


class Refused(Exception):
    """The request is answered with a refusal of the catalogue."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def _validation(message: str, code: str, next_step: str, http_status: int = 400) -> Refusal:
    return Refusal(http_status, message, code, "validation_error", next_step)


INVALID_KEY = _validation(
    "Invalid key", "invalid_Key", "Ensure that you provide the correct authorization key for the request", 401
)
NO_AUTHORIZATION = Refusal(401, "No Authorization Header was found")
MALFORMED_AUTHORIZATION = Refusal(401, "Format is Authorization Bearer [secret key]")

DUPLICATE_REFERENCE = _validation(
    "Duplicate Transaction Reference",
    "duplicate_reference",
    "Try and create the Transaction or Charge with a new reference",
)
TRANSACTION_REFERENCE_NOT_FOUND = _validation(
    "Transaction reference not found.",
    "transaction_not_found",
    "Ensure that you're passing the reference of a transaction that exists on this integration",
)
INVALID_EMAIL = _validation(
    "Invalid Email Address Passed", "invalid_email_address", "Ensure that you are passing a valid email address"
)
EMAIL_REQUIRED = _validation(
    "Email Address is required", "missing_params", "Provide all required params for the request"
)
EMAIL_EMPTY = _validation(
    "Email is not allowed to be empty", "missing_params", "Provide all required params for the request"
)
AMOUNT_NOT_INTEGER = Refusal(400, '"amount" must be an integer')
INVALID_AMOUNT = Refusal(400, "Invalid Amount Sent")
AMOUNT_LIMIT_EXCEEDED = Refusal(400, "Transaction amount limit exceeded")
CURRENCY_NOT_SUPPORTED = Refusal(400, "Currency not supported by merchant")
CURRENCY_REQUIRED = Refusal(400, "Currency is required", "missing_params", "validation_error")
INVALID_REFERENCE = Refusal(400, "Invalid character in transaction reference")
TRANSACTION_ID_NOT_NUMERIC = Refusal(400, "Transaction ID should be numeric.")
TRANSACTION_ID_NOT_FOUND = Refusal(404, "Transaction not found")

AUTHORIZATION_REQUIRED = Refusal(400, "Authorization code is required", "missing_params", "validation_error")
INVALID_AUTHORIZATION = Refusal(400, "Authorization code is invalid")
AUTHORIZATION_MISMATCH = Refusal(
    400,
    "Email does not match Authorization code. Authorization may be inactive or belong to a different email. "
    "Please confirm.",
)

REFUND_TRANSACTION_NOT_FOUND = Refusal(400, "Transaction not found")
REFUND_ABOVE_TRANSACTION = Refusal(400, "Refund amount exceeds transaction amount")
REFUND_TOTAL_ABOVE_TRANSACTION = Refusal(400, "Total refund amount cannot exceed original transaction amount")
REFUND_CURRENCY_MISMATCH = Refusal(400, "Transaction currency must match refund currency")
REFUND_FULLY_REVERSED = Refusal(400, "Transaction has been fully reversed")
REFUND_BALANCE_TOO_LOW = Refusal(400, "Insufficient balance to fulfill this refund. Please top up.")
REFUND_BELOW_HALF_CEDI = Refusal(400, "Cannot refund less than GHS0.5")
REFUND_BELOW_CEDI = Refusal(400, "The minimum amount you may send in a single refund at this time is: GHS1.00")
REFUND_BELOW_DOLLAR = Refusal(400, "Cannot refund less than USD 1")
# The contract knows no words for the refund of a transaction that was never paid; these are our own.
REFUND_NOT_PAID = Refusal(400, "Only a successful transaction can be refunded")
REFUND_NEEDS_NO_ATTENTION = Refusal(
    422, 'Invalid Refund state, refund status should be "needs-attention"', "invalid_params", "validation_error"
)
REFUND_DETAILS_REQUIRED = Refusal(
    400, "Refund account details are required", "missing_params", "validation_error", "Provide all required params"
)
REFUND_NOT_FOUND = Refusal(404, "Refund not found", "not_found", "validation_error")

DISPUTE_NOT_FOUND = Refusal(404, "Dispute not found", "not_found", "validation_error")
# The words of these are our own too.
DISPUTE_RESOLVED = Refusal(400, "Dispute has been resolved already")
INVALID_RESOLUTION = Refusal(400, "Resolution must be merchant-accepted or declined", "invalid_params")
UPLOAD_NAME_REQUIRED = Refusal(400, "upload_filename is required", "missing_params", "validation_error")

CHARGE_REFERENCE_INVALID = Refusal(400, "Transaction reference is invalid")
CHARGE_CHANNEL_REQUIRED = Refusal(
    400, "Please pass a channel to charge: card, bank, mobile_money, ussd, eft, qr, bank_transfer or authorization_code"
)
CHARGE_NOT_AWAITING = Refusal(400, "This is not what the transaction is waiting for")

CUSTOMER_NOT_FOUND = Refusal(404, "Customer not found", "not_found", "validation_error")
CUSTOMER_METADATA_NOT_OBJECT = Refusal(400, '"metadata" must be of type object')
INVALID_TIMEOUT = Refusal(400, '"timeout" must be an integer', "invalid_params", "validation_error")
WEBHOOK_NOT_FOUND = Refusal(404, "Webhook not found", "not_found", "validation_error")
WEBHOOK_IDS_REQUIRED = Refusal(400, "ids must be a list of 1 to 100 webhook ids", "invalid_params", "validation_error")
WEBHOOK_FILTERS_REQUIRED = Refusal(400, "filters must be an object", "missing_params", "validation_error")

# A body that is not an object of JSON is not in the contract either.
INVALID_BODY = Refusal(400, "The request body could not be read", "invalid_params", "validation_error")
BODY_TOO_LARGE = Refusal(413, "The request body is too large", "invalid_params", "validation_error")
SERVER_ERROR = Refusal(500, "An error occurred", "unknown", "api_error")
RATE_LIMITED = Refusal(429, "Please wait a few minutes and try again.")


def invalid_date(field: str) -> Refusal:
    """A ``from`` or ``to`` that is no date (CONTRACT §1)."""
    return Refusal(400, f"Invalid '{field}' date passed", "invalid_params", "validation_error")


def required(field: str) -> Refusal:
    """A field that was left out; the words are our own."""
    return Refusal(400, f"{field} is required", "missing_params", "validation_error")


def not_simulated(method: str, path: str) -> Refusal:
    """What the simulator has not learned yet. Paystack itself never answers this."""
    return Refusal(
        501,
        f"The simulator does not know {method} {path} yet.",
        "not_simulated",
        "api_error",
        "Ask Paystack's own test mode, or teach the simulator this route",
    )
