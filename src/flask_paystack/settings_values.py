"""How the text of one setting becomes its value. Each raises ValueError with half a sentence that tells what is expected."""

import base64
import binascii
import re
from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
SAMPLE = re.compile(
    r"change.?me|replace|your[-_]|example|sample|secret[-_]?key|password|x{6,}|\.\.\.|<|>", re.IGNORECASE
)
MOST_DELAYS = 5
PERIODS = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86400,
    "day": 86400,
}


@dataclass(frozen=True)
class Limit:
    """At most ``count`` requests within ``seconds``, for each client address."""

    count: int
    seconds: int


def several(value: Any) -> Any:
    """``a, b`` → ``("a", "b")``."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def named_emails(value: Any) -> Any:
    """``admin1=a@x.com,admin2=b@y.com`` → names with their addresses."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in several(value)]
    if not all(name.strip() and equals for name, equals, _ in pairs):
        raise ValueError("write name=address pairs with commas between, like admin1=ada@example.com")
    return {name.strip(): address.strip() for name, _, address in pairs}


def proxies(value: Any) -> Any:
    """``10.0.0.0/8, 127.0.0.1, unix`` → the networks, and ``unix`` as it is."""
    if not isinstance(value, str):
        return value
    try:
        return tuple(part if part == "unix" else ip_network(part) for part in several(value))
    except ValueError:
        raise ValueError(
            "write addresses or networks with commas between, like 10.0.0.0/8,127.0.0.1, or unix for a Unix socket"
        ) from None


def limit(value: Any) -> Any:
    """``60/min`` → sixty a minute. A bare number is per minute."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return value
    count, _, period = value.replace(" ", "").partition("/")
    seconds = PERIODS.get(period or "min")
    if not re.fullmatch(r"[0-9]{1,9}", count) or int(count) < 1 or seconds is None:
        raise ValueError("write a limit like 60/min (s, min, hour or day)")
    return Limit(int(count), seconds)


def delays(value: Any) -> Any:
    """``1h,24h,72h`` → seconds, ascending; ``off`` → none. A bare number is seconds."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() == "off":
        return ()
    found = [re.fullmatch(r"([0-9]{1,8})([smhd]?)", part.strip()) for part in value.split(",")]
    if len(found) > MOST_DELAYS:
        raise ValueError(f"write at most {MOST_DELAYS} delays")
    if not all(found):
        raise ValueError("write delays with commas between, like 1h,24h,72h, or off")
    seconds = [int(each[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[each[2]] for each in found if each]
    if seconds[0] < 60 or seconds[-1] > 30 * 86400 or seconds != sorted(set(seconds)):
        raise ValueError("write delays that grow, from a minute to 30 days")
    return tuple(seconds)


def switch(value: Any) -> Any:
    """``on`` or ``off``."""
    if isinstance(value, str) and value.lower() not in {"on", "off", "true", "false", "1", "0", "yes", "no"}:
        raise ValueError("write on or off")
    return value


def split_url(value: str) -> SplitResult:
    """The parts of an absolute http(s) address that can be trusted to mean the same to everyone who reads it."""
    if re.search(r"[\s\\\x00-\x1f]", value):
        raise ValueError("an address may not hold spaces, backslashes or control characters")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write a whole address, starting with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address may not carry a user name or a password")
    _ = parts.port  # raises ValueError where it is no port
    return parts


def url(value: Any) -> Any:
    """An absolute http(s) address without a fragment."""
    if isinstance(value, str) and split_url(value).fragment:
        raise ValueError("an address may not carry a #fragment")
    return value


def origin(value: Any) -> Any:
    """Scheme, host and port of an address, as browsers send them in ``Origin``."""
    if not isinstance(value, str):
        return value
    parts = split_url(value)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else str(parts.hostname)
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, default) else "")


def paystack_url(value: Any) -> Any:
    """Paystack's address: https, or plain http to this machine (the simulator)."""
    if not isinstance(value, str):
        return value
    parts = split_url(value)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError(
            "plain http is accepted for this machine only (127.0.0.1), since our secret key travels with each call"
        )
    return value.rstrip("/")


def is_https_elsewhere(value: str) -> bool:
    """Whether an address is of https, and not of this machine."""
    parts = urlsplit(value)
    host = (parts.hostname or "").rstrip(".")
    try:
        is_here = ip_address(host).is_loopback or ip_address(host).is_unspecified
    except ValueError:
        is_here = host == "localhost" or host.endswith(".localhost")
    return parts.scheme == "https" and not is_here


def store_url(value: Any) -> Any:
    """``memory://``, ``redis://…``, ``sqlite:///…`` or ``postgresql://…``."""
    schemes = ("memory:", "redis:", "rediss:", "redis+sentinel:", "redis+cluster:", "sqlite:", "postgresql:")
    if isinstance(value, str) and not value.startswith(schemes):
        raise ValueError("write memory://, redis://…, sqlite:///… or postgresql://…")
    return value


def database_url(value: Any) -> Any:
    """``sqlite:///path`` or ``postgresql://…``."""
    if not isinstance(value, str):
        return value
    if value.startswith("sqlite:///") and len(value) > len("sqlite:///") and ":memory:" not in value:
        return value
    if re.match(r"postgres(ql)?(\+psycopg)?://", value):
        return value
    raise ValueError(
        "write sqlite:///path/to/file or postgresql://user@host/name; a database in memory would forget payments"
    )


def mailbox(value: Any) -> Any:
    """An address, or a name with its address in angle brackets."""
    if isinstance(value, str) and ("@" not in parseaddr(value)[1] or re.search(r"[\r\n\x00]", value)):
        raise ValueError("write an address like payments@example.com, or Shop <payments@example.com>")
    return value


def webhook_secret(value: Any) -> Any:
    """A Standard Webhooks secret: ``whsec_`` and at least 24 bytes in base64."""
    if not isinstance(value, str):
        return value
    try:
        raw = base64.b64decode(value.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raw = b""
    if not value.startswith("whsec_") or len(raw) < 24:
        raise ValueError("write whsec_ followed by at least 24 random bytes in base64")
    return value


def is_weak(secret: str, shortest: int) -> bool:
    """Whether a secret is too short, too plain, or somebody's sample."""
    return len(secret.encode()) < shortest or len(set(secret)) < 8 or SAMPLE.search(secret) is not None


def problem_with_paystack_keys(keys: tuple[str, ...]) -> str | None:
    """A sentence, where these cannot be Paystack's secret keys."""
    if not keys:
        return "PAYSTACK_SECRET_KEY is not set: copy the secret key from Paystack's dashboard, Settings → API Keys & Webhooks."
    if any(key.startswith("pk_") for key in keys):
        return "PAYSTACK_SECRET_KEY holds a public key (pk_…): it takes the secret one (sk_test_… or sk_live_…)."
    if not all(re.fullmatch(r"sk_(test_|live_[A-Za-z0-9_-]{7})[A-Za-z0-9_-]+", key) for key in keys) or any(
        map(SAMPLE.search, keys)
    ):
        return "PAYSTACK_SECRET_KEY is not a key of Paystack's: it starts with sk_test_ or sk_live_, and is no sample."
    if len({key[:8] for key in keys}) > 1:
        return "PAYSTACK_SECRET_KEY mixes test and live keys: their payments are separate worlds."
    return None


def problem_with_secrets(name: str, secrets: tuple[str, ...]) -> str | None:
    """A sentence, where these would not keep anyone out."""
    if not secrets:
        return f'{name} is not set: make one with python -c "import secrets; print(secrets.token_urlsafe(48))".'
    if any(is_weak(secret, 32) for secret in secrets):
        return f"{name} is weak or a sample: it needs at least 32 random bytes (secrets.token_urlsafe(48) gives more)."
    return None
