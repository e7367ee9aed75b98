"""Events lie sealed, open where their secret is, and wait where it is not."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from flask_paystack.cli.checks.database import check_database
from flask_paystack.cli.checks.finding import Finding
from flask_paystack.records.schema import webhook_events
from flask_paystack.records.webhooks import UNREADABLE, Finished
from flask_paystack.webhooks.service import TRIES
from tests.race import race
from tests.shop import JWT_SECRET, Shop
from tests.webhooks.test_processing import event

NEW = "hQ8sVw2Lk0Ry7TzNc4Bd1Jm9XfGp3Eu6Ai5OoWbZ"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Of its own, since secrets change."""
    with Shop(tmp_path) as shop:
        yield shop


def paid(shop: Shop) -> str:
    """A payment whose webhook is kept, and not yet processed."""
    reference = shop.open_payment()
    shop.customer_pays(reference)
    shop.deliver_webhooks()
    return reference


def rows(shop: Shop) -> list[Any]:
    with shop.ours.records.database.reading() as connection:
        return list(connection.execute(select(webhook_events).order_by(webhook_events.c.id)))


def put_in_clear(shop: Shop, *ids: int) -> None:
    """As a program of before keeps an event."""
    for each in ids:
        body = shop.ours.records.webhooks.get(each)
        assert body is not None
        with shop.ours.records.database.writing() as connection:
            connection.execute(
                update(webhook_events).where(webhook_events.c.id == each).values(body=body.body, sealed_with=None)
            )


def shown(shop: Shop, number: int) -> dict[str, Any]:
    session = {"X-Session-Token": shop.ours.services.sessions.open("admin1")}
    answer = shop.client.get(f"/admin/events/{number}", headers=session)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.get_json()
    return told


def sealing(shop: Shop, **settings: Any) -> Finding:
    """What the doctor says of it."""
    chosen = shop.ours.settings.model_copy(update=settings)
    return next(each for each in check_database(chosen, shop.clock) if each.check == "sealing")


def test_no_code_lies_in_the_database_and_an_operator_sees_the_bytes(shop: Shop) -> None:
    reference = paid(shop)
    shop.run("processEvents")
    (body,) = shop.webhook_bodies(reference)

    (row,) = rows(shop)
    assert row.sealed_with == 1
    assert b"AUTH_" in body
    for file in shop.directory.glob("*.sqlite3*"):
        assert b"AUTH_" not in file.read_bytes()
    assert base64.b64decode(shown(shop, row.id)["body"]) == body
    assert shop.verify(reference)["status"] == "success"


def test_an_event_whose_secret_is_gone_waits_and_settles_when_it_is_back(shop: Shop) -> None:
    reference = paid(shop)
    before = rows(shop)
    with shop.second(jwt_secret=NEW) as replaced:
        assert replaced.run("processEvents") == [1]
        told = event(replaced)
        assert (told.state, told.attempts) == ("waiting", 1)
        assert "put the value of its day behind the newest one" in str(told.error)
        seen = shown(replaced, told.id)
        assert seen["body"] is None
        assert "record key 1" in seen["error"]
        found = sealing(replaced)
        assert found.state.value == "failed"
        assert "Sealed so: 1 event." in found.sentence

        for _ in TRIES.seconds:
            replaced.advance(5 * 3600)
            replaced.run("processEvents")
        told = event(replaced)
        assert (told.state, told.attempts) == ("dead", 8)
        assert [(each.body, each.digest, each.sealed_with) for each in rows(replaced)] == [
            (each.body, each.digest, each.sealed_with) for each in before
        ]
        assert replaced.ours.records.messages.list_page(None, 9, None, None).items[0].kind == "event_dead"

    with shop.second(jwt_secret=f"{NEW},{JWT_SECRET}") as mended:
        assert sealing(mended).state.value == "ok"
        assert mended.ours.services.console.replay_failed() == 1
        mended.run("processEvents")
        payment = mended.ours.records.payments.get(reference)
        assert payment is not None
        assert payment.status.value == "success"
    with shop.second(jwt_secret=NEW) as rotated:
        assert shown(rotated, told.id)["body"] is not None


def test_an_event_that_is_done_keeps_its_name_though_it_cannot_be_opened(shop: Shop) -> None:
    reference = paid(shop)
    shop.run("processEvents")
    with shop.second(jwt_secret=NEW) as replaced:
        told = event(replaced)
        assert (shown(replaced, told.id)["state"], shown(replaced, told.id)["body"]) == ("done", None)
        replaced.ours.services.console.replay_event(told.id)
        for _ in range(8):
            replaced.advance(5 * 3600)
            replaced.run("processEvents")

        told = event(replaced)
        assert (told.state, told.event, told.reference) == ("dead", "charge.success", reference)


def test_bytes_moved_to_another_event_or_changed_do_not_open(shop: Shop) -> None:
    paid(shop)
    paid(shop)
    first, second = rows(shop)
    swapped = {first.id: second.body, second.id: first.body[:-1] + bytes([first.body[-1] ^ 1])}
    with shop.ours.records.database.writing() as connection:
        for number, body in swapped.items():
            connection.execute(update(webhook_events).where(webhook_events.c.id == number).values(body=body))

    shop.run("processEvents")

    for each in (first, second):
        told = shown(shop, each.id)
        assert (told["state"], told["body"]) == ("waiting", None)
        assert "changed, cut, or put in another's place" in told["error"]


def test_bodies_in_clear_are_read_and_sealed_once_by_however_many(shop: Shop) -> None:
    references = [paid(shop) for _ in range(5)]
    numbers = [row.id for row in rows(shop)]
    bodies = [event.body for event in shop.ours.records.webhooks.list_page(None, 9).items]
    put_in_clear(shop, *numbers)
    assert sealing(shop).sentence.startswith("5 events lie in clear")
    shop.run("processEvents")
    assert {shop.verify(each)["status"] for each in references} == {"success"}

    with shop.second() as other:
        both = iter([shop, other] * 2)
        race(4, lambda: next(both).run("sealEvents"))

    assert {row.sealed_with for row in rows(shop)} == {1}
    assert [event.body for event in shop.ours.records.webhooks.list_page(None, 9).items] == bodies
    assert shop.run("sealEvents") == [0]
    assert sealing(shop).state.value == "ok"


def test_once_sealed_nothing_in_clear_is_left_in_the_file(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        for _ in range(3):
            paid(shop)
        put_in_clear(shop, *(row.id for row in rows(shop)))
        assert any(b"AUTH_" in file.read_bytes() for file in tmp_path.glob("*.sqlite3*"))
        shop.run("sealEvents")

    assert not any(b"AUTH_" in file.read_bytes() for file in tmp_path.glob("*.sqlite3*"))


def test_what_an_older_program_took_for_unreadable_is_processed_again(shop: Shop) -> None:
    """It runs beside the new one for a while, and finds no JSON in what is sealed."""
    reference = paid(shop)
    shop.post_webhook(b"no JSON at all")
    for claim, _ in shop.ours.records.webhooks.claim(9, shop.ours.settings.lease):
        shop.ours.records.webhooks.finish(Finished(claim, UNREADABLE, error="The body is not UTF-8."))

    shop.run("sealEvents", "processEvents")

    assert shop.verify(reference)["status"] == "success"
    assert sorted(each.state for each in shop.ours.records.webhooks.list_page(None, 9).items) == ["done", "unreadable"]


def test_the_command_line_shows_an_event_that_cannot_be_opened(shop: Shop) -> None:
    paid(shop)
    with shop.second(jwt_secret=NEW) as replaced:
        told = replaced.app.test_cli_runner().invoke(args=["events", "show", "1"])

    assert told.exit_code == 0
    assert "put the value of its day behind the newest one" in told.output
