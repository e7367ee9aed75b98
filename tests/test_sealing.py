"""What is sealed opens for its purpose, with its key, unchanged; and not otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_paystack.errors import CannotOpen
from flask_paystack.sealing import HEADER, NONCE, RecordKey, Seal, Wrapper, key_of

BODY = b'{"event":"charge.success","data":{"authorization":{"authorization_code":"AUTH_8dfhjjdt"}}}'
ABOUT = "webhook_events.body 1f"
SECRET = "Yc5Rk9Lj2Hs7Gf4Da0Qe8Ui1OWm3Zp8Tq1Bx6Nv0"
OTHER = "Zz9Qm3Vt6Ek1Xw8Bn5Lp2Sd7Hf4Jg0Ru9Ca6Oy3I"


class Held:
    """Keys in hand; the last one seals."""

    def __init__(self, *keys: RecordKey) -> None:
        self.keys = keys

    def current(self) -> RecordKey:
        return self.keys[-1]

    def find(self, number: int) -> RecordKey | None:
        return next((each for each in self.keys if each.id == number), None)


PINNED = (
    "000102030405060708090a0bc146e7d47a7157937315e6b846e624c98b6f"
    "0c922298d9dae42c1ca850620c478fa3a0c53c2743b2a4eb0b155bf0c73a"
)
NAME = "f30137229e87780b2a46ea3049984c97"
"""Made with another HKDF, of hmac alone."""

FIRST, SECOND = RecordKey.make(1), RecordKey.make(2)


@pytest.fixture
def seal() -> Seal:
    return Seal(Held(FIRST))


@given(st.binary(max_size=5000), st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_sealed_opens_again(plain: bytes, about: str) -> None:
    seal = Seal(Held(FIRST))

    assert seal.open(seal.seal(plain, about), about) == plain


def test_nothing_of_it_shows_and_no_two_are_alike(seal: Seal) -> None:
    sealed = {seal.seal(BODY, ABOUT) for _ in range(200)}

    assert len({each[HEADER.size : HEADER.size + NONCE] for each in sealed}) == 200
    assert not any(b"AUTH" in each or BODY[10:20] in each for each in sealed)
    assert {len(each) for each in sealed} == {len(BODY) + 33}


def test_it_does_not_open_in_another_place(seal: Seal) -> None:
    with pytest.raises(CannotOpen, match="another's place"):
        seal.open(seal.seal(BODY, ABOUT), "webhook_events.body 2f")


def test_no_bit_of_it_can_be_changed(seal: Seal) -> None:
    sealed = seal.seal(BODY, ABOUT)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(CannotOpen):
            seal.open(bytes(changed), ABOUT)


@pytest.mark.parametrize("length", [0, 1, HEADER.size, 32, -1])
def test_none_of_it_can_be_left_out(seal: Seal, length: int) -> None:
    with pytest.raises(CannotOpen):
        seal.open(seal.seal(BODY, ABOUT)[:length], ABOUT)


def test_what_lies_in_clear_is_nothing_sealed(seal: Seal) -> None:
    with pytest.raises(CannotOpen):
        seal.open(BODY, ABOUT)


def test_a_newer_key_seals_and_the_older_still_opens() -> None:
    before = Seal(Held(FIRST)).seal(BODY, ABOUT)
    seal = Seal(Held(FIRST, SECOND))

    assert key_of(before) == 1
    assert key_of(seal.seal(BODY, ABOUT)) == 2
    assert seal.open(before, ABOUT) == BODY


def test_a_key_we_do_not_have_is_named_with_the_remedy(seal: Seal) -> None:
    sealed = Seal(Held(SECOND)).seal(BODY, ABOUT)

    with pytest.raises(CannotOpen, match=r"record key 2, .* put the value of its day behind the newest one"):
        seal.open(sealed, ABOUT)


def test_another_key_of_the_same_number_opens_nothing(seal: Seal) -> None:
    sealed = Seal(Held(RecordKey.make(1))).seal(BODY, ABOUT)

    with pytest.raises(CannotOpen, match="changed"):
        seal.open(sealed, ABOUT)


def test_a_wrapped_key_opens_with_its_secret_and_its_number_alone() -> None:
    wrapped = Wrapper(SECRET).wrap(FIRST)

    assert Wrapper(SECRET).unwrap(1, wrapped) == FIRST
    assert Wrapper(OTHER).unwrap(1, wrapped) is None
    assert Wrapper(SECRET).unwrap(2, wrapped) is None
    assert Wrapper(SECRET).unwrap(1, wrapped[:-1]) is None
    assert Wrapper(SECRET).unwrap(1, b"") is None
    assert FIRST.secret not in wrapped


def test_a_secret_has_one_name_which_tells_nothing_of_it_and_is_no_key() -> None:
    assert Wrapper(SECRET).name == Wrapper(SECRET).name != Wrapper(OTHER).name
    assert len(Wrapper(SECRET).name) == 32


def test_a_key_in_a_log_line_shows_nothing() -> None:
    assert repr(FIRST) == "RecordKey(id=1)"


def test_the_derivation_stays_what_it_is() -> None:
    """Pinned, since another would open nothing that is kept: wrapped under HKDF-SHA-256 of SECRET, AES-256-GCM."""
    wrapped = bytes.fromhex(PINNED)

    assert Wrapper(SECRET).unwrap(7, wrapped) == RecordKey(7, bytes(range(32)))
    assert Wrapper(SECRET).name == NAME
