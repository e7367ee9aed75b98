"""The hosted checkout page: choose a test card, answer the bank, come back to the shop (CONTRACT §5, §10).

The pages need no script, and load nothing from elsewhere.
"""

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from paystack_simulator import cards, redirects
from paystack_simulator.cards import Card, Decline, Step
from paystack_simulator.charging import last_error
from paystack_simulator.model import Status, Transaction
from paystack_simulator.simulator import simulator

bp = Blueprint("checkout", __name__)

FIRST_SHOWN = ("success", "pin-otp", "3ds", "declined", "insufficient-funds")
SYMBOLS = {"NGN": "₦", "GHS": "GH₵", "ZAR": "R", "KES": "KSh ", "USD": "$"}


def money(subunits: int, currency: str) -> str:
    """An amount for people, as in ``₦5,000.00``."""
    return f"{SYMBOLS.get(currency, currency + ' ')}{subunits // 100:,}.{subunits % 100:02d}"


@bp.after_request
def keep_to_ourselves(response: Response) -> Response:
    """Only our own stylesheet may load, and no page may frame this one.

    ``form-action`` is left out: browsers hold it against the redirect that takes the customer back to the shop.
    """
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@bp.get("/checkout/<access_code>")
def show(access_code: str) -> ResponseReturnValue:
    """Whatever this transaction needs next."""
    with simulator().world.lock:
        transaction = _transaction(access_code)
        if transaction.paid:
            return _page(
                "over.html", transaction, outcome="paid", link=redirects.callback(transaction, simulator().settings)
            )
        if transaction.status is Status.FAILED:
            return _page("over.html", transaction, outcome="failed", link=redirects.cancelled(transaction))
        if not simulator().charging.payable(transaction):
            return _page("over.html", transaction, outcome="expired", link=redirects.cancelled(transaction))
        if transaction.steps:
            return _step_page(transaction)
        return _pay_page(transaction)


@bp.get("/resume/<access_code>")
def resume(access_code: str) -> ResponseReturnValue:
    """A charge that was paused goes on at the bank's page (CONTRACT §4.2)."""
    return redirect(url_for("checkout.show", access_code=access_code))


@bp.post("/checkout/<access_code>")
def pay(access_code: str) -> ResponseReturnValue:
    """Try the card that was chosen or typed."""
    with simulator().world.lock:
        transaction = _transaction(access_code)
        if transaction.steps:
            return _onwards(transaction)
        card, refuse = _card_of_form()
        simulator().charging.start(transaction, card, request.remote_addr, refuse)
        return _onwards(transaction)


@bp.post("/checkout/<access_code>/answer")
def answer(access_code: str) -> ResponseReturnValue:
    """What the customer typed for the PIN, the phone or the OTP, or pressed on the bank's page."""
    with simulator().world.lock:
        transaction = _transaction(access_code)
        # A form sent twice must not answer the step after it.
        if (
            transaction.steps
            and request.form.get("step") == transaction.steps[0]
            and simulator().charging.payable(transaction)
        ):
            simulator().charging.answer(transaction, request.form.get("value", ""))
        return _onwards(transaction)


@bp.post("/checkout/<access_code>/another")
def another(access_code: str) -> ResponseReturnValue:
    """Leave the attempt under way and choose another card."""
    with simulator().world.lock:
        transaction = _transaction(access_code)
        simulator().charging.give_up_attempt(transaction)
        return redirect(_address(transaction), 303)


@bp.post("/checkout/<access_code>/cancel")
def cancel(access_code: str) -> ResponseReturnValue:
    """The customer will not pay: nothing tells the merchant's server (CONTRACT §5)."""
    with simulator().world.lock:
        transaction = _transaction(access_code)
        if transaction.paid:
            return _onwards(transaction)
        simulator().charging.give_up_attempt(transaction)
        link = redirects.cancelled(transaction)
        return redirect(link) if link else _page("over.html", transaction, outcome="cancelled", link=None)


def _transaction(access_code: str) -> Transaction:
    found = simulator().world.by_access_code.get(access_code)
    if found is None:
        abort(_missing_page())
    return found


def _missing_page() -> Response:
    page = render_template("missing.html", merchant=simulator().settings.merchant_name)
    response = make_response(page, 404)
    return keep_to_ourselves(response)


def _onwards(transaction: Transaction) -> ResponseReturnValue:
    """Back to the shop when paid (CONTRACT §5), else to the page that shows what comes next."""
    link = redirects.callback(transaction, simulator().settings) if transaction.paid else None
    return redirect(link, 302) if link else redirect(_address(transaction), 303)


def _address(transaction: Transaction) -> str:
    return url_for("checkout.show", access_code=transaction.access_code)


def _card_of_form() -> tuple[Card | None, Decline | None]:
    """The card of the form, and why the bank refuses it whatever card it is: it has expired, or its CVV is wrong."""
    chosen = request.form.get("card", "")
    if chosen != "other":
        return cards.get_card(chosen), None
    card = cards.get_card(request.form.get("number", ""))
    if _has_expired(request.form.get("expiry", "")):
        return card, cards.EXPIRED_CARD
    cvv = request.form.get("cvv", "").strip()
    return card, cards.NOT_A_TEST_CARD if card and cvv and cvv != card.cvv else None


def _has_expired(expiry: str) -> bool:
    """``MM/YY`` or ``MM/YYYY`` before this month; what cannot be read counts as any future date (CONTRACT §10)."""
    month, _, year = expiry.replace(" ", "").partition("/")
    if not (month.isdigit() and year.isdigit() and len(month) <= 2 and len(year) in {2, 4}):
        return False
    now = simulator().clock.now()
    return (int(year) % 100 + 2000, int(month)) < (now.year, now.month)


def _page(template: str, transaction: Transaction, **more: object) -> ResponseReturnValue:
    settings = simulator().settings
    return render_template(
        template,
        transaction=transaction,
        merchant=settings.merchant_name,
        payer=transaction.label or transaction.customer.email,
        amount=money(transaction.requested_amount, transaction.currency),
        **more,
    )


def _pay_page(transaction: Transaction) -> ResponseReturnValue:
    first = [card for card in cards.CARDS if card.name in FIRST_SHOWN]
    more = [card for card in cards.CARDS if card.name not in FIRST_SHOWN]
    error = last_error(transaction)
    return _page("pay.html", transaction, first=first, more=more, error=transaction.gateway_response if error else None)


def _step_page(transaction: Transaction) -> ResponseReturnValue:
    step = transaction.steps[0]
    template = "bank.html" if step is Step.BANK else "step.html"
    return _page(template, transaction, step=step.value, card=transaction.card)
