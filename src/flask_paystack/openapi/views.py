"""``GET /openapi.json``."""

import json
import re
from collections.abc import Iterator

from flask import Blueprint, Response, current_app, request

from flask_paystack.openapi.document import build
from flask_paystack.openapi.operation import JSON, Route
from flask_paystack.web.guards import open_to_all
from flask_paystack.web.services import services

bp = Blueprint("openapi", __name__)

PATH = "/openapi.json"
BUILT = "flask_paystack.openapi"
"""Where an application keeps its document once it was asked for: routes do not change after that."""


@bp.get(PATH)
@open_to_all("It tells what this page's reader may find out by trying.")
def document() -> Response:
    """This document."""
    body: bytes = current_app.extensions.get(BUILT) or _build()
    response = Response(body, mimetype=JSON)
    response.headers["Cache-Control"] = "public, max-age=300"
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]  # itself, typed as werkzeug's


def _build() -> bytes:
    rule, endpoint = str(request.url_rule), str(request.endpoint)
    prefix, parent = rule.removesuffix(PATH), endpoint.removesuffix("openapi.document")
    settings = services().settings
    built = build(routes(prefix, parent), f"{settings.link_base}{prefix}" or "/", login_required=settings.require_login)
    body = json.dumps(built, ensure_ascii=False, separators=(",", ":")).encode()
    current_app.extensions[BUILT] = body
    return body


def routes(prefix: str, parent: str) -> Iterator[Route]:
    """Ours among the application's routes: those of the blueprint ``parent``, mounted below ``prefix``."""
    for rule in current_app.url_map.iter_rules():
        if rule.endpoint.startswith(parent):
            view = current_app.view_functions[rule.endpoint]
            path = re.sub(r"<(?:[^<>:]*:)?(\w+)>", r"{\1}", rule.rule.removeprefix(prefix))
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield Route(
                    path,
                    method,
                    rule.endpoint.removeprefix(parent),
                    view.__doc__ or "",
                    getattr(view, "guard", ""),
                    getattr(view, "limit", None),
                )
