"""Which connections to other machines the settings leave in clear."""

import os
from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from flask_paystack.settings import Settings

ENCRYPTED = {"require", "verify-ca", "verify-full"}
"""Values of PostgreSQL's ``sslmode`` with which nothing is sent in clear. The last alone looks whom it is sent to."""


def in_clear(settings: "Settings") -> Iterator[tuple[str, str]]:
    """Each setting that may send something in clear to another machine, and how to mend it.

    Loopback and Unix sockets are this machine.
    """
    for name in ("database_url", "store_url"):
        url = getattr(settings, name)
        if url.startswith("postgres") and not _postgresql_is_safe(url):
            yield name, "write sslmode=verify-full (or require) into its URL"
        elif url.startswith(("redis+sentinel:", "redis+cluster:")):
            yield name, "Sentinel and cluster are spoken to in clear: use rediss://"
        elif url.startswith("redis:") and not _redis_is_here(url):
            yield name, "write rediss:// instead of redis://"
    if not (settings.mail_use_tls or settings.mail_use_ssl or is_here(settings.mail_server)):
        yield "mail_server", "set MAIL_USE_TLS or MAIL_USE_SSL"
    notified = urlsplit(settings.notify_url or "")
    if notified.scheme == "http" and not is_here(notified.hostname or ""):
        yield "notify_url", "give it an https address"


def problems_in_clear(settings: "Settings") -> Iterator[tuple[str, str]]:
    """The same as sentences, each with its setting."""
    for name, remedy in in_clear(settings):
        yield name, f"REQUIRE_TLS is on, and {name.upper()} may reach another machine in clear: {remedy}."


def is_here(host: str) -> bool:
    """Whether a host is this machine: loopback, or the path of a Unix socket."""
    if host.startswith(("/", "@")) or host in {"localhost", "localhost."}:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _postgresql_is_safe(url: str) -> bool:
    parts = urlsplit(url)
    options = parse_qs(parts.query, keep_blank_values=True)
    modes = options.get("sslmode", [])
    if modes and set(modes) <= ENCRYPTED:
        return True
    # Whatever names a host counts, since libpq lets one stand for another; without any it asks the environment.
    named = [parts.netloc.rpartition("@")[2], *options.get("host", []), *options.get("hostaddr", [])]
    hosts = [host for each in named for host in each.split(",") if host]
    if not hosts:
        hosts = [each for name in ("PGHOST", "PGHOSTADDR") for each in os.environ.get(name, "").split(",") if each]
    return "service" not in options and not os.environ.get("PGSERVICE") and all(is_here(_host(each)) for each in hosts)


def _host(text: str) -> str:
    """A host without its port. A path, in whichever spelling, stays as it is."""
    text = unquote(text)
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text if text.startswith("/") or text.count(":") > 1 else text.partition(":")[0]


def _redis_is_here(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or parse_qs(parts.query).get("host", ["localhost"])[0]
    return is_here(host)
