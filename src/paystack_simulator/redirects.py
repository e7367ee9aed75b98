"""Where the customer's browser goes when checkout is over (CONTRACT §5)."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from paystack_simulator.model import Transaction
from paystack_simulator.settings import Settings


def is_web_address(url: object) -> bool:
    """Whether a browser may be sent there: http or https, and nothing else."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def callback(transaction: Transaction, settings: Settings) -> str | None:
    """The shop's address with ``trxref`` and ``reference`` added, or None when neither call nor dashboard has one.

    How Paystack merges a query that is already there is not documented; here it is kept, and ours follows after ``&``.
    """
    url = transaction.callback_url or settings.callback_url
    if url is None or not is_web_address(url):
        return None
    parts = urlsplit(url)
    added = urlencode({"trxref": transaction.reference, "reference": transaction.reference})
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def cancelled(transaction: Transaction) -> str | None:
    """``metadata.cancel_action``, or None when there is none a browser may follow. Nothing is added to it."""
    metadata = transaction.metadata
    url = metadata.get("cancel_action") if isinstance(metadata, dict) else None
    return str(url) if is_web_address(url) else None
