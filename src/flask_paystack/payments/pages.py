"""The one page we show customers: trying a failed payment again. It works without scripts."""

from flask import Response, render_template

from flask_paystack.errors import AlreadyPaid, Failure
from flask_paystack.payments.retries import Offer
from flask_paystack.web.errors import status_of, wait_of
from flask_paystack.web.services import services

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
"""Without ``form-action``: browsers apply it to the redirect too, and Paystack's page may lead on to a bank's."""

PAID = "This order is paid"
WITHDRAWN = "We will not charge your card again by ourselves, for this order or another, unless you agree to it anew."


def offer_page(offer: Offer) -> Response:
    """What is to be paid, and a button that opens it anew; or that there is nothing left to pay."""
    if offer.is_paid:
        return _page(PAID, "Thank you. There is nothing left to pay.", offer)
    if not offer.is_possible:
        return _page("We are looking after it", "A person is looking at this payment. Please do not pay again.", offer)
    told = f"The last try did not go through: {offer.payment.message}" if offer.payment.message else ""
    sentence = told or "The last try did not go through."
    return _page("Try the payment again", sentence, offer, can_pay=True)


def withdrawn_page(offer: Offer) -> Response:
    """That no card is charged any more, and the order may still be paid."""
    return _page("Your card is left alone", WITHDRAWN, offer, can_pay=offer.is_possible)


def failure_page(failure: Failure) -> Response:
    """Why it cannot be paid here."""
    title = PAID if isinstance(failure, AlreadyPaid) else "That did not work"
    page = _page(title, str(failure), status=status_of(failure))
    page.headers.update(wait_of(failure))
    return page


def _page(
    title: str, sentence: str, offer: Offer | None = None, *, can_pay: bool = False, status: int = 200
) -> Response:
    if sentence[-1] not in ".!?":
        sentence += "."
    page = render_template(
        "flask_paystack/retry.html",
        title=title,
        sentence=sentence,
        offer=offer,
        can_pay=can_pay,
        frontend_url=services().settings.frontend_url,
    )
    response = Response(page, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Frame-Options"] = "DENY"
    return response
