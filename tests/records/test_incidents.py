"""Of many who notice an incident one opens it, and its mails go out once."""

from functools import partial

from flask_paystack.health.model import Incident
from flask_paystack.mail.model import Message
from flask_paystack.records.database import Database
from flask_paystack.records.incidents import IncidentRecords
from flask_paystack.records.messages import MessageRecords
from tests.clock import START, ManualClock
from tests.race import race

INCIDENT = Incident("events_wait", "An event waits.", START)


def test_an_incident_is_opened_once_and_can_come_again(
    database: Database, other_database: Database, messages: MessageRecords, clock: ManualClock
) -> None:
    stores = [IncidentRecords(database, clock), IncidentRecords(other_database, clock)] * 4
    for round_ in range(5):
        turns = iter(stores)
        mail = Message(f"alarm.{round_}", "alarm", "op@shop.example", {})
        opened = race(8, partial(lambda turns, mail: next(turns).open(INCIDENT, [mail]), turns, mail))
        assert opened.count(True) == 1
        assert stores[0].list_open() == [INCIDENT]
        assert len(messages.list_page(None, 99).items) == round_ + 1
        assert stores[1].close("events_wait")
        assert not stores[0].close("events_wait")
        assert stores[0].list_open() == []


def test_incidents_of_different_names_stand_beside_each_other(database: Database, clock: ManualClock) -> None:
    records = IncidentRecords(database, clock)
    assert records.open(INCIDENT, [])
    assert records.open(Incident("no_webhooks", "None came.", START), [])

    assert [each.name for each in records.list_open()] == ["events_wait", "no_webhooks"]
