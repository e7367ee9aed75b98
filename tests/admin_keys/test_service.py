"""Access keys: mailed, good once, and gone."""

import logging
import re

import pytest

from flask_paystack.accounts.tokens import Tokens
from flask_paystack.admin_keys.service import LIFETIME, MACHINE_LIFETIME
from flask_paystack.errors import InvalidAdmin
from flask_paystack.expiring import ExpiringStore
from flask_paystack.sessions.service import Sessions
from tests.admin_keys import ADMINS, OLD_SECRET, SECRET, CountingKeys, mailed_key, other_than, outcome
from tests.admin_keys.conftest import KeysAt
from tests.clock import START, ManualClock
from tests.race import race
from tests.smtp import Mailbox


def test_the_mailed_key_opens_a_session_of_its_admin(keys: CountingKeys, sessions: Sessions, mailbox: Mailbox) -> None:
    issued = keys.request("admin2")

    assert sessions.who(keys.verify(issued.id, mailed_key(mailbox))) == "admin2"
    assert (issued.expires_in, keys.session_expires_in) == (50, 600)


def test_the_key_goes_to_its_admin_and_nowhere_else(
    keys: CountingKeys, mailbox: Mailbox, store: ExpiringStore, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        issued = keys.request("admin1")
    key = mailed_key(mailbox)

    assert [recipients for _, recipients in mailbox.envelopes] == [["ada@example.org"]]
    assert issued.id not in mailbox.raw[0].decode(), "whoever has both can spend the key"
    assert key not in issued.id
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("flask_paystack")]
    assert logged == ["An access key was mailed to admin1."]
    assert key not in str(store.map("access_keys", LIFETIME).get(issued.id))


def test_an_id_is_the_clock_and_64_random_bits(keys: CountingKeys) -> None:
    ids = {keys.request("admin1").id for _ in range(3)}

    assert len(ids) == 3
    for each in ids:
        assert re.fullmatch(r"[0-9]{13}-[0-9a-f]{16}", each)
        assert each.startswith(f"{int(START.timestamp() * 1000)}-")


def test_there_is_no_key_of_nobody(keys: CountingKeys, mailbox: Mailbox) -> None:
    for name in ("admin3", "", "ADMIN1", "admin1 ", "ada@example.org", "\ud800"):
        with pytest.raises(InvalidAdmin, match=r"^Invalid admin$"):
            keys.request(name)
        with pytest.raises(InvalidAdmin, match=r"^Invalid admin$"):
            keys.issue(name)
    assert mailbox.received == []


@pytest.mark.parametrize("store", ["memory", "redis", "postgresql"], indirect=True)
def test_expiry_of_a_key_is_exact(keys: CountingKeys, mailbox: Mailbox, clock: ManualClock) -> None:
    first = keys.request("admin1").id, mailed_key(mailbox)
    second = keys.request("admin1").id, mailed_key(mailbox)

    clock.advance(49.9)
    assert outcome(keys, *first) == "session"
    clock.advance(0.2)
    assert outcome(keys, *second) == "InvalidAccessKey"


def test_expiry_of_a_session_that_a_key_opened_is_exact(
    keys: CountingKeys, mailbox: Mailbox, sessions: Sessions, clock: ManualClock
) -> None:
    token = keys.verify(keys.request("admin1").id, mailed_key(mailbox))

    clock.advance(599.9)
    assert sessions.who(token) == "admin1"
    clock.advance(0.2)
    with pytest.raises(Exception, match=r"^Invalid session token$"):
        sessions.who(token)


def test_a_key_works_once(keys: CountingKeys, mailbox: Mailbox) -> None:
    issued = keys.request("admin1").id, mailed_key(mailbox)

    assert outcome(keys, *issued) == "session"
    assert outcome(keys, *issued) == "InvalidAccessKey"


def test_the_right_key_used_at_once_by_100_opens_one_session(keys: CountingKeys, mailbox: Mailbox) -> None:
    for _ in range(5):
        issued = keys.request("admin1").id, mailed_key(mailbox)

        outcomes = race(100, lambda issued=issued: outcome(keys, *issued))

        assert outcomes.count("session") == 1


def test_a_key_is_bound_to_its_id(keys: CountingKeys, mailbox: Mailbox) -> None:
    first_id, first_key = keys.request("admin1").id, mailed_key(mailbox)
    second_id, second_key = keys.request("admin2").id, mailed_key(mailbox)
    if first_key == second_key:
        pytest.skip("One in a million: two equal keys.")

    assert outcome(keys, first_id, second_key) == "InvalidAccessKey"
    assert outcome(keys, second_id, first_key) == "InvalidAccessKey"
    assert outcome(keys, first_id, first_key) == "session"
    assert outcome(keys, second_id, second_key) == "session", "keys from other requests stay valid"


def test_what_is_kept_of_a_key_serves_under_no_other_id(
    keys: CountingKeys, mailbox: Mailbox, store: ExpiringStore
) -> None:
    issued, key = keys.request("admin1").id, mailed_key(mailbox)
    kept = store.map("access_keys", LIFETIME)
    copy = kept.get(issued)
    assert copy is not None
    kept.add("1772359200000-0123456789abcdef", copy)

    assert outcome(keys, "1772359200000-0123456789abcdef", key) == "InvalidAccessKey"
    assert outcome(keys, issued, key) == "session"


def test_four_wrong_guesses_leave_a_key_valid_and_five_end_it(keys: CountingKeys, mailbox: Mailbox) -> None:
    for wrong, expected in ((4, "session"), (5, "InvalidAccessKey")):
        issued, key = keys.request("admin1").id, mailed_key(mailbox)
        for number in range(wrong):
            assert outcome(keys, issued, other_than(key, number)) == "InvalidAccessKey"

        assert outcome(keys, issued, key) == expected


@pytest.mark.parametrize(
    "guess",
    [
        "",
        "12345",
        "1234567",
        " 123456",
        "123456\n",
        "१२३४५६",
        "１２３４５６",
        "12_345",
        "+12345",
        "0x1234",
        "\ud800" * 6,
    ],
)
def test_what_is_no_key_is_refused_unread(keys: CountingKeys, mailbox: Mailbox, guess: str) -> None:
    issued, key = keys.request("admin1").id, mailed_key(mailbox)

    for _ in range(6):
        assert outcome(keys, issued, guess) == "InvalidAccessKey"

    assert keys.evaluated == 0
    assert outcome(keys, issued, key) == "session"


@pytest.mark.parametrize(
    "id",
    ["", "1", "-", "1772359200000", "1772359200000-0123456789abcdef", "x" * 100_000, "١-0123456789abcdef", "\ud800"],
)
def test_an_unknown_id_is_refused_and_leaves_nothing_behind(keys: CountingKeys, store: ExpiringStore, id: str) -> None:  # noqa: A002
    assert outcome(keys, id, "123456") == "InvalidAccessKey"
    assert not store.map("key_attempts", 2 * LIFETIME).remove_expired()
    assert store.key_attempts == {}  # type: ignore[attr-defined]  # a store in memory shows its maps


def test_every_refusal_reads_the_same(keys: CountingKeys, mailbox: Mailbox, clock: ManualClock) -> None:
    issued, key = keys.request("admin1").id, mailed_key(mailbox)
    tries = [(issued, other_than(key, 0)), (issued, "no key"), ("no id", key), (issued, key)]
    keys.verify(issued, key)

    for each in tries:
        with pytest.raises(Exception, match=r"^Invalid access code$"):
            keys.verify(*each)


def test_keys_rotate_with_the_secrets(keys_at: KeysAt, mailbox: Mailbox) -> None:
    old, both = keys_at(mailbox.port, OLD_SECRET), keys_at(mailbox.port, SECRET, OLD_SECRET)
    new = keys_at(mailbox.port, SECRET)

    assert outcome(both, old.request("admin1").id, mailed_key(mailbox)) == "session"
    assert outcome(new, both.request("admin1").id, mailed_key(mailbox)) == "session"
    assert outcome(new, old.request("admin1").id, mailed_key(mailbox)) == "InvalidAccessKey"


def test_the_key_of_a_former_admin_opens_nothing(
    keys: CountingKeys, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued, key = keys.request("admin2").id, mailed_key(mailbox)
    monkeypatch.delitem(ADMINS, "admin2")

    assert outcome(keys, issued, key) == "InvalidAccessKey"


def test_the_sweep_removes_keys_that_are_over(keys: CountingKeys, mailbox: Mailbox, clock: ManualClock) -> None:
    keys.request("admin1")
    clock.advance(30)
    young = keys.request("admin1").id, mailed_key(mailbox)
    clock.advance(20)

    assert keys.remove_expired_keys() == 1
    assert outcome(keys, *young) == "session"


def test_the_machine_proves_itself_for_a_minute(keys: CountingKeys, keys_at: KeysAt, clock: ManualClock) -> None:
    token = keys.machine_token()
    stranger = keys_at(1, OLD_SECRET)
    user = Tokens([SECRET], "access", MACHINE_LIFETIME, clock).make("ada", 1)

    assert keys.is_the_machine(token)
    assert not keys.is_the_machine(user)
    assert not stranger.is_the_machine(token)
    clock.advance(60)
    assert not keys.is_the_machine(token)
