"""The shop: a small frontend on an origin of its own, made of static pages that talk to the backend with ``fetch``.

The pages are in ``pages/`` and are meant to be copied from. All the server adds is ``/config.json``, which tells them where
the backend is, and the receiver of hand-overs, which a real shop's server would have too.
"""

from dataclasses import dataclass

from flask import Flask, Response
from flask.typing import ResponseReturnValue

from flask_paystack.demo.handovers import create_handovers
from flask_paystack.demo.local_server import LOOPBACK, guard_page


@dataclass(frozen=True)
class Surroundings:
    """Addresses of the servers around the shop, without a slash at their end."""

    backend: str
    mailbox: str
    simulator: str


def create_shop(around: Surroundings, handover_secret: str) -> Flask:
    """The shop as a Flask application.

    Args:
        handover_secret: the ``whsec_…`` value shared with the backend, with which hand-overs are signed.
    """
    app = Flask(__name__, static_folder="pages", static_url_path="/assets")
    app.config["TRUSTED_HOSTS"] = [LOOPBACK]
    app.register_blueprint(create_handovers(handover_secret))
    # Scripts and styles are files of ours, and speak to this origin and to the backend. Nothing else loads or runs.
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' {around.backend}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )

    @app.after_request
    def guard(response: Response) -> Response:
        return guard_page(response, policy)

    @app.get("/")
    def front() -> ResponseReturnValue:
        """The page to pay on."""
        return app.send_static_file("index.html")

    @app.get("/return")
    def come_back() -> ResponseReturnValue:
        """Where Paystack sends the customer who paid."""
        return app.send_static_file("return.html")

    @app.get("/config.json")
    def configuration() -> ResponseReturnValue:
        """What the pages cannot know by themselves."""
        links = {
            "mailbox": f"{around.mailbox}/",
            "simulator": f"{around.simulator}/_simulator/state",
            "health": f"{around.backend}/readyz",
        }
        return {"backend": around.backend, "links": links}

    return app
