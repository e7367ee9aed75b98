"""Bodies nobody should send, made from a seed: each kind is one way in which JSON, its bytes or its headers can be wrong."""

import gzip
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 2**31, 2**63, 2**64, -(2**63) - 1, 10**40, "", " ", "null", "1e2", "१२३४५६", "\x00",
    "a\r\nBcc: b@example.org", "\u2028", "\u202e", "😀" * 50, "é" * 300, "../..", "%00", "..", "'; --", "{{7*7}}", "x" * 5000,
    [], {}, [[]], [None], {"": None}, {"a": {"b": {"c": []}}}, ["a"] * 200, "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
)  # fmt: skip
TYPES = (
    "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x",
    "application/json; charset=utf-16", "application/json; charset=no-such", "application/xml", "é", "application/json;;;=",
)  # fmt: skip


@dataclass(frozen=True)
class Sent:
    """A body and the headers that come with it."""

    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


class Malformed:
    """An endless supply; the same seed gives the same bodies."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._kinds: tuple[Callable[[dict[str, Any]], Sent], ...] = (
            self._nested, self._twice, self._no_number, self._half_a_character, self._other_encoding, self._nul,
            self._huge_number, self._truncated, self._flipped, self._compressed, self._other_type, self._no_object,
            self._odd_field, self._odd_field, self._odd_field, self._noise, self._lying_length, self._too_long, self._form,
        )  # fmt: skip

    def next(self, usual: dict[str, Any]) -> Sent:
        """What comes instead of ``usual``, a body that would do."""
        return self._chance.choice(self._kinds)(usual)

    def _nested(self, usual: dict[str, Any]) -> Sent:
        depth = self._chance.choice([63, 64, 65, 66, 101, 500, 999, 1001, 5000, 20_000, 30_000])
        opening, closing = self._chance.choice([("[", "]"), ('{"a":', "}"), ("[", ""), ('[{"":', "}]")])
        inner = opening * depth + "0" + closing * depth
        return Sent(self._chance.choice([inner, '{"metadata":' + inner + "}"]).encode())

    def _twice(self, usual: dict[str, Any]) -> Sent:
        name = self._chance.choice(list(usual) or ["a"])
        return Sent(json.dumps(usual).encode()[:-1] + b"," + json.dumps({name: 1}).encode()[1:])

    def _spoiled(self, usual: dict[str, Any], text: str) -> Sent:
        """One value, written as ``text``."""
        name = self._chance.choice(list(usual) or ["a"])
        return Sent(json.dumps({**usual, name: "@"}).replace('"@"', text).encode())

    def _no_number(self, usual: dict[str, Any]) -> Sent:
        words = [
            "NaN",
            "Infinity",
            "-Infinity",
            "1e400",
            "-1e400",
            "1e-400",
            "01",
            "+1",
            "0x10",
            ".5",
            "1.",
            "--1",
            "-0",
        ]
        return self._spoiled(usual, self._chance.choice(words))

    def _half_a_character(self, usual: dict[str, Any]) -> Sent:
        words = ['"\\ud800"', '"\\udfff\\ud800"', '{"\\ud83d":1}', '"\\ud83d\\u0041"', '["\\udc00"]']
        return self._spoiled(usual, self._chance.choice(words))

    def _other_encoding(self, usual: dict[str, Any]) -> Sent:
        text = json.dumps({**usual, "ä": "é"}, ensure_ascii=False)
        encoding = self._chance.choice(
            ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "latin-1", "utf-7", "cp037"]
        )
        return Sent(text.encode(encoding))

    def _nul(self, usual: dict[str, Any]) -> Sent:
        words = ['"\\u0000"', '"a\\u0000b"', '"\x00"', '{"\\u0000":1}', "\x00", '"\\u000d\\u000a"', '"\x1f"']
        return self._spoiled(usual, self._chance.choice(words))

    def _huge_number(self, usual: dict[str, Any]) -> Sent:
        words = [
            "1" + "0" * 4000,
            "9" * 5000,
            "-" + "9" * 4301,
            "1" * 20,
            "1e308",
            "1" + "0" * 60_000,
            "0." + "1" * 4000,
        ]
        return self._spoiled(usual, self._chance.choice(words))

    def _truncated(self, usual: dict[str, Any]) -> Sent:
        whole = json.dumps(usual).encode()
        return Sent(whole[: self._chance.randrange(len(whole))])

    def _flipped(self, usual: dict[str, Any]) -> Sent:
        changed = bytearray(json.dumps(usual).encode())
        for _ in range(self._chance.randrange(1, 4)):
            changed[self._chance.randrange(len(changed))] ^= 1 << self._chance.randrange(8)
        return Sent(bytes(changed))

    def _compressed(self, usual: dict[str, Any]) -> Sent:
        encoding = self._chance.choice(["gzip", "deflate", "br", "identity", "gzip, gzip", "zstd"])
        packed = gzip.compress(json.dumps(usual).encode() + b" " * self._chance.choice([0, 10_000_000]), 1)
        return Sent(packed[:60_000], {"Content-Type": "application/json", "Content-Encoding": encoding})

    def _other_type(self, usual: dict[str, Any]) -> Sent:
        return Sent(json.dumps(self._odd(usual)).encode(), {"Content-Type": self._chance.choice(TYPES)})

    def _no_object(self, usual: dict[str, Any]) -> Sent:
        whole = json.dumps(usual)
        return Sent(
            self._chance.choice(
                ["", " ", "[]", "null", "0", '"x"', "true", f"[{whole}]", whole * 2, f"{whole},"]
            ).encode()
        )

    def _odd_field(self, usual: dict[str, Any]) -> Sent:
        return Sent(json.dumps(self._odd(usual), ensure_ascii=self._chance.random() < 0.5).encode())

    def _odd(self, usual: dict[str, Any]) -> dict[str, Any]:
        """``usual`` with one value, at any depth, replaced, left out, or joined by a stranger."""
        changed = dict(usual)
        name = self._chance.choice([*usual, "unknown"])
        if isinstance(changed.get(name), dict) and self._chance.random() < 0.7:
            changed[name] = self._odd(changed[name])
        elif self._chance.random() < 0.15:
            changed.pop(name, None)
            changed["é\n\x00"] = 1
        else:
            changed[name] = self._chance.choice(ODD_VALUES)
        return changed

    def _noise(self, usual: dict[str, Any]) -> Sent:
        return Sent(self._chance.randbytes(self._chance.choice([1, 7, 100, 2000])))

    def _lying_length(self, usual: dict[str, Any]) -> Sent:
        told = self._chance.choice(["-1", "abc", "99999", "1", "0", "9" * 30, "٣", "1, 1"])
        return Sent(json.dumps(usual).encode(), {"Content-Type": "application/json", "Content-Length": told})

    def _too_long(self, usual: dict[str, Any]) -> Sent:
        return Sent(
            json.dumps({**usual, "metadata": {"x": "y" * self._chance.choice([8_200, 65_000, 66_000])}}).encode()
        )

    def _form(self, usual: dict[str, Any]) -> Sent:
        words = [
            "",
            "%",
            "%zz",
            "%00",
            "%ff",
            "1",
            "é",
            "a=b",
            "inf",
            "nan",
            "1e308",
            "-1",
            "1e400",
            "9" * 5000,
            "%0d%0aX: y",
        ]
        pieces = [f"{name}={self._chance.choice(words)}" for name in usual]
        return Sent("&".join(pieces).encode(), {"Content-Type": "application/x-www-form-urlencoded"})
