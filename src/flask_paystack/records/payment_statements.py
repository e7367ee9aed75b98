"""The statements that every payment needs, made once: to make one takes longer than to run it.

What each is given goes by the names in its ``bindparam``s; an UPDATE also sets the columns that it is given values for.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, insert, or_, select, update

from flask_paystack.payments.model import Status
from flask_paystack.records.leases import CLOCK_SKEW, LONGEST_LEASE, is_over
from flask_paystack.records.schema import orders, payments


def may_be_asked() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Nobody asked about the payment within a while, and nobody is asking. It is given ``instants_of_asking``."""
    return (
        is_over(payments.c.asked_at, bindparam("asked_before"), bindparam("asked_latest")),
        is_over(payments.c.asking_until, bindparam("asking_now"), bindparam("asking_latest")),
    )


def instants_of_asking(now: datetime, every: timedelta) -> dict[str, datetime]:
    """What ``may_be_asked`` is given where nobody is to have asked within ``every``."""
    return {
        "asked_before": now - every,
        "asked_latest": now + CLOCK_SKEW,
        "asking_now": now,
        "asking_latest": now + LONGEST_LEASE,
    }


ADD = insert(payments)
ONE = select(payments).where(payments.c.reference == bindparam("reference"))
LOCKED = ONE.with_for_update()
CHANGE = update(payments).where(payments.c.reference == bindparam("reference_of"))
MOVE = CHANGE.where(payments.c.status == bindparam("status_before"))
CLAIM_QUESTION = CHANGE.where(*may_be_asked())
OPEN_ONE = (
    select(payments)
    .where(
        payments.c.product == bindparam("product"),
        payments.c.order_id == bindparam("order_id"),
        payments.c.status == Status.PENDING,
        or_(payments.c.authorization_url.is_not(None), payments.c.asking_until > bindparam("now")),
    )
    .order_by(payments.c.created_at.desc())
    .limit(1)
)
"""The payment of an order that is open, or being opened."""
GATE = (
    select(orders.c.paid_reference)
    .where(orders.c.product == bindparam("product"), orders.c.order_id == bindparam("order_id"))
    .with_for_update()
)
PASS = update(orders).where(
    orders.c.product == bindparam("product_of"),
    orders.c.order_id == bindparam("order_of"),
    or_(orders.c.paid_reference.is_(None), orders.c.paid_reference == bindparam("passing")),
)
"""Pass an order's gate, unless another payment did."""
