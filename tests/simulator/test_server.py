"""The simulator as a server, with its couriers, and its command."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import requests
from click.testing import CliRunner
from flask import Flask

from paystack_simulator import SimulatorServer, create_simulator
from paystack_simulator.cli import simulator as command
from tests.simulator.conftest import Api
from tests.simulator.receiver import Receiver


@pytest.fixture
def running() -> Iterator[SimulatorServer]:
    with SimulatorServer(create_simulator()) as server:
        yield server


@pytest.fixture
def remote(running: SimulatorServer) -> Iterator[Api]:
    with requests.Session() as session:
        session.trust_env = False
        yield Api(session, running.url)


def test_a_whole_payment_over_real_connections(running: SimulatorServer, remote: Api) -> None:
    with Receiver() as receiver, Receiver() as shop:
        running.simulator.settings.webhook_url = receiver.url
        url = remote.opened(callback_url=shop.url)
        assert url.startswith(f"{running.url}/checkout/")

        assert "₦5,000.00" in remote.session.get(url).text
        back = remote.session.post(url, data={"card": "success"})

        assert back.url == f"{shop.url}?trxref=ord-1&reference=ord-1"
        assert receiver.wait_for(1)[0].data["reference"] == "ord-1"
        assert remote.verified()["status"] == "success"


def test_couriers_wake_when_the_clock_is_moved(running: SimulatorServer, remote: Api) -> None:
    with Receiver() as receiver:
        running.simulator.settings.webhook_url = receiver.url
        receiver.will_answer(500)
        remote.opened()
        running.simulator.pay("ord-1")
        receiver.wait_for(1)

        remote.session.post(f"{running.url}/_simulator/clock", json={"seconds": 3600})

        assert len({delivery.body for delivery in receiver.wait_for(2)}) == 1


def test_a_slow_receiver_of_one_event_does_not_hold_up_the_next(running: SimulatorServer, remote: Api) -> None:
    with Receiver() as receiver:
        running.simulator.settings.webhook_url = receiver.url
        receiver.gate.clear()
        for reference in ("ord-1", "ord-2"):
            remote.opened(reference)
            running.simulator.pay(reference)

        assert {delivery.data["reference"] for delivery in receiver.wait_for(2)} == {"ord-1", "ord-2"}


def test_over_a_real_connection_a_hanging_call_times_out(running: SimulatorServer, remote: Api) -> None:
    running.simulator.faults.add("initialize", "timeout-after-commit")

    with pytest.raises(requests.ReadTimeout):
        remote.post(
            "/transaction/initialize", json={"email": "a@b.co", "amount": 100, "reference": "ord-1"}, timeout=0.3
        )

    assert remote.verified()["status"] == "abandoned"


def test_over_a_real_connection_a_call_can_be_cut_off(running: SimulatorServer, remote: Api) -> None:
    running.simulator.faults.add("verify", "reset")

    with pytest.raises(requests.ConnectionError):
        remote.get("/transaction/verify/ord-1")


def test_stopping_releases_who_is_kept_hanging(app: Flask) -> None:
    server = SimulatorServer(app).start()
    server.simulator.faults.add("*", "hang")
    with pytest.raises(requests.ReadTimeout):
        requests.get(server.url + "/transaction", timeout=0.2)
    began = time.monotonic()

    server.stop()

    assert time.monotonic() - began < 5
    with pytest.raises(requests.ConnectionError):
        requests.get(server.url, timeout=1)


def test_the_webhook_comes_first_even_when_couriers_carry_it(running: SimulatorServer, remote: Api) -> None:
    with Receiver() as receiver:
        running.simulator.settings.webhook_url = receiver.url
        for number in range(20):
            running.simulator.faults.add("initialize", "webhook-first")
            remote.opened(f"ord-{number}")
            assert len(receiver.received) == number + 1


def test_a_port_that_is_taken_is_an_error_and_no_end(running: SimulatorServer, app: Flask) -> None:
    with pytest.raises(OSError, match="in use"):
        SimulatorServer(app, port=running.port)


def test_it_starts_within_a_second(app: Flask) -> None:
    began = time.monotonic()

    with SimulatorServer(create_simulator()) as server:
        assert requests.get(server.url + "/_simulator/state", timeout=5).status_code == 200

    assert time.monotonic() - began < 1


def test_it_knows_nothing_of_the_backend() -> None:
    code = (
        "import sys, paystack_simulator, paystack_simulator.cli; "
        "print([name for name in sys.modules if name.startswith('flask_paystack')])"
    )

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[]"


def test_the_command_refuses_a_live_key() -> None:
    result = CliRunner().invoke(command, ["--secret-key", "sk_live_x"])

    assert result.exit_code == 2
    assert "sk_test_" in result.output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--fault", "verify"], "is not of the form OPERATION="),
        (["--fault", "verfiy=500"], "There is no operation verfiy."),
        (["--fault", "verify=fire"], "Unknown mode 'fire'"),
        (["--fault", "verify=500:often"], "ends in no number of times"),
        (["--fault", "verify=500:0"], "A fault happens at least once."),
        (["--rate", "webhook=2"], "fault_rates.webhook: Input should be less than or equal to 1."),
        (["--rate", "verfiy=0.1"], "There is no operation verfiy."),
    ],
)
def test_the_command_refuses_a_fault_nobody_knows(options: list[str], sentence: str) -> None:
    result = CliRunner().invoke(command, ["--port", "0", *options])

    assert result.exit_code == 2
    assert sentence in result.output


def test_the_command_plans_and_draws_faults() -> None:
    run = [sys.executable, "-u", "-c", "from paystack_simulator.cli import simulator; simulator()", "--port", "0"]
    options = ["--fault", "webhook=duplicated:3", "--fault", "refund=failed", "--seed", "7", "--rate", "verify=0.5"]
    with subprocess.Popen(run + options, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            state = requests.get(f"{url}/_simulator/state", timeout=5).json()
        finally:
            process.terminate()

    assert state["faults"] == {
        "webhook": [{"mode": "duplicated", "times": 3}],
        "refund": [{"mode": "failed", "times": 1}],
    }
    assert (state["settings"]["seed"], state["settings"]["fault_rates"]) == (7, {"verify": 0.5})


def test_the_command_says_when_its_port_is_taken(running: SimulatorServer) -> None:
    result = CliRunner().invoke(command, ["--port", str(running.port)])

    assert result.exit_code == 1
    assert f"Port {running.port} of 127.0.0.1 cannot be used" in result.output


def test_the_command_prints_its_addresses_and_serves() -> None:
    run = [sys.executable, "-u", "-c", "from paystack_simulator.cli import simulator; simulator()"]
    options = ["--port", "0", "--secret-key", "sk_test_shown"]
    with subprocess.Popen(run + options, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            shown = "".join(process.stdout.readline() for _ in range(6))
            url = shown.split()[4]
            assert requests.get(f"{url}/_simulator/state", timeout=5).status_code == 200
        finally:
            process.terminate()

    assert url.startswith("http://127.0.0.1:")
    assert "sk_test_shown" in shown
