"""``/pay``: open a payment, and tell the truth about it."""

import re

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from flask_paystack.errors import Invalid
from flask_paystack.payments import facts
from flask_paystack.payments.forms import PayForm
from flask_paystack.payments.opening import Opening
from flask_paystack.web import pages
from flask_paystack.web.guards import current_user, limited, login_optional, login_required, open_to_all, signed_in_user
from flask_paystack.web.parsing import parse
from flask_paystack.web.services import services

bp = Blueprint("pay", __name__, url_prefix="/pay")
mine = Blueprint("payments", __name__, url_prefix="/payments")


@bp.post("/<product>")
@limited("pay")
@login_optional
def pay(product: str) -> ResponseReturnValue:
    """Open a payment, and answer with the page on which to pay it."""
    form = parse(PayForm)
    user = current_user()
    email = form.email or (user.email if user else None)
    if email is None:
        raise Invalid("email: This field is required.", {"email": "This field is required."})
    wanted = Opening(
        product=product,
        email=email,
        amount=form.amount,
        order=form.order,
        metadata=form.metadata or {},
        callback_url=form.callback_url,
        user_id=user.id if user else None,
        save_card=form.save_card,
    )
    return dict(services().payments.open(wanted, key=_idempotency_key())), 201


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not re.fullmatch(r"[\x21-\x7e]{1,255}", key, re.ASCII):
        raise Invalid(
            "The Idempotency-Key cannot be used.", {"Idempotency-Key": "It is 1 to 255 visible ASCII characters."}
        )
    return key


@bp.get("/verify/<reference>")
@open_to_all("The reference is unguessable, and the answer holds nothing personal.")
@limited("verify")
def verify(reference: str) -> ResponseReturnValue:
    """What became of a payment."""
    return facts.public(services().payments.verify(reference))


@mine.get("")
@login_required
def list_mine() -> ResponseReturnValue:
    """Payments opened with this user's token, never matched by e-mail; newest first."""
    page = services().payments.list_of(signed_in_user().id, pages.after(), pages.limit())
    return {"payments": [facts.public(each) for each in page.items], "next": page.next}
