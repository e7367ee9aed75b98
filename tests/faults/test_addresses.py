"""Short runs of ``python -m tests.faults xff`` and ``egress``, and the controls that they must turn red."""

import pytest

from tests.faults import egress, xff


def test_xff_forged_addresses_change_nothing() -> None:
    outcome = xff.spoof(every=9)
    assert outcome.ok, str(outcome)


@pytest.mark.parametrize(("control", "sign"), [("trusting", "beyond_the_limit"), ("leftmost", "another_address")])
def test_control_believed_addresses_pass_the_limit(control: str, sign: str) -> None:
    outcome = xff.spoof(control, every=12)
    assert int(str(outcome.numbers[sign])) > 0, str(outcome)
    assert not outcome.ok


@pytest.mark.usefixtures("tracing")
def test_egress_goes_only_where_the_settings_say() -> None:
    outcome = egress.lure(2)
    assert outcome.ok, str(outcome)


@pytest.mark.usefixtures("tracing")
def test_control_a_callback_that_is_fetched_is_seen() -> None:
    outcome = egress.lure(1, control="fetching")
    assert int(str(outcome.numbers["reached_the_trap"])) > 0 < int(str(outcome.numbers["elsewhere"])), str(outcome)


def test_egress_reads_every_kind_of_address() -> None:
    trace = [
        '7 connect(9, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.1")}, 16) = 0',
        '7 connect(9, {sa_family=AF_INET6, sin6_port=htons(25), inet_pton(AF_INET6, "fd00::1", &sin6_addr)}, 28) = 0',
        '7 connect(9, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT',
    ]
    assert list(egress.addresses(trace)) == ["192.0.2.1:443", "fd00::1:25"]
