"""The document of our HTTP API, and answers held against it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from werkzeug.test import TestResponse

URI = "urn:document"
METHODS = ("get", "post", "put", "patch", "delete")


def pointer(*parts: str) -> str:
    """A JSON pointer into the document."""
    return "/".join(["", *(part.replace("~", "~0").replace("/", "~1") for part in parts)])


@dataclass
class Document:
    """The document, read as a program reads it."""

    told: dict[str, Any]
    registry: Registry[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.registry = Registry().with_resource(URI, DRAFT202012.create_resource(self.told))

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Path, method and operation."""
        for path, methods in self.told["paths"].items():
            for method, operation in methods.items():
                yield path, method, operation

    def statuses(self) -> dict[str, set[int]]:
        """By ``POST /pay/{product}``, every status it may answer."""
        return {
            f"{method.upper()} {path}": {int(status) for status in operation["responses"]}
            for path, method, operation in self.operations()
        }

    def faults(self, where: str, body: Any) -> list[str]:
        """What is wrong with a body, by the schema at a pointer."""
        validator = Draft202012Validator(
            {"$ref": f"{URI}#{where}"}, registry=self.registry, format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(body)]

    def path_of(self, path: str) -> str:
        """The documented path that an address belongs to; the one without parameters before others."""
        fitting = [known for known in self.told["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path)]
        return min(fitting, key=lambda known: known.count("{"))

    def faults_of_answer(self, method: str, path: str, answer: TestResponse) -> list[str]:
        """What is wrong with a real answer: its status, its headers, its media type, its body."""
        known = self.path_of(path)
        responses = self.told["paths"][known][method.lower()]["responses"]
        status = str(answer.status_code)
        if status not in responses:
            return [f"{status} is not documented"]
        missing = [
            f"no header {name}"
            for name in responses[status].get("headers", {})
            if name not in answer.headers and (name != "Retry-After" or status == "429")
        ]
        content = responses[status].get("content", {})
        if not content:
            return missing + ([] if status == "303" or not answer.data else ["a body that is not documented"])
        if answer.mimetype not in content:
            return [*missing, f"{answer.mimetype} is not documented"]
        where = pointer("paths", known, method.lower(), "responses", status, "content", answer.mimetype, "schema")
        return missing + self.faults(where, answer.get_json() if answer.is_json else answer.text)
