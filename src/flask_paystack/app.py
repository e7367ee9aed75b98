"""The factory: Flask-Paystack as an application, or in one."""

from collections.abc import Mapping
from typing import Any

import requests
from flask import Flask

from flask_paystack.cli.paystack import GROUPS
from flask_paystack.clock import Clock, SystemClock
from flask_paystack.errors import SettingsError
from flask_paystack.handover.receivers import Listener, Receivers
from flask_paystack.records import upgrades
from flask_paystack.records.stores import Records
from flask_paystack.settings import Settings
from flask_paystack.web import errors as web_errors
from flask_paystack.web import log, mounting
from flask_paystack.web.proxies import TrustedProxies
from flask_paystack.web.services import EXTENSION
from flask_paystack.wiring import Wiring


class FlaskPaystack:
    """Flask-Paystack in an application: ``FlaskPaystack(app)``, or ``init_app`` later.

    Settings come from ``app.config``, under the names of ``.env.example``. The host's configuration, error handlers and
    command line are left alone.

    Args:
        settings: used instead of ``app.config``.
        clock, session: the time, and the session that calls Paystack; tests hand in their own.

    Raises:
        SettingsError: with a sentence for every problem there is.
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        url_prefix: str = "",
        settings: Settings | None = None,
        clock: Clock | None = None,
        session: requests.Session | None = None,
        any_schema: bool = False,
    ) -> None:
        self._url_prefix = url_prefix
        self._given = settings
        self._clock = clock or SystemClock()
        self._session = session
        self._any_schema = any_schema
        self._receivers = Receivers()
        if app is not None:
            self.init_app(app)

    def on_settled(self, function: Listener) -> Listener:
        """Have ``function`` told of every settled payment, at least once, until it returns.

        It gets a ``SettledPayment`` whose ``id`` is the same each time: keep it with what you grant. It runs in the process
        that runs the jobs, within the app's context; an exception means "not accepted, tell me again later".
        """
        return self._receivers.on_settled(function)

    def init_app(self, app: Flask) -> None:
        """Read the settings, open what they name, and register the routes."""
        settings = self._given or Settings.read(app.config)
        if settings.live and app.debug:
            raise SettingsError(["A live key is refused in debug mode, whose pages show code and memory to anyone."])
        self.wiring = wiring = Wiring(app, settings, self._clock, self._session, self._receivers, self._url_prefix)
        if not self._any_schema:
            _check(wiring.records)
        app.extensions[EXTENSION] = self
        mounting.mount(app, self._url_prefix, settings.allowed_origins, wiring.serving)
        self.settings, self.records, self.store = settings, wiring.records, wiring.store
        self.services, self.background, self.serving = wiring.services, wiring.background, wiring.serving

    def close(self) -> None:
        """Stop this process's jobs and let go of every connection."""
        self.serving.end()
        self.wiring.paystack.close()
        self.store.close()
        self.records.database.close()


def _check(records: Records) -> None:
    """Bring the database up to date, or refuse it; and the keys of what is sealed in it."""
    try:
        upgrades.make_ready(records.database)
        records.database.refuse_if_forgetful()
        records.keys.make_ready()
    except BaseException:
        records.database.close()
        raise


def create_app(
    settings: Settings | Mapping[str, Any] | None = None,
    *,
    clock: Clock | None = None,
    session: requests.Session | None = None,
    any_schema: bool = False,
) -> Flask:
    """Flask-Paystack as an application of its own.

    Args:
        settings: ready made, or a mapping of their names in capitals; without them the environment and ``.env`` are read.
        clock, session: the time, and the session that calls Paystack; tests hand in their own.
        any_schema: do not ask whether the database is up to date, since it is about to be brought there.

    Raises:
        SettingsError: with a sentence for every problem there is.
    """
    if settings is None:
        settings = Settings.from_environment()
    elif not isinstance(settings, Settings):
        settings = Settings.read(settings)
    log.start(settings.log_format)
    app = Flask("flask_paystack", static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's own provider has it
    ours = FlaskPaystack(settings=settings, clock=clock, session=session, any_schema=any_schema)
    ours.init_app(app)
    for group in GROUPS:
        app.cli.add_command(group)
    web_errors.register(app.errorhandler)
    mounting.hold_everywhere(app, settings.allowed_origins, settings.public_url)
    if settings.trusted_proxies:
        app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    return app
