"""References and ids on their way into an address."""

import re
from urllib.parse import quote

from flask_paystack.errors import Invalid

ALLOWED = re.compile(r"[A-Za-z0-9.=_-]{1,100}", re.ASCII)


def path_segment(reference: str) -> str:
    """``reference`` as one segment of a path, and never more or less than that.

    ``.`` and ``..`` are legal references of Paystack's, and every client of HTTP resolves them: with ``..`` verify would list
    all transactions. They are refused; quoting does not help, since dots are not quoted.

    Raises:
        Invalid: it cannot be a reference.
    """
    if not ALLOWED.fullmatch(reference) or set(reference) == {"."}:
        raise Invalid("That is not a payment reference.", {"reference": "Letters, digits and . = - make a reference."})
    return quote(reference, safe="")


def numeric_id(paystack_id: str) -> str:
    """One of Paystack's numeric ids, of up to 64 bits, on its way into an address. Raises Invalid."""
    if not re.fullmatch(r"[0-9]{1,20}", paystack_id, re.ASCII):
        raise Invalid("That is not a number of Paystack's.", {"paystack_id": "It is a number."})
    return paystack_id
