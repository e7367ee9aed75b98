"""Who a request comes from, when known proxies stand before us."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FORWARDING = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_FORWARDED",
    "HTTP_X_REAL_IP",
)


class TrustedProxies:
    """WSGI middleware: believes ``X-Forwarded-For`` and ``-Proto`` from the proxies named in ``TRUSTED_PROXIES``, and from
    nobody else. The client is the last address in the list that is no such proxy; what stands before it is hearsay.

    ``unix`` among them is whoever comes without an address, as over a Unix socket: its folder says who may.
    """

    def __init__(self, app: "WSGIApplication", proxies: Sequence[IPv4Network | IPv6Network | Literal["unix"]]) -> None:
        self._app = app
        self._networks = [each for each in proxies if each != "unix"]
        self._over_unix = "unix" in proxies

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        if self._trusts(peer) or (self._over_unix and not peer):
            named = str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")
            for part in reversed([part.strip() for part in named if part.strip()]):
                address = _read(part)
                if address is None:
                    break
                environ["REMOTE_ADDR"] = str(address)
                if not self._trusts(part):
                    break
            if environ.get("HTTP_X_FORWARDED_PROTO") in {"http", "https"}:
                environ["wsgi.url_scheme"] = environ["HTTP_X_FORWARDED_PROTO"]
        return self._app(environ, start_response)

    def _trusts(self, text: str) -> bool:
        address = _read(text)
        return address is not None and any(address in network for network in self._networks)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """The address, without its disguise as IPv6 on sockets that speak both. One with a zone may hold any text: it is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return None if address.scope_id else address.ipv4_mapped or address
    return address


def came_through_a_proxy(environ: "WSGIEnvironment") -> bool:
    """Whether a request carries any word of a proxy, trusted or not."""
    return any(name in environ for name in FORWARDING)
