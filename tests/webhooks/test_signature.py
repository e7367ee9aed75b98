"""Who signed a webhook."""

import hashlib
import hmac
import json
import random

import pytest

from flask_paystack.webhooks.signature import TOLERANCE, is_signed, is_signed_at, sign
from tests.shop import SECRET_KEY, Shop, signed

KEY = "sk_test_vector_9f8e7d6c"
BODY = '{"event":"charge.success","data":{"reference":"ord/1042","note":"Zoë"}}'.encode()
# printf '%s' '{"event":"charge.success","data":{"reference":"ord/1042","note":"Zoë"}}' |
#   openssl dgst -sha512 -hmac sk_test_vector_9f8e7d6c
HEX = (
    "b0304b74c9fdaa6e5ba3d3bf928bd91a983cf222d72d8c5d04c1baec3718c929"
    "ad743a04d3589c7bdc94c0e79c1fa2f03c9c8f365dcfccfb644cc986eefee8ad"
)


def test_the_signature_is_the_one_that_openssl_computes() -> None:
    assert sign(BODY, KEY).hex() == HEX
    assert is_signed(BODY, HEX, [KEY])


def test_no_flipped_bit_passes() -> None:
    """In the body, in the signature, in the key: two thousand of them."""
    chance = random.Random(7)

    def flipped(data: bytes) -> bytes:
        changed = bytearray(data)
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(changed)

    for _ in range(700):
        assert not is_signed(flipped(BODY), HEX, [KEY])
        assert not is_signed(BODY, flipped(bytes.fromhex(HEX)).hex(), [KEY])
        assert not is_signed(BODY, HEX, [flipped(KEY.encode()).decode("latin-1")])
    assert is_signed(BODY, HEX, [KEY])


def test_any_key_may_sign_while_keys_rotate() -> None:
    assert is_signed(BODY, HEX, ["sk_test_new", KEY])
    assert is_signed(BODY, HEX, [KEY, "sk_test_old"])
    assert not is_signed(BODY, HEX, ["sk_test_new", "sk_test_old"])
    assert not is_signed(BODY, HEX, [])


ODD = {
    "absent": None,
    "empty": "",
    "a space": " ",
    "too short": HEX[:-2],
    "too long": HEX + "00",
    "doubled": f"{HEX},{HEX}",
    "twice": HEX + HEX,
    "a prefix": f"sha512={HEX}",
    "quoted": f'"{HEX}"',
    "with a line end": HEX + "\n",
    "with spaces": f" {HEX[1:]}",
    "not hexadecimal": "g" * 128,
    "not ASCII": "é" * 128,
    "digits of another script": "٣" * 128,
    "full width": "Ａ" * 128,
    "10 kB": "a" * 10_000,
    "underscores": "_".join(HEX[:64]) + "0",
    "of another body": sign(b"{}", KEY).hex(),
    "of the wrong length of hash": hmac.new(KEY.encode(), BODY, hashlib.sha256).hexdigest() * 2,
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_signature_is_refused_and_never_an_error(shop: Shop, name: str) -> None:
    given = ODD[name]
    assert not is_signed(BODY, given, [KEY])
    if given is not None and ("\n" in given or not given.isascii()):
        return  # the next test sends what is no text in HTTP
    answer = shop.client.post(
        "/pay/webhook", data=BODY, headers={} if given is None else {"x-paystack-signature": given}
    )

    assert answer.status_code == 401
    assert answer.get_json() == {"error": "Invalid signature", "code": "invalid_signature"}
    assert shop.ours.records.webhooks.list_page(None, 9).items == []


@pytest.mark.parametrize("raw", [b"\xe9" * 128, b"\xff\xfe", "é".encode() * 64, b"\x80" + b"a" * 127])
def test_a_header_that_is_no_ascii_is_refused(shop: Shop, raw: bytes) -> None:
    """As WSGI hands it over: bytes read as Latin-1."""
    answer = shop.client.post(
        "/pay/webhook", data=BODY, environ_overrides={"HTTP_X_PAYSTACK_SIGNATURE": raw.decode("latin-1")}
    )

    assert answer.status_code == 401


def test_signature_control_comparing_texts_would_fail_on_such_a_header() -> None:
    """The control: the comparison that everybody copies raises, and so answers 500 to anyone."""
    with pytest.raises(TypeError):
        hmac.compare_digest(HEX, "é" * 128)


@pytest.mark.parametrize("change", [str.upper, str.lower, str.swapcase, lambda text: text[:64].upper() + text[64:]])
def test_hexadecimal_in_any_case_is_accepted(shop: Shop, change: "type[str]") -> None:
    assert shop.post_webhook(b'{"event":"x"}', change(signed(b'{"event":"x"}'))).status_code == 200


BODIES = [
    '{"event":"x","data":{"name":"Zoë"}}',
    '{"event":"x","data":{"url":"https://a/b"}}',
    '{"event":"x","data":{"url":"https:\\/\\/a"}}',
    '{ "event" : "x" }\n',
    '{"event":"x","data":{"amount":1.0}}',
    '{"event":"x","data":{"name":"Zo\\u00eb"}}',
]


@pytest.mark.parametrize("body", BODIES)
def test_the_raw_bytes_are_what_counts(shop: Shop, body: str) -> None:
    assert shop.post_webhook(body.encode()).status_code == 200


def test_signature_control_json_written_anew_would_fail() -> None:
    """The control: what a recipe with ``json.dumps`` computes differs for bodies that Paystack sends."""
    anew = [json.dumps(json.loads(body)).encode() for body in BODIES[:4]]

    assert all(sign(body.encode(), KEY) != sign(other, KEY) for body, other in zip(BODIES, anew, strict=False))


def test_a_webhook_may_be_signed_with_the_old_key_or_the_new(tmp_path_factory: pytest.TempPathFactory) -> None:
    new = "sk_test_a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"
    with Shop(tmp_path_factory.mktemp("rotating"), paystack_secret_key=f"{new},{SECRET_KEY}") as shop:
        body = b'{"event":"x"}'

        assert shop.post_webhook(body, signed(body, new)).status_code == 200
        assert shop.post_webhook(body, signed(body, SECRET_KEY)).status_code == 200
        assert shop.post_webhook(body, signed(body, "sk_test_another_key_of_nobody")).status_code == 401


NOW = 1_795_405_071


def timestamped(body: bytes, *keys: str, at: int = NOW) -> str:
    made = [f"v1=key{number}:{sign(f'{at}.'.encode() + body, key).hex()}" for number, key in enumerate(keys)]
    return ",".join([f"t={at}", *made])


def test_a_timestamped_signature_is_over_the_instant_and_the_body() -> None:
    assert is_signed_at(BODY, timestamped(BODY, KEY), [KEY], NOW)
    assert is_signed_at(BODY, timestamped(BODY, "sk_test_new", KEY), [KEY], NOW)
    assert is_signed_at(BODY, timestamped(BODY, KEY), ["sk_test_new", KEY], NOW)
    assert not is_signed_at(BODY + b" ", timestamped(BODY, KEY), [KEY], NOW)
    assert not is_signed_at(BODY, timestamped(BODY, KEY).replace(str(NOW), str(NOW + 1)), [KEY], NOW)
    assert not is_signed_at(BODY, timestamped(BODY, "sk_test_new"), [KEY], NOW)


@pytest.mark.parametrize("away", [-TOLERANCE - 1, -TOLERANCE, TOLERANCE, TOLERANCE + 1])
def test_a_timestamped_signature_holds_for_five_minutes_either_way(away: int) -> None:
    assert is_signed_at(BODY, timestamped(BODY, KEY, at=NOW + away), [KEY], NOW) is (abs(away) <= TOLERANCE)


@pytest.mark.parametrize(
    "header", [*ODD.values(), HEX, f"t={NOW}", f"t={NOW},v1={HEX}", f"v1=k:{HEX}", f"t=x,v1=k:{HEX}"]
)
def test_an_odd_header_is_no_timestamped_signature(header: str | None) -> None:
    assert not is_signed_at(BODY, header, [KEY], NOW)


def test_the_scheme_is_chosen_by_a_setting(tmp_path_factory: pytest.TempPathFactory) -> None:
    body = b'{"event":"x"}'
    with Shop(tmp_path_factory.mktemp("timestamped"), paystack_signature_scheme="timestamped") as shop:
        now = int(shop.clock.now().timestamp())

        assert shop.post_webhook(body, timestamped(body, SECRET_KEY, at=now)).status_code == 200
        assert shop.post_webhook(body, signed(body)).status_code == 401


def test_a_rotated_key_settles_by_either_signature_and_the_old_one_ends_with_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The old key opened the payment and signs its webhook; the server was restarted with a new key before the old."""
    new = "sk_test_a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"
    with Shop(tmp_path_factory.mktemp("rotating")) as shop:
        reference = shop.open_payment()
        shop.customer_pays(reference)
        body = shop.webhook_bodies(reference)[0]
        with shop.second(paystack_secret_key=new) as rotated:
            assert rotated.post_webhook(body, signed(body)).status_code == 401
        with shop.second(paystack_secret_key=f"{new},{SECRET_KEY}") as rotating:
            assert rotating.post_webhook(body, signed(body)).status_code == 200
            assert rotating.post_webhook(body, signed(body, new)).status_code == 200
            rotating.run("processEvents")
            found = rotating.ours.records.payments.get(reference)
            assert found is not None
            assert found.status == "success"
