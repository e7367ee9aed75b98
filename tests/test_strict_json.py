"""JSON without surprises, at a cost that its length bounds."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest

from flask_paystack import strict_json
from flask_paystack.strict_json import DEEPEST, NotJson, NotUtf8


@pytest.mark.parametrize(
    "value", [None, True, 0, -1.5, 2**64, "é \u2028 😀", [], {}, {"a": [{"b": None}]}, "[[[{{{", '"', "\\"]
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_what_json_writes_is_read(value: Any, ascii_only: bool) -> None:
    assert strict_json.loads(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "{",
        "[1,]",
        "{'a': 1}",
        '{"a": 1} x',
        "NaN",
        "[Infinity]",
        "-Infinity",
        "1e400",
        "[-1e999]",
        '{"a": 1, "a": 1}',
        '[{"a": {"b": 1, "b": 2}}]',
        '"\\ud800"',
        '{"\\udc00": 1}',
        "1" * 5000,
        '"\n"',
        "\ufeff{}",
    ],
)
def test_what_is_no_json_of_ours_gets_a_sentence(body: str) -> None:
    with pytest.raises(NotJson) as caught:
        strict_json.loads(body.encode())

    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "body", ["{}".encode("utf-16"), "{}".encode("utf-32"), b"\xff", b'"\xed\xa0\x80"', b'"\xc0\x80"']
)
def test_only_utf_8_is_read(body: bytes) -> None:
    with pytest.raises((NotUtf8, NotJson)):
        strict_json.loads(body)


@pytest.mark.parametrize(("opening", "closing", "levels"), [("[", "]", 1), ('{"a":', "}", 1), ('[{"a":', "}]", 2)])
def test_depth_has_a_bound_wherever_python_would_give_up(opening: str, closing: str, levels: int) -> None:
    times = DEEPEST // levels
    assert strict_json.loads((opening * times + "1" + closing * times).encode())

    for deeper in (times + 1, 20_000):
        with pytest.raises(NotJson, match="deep"):
            strict_json.loads((opening * deeper + "1" + closing * deeper).encode())
    with pytest.raises(NotJson, match="deep"):
        strict_json.loads((opening * 20_000).encode())


def test_brackets_within_strings_are_no_depth() -> None:
    value = ["[" * 500, '\\"' + "{" * 500, {"[" * 300: "]"}]

    assert strict_json.loads(json.dumps(value).encode()) == value


@pytest.mark.parametrize("piece", ['\\"', '"', "\\", '"\\', "[", '["', '{"a":"', "é", " ", "1"])
@pytest.mark.parametrize("start", ["", '"', '["'])
def test_no_body_takes_longer_than_its_length_allows(start: str, piece: str) -> None:
    """64 KiB of ``\\"`` behind a quote once took twelve seconds of everybody's time."""
    body = (start + piece * (64 * 1024 // len(piece))).encode()
    begun = time.process_time()
    with suppress(ValueError):
        strict_json.loads(body)

    assert time.process_time() - begun < 0.5
