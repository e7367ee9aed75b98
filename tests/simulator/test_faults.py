"""Answers made to go wrong, in process (CONTRACT §13.6)."""

import pytest
import requests

from paystack_simulator import Simulator
from paystack_simulator.api_faults import MODES
from tests.simulator.conftest import Api
from tests.simulator.receiver import Receiver


@pytest.mark.parametrize(
    ("mode", "status", "message"),
    [
        ("401", 401, "Invalid key"),
        ("429", 429, "Please wait a few minutes and try again."),
        ("500", 500, "An error occurred"),
    ],
)
def test_an_operation_is_refused_as_often_as_planned(
    api: Api, sim: Simulator, mode: str, status: int, message: str
) -> None:
    api.opened()
    sim.faults.add("verify", mode, 2)

    answers = [api.get("/transaction/verify/ord-1") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].json()["message"] == message


def test_a_rate_limit_says_when_it_ends(api: Api, sim: Simulator) -> None:
    sim.faults.add("verify", "429")

    assert api.get("/transaction/verify/ord-1").headers["Retry-After"] == "60"


def test_faults_of_one_operation_leave_the_others_alone(api: Api, sim: Simulator) -> None:
    sim.faults.add("create_refund", "500")

    assert api.initialize().status_code == 200


def test_a_star_is_any_operation(api: Api, sim: Simulator) -> None:
    sim.faults.add("*", "500")

    assert api.initialize().status_code == 500
    assert api.initialize().status_code == 200


@pytest.mark.parametrize("mode", ["html", "half-json"])
def test_an_answer_may_be_no_json(api: Api, sim: Simulator, mode: str) -> None:
    sim.faults.add("verify", mode)

    with pytest.raises(requests.JSONDecodeError):
        api.get("/transaction/verify/ord-1").json()


@pytest.mark.parametrize(
    ("mode", "error", "done"),
    [
        ("hang", requests.ReadTimeout, False),
        ("timeout-after-commit", requests.ReadTimeout, True),
        ("reset", requests.ConnectionError, False),
        ("reset-after-commit", requests.ConnectionError, True),
    ],
)
def test_a_caller_may_never_learn_whether_it_worked(
    api: Api, sim: Simulator, mode: str, error: type[Exception], done: bool
) -> None:
    sim.faults.add("initialize", mode)

    with pytest.raises(error):
        api.initialize()

    assert api.get("/transaction/verify/ord-1").ok is done


def test_an_error_may_hide_that_it_worked(api: Api, sim: Simulator) -> None:
    sim.faults.add("initialize", "500-after-commit")

    assert api.initialize().status_code == 500
    assert api.initialize().json()["code"] == "duplicate_reference"


def test_the_webhook_may_come_before_initialize_has_answered(api: Api, sim: Simulator, receiver: Receiver) -> None:
    sim.faults.add("initialize", "webhook-first")

    answer = api.initialize()

    assert [delivery.data["reference"] for delivery in receiver.received] == ["ord-1"]
    assert answer.json()["data"]["reference"] == "ord-1"


def test_faults_can_be_called_off(api: Api, sim: Simulator) -> None:
    sim.faults.add("verify", "500", 5)
    assert sim.faults.planned() == {"verify": [{"mode": "500", "times": 5}]}

    sim.faults.clear()

    assert sim.faults.planned() == {}


def test_a_fault_nobody_knows_is_refused(sim: Simulator) -> None:
    with pytest.raises(ValueError, match="Unknown mode 'fire'"):
        sim.faults.add("verify", "fire")
    with pytest.raises(ValueError, match="at least once"):
        sim.faults.add("verify", "500", 0)


@pytest.mark.parametrize("mode", sorted(MODES - {"hang", "timeout-after-commit", "reset", "reset-after-commit"}))
def test_no_mode_breaks_the_simulator_itself(api: Api, sim: Simulator, mode: str) -> None:
    sim.faults.add("*", mode)

    api.get("/transaction")

    assert api.get("/transaction").status_code == 200
