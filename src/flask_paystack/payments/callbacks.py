"""Where a customer may be sent back to: exact origins, after parsing, and nothing that two readers read differently."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask_paystack.settings_values import origin, split_url

LONGEST = 2000


def allowed_callback(url: str, origins: Sequence[str]) -> bool:
    """Whether ``url`` is an absolute address whose origin is one of ``origins``."""
    if not url.isascii() or len(url) > LONGEST:
        return False
    try:
        parts = split_url(url)
        return not parts.fragment and origin(url) in origins
    except ValueError:
        return False


def with_query(url: str, **added: str) -> str:
    """``url`` with more parameters in its query."""
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *added.items()])
    return urlunsplit(parts._replace(query=query))
