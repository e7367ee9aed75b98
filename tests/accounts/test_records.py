"""The accounts' records. Every test here runs on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flask_paystack.accounts.model import Role, User
from flask_paystack.mail.notices import password_reset
from flask_paystack.records.accounts import AccountRecords
from flask_paystack.records.messages import MessageRecords
from tests.clock import START, ManualClock
from tests.race import race, race_between

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)

ADA = User("ada", "ada@example.com", Role.CUSTOMER, START, START, "hash of her password")
LATER = START + timedelta(hours=1)


def ada(records: AccountRecords) -> User:
    """Ada as she is kept."""
    found = records.get("ada")
    assert found is not None
    return found


def test_a_user_comes_out_as_she_went_in(records: AccountRecords) -> None:
    assert records.add_user(ADA)

    assert records.get("ada") == ADA
    assert records.get_by_email("ada@example.com") == ADA


def test_a_stranger_is_none(records: AccountRecords) -> None:
    assert records.get("bob") is None
    assert records.get_by_email("bob@example.com") is None
    assert records.get_unless_revoked("bob", "jti") is None


def test_an_email_is_taken_however_it_is_written(records: AccountRecords) -> None:
    records.add_user(ADA)

    assert not records.add_user(replace(ADA, id="other", email="Ada@Example.COM"))
    assert records.get_by_email("ADA@example.com") == ADA
    assert records.get("other") is None


def test_of_many_who_come_with_one_email_one_is_added(records: AccountRecords) -> None:
    for number in range(5):
        comers = [replace(ADA, id=f"{number}.{each}", email=f"ada{number}@example.com") for each in range(8)]

        added = race_between([lambda comer=comer: records.add_user(comer) for comer in comers])

        assert added.count(True) == 1


def test_a_new_password_moves_the_instant_from_which_tokens_are_valid(
    records: AccountRecords, clock: ManualClock
) -> None:
    records.add_user(ADA)
    clock.advance(60)

    assert records.change_password(ADA, "another hash")

    assert ada(records).password_hash == "another hash"
    assert ada(records).tokens_valid_from == START + timedelta(seconds=60)


def test_the_instant_moves_even_where_the_clock_does_not(records: AccountRecords) -> None:
    records.add_user(ADA)

    assert records.change_password(ADA, "second")
    assert records.change_password(ada(records), "third")

    assert ada(records).generation == ADA.generation + 2


def test_the_instant_moves_on_where_the_clock_was_set_back(records: AccountRecords, clock: ManualClock) -> None:
    records.add_user(ADA)
    clock.advance(-3600)

    assert records.change_password(ADA, "second")

    assert ada(records).generation > ADA.generation


def test_of_many_who_change_a_password_at_once_one_does(records: AccountRecords) -> None:
    records.add_user(ADA)
    for _ in range(5):
        seen = ada(records)

        assert race(8, lambda seen=seen: records.change_password(seen, "new")).count(True) == 1


def test_a_renewed_hash_leaves_tokens_alone_and_loses_to_a_new_password(records: AccountRecords) -> None:
    records.add_user(ADA)

    records.renew_hash(ADA, "stronger hash of the same")
    assert ada(records) == replace(ADA, password_hash="stronger hash of the same")

    seen = ada(records)
    records.change_password(seen, "hash of a new one")
    records.renew_hash(seen, "hash of the old one")
    assert ada(records).password_hash == "hash of a new one"


def test_a_revoked_token_is_known_until_it_would_have_expired(records: AccountRecords, clock: ManualClock) -> None:
    records.add_user(ADA)
    records.revoke("jti-1", LATER)
    records.revoke("jti-1", LATER)

    assert records.is_revoked("jti-1")
    assert records.get_unless_revoked("ada", "jti-1") is None
    assert not records.is_revoked("jti-2")
    assert records.get_unless_revoked("ada", "jti-2") == ADA

    clock.advance(3599.999)
    assert records.remove_expired_revocations() == 0
    clock.advance(0.001)
    assert records.remove_expired_revocations() == 1
    assert not records.is_revoked("jti-1")


def test_users_are_listed_newest_first_in_pages(records: AccountRecords) -> None:
    for number in range(5):
        at = START + timedelta(seconds=number)
        records.add_user(replace(ADA, id=str(number), email=f"{number}@example.com", created_at=at))

    first = records.list_users(None, 3)
    second = records.list_users(first.next, 3)

    assert [user.id for user in (*first.items, *second.items)] == ["4", "3", "2", "1", "0"]
    assert second.next is None


def test_a_reset_mail_is_queued_for_a_member_and_none_for_a_stranger(
    records: AccountRecords, outbox: MessageRecords
) -> None:
    records.queue_reset(password_reset("ada", "ada@example.com", START), for_a_member=True)
    records.queue_reset(password_reset("nobody", "bob@example.com", START), for_a_member=False)

    assert [message.recipient for message in outbox.list_page(None, 10).items] == ["ada@example.com"]
