"""``flask events``, ``flask messages``, ``flask handovers``, ``flask jobs``: work that waits."""

from tests.cli import command, printed, refused, told
from tests.shop import Shop


def unreadable_event(shop: Shop) -> int:
    """An event that waits for a person; its number."""
    assert shop.post_webhook(b"\x1b[2J not JSON").status_code == 200
    shop.run("processEvents")
    return int(told(shop, "events", "list", "--state", "unreadable")["events"][0]["id"])


def test_events_are_listed_and_narrowed(shop: Shop) -> None:
    reference = shop.settled_payment()
    unreadable_event(shop)

    found = told(shop, "events", "list", "--reference", reference)["events"]

    assert [(each["event"], each["state"]) for each in found] == [("charge.success", "done")]
    assert len(printed(shop, "events", "list").splitlines()) == 3


def test_an_event_is_shown_with_its_bytes_and_cannot_steer_the_terminal(shop: Shop) -> None:
    shown = printed(shop, "events", "show", str(unreadable_event(shop)))

    assert "\\x1b[2J not JSON" in shown
    assert "\x1b" not in shown


def test_a_replayed_event_waits_for_the_jobs(shop: Shop) -> None:
    number = unreadable_event(shop)

    assert told(shop, "events", "replay", str(number))["state"] == "waiting"
    assert "waits for its processing already" in refused(shop, "events", "replay", str(number))


def test_a_replayed_event_is_processed_now_where_that_is_asked(shop: Shop) -> None:
    number = unreadable_event(shop)

    assert "unreadable" in printed(shop, "events", "replay", str(number), "--now")


def test_all_that_failed_is_replayed(shop: Shop) -> None:
    unreadable_event(shop)

    assert "1 events wait" in printed(shop, "events", "replay", "--failed")
    assert shop.run("processEvents") == [1]
    assert "Processed 1" in printed(shop, "events", "replay", "--failed", "--now")
    assert told(shop, "events", "replay", "--failed") == {"replayed": 1}


def test_replay_wants_an_event_or_failed(shop: Shop) -> None:
    assert command(shop, "events", "replay").exit_code == 2
    assert command(shop, "events", "replay", "1", "--failed").exit_code == 2
    assert command(shop, "events", "replay", str(2**63)).exit_code == 2


def test_an_unknown_event_or_message_is_a_sentence(shop: Shop) -> None:
    assert "no event" in refused(shop, "events", "show", "7")
    assert "no message" in refused(shop, "messages", "resend", "7")


def test_a_message_is_sent_once_more_unless_it_waits(shop: Shop) -> None:
    shop.settled_payment()
    (message,) = told(shop, "messages", "list")["messages"]

    assert message["kind"] == "receipt"
    assert "waits to be sent already" in refused(shop, "messages", "resend", str(message["id"]))


def test_a_finished_hand_over_is_repeated(shop: Shop) -> None:
    reference = shop.settled_payment()
    assert "waits for its next try already" in refused(shop, "handovers", "repeat", reference)
    shop.run("handOver")

    assert told(shop, "handovers", "list", "--state", "done")["handovers"][0]["reference"] == reference
    assert told(shop, "handovers", "repeat", reference)["state"] == "waiting"
    assert "has settled" in refused(shop, "handovers", "repeat", "pay-1")


def test_jobs_are_listed_and_run(shop: Shop) -> None:
    assert "processEvents" in printed(shop, "jobs", "list")
    assert printed(shop, "jobs", "run", "sendMessages") == "sendMessages: 0\n"
    assert command(shop, "jobs", "run", "nothing").exit_code == 2


def test_the_schema_is_told(shop: Shop) -> None:
    assert "this program wants" in printed(shop, "db", "current")
    assert "as before" in printed(shop, "db", "upgrade")
