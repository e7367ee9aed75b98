"""The test cards and the steps they ask for (CONTRACT §10)."""

import pytest

from paystack_simulator import Simulator
from tests.simulator.conftest import Api
from tests.simulator.receiver import Receiver

PAYING = [
    "4084084084084081",
    "5078 5078 5078 5078 12",
    "5060 6666 6666 6666 666",
    "5078 5078 5078 5078 04",
    "5192 6027 2058 4796",
    "4084 0800 0000 0409",
    "4084 0800 0067 1803",
    "4084 0800 0067 1902",
]


@pytest.mark.parametrize("card", PAYING)
def test_a_card_whose_holder_answers_well_pays(api: Api, sim: Simulator, card: str) -> None:
    api.opened()

    sim.pay("ord-1", card)

    data = api.verified()
    assert (data["status"], data["gateway_response"]) == ("success", "Successful")
    assert data["authorization"]["last4"] == card[-5:].replace(" ", "")[-4:]


@pytest.mark.parametrize(
    ("card", "reason", "code", "kind"),
    [
        ("4084 0800 0000 5408", "Declined", "05", "do_not_honor"),
        ("4084 0800 0067 0037", "Insufficient Funds", "51", "insufficient_funds"),
        ("4111 1111 1111 1111", "Transaction declined. Please use the test card.", "05", "do_not_honor"),
    ],
)
def test_a_first_step_decline_leaves_the_transaction_abandoned_with_its_reason(
    api: Api, sim: Simulator, receiver: Receiver, card: str, reason: str, code: str, kind: str
) -> None:
    api.opened()

    sim.pay("ord-1", card)

    data = api.verified()
    assert (data["status"], data["gateway_response"]) == ("abandoned", reason)
    assert (data["response_code"], data["gateway_response_code"]) == (code, kind)
    assert (data["paid_at"], data["authorization"]) == (None, {})
    assert data["log"]["history"][-1] == {"type": "error", "message": f"Error: {reason}", "time": 0}
    assert (data["log"]["attempts"], data["log"]["errors"], data["log"]["success"]) == (1, 1, False)
    assert sim.deliver_due() == 0
    assert receiver.received == []


def test_after_a_decline_another_card_pays_the_same_transaction(api: Api, sim: Simulator) -> None:
    api.opened()
    sim.pay("ord-1", "declined")

    sim.pay("ord-1", "success")

    data = api.verified()
    assert (data["status"], data["log"]["attempts"], data["log"]["errors"]) == ("success", 2, 1)


@pytest.mark.parametrize(
    ("card", "mistake", "reason"),
    [
        ("pin", {"pin": "9999"}, "Incorrect PIN"),
        ("pin-otp", {"otp": "000000"}, "Token Authorization Not Successful"),
        ("pin-phone-otp", {"phone": "0801"}, "Phone number is too short"),
        ("not-registered", {}, "Token Not Generated. Customer Not Registered on Token Platform"),
    ],
)
def test_a_wrong_answer_fails_the_transaction_for_good(
    api: Api, sim: Simulator, card: str, mistake: dict[str, str], reason: str
) -> None:
    api.opened()

    sim.pay("ord-1", card, **mistake)  # type: ignore[arg-type]
    assert api.verified()["status"] == "failed"
    assert api.verified()["gateway_response"].startswith(reason)

    sim.pay("ord-1", "success")
    assert api.verified()["status"] == "failed"


def test_a_refusal_on_the_banks_page_leaves_room_for_another_card(api: Api, sim: Simulator) -> None:
    api.opened()

    sim.pay("ord-1", "3ds", bank="refuse")

    assert api.verified()["status"] == "abandoned"
    assert api.verified()["log"]["errors"] == 1


def test_only_two_kinds_of_card_can_be_charged_again(api: Api, sim: Simulator) -> None:
    reusable = set()
    for card in ("success", "pin", "pin-otp", "pin-phone-otp", "3ds"):
        api.opened(card)
        sim.pay(card, card)
        if api.verified(card)["authorization"]["reusable"]:
            reusable.add(card)

    assert reusable == {"success", "3ds"}


def test_a_paid_transaction_cannot_be_paid_again(api: Api, sim: Simulator, receiver: Receiver) -> None:
    api.opened()
    sim.pay("ord-1")
    sim.pay("ord-1")
    sim.pay("ord-1", "declined")

    assert sim.deliver_due() == 1
    assert api.verified()["status"] == "success"


def test_a_session_that_timed_out_takes_no_card(api: Api, sim: Simulator) -> None:
    sim.settings.session_timeout = 600
    url = api.opened()

    sim.advance(600)
    sim.pay("ord-1")

    assert api.verified()["status"] == "abandoned"
    assert "Session timeout exceeded." in api.session.get(url).text
