"""The settings: read once, typed, and every problem told together, in sentences, before anything starts.

Names in the environment, in ``.env`` and in a host's ``app.config`` are the field names in capitals. Every one is listed,
with a line of why, in ``.env.example``.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from flask_paystack import settings_values as values
from flask_paystack.email_address import EmailAddress
from flask_paystack.errors import SettingsError
from flask_paystack.settings_files import SUFFIX, read_files
from flask_paystack.settings_names import unknown_names
from flask_paystack.settings_tls import problems_in_clear

Secret = Annotated[str | None, Field(repr=False)]
Secrets = Annotated[tuple[str, ...], Field(repr=False), BeforeValidator(values.several)]
Origin = Annotated[str, BeforeValidator(values.origin)]
Url = Annotated[str | None, BeforeValidator(values.url)]
Switch = Annotated[bool, BeforeValidator(values.switch)]
Seconds = Annotated[int, Field(gt=0, le=366 * 86400)]
Limit = Annotated[values.Limit, BeforeValidator(values.limit)]
Proxies = Annotated[tuple[IPv4Network | IPv6Network | Literal["unix"], ...], BeforeValidator(values.proxies)]


class Settings(BaseModel):
    """Everything an operator decides. Durations are whole seconds."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        str_strip_whitespace=True,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
    )

    paystack_secret_key: Secrets = ()
    """Paystack's secret keys, newest first: the first signs our calls, or the next where Paystack refuses it; all are accepted
    on webhooks while a key rotates."""
    paystack_signature_scheme: Literal["classic", "timestamped"] = "classic"
    """How webhooks are signed: over the raw body, or, unconfirmed, over an instant and the body."""
    paystack_base_url: Annotated[str, BeforeValidator(values.paystack_url)] = "https://api.paystack.co"
    paystack_timeout: Annotated[int, Field(ge=1, le=30)] = 10
    """How long one question to Paystack may take in all, retries included."""
    paystack_concurrency: Annotated[int, Field(ge=1, le=1000)] = 8
    """How many requests may wait for Paystack at once; keep it at or below half of the server's threads."""

    jwt_secret: Secrets = ()
    jwt_ttl: Seconds = 3600
    records_secret: Secrets = ()
    """Opens what is kept sealed, newest first; those of ``jwt_secret`` where there is none."""
    admin_emails: Annotated[dict[str, EmailAddress], BeforeValidator(values.named_emails)] = {}

    admin_keys_need_login: Switch = False
    """Whether only a logged-in operator may ask for an access key; else anybody may, within the strangers' budget."""

    store_url: Annotated[str, Field(repr=False), BeforeValidator(values.store_url)] = "memory://"
    database_url: Annotated[str, Field(repr=False), BeforeValidator(values.database_url)] = (
        "sqlite:///instance/flask-paystack.sqlite3"
    )

    products_file: Path = Path("products.toml")
    public_url: Url = None
    frontend_url: Url = None
    cors_origins: Annotated[tuple[Origin, ...], BeforeValidator(values.several)] = ()
    require_login: Switch = False
    require_second_factor: Switch = False
    """Whether an account without a second factor may do nothing but set one."""
    notify_url: Annotated[str | None, Field(repr=False), BeforeValidator(values.url)] = None
    """Left out of ``repr``: a receiver's address may hold what lets people in."""
    notify_secret: Annotated[str | None, Field(repr=False), BeforeValidator(values.webhook_secret)] = None
    failure_notice_after: Seconds = 900
    auto_retry_after: Annotated[tuple[int, ...], BeforeValidator(values.delays)] = (3600, 86400, 3 * 86400)
    """How long after a failure a saved card is tried again, where its customer agreed; as often as there are delays."""
    give_up_after: Seconds = 7 * 86400
    """When we stop asking about a payment that was opened and never paid. A late success still settles."""
    retry_link_ttl: Seconds = 7 * 86400
    catch_up_every: Annotated[int, Field(ge=60, le=86400)] = 3600
    """How often Paystack's lists are read for events and payments that never reached us."""
    alarm_no_webhook_after: Annotated[int, Field(ge=60, le=30 * 86400)] = 3600
    """How long checkouts may begin without any webhook coming before operators are told."""
    alarm_event_waits: Annotated[int, Field(ge=60, le=30 * 86400)] = 300
    """How long a webhook event may wait for its processing before operators are told."""
    alarm_refused_signatures: Annotated[int, Field(ge=1, le=1_000_000)] = 20
    """How many webhooks refused for their signature within ten minutes operators are told of."""
    poll_at_once: Annotated[int, Field(ge=1, le=20)] = 1
    """How many questions about open payments may run at the same time, each at five a second at most."""
    poll_every: Annotated[int, Field(ge=1, le=3600)] = 60
    """How long after its opening Paystack is asked about a payment first, and the least time between two questions."""

    mail_server: str = "localhost"
    mail_port: Annotated[int, Field(ge=1, le=65535)] = 25
    mail_use_tls: Switch = False
    mail_use_ssl: Switch = False
    mail_username: str | None = None
    mail_password: Secret = None
    mail_password_old: Secret = None
    """Tried where the mail server refuses the other, while the password rotates."""
    mail_default_sender: Annotated[str, BeforeValidator(values.mailbox)] = "payments@localhost"
    mail_timeout: Annotated[int, Field(ge=1, le=60)] = 10

    jobs: Switch = True
    rate_limits: Switch = True
    limit_pay: Limit = values.Limit(60, 60)
    limit_verify: Limit = values.Limit(120, 60)
    limit_login: Limit = values.Limit(10, 60)
    limit_keys: Limit = values.Limit(10, 60)
    require_tls: Switch = False
    """Whether a connection to another machine that may be in clear stops the start."""
    trusted_proxies: Proxies = ()
    """Whose word about a request's origin is believed; ``unix`` stands for whoever comes over a Unix socket."""
    metrics_token: Secret = None
    log_format: Literal["auto", "text", "json"] = "auto"

    @classmethod
    def read(cls, source: Mapping[str, Any], further: Callable[[Self], Iterable[str]] | None = None) -> Self:
        """The settings that ``source`` holds under their names in capitals; empty values count as unset.

        A secret may lie in a file instead, whose path stands under the name with ``_FILE`` behind it.

        Args:
            further: tells, in sentences, what else is wrong, of settings with their defaults where they cannot be used.

        Raises:
            SettingsError: something cannot be used; it carries a sentence for every problem there is.
        """
        from_files, unread = read_files(source, cls.secrets())
        source = {**source, **from_files}
        given = {name: source[name.upper()] for name in cls.model_fields if source.get(name.upper()) not in (None, "")}
        problems: list[str] = list(unread.values())
        silent = {name.lower() for name in unread}
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            bad = {str(each["loc"][0]) for each in error.errors()}
            problems += dict.fromkeys(_sentences(error))
            settings = cls.model_validate({name: value for name, value in given.items() if name not in bad})
            problems += [each for name, each in settings._problems() if name not in bad | silent]
        else:
            problems += [each for name, each in settings._problems() if name not in silent]
        if further is not None:
            problems += further(settings)
        if problems:
            raise SettingsError(problems)
        return settings

    @classmethod
    def from_environment(
        cls, env_file: Path | None = Path(".env"), further: Callable[[Self], Iterable[str]] | None = None
    ) -> Self:
        """The settings of this process: ``env_file`` where there is one, the environment before it.

        Raises:
            SettingsError: as ``read`` does, and for a name that looks like a setting and is none.
        """
        from_file = dotenv_values(env_file) if env_file else {}
        known = [*(name.upper() for name in cls.model_fields), *(name + SUFFIX for name in cls.secrets())]
        unknown = list(unknown_names(os.environ, from_file, known))
        try:
            settings = cls.read({**from_file, **os.environ}, further)
        except SettingsError as error:
            raise SettingsError([*unknown, *error.problems]) from None
        if unknown:
            raise SettingsError(unknown)
        return settings

    @classmethod
    def secrets(cls) -> tuple[str, ...]:
        """The names in capitals of settings that are secret, or may hold a password."""
        return tuple(name.upper() for name, field in cls.model_fields.items() if not field.repr)

    @property
    def live(self) -> bool:
        """Whether real money moves: Paystack's key picks the mode (CONTRACT §1)."""
        return self.paystack_secret_key[0].startswith("sk_live_")

    @property
    def domain(self) -> str:
        """Paystack's name for the mode: ``live`` or ``test``."""
        return "live" if self.live else "test"

    @property
    def link_base(self) -> str:
        """Where our own links start, without a closing slash. Never taken from a request's ``Host``."""
        return (self.public_url or "http://127.0.0.1:5000").rstrip("/")

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """Origins whose pages may call us, and to which a customer may be sent back."""
        own = (values.origin(self.frontend_url),) if self.frontend_url else ()
        return tuple(dict.fromkeys(own + self.cors_origins))

    @property
    def lease(self) -> timedelta:
        """How long a worker may hold a piece of work before another takes it over."""
        return timedelta(seconds=60)

    @property
    def sealing_secrets(self) -> tuple[str, ...]:
        """Those under which what is kept sealed can be opened, newest first."""
        return self.records_secret or self.jwt_secret

    @property
    def runs_in_one_process(self) -> bool:
        """Whether the store lives in this process alone, so that only one may serve."""
        return self.store_url.startswith("memory:")

    def _problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong with settings that are each well formed: the setting and a sentence."""
        for name, sentence in (
            ("paystack_secret_key", values.problem_with_paystack_keys(self.paystack_secret_key)),
            ("jwt_secret", values.problem_with_secrets("JWT_SECRET", self.jwt_secret)),
        ):
            if sentence:
                yield name, sentence
        weak = values.problem_with_secrets("RECORDS_SECRET", self.records_secret) if self.records_secret else None
        if weak:
            yield "records_secret", weak
        if self.metrics_token is not None and values.is_weak(self.metrics_token, 16):
            yield "metrics_token", "METRICS_TOKEN is weak: give it at least 16 random characters."
        if self.notify_url and not self.notify_secret:
            yield (
                "notify_secret",
                "NOTIFY_URL is set but NOTIFY_SECRET is not: its receiver could not tell us from anyone.",
            )
        yield from self._problems_of_mail()
        if self.require_tls:
            yield from problems_in_clear(self)
        if self.paystack_secret_key and self.live:
            yield from self._problems_when_live()

    def _problems_of_mail(self) -> Iterator[tuple[str, str]]:
        if self.mail_use_tls and self.mail_use_ssl:
            yield "mail_use_ssl", "MAIL_USE_TLS and MAIL_USE_SSL exclude each other: choose one."
        if self.mail_username and not self.mail_password:
            yield "mail_password", "MAIL_USERNAME is set but MAIL_PASSWORD is not."

    def _problems_when_live(self) -> Iterator[tuple[str, str]]:
        if not self.public_url or not values.is_https_elsewhere(self.public_url):
            yield (
                "public_url",
                "A live key needs PUBLIC_URL, our own https address, since customers are mailed links to it.",
            )
        if not values.is_https_elsewhere(self.paystack_base_url):
            yield (
                "paystack_base_url",
                "A live key needs an https PAYSTACK_BASE_URL on another machine: leave it unset for Paystack itself.",
            )


def _sentences(error: ValidationError) -> Iterator[str]:
    for each in error.errors():
        name = str(each["loc"][0]).upper()
        message = re.sub(r"^(Value error|Assertion failed), ", "", each["msg"])
        message = {"int_parsing": "write a whole number", "bool_type": "write on or off"}.get(each["type"], message)
        yield f"{name}: {message[0].lower()}{message[1:].removesuffix('.')}."
