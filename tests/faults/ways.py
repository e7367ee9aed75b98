"""The ways on which clients reach a backend: directly, through one proxy, and through two.

For real: the backend in a network of its own, nginx in two others, and clients of thousands of addresses in a fourth. On
loopback, where no such networks can be made: the clients speak as the proxies would, from their addresses.
"""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Protocol

from tests.faults import nginx
from tests.faults.namespaces import LINK, Namespace, network
from tests.patience import until
from tests.processes import status
from tests.smtp import self_signed

WAYS = ("direct", "one-proxy", "two-proxies")
CROWD = "100.64.0.0/10"
"""Where clients live, behind the address of their network."""
SERVER = """\
server {{
    listen {port};
    listen {tls_port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    {admitted}
    client_max_body_size 1m;
    location / {{
        proxy_pass http://{upstream};
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto {scheme};
    }}
}}
"""
"""It appends to what it was sent, as most have it, and denies nothing, so that all is left to the backend."""

Headers = Sequence[tuple[str, str]]


class Ways(Protocol):
    """How clients come, and who comes between."""

    proxies: Sequence[str]
    """Addresses of the proxies, the one farthest from the backend last."""
    remote: frozenset[str]
    """The ways on which nobody comes from the backend's own machine."""
    host: str
    """Where the backend is to listen."""

    def on_the_backend(self) -> AbstractContextManager[object]:
        """Entered to start what is to run on the backend's machine, and to ask from there."""
        ...

    def address(self, way: str, number: int) -> str:
        """The true address of a client."""
        ...

    def connect(self, way: str, number: int, port: int, scheme: str) -> HTTPConnection:
        """A connection of that client to the backend at ``port``, or to the proxy before it. Raises OSError."""
        ...

    def through(self, way: str, number: int, headers: Headers, scheme: str) -> Headers:
        """What the client writes so that it arrives at a proxy, or the backend, as these headers."""
        ...

    def before(self, directory: Path, port: int) -> AbstractContextManager[object]:
        """The proxies before a backend that serves at ``port``, as long as the block lasts."""
        ...


class Loopback:
    """Imitated: a client connects from the address of the last proxy, and writes what this would."""

    proxies = ("127.0.0.2", "127.0.0.3")
    remote = frozenset(WAYS[1:])
    host = "127.0.0.1"

    def on_the_backend(self) -> AbstractContextManager[object]:
        return nullcontext()

    def address(self, way: str, number: int) -> str:
        if way == "direct":
            return f"127.0.{1 + number // 250}.{1 + number % 250}"
        return _one_of_the_crowd(way, number)

    def connect(self, way: str, number: int, port: int, scheme: str) -> HTTPConnection:
        del scheme
        peer = {"direct": self.address(way, number), "one-proxy": self.proxies[0], "two-proxies": self.proxies[1]}[way]
        return HTTPConnection("127.0.0.1", port, timeout=20, source_address=(peer, 0))

    def through(self, way: str, number: int, headers: Headers, scheme: str) -> Headers:
        if way == "direct":
            return headers
        kept = [each for each in headers if each[0] not in {"X-Forwarded-For", "X-Forwarded-Proto"}]
        named = [value for name, value in headers if name == "X-Forwarded-For"]
        address = self.address(way, number)
        named += [address] if way == "one-proxy" else [address, self.proxies[0]]
        return [*kept, ("X-Forwarded-For", ", ".join(named)), ("X-Forwarded-Proto", scheme)]

    def before(self, directory: Path, port: int) -> AbstractContextManager[object]:
        del directory, port
        return nullcontext()


class Networks:
    """For real. The proxy near the backend has a second entry, for the far one alone, and takes the scheme from it."""

    PLAIN, TLS, ENTRY = 80, 443, 8080
    remote = frozenset(WAYS)
    host = "0.0.0.0"

    def __init__(self, made: Mapping[str, Namespace]) -> None:
        self._backend, self._near, self._far, self._crowd = (made[name] for name in NAMES)
        self.proxies = (self._near.address, self._far.address)
        self._crowd.ip(f"route add local {CROWD} dev lo")
        for each in (self._backend, self._near, self._far):
            each.ip(f"route add {CROWD} via {self._crowd.address} dev {LINK}")

    def on_the_backend(self) -> AbstractContextManager[object]:
        return self._backend.entered()

    def address(self, way: str, number: int) -> str:
        return _one_of_the_crowd(way, number)

    def connect(self, way: str, number: int, port: int, scheme: str) -> HTTPConnection:
        spoken = self.TLS if scheme == "https" else self.PLAIN
        host, reached = {
            "direct": (self._backend.address, port),
            "one-proxy": (self._near.address, spoken),
            "two-proxies": (self._far.address, spoken),
        }[way]
        source = (self.address(way, number), 0)
        if scheme == "https":
            connection: HTTPConnection = HTTPSConnection(
                host, reached, timeout=20, source_address=source, context=_believing()
            )
        else:
            connection = HTTPConnection(host, reached, timeout=20, source_address=source)
        with self._crowd.entered():
            connection.connect()
        return connection

    def through(self, way: str, number: int, headers: Headers, scheme: str) -> Headers:
        del way, number, scheme
        return headers

    @contextmanager
    def before(self, directory: Path, port: int) -> Iterator[None]:
        _, certificate = self_signed(directory)
        common = {"certificate": certificate, "key": directory / "key.pem", "port": self.PLAIN, "tls_port": self.TLS}
        backend = f"{self._backend.address}:{port}"
        near = SERVER.format(**common, upstream=backend, scheme="$scheme", admitted="")
        entry = {**common, "port": self.ENTRY, "tls_port": self.ENTRY + 1}
        only_the_far_one = f"allow {self._far.address}; deny all;"
        near += SERVER.format(**entry, upstream=backend, scheme="$http_x_forwarded_proto", admitted=only_the_far_one)
        far = SERVER.format(**common, upstream=f"{self._near.address}:{self.ENTRY}", scheme="$scheme", admitted="")
        with ExitStack() as stack:
            for name, space, servers in (("near", self._near, near), ("far", self._far, far)):
                home = directory / name
                home.mkdir()
                with space.entered():
                    stack.enter_context(nginx.serving(home, servers))
                    until(lambda: status(f"http://127.0.0.1:{self.PLAIN}/healthz") == 200)
            yield


NAMES = ("backend", "near-proxy", "far-proxy", "clients")


@contextmanager
def networks() -> Iterator[Networks]:
    """The real ways, gone with the block."""
    with network(*NAMES) as (_, made):
        yield Networks(made)


def _one_of_the_crowd(way: str, number: int) -> str:
    return f"100.{64 + WAYS.index(way)}.{number // 250}.{1 + number % 250}"


def _believing() -> ssl.SSLContext:
    """Of a certificate that nobody has vouched for."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
