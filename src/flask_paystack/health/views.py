"""``/healthz``, ``/readyz`` and ``/metrics``."""

from ipaddress import ip_address

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from flask_paystack.errors import NotLoggedIn
from flask_paystack.web.guards import guarded_by, is_same_secret, open_to_all
from flask_paystack.web.proxies import came_through_a_proxy
from flask_paystack.web.services import services

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@open_to_all("It tells that the process answers, and nothing else.")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return {"status": "alive"}


@bp.get("/readyz")
@open_to_all("Load balancers ask; it tells which part is down, and nothing of what it holds.")
def readyz() -> ResponseReturnValue:
    """Able to work: store, database, and jobs that gave a sign of life."""
    checks = services().health.check()
    ready = all(found == "ok" for found in checks.values())
    told = {"status": "ready" if ready else "not ready", "checks": dict(checks)}
    return {**told, "alarms": list(services().health.alarms())}, 200 if ready else 503


@bp.get("/metrics")
@guarded_by("METRICS_TOKEN where set, loopback otherwise")
def metrics() -> ResponseReturnValue:
    """Numbers for Prometheus."""
    token = services().settings.metrics_token
    if token is not None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not is_same_secret(given, token):
            raise NotLoggedIn("Send the metrics token as a Bearer token.")
    elif not _is_local():
        raise NotLoggedIn("Set METRICS_TOKEN to read the metrics from elsewhere.")
    return Response(generate_latest(services().metrics), content_type=CONTENT_TYPE_LATEST)


def _is_local() -> bool:
    """Asked from this machine, and not through a proxy on it."""
    try:
        return ip_address(request.remote_addr or "").is_loopback and not came_through_a_proxy(request.environ)
    except ValueError:
        return False
