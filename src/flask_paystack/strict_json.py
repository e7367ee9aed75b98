"""JSON as RFC 8259 has it, read without surprises.

Python's reader also takes NaN, UTF-16, lone surrogates and names given twice, makes ``1e400`` infinite, and gives up on deep
nesting with an error that is no ValueError.
"""

import json
import re
from typing import Any

DEEPEST = 64
STRINGS_AND_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{\]}]', re.DOTALL)
"""A whole string, or one bracket outside of strings. Possessive, so that a string without an end is read once only."""


class NotUtf8(ValueError):
    """The bytes are not UTF-8."""


class NotJson(ValueError):
    """The text is not JSON, or not JSON we accept. Its words are a sentence for people."""


def loads(body: bytes) -> Any:
    """The value that ``body`` holds.

    Raises:
        NotUtf8, NotJson.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise NotUtf8("The body is not UTF-8.") from None
    if _depth(text) > DEEPEST:
        raise NotJson(f"The body is nested more than {DEEPEST} levels deep.")
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_once)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # finds lone surrogates wherever they are
    except NotJson:
        raise
    except UnicodeEncodeError:
        raise NotJson("The body holds half a character (a lone surrogate).") from None
    except (ValueError, RecursionError):
        raise NotJson("The body is not JSON.") from None
    return value


def _refuse(constant: str) -> Any:
    raise NotJson(f"The body is not JSON: {constant} is no number there.")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise NotJson("The body holds a number beyond all measure.")
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("The body gives a name twice.")
    return found


def _depth(text: str) -> int:
    """How deep brackets nest, counted without recursion, strings left out."""
    depth = deepest = 0
    for found in STRINGS_AND_BRACKETS.finditer(text):
        if found[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif found[0] in "]}":
            depth -= 1
    return deepest
