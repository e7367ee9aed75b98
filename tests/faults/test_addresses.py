"""Short runs of ``python -m tests.faults xff`` and ``egress``, and the controls that they must turn red."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import machine
from tests.faults import egress, strace, witnesses, xff
from tests.faults.capture import IPV4, IPV6, spoken_to
from tests.faults.namespaces import namespaces_missing
from tests.faults.ways import Loopback, Ways, networks


@pytest.fixture(params=["networks", "loopback"])
def ways(request: pytest.FixtureRequest) -> Iterator[Ways]:
    """The real ways where they can be made, and the imitated ones."""
    if request.param == "loopback":
        yield Loopback()
        return
    if missing := xff.networks_missing():
        machine.is_missing("namespaces", missing)
    with networks() as made:
        yield made


def test_xff_forged_addresses_change_nothing(ways: Ways) -> None:
    outcome = xff.spoof(ways, every=9)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize(("control", "sign"), [("trusting", "beyond_the_limit"), ("leftmost", "another_address")])
def test_control_believed_addresses_pass_the_limit(ways: Ways, control: str, sign: str) -> None:
    outcome = xff.spoof(ways, control, every=12)
    assert int(str(outcome.numbers[sign])) > 0 < int(str(outcome.numbers["wrong_in_the_log"])), str(outcome)
    assert not outcome.ok


@pytest.fixture
def network() -> Iterator[witnesses.Network]:
    if missing := namespaces_missing():
        machine.is_missing("namespaces", missing)
    with witnesses.in_a_network() as made:
        yield made


def test_egress_goes_only_where_the_settings_say(network: witnesses.Network, tmp_path: Path) -> None:
    outcome = egress.lure(network, tmp_path, 1)
    assert outcome.ok, str(outcome)


def test_control_a_callback_that_is_fetched_arrives_in_the_trap(network: witnesses.Network, tmp_path: Path) -> None:
    outcome = egress.lure(network, tmp_path, 1, control="fetching")
    assert int(str(outcome.numbers["reached_the_trap"])) > 0 < int(str(outcome.numbers["elsewhere"])), str(outcome)


@pytest.mark.slow
def test_control_a_name_that_is_looked_up_is_seen(network: witnesses.Network, tmp_path: Path) -> None:
    outcome = egress.lure(network, tmp_path, 1, control="resolving")
    assert not outcome.ok
    assert ":53" in str(outcome.numbers["strange"]), str(outcome)


@pytest.fixture
def trace(tmp_path: Path) -> witnesses.Trace:
    machine.needs("strace", strace.require)
    return witnesses.Trace(tmp_path)


@pytest.mark.slow
def test_egress_by_strace(trace: witnesses.Trace, tmp_path: Path) -> None:
    outcome = egress.lure(trace, tmp_path, 2)
    assert outcome.ok, str(outcome)


@pytest.mark.slow
def test_control_a_callback_that_is_fetched_is_seen_by_strace(trace: witnesses.Trace, tmp_path: Path) -> None:
    outcome = egress.lure(trace, tmp_path, 1, control="fetching")
    assert int(str(outcome.numbers["reached_the_trap"])) > 0 < int(str(outcome.numbers["elsewhere"])), str(outcome)


def test_egress_reads_every_kind_of_address() -> None:
    trace = [
        '7 connect(9, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.1")}, 16) = 0',
        '7 connect(9, {sa_family=AF_INET6, sin6_port=htons(25), inet_pton(AF_INET6, "fd00::1", &sin6_addr)}, 28) = 0',
        '7 connect(9, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT',
    ]
    assert list(witnesses.addresses(trace)) == ["192.0.2.1:443", "fd00::1:25"]


def test_a_capture_counts_first_words_only() -> None:
    ports = bytes.fromhex("c000 01bb")
    four = bytes.fromhex("4500 0028 0000 0000 40 06 0000 7f000001 c0000201") + ports + bytes(8) + b"\x50"
    assert spoken_to(IPV4, four + b"\x02") == "192.0.2.1:443"
    assert spoken_to(IPV4, four + b"\x12") is spoken_to(IPV4, four + b"\x10") is None
    datagram = bytes.fromhex("60000000 0008 11 40") + bytes(15) + b"\x01" + bytes.fromhex("fd00") + bytes(13) + b"\x01"
    assert spoken_to(IPV6, datagram + ports) == "[fd00::1]:443"
    assert spoken_to(0x0806, bytes(28)) is None
