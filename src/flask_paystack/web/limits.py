"""Rate limits for each client address, counted in the shared store."""

import math
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from flask import request

from flask_paystack.errors import TooManyRequests
from flask_paystack.expiring import ExpiringMap, ExpiringStore
from flask_paystack.settings import Settings


class Limits:
    """The limits by name: ``pay``, ``verify``, ``login``, ``keys``. With ``RATE_LIMITS=off`` nothing is counted."""

    def __init__(self, settings: Settings, store: ExpiringStore) -> None:
        self._on = settings.rate_limits
        self._limits = {
            "pay": settings.limit_pay,
            "verify": settings.limit_verify,
            "login": settings.limit_login,
            "keys": settings.limit_keys,
        }
        self._hits = {
            name: store.map(f"limit_{name}", timedelta(seconds=limit.seconds)) for name, limit in self._limits.items()
        }

    def count(self, name: str) -> None:
        """Count this request. Raises TooManyRequests beyond the limit."""
        if not self._on:
            return
        hits = self._hits[name].hit(_client(request.remote_addr or "unknown"))
        if hits.count > self._limits[name].count:
            raise TooManyRequests("That is too often; wait a little.", retry_after=max(1, math.ceil(hits.expires_in)))

    @property
    def counters(self) -> tuple[ExpiringMap, ...]:
        """The expiring maps to sweep."""
        return tuple(self._hits.values())


def _client(address: str) -> str:
    """Whom an address stands for. Whoever has one IPv6 address has its whole /64, so that counts as one."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else str(found)
