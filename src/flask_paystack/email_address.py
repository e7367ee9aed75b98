"""E-mail addresses: one reading of them, wherever they come from."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field

LONGEST = 254
_BELOW = ".com"


def email_address(text: str) -> str:
    """``text`` as an address in its usual form (domain in lower case), or ValueError with what is wrong.

    Addresses that need SMTPUTF8 are refused, since the mail server may not speak it. Names such as ``localhost`` and
    ``shop.test`` are not: the mail server and Paystack have the last word on what can be delivered. The library refuses
    them always, so it is asked about the same address below an ordinary name.
    """
    if len(text) > LONGEST:
        raise ValueError(f"An e-mail address has at most {LONGEST} characters.")
    if not text.rpartition("@")[2]:
        raise ValueError("An e-mail address has a name, an @ and a domain.")
    try:
        found = validate_email(
            text + _BELOW, check_deliverability=False, allow_smtputf8=False, allow_quoted_local=False
        )
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    return (found.ascii_email or found.normalized).removesuffix(_BELOW)


EmailAddress = Annotated[
    str,
    Field(strict=True, json_schema_extra={"format": "email", "maxLength": LONGEST}),
    AfterValidator(email_address),
]
