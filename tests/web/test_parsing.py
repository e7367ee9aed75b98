"""No body, however malformed, gives a 5xx, and none is read as what it is not."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shop import EMAIL, Shop

PAY = "/pay/womaye-gsp"
GOOD = {"email": EMAIL}


def post(shop: Shop, body: bytes, content_type: str | None = "application/json") -> tuple[int, dict[str, Any]]:
    answer = shop.client.post(PAY, data=body, content_type=content_type)
    told = answer.get_json()
    if answer.status_code != 201:
        assert isinstance(told["error"], str)
        assert isinstance(told["code"], str)
    return answer.status_code, told


def nested(levels: int) -> bytes:
    """A good body, ``levels`` deep in all."""
    inner = '{"a":' * (levels - 2) + "1" + "}" * (levels - 2)
    return f'{{"email": "{EMAIL}", "metadata": {{"deep": {inner}}}}}'.encode()


def test_a_good_body_is_taken(shop: Shop) -> None:
    assert post(shop, json.dumps(GOOD).encode())[0] == 201


@pytest.mark.parametrize(
    "body",
    [
        b'{"email": "\xff@example.org"}',
        b"\xff\xfe{}",
        json.dumps(GOOD).encode("utf-16"),
        json.dumps(GOOD).encode("utf-32"),
        '{"email": "é@example.org"}'.encode("latin-1"),
        b'{"email": "\xed\xa0\x80@example.org"}',
        b"\xc0\x80",
    ],
    ids=["byte-ff", "bom-16", "utf-16", "utf-32", "latin-1", "surrogate-bytes", "overlong"],
)
def test_what_is_not_utf8_is_an_unsupported_media_type(shop: Shop, body: bytes) -> None:
    status, told = post(shop, body)

    assert (status, told["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json",
     "application/vnd.api+json", "json", "application/json2", "application", ";"],
)  # fmt: skip
def test_another_content_type_is_unsupported(shop: Shop, content_type: str | None) -> None:
    status, told = post(shop, json.dumps(GOOD).encode(), content_type)

    assert (status, told["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON", "application/json; charset=utf-8"])
def test_json_is_announced_in_any_spelling(shop: Shop, content_type: str) -> None:
    assert post(shop, json.dumps(GOOD).encode(), content_type)[0] == 201


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"email"}',
        b"{'email': 'ada@example.org'}",
        b'{"email": "ada@example.org",}',
        b'{"email": "ada@example.org"} {}',
        b'{"email": "ada@example.org"}\x00',
        b'\xef\xbb\xbf{"email": "ada@example.org"}',
        b'{"email": "ada\n@example.org"}',
        b'{"amount": NaN}',
        b'{"amount": Infinity}',
        b'{"amount": -Infinity}',
        b'{"amount": 1e400}',
        b'{"metadata": {"a": -1e999}}',
        b'{"amount": 0x10}',
        b'{"amount": 0500000}',
        b'{"amount": ' + b"9" * 5000 + b"}",
        b'{"email": "ada@example.org", "email": "eve@example.org"}',
        b'{"metadata": {"a": 1, "a": 1}}',
        b'{"metadata": {"a": "\\ud800"}}',
        b'{"metadata": {"\\udfff": 1}}',
        b'{"email": "\\ud83d@example.org"}',
        nested(65),
        nested(5000),
        b"[" * 30000,
        b"[" * 30000 + b"]" * 30000,
        b'{"a":' * 10000,
        b'"' + b"[" * 1000,
    ],
    ids=lambda body: body[:40].decode("ascii", "replace"),
)
def test_what_is_not_json_is_refused(shop: Shop, body: bytes) -> None:
    status, told = post(shop, body)

    assert (status, told["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"true", b"1", b"1.5", b'[{"email": "ada@example.org"}]'])
def test_json_that_is_no_object_is_refused(shop: Shop, body: bytes) -> None:
    assert post(shop, body) == (400, {"error": "The body must be a JSON object.", "code": "invalid_request"})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": None}, "email"),
        ({"email": ["ada@example.org"]}, "email"),
        ({"email": "ada"}, "email"),
        ({"email": "ada@example.org\nBcc: eve@example.org"}, "email"),
        ({**GOOD, "price": 1}, "price"),
        ({**GOOD, "amount": "500000"}, "amount"),
        ({**GOOD, "amount": 500000.0}, "amount"),
        ({**GOOD, "amount": True}, "amount"),
        ({**GOOD, "amount": -1}, "amount"),
        ({**GOOD, "amount": 0}, "amount"),
        ({**GOOD, "amount": 10**400}, "amount"),
        ({**GOOD, "order": 5}, "order"),
        ({**GOOD, "order": "a/b"}, "order"),
        ({**GOOD, "order": "x" * 65}, "order"),
        ({**GOOD, "order": "a\x00"}, "order"),
        ({**GOOD, "metadata": [1]}, "metadata"),
        ({**GOOD, "metadata": {"a": "x" * 9000}}, "metadata"),
        ({**GOOD, "\x1b[31m\r\nname": 1}, "?[31m??name"),
    ],
)
def test_each_offending_field_is_named_with_a_sentence(shop: Shop, body: dict[str, Any], field: str) -> None:
    status, told = post(shop, json.dumps(body).encode())

    assert (status, told["code"]) == (400, "invalid_request")
    assert list(told["fields"]) == [field]
    assert told["fields"][field].endswith(".")


def test_all_offending_fields_are_named_together(shop: Shop) -> None:
    _, told = post(shop, b'{"email": "ada", "amount": "5", "order": "", "colour": "red"}')

    assert set(told["fields"]) == {"email", "amount", "order", "colour"}


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "no-such"])
def test_another_charset_is_unsupported_though_the_bytes_would_do(shop: Shop, charset: str) -> None:
    status, told = post(shop, json.dumps(GOOD).encode(), f"application/json; charset={charset}")

    assert (status, told["code"]) == (415, "unsupported_media_type")


def test_every_field_that_may_be_left_out_may_be_null(shop: Shop) -> None:
    body = {**GOOD, "amount": None, "order": None, "metadata": None, "callback_url": None}

    assert post(shop, json.dumps(body).encode())[0] == 201


def test_nesting_is_taken_to_64_levels(shop: Shop) -> None:
    assert post(shop, nested(64))[0] == 201


@pytest.mark.parametrize(
    "metadata", [{"n": 10**300}, {"a": "\x00"}, {"é": "🎉\u2028"}, {"[[[": "]]]{{" * 99}, {"": ""}]
)
def test_odd_but_proper_json_is_taken(shop: Shop, metadata: dict[str, Any]) -> None:
    assert post(shop, json.dumps({**GOOD, "metadata": metadata}).encode())[0] == 201


def test_an_announced_length_over_the_limit_is_refused(shop: Shop) -> None:
    status, told = post(shop, b'{"email": "' + b"a" * 64 * 1024 + b'"}')

    assert (status, told["code"]) == (413, "body_too_large")


def test_a_body_of_exactly_the_limit_is_read(shop: Shop) -> None:
    body = json.dumps(GOOD).encode()

    assert post(shop, body + b" " * (64 * 1024 - len(body)))[0] == 201
    assert post(shop, body + b" " * (64 * 1024 - len(body) + 1))[0] == 413


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
forms = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("email", "amount", "order", "metadata", "callback_url", "other"), values)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | values.map(json.dumps).map(str.encode) | forms.map(json.dumps).map(str.encode))
def test_no_body_at_all_is_our_fault(shop: Shop, body: bytes) -> None:
    assert post(shop, body)[0] < 500
