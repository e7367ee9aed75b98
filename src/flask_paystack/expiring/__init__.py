"""Maps whose entries expire: access keys, session tokens, attempt counts, rate limits.

``ExpiringMap`` is the contract and each backend is one file beside it, imported when its URL is opened.
Nothing here knows what the entries mean.
"""

import importlib
from urllib.parse import urlsplit

from flask_paystack.clock import Clock
from flask_paystack.expiring.contract import ExpiringMap, ExpiringStore, Hits, Json

__all__ = ["ExpiringMap", "ExpiringStore", "Hits", "Json", "open_store"]

_BACKENDS = {
    "memory": ("flask_paystack.expiring.memory", "MemoryStore", None),
    "redis": ("flask_paystack.expiring.redis", "RedisStore", "redis"),
    "rediss": ("flask_paystack.expiring.redis", "RedisStore", "redis"),
    "redis+cluster": ("flask_paystack.expiring.redis", "RedisStore", "redis"),
    "redis+sentinel": ("flask_paystack.expiring.redis", "RedisStore", "redis"),
    "sqlite": ("flask_paystack.expiring.sql", "SqlStore", None),
    "postgresql": ("flask_paystack.expiring.sql", "SqlStore", "postgres"),
}
"""URL scheme → module, class of the store, and the extra that installs its driver."""


def open_store(url: str, clock: Clock) -> ExpiringStore:
    """Open the store at ``url``: ``memory://``, ``redis://…``, ``sqlite:///…`` or ``postgresql://…``.

    Raises ValueError for a URL that cannot be used, with a sentence that does not repeat its password, and
    StorageUnavailable if the server does not answer.
    """
    scheme = urlsplit(url).scheme
    if scheme not in _BACKENDS:
        known = ", ".join(f"{name}://" for name in _BACKENDS)
        raise ValueError(f"No store is known for {scheme or 'a URL without a scheme'}; known are {known}.")
    module, name, extra = _BACKENDS[scheme]
    try:
        store: ExpiringStore = getattr(importlib.import_module(module), name)(url, clock)
    except ModuleNotFoundError as missing:
        if extra is None:
            raise
        raise ValueError(
            f"A {scheme}:// store needs {missing.name}: pip install 'flask-paystack[{extra}]'."
        ) from missing
    return store
