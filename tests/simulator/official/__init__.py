"""Paystack's official OpenAPI file: its operations, parameters and request bodies, with references resolved."""

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("paystack-openapi.yaml")
METHODS = ("get", "post", "put", "delete", "patch")

Json = dict[str, Any]


@dataclass(frozen=True)
class Official:
    """One operation of the file. ``body`` is the JSON Schema of its JSON body, None where it takes none."""

    method: str
    path: str
    name: str
    parameters: dict[tuple[str, str], Json] = field(default_factory=dict)
    """Schemas by place (``path``, ``query``) and name."""
    body: Json | None = None


@functools.cache
def operations() -> dict[str, Official]:
    """Every operation of the file by its operationId."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(FILE.read_text("utf-8"), loader)  # noqa: S506  it is the safe loader, in C where there is one
    found = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                one = _operation(document, method.upper(), path, item, item[method])
                found[one.name] = one
    return found


def _operation(document: Json, method: str, path: str, item: Json, raw: Json) -> Official:
    listed = [_resolved(document, each) for each in [*item.get("parameters", []), *raw.get("parameters", [])]]
    parameters = {(each["in"], each["name"]): each["schema"] for each in listed}
    content = _resolved(document, raw.get("requestBody", {})).get("content", {})
    body = content.get("application/json", {}).get("schema")
    return Official(method, path, raw["operationId"], parameters, body)


def _resolved(document: Json, node: Any) -> Any:
    if isinstance(node, list):
        return [_resolved(document, each) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target: Any = document
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        return _resolved(document, target)
    return {name: _resolved(document, each) for name, each in node.items()}
