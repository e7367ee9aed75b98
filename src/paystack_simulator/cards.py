"""The test cards and what each of them does (CONTRACT §10)."""

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """Something the bank asks of the customer before it decides."""

    PIN = "pin"
    PHONE = "phone"
    OTP = "otp"
    BIRTHDAY = "birthday"
    ADDRESS = "address"
    BANK = "bank"
    OFFLINE = "offline"
    """Done away from the page: a USSD code dialled, a prompt on a phone confirmed, a transfer sent."""


class RefundOutcome(StrEnum):
    """How a refund to the card ends."""

    PROCESSED = "processed"
    FAILED = "failed"
    NEEDS_ATTENTION = "needs-attention"


@dataclass(frozen=True, slots=True)
class Decline:
    """A bank's no: the words of ``gateway_response`` and the ISO 8583 code (CONTRACT §3.1)."""

    reason: str
    response_code: str


DECLINED = Decline("Declined", "05")
INSUFFICIENT_FUNDS = Decline("Insufficient Funds", "51")
EXPIRED_CARD = Decline("Expired Card", "54")
INCORRECT_PIN = Decline("Incorrect PIN", "55")
NOT_A_TEST_CARD = Decline("Transaction declined. Please use the test card.", "05")
WRONG_TOKEN = Decline("Token Authorization Not Successful. Incorrect Token Supplied", "06")
NOT_REGISTERED = Decline("Token Not Generated. Customer Not Registered on Token Platform", "06")
PHONE_TOO_SHORT = Decline("Phone number is too short", "06")
BANK_REFUSED = Decline("Authentication was not completed at the bank", "05")

WRONG_BIRTHDAY = Decline("The birthday could not be read", "06")
WRONG_ADDRESS = Decline("The address could not be verified", "06")
NOT_CONFIRMED = Decline("The customer did not confirm the payment", "05")

RESPONSE_CLASSES = {
    "00": "approved",
    "05": "do_not_honor",
    "51": "insufficient_funds",
    "54": "expired_card",
    "55": "invalid_pin",
    "97": "transaction_timeout",
}
"""ISO 8583 code to ``gateway_response_code``; what is not listed is ``unknown`` (CONTRACT §3.1)."""


@dataclass(frozen=True, slots=True)
class Card:
    """A test card: the steps it asks for, and how the payment and its refund end."""

    name: str
    title: str
    number: str
    cvv: str
    brand: str
    steps: tuple[Step, ...] = ()
    pin: str = ""
    otp: str = ""
    decline: Decline | None = None
    reusable: bool = False
    refund: RefundOutcome = RefundOutcome.PROCESSED
    channel: str = "card"

    @property
    def spaced(self) -> str:
        """The number in groups of four, as it is printed on a card."""
        return " ".join(self.number[at : at + 4] for at in range(0, len(self.number), 4))

    @property
    def hint(self) -> str:
        """What its holder will have to type, for the list on the checkout page."""
        answers = {
            Step.PIN: f"PIN {self.pin}",
            Step.PHONE: "any phone number",
            Step.OTP: f"OTP {self.otp}",
            Step.BIRTHDAY: "any date",
            Step.ADDRESS: "any address",
            Step.BANK: "approve it there",
            Step.OFFLINE: "approve it",
        }
        return ", ".join(answers[step] for step in self.steps)


CARDS = (
    Card("success", "Pays at once", "4084084084084081", "408", "visa", reusable=True),
    Card("pin", "PIN only", "507850785078507812", "081", "verve", (Step.PIN,), pin="1111"),
    Card(
        "pin-otp",
        "PIN and OTP",
        "5060666666666666666",
        "123",
        "verve",
        (Step.PIN, Step.OTP),
        "1234",
        "123456",
    ),
    Card(
        "pin-phone-otp",
        "PIN, phone and OTP",
        "507850785078507804",
        "884",
        "verve",
        (Step.PIN, Step.PHONE, Step.OTP),
        "0000",
        "123456",
    ),
    Card("3ds", "Bank page (3DS)", "5192602720584796", "123", "mastercard", (Step.BANK,), reusable=True),
    Card("declined", "Declined", "4084080000005408", "001", "visa", decline=DECLINED),
    Card("insufficient-funds", "Insufficient funds", "4084080000670037", "787", "visa", decline=INSUFFICIENT_FUNDS),
    Card(
        "not-registered",
        "No token can be sent",
        "507850785078507853",
        "082",
        "verve",
        (Step.PIN,),
        pin="0000",
        decline=NOT_REGISTERED,
    ),
    Card("refund-fails", "Pays; its refund fails", "4084080000671803", "180", "visa", refund=RefundOutcome.FAILED),
    Card(
        "refund-needs-attention",
        "Pays; its refund needs bank details",
        "4084080000671902",
        "190",
        "visa",
        refund=RefundOutcome.NEEDS_ATTENTION,
    ),
    Card("3ds-older", "Bank page (3DS), older card", "4084080000000409", "000", "visa", (Step.BANK,), reusable=True),
)

AUTHENTICATED = (Step.BIRTHDAY, Step.OTP)
ACCOUNTS = (
    Card("bank", "Zenith Bank", "0000000000", "", "zenith", AUTHENTICATED, otp="123456", channel="bank"),
    Card("kuda", "Kuda", "2348100000000", "", "kuda", (Step.OTP,), otp="123456", channel="bank"),
    Card("mtn", "MTN, pays at once", "0551234987", "", "mtn", channel="mobile_money"),
    Card("orange", "Orange", "0700000000", "", "orange", (Step.OTP,), otp="1234", channel="mobile_money"),
    Card("mobile-money", "Another phone", "254710000000", "", "mpesa", (Step.OFFLINE,), channel="mobile_money"),
    Card("ussd", "USSD", "0000000737", "", "ussd", (Step.OFFLINE,), channel="ussd"),
    Card("qr", "QR code", "0000000001", "", "visa", (Step.OFFLINE,), channel="qr"),
    Card("eft", "EFT", "0000000002", "", "ozow", (Step.BANK,), channel="eft"),
    Card("bank-transfer", "Bank transfer", "0000000003", "", "wema", (Step.OFFLINE,), channel="bank_transfer"),
    # No test card of Paystack's asks for an address; this one is the simulator's own.
    Card("address", "Address check", "4000000000000077", "123", "visa", (Step.PIN, Step.ADDRESS), pin="1234"),
)
"""What is paid with through ``POST /charge`` only. Numbers that stand for a channel are the simulator's own."""

_BY_NUMBER = {card.number: card for card in CARDS + ACCOUNTS}
_BY_NAME = {card.name: card for card in CARDS + ACCOUNTS}


def get_card(name_or_number: str) -> Card | None:
    """The test card of this name (``declined``) or number (spaces and dashes do not matter), or None."""
    digits = name_or_number.replace(" ", "").replace("-", "")
    return _BY_NAME.get(name_or_number) or _BY_NUMBER.get(digits)
