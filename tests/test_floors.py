"""No dependency is older than the advisory behind its floor, and the lock file has a hash for everything."""

import re
from argparse import Namespace
from importlib.metadata import version

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.faults import floors
from tests.faults.floors import advised, asked, least, locked

FLOORS = advised()


def test_every_floor_names_an_advisory() -> None:
    assert len(FLOORS) >= 5
    assert all(re.search(r"CVE-[0-9]{4}-[0-9]+|PYSEC-[0-9]{4}-[0-9]+", why) for _, why in FLOORS.values())


@pytest.mark.parametrize("name", FLOORS)
def test_nothing_below_its_floor_is_asked_for_locked_or_installed(name: str) -> None:
    floor = FLOORS[name][0]

    assert {each.name: least(each) for each in asked()}[name] >= floor
    assert locked()[name][0] >= floor
    assert Version(version(name)) >= floor


def test_everything_asked_for_is_locked_by_hash_at_a_version_that_will_do() -> None:
    lock = locked()
    wanted = asked("demo", "test")

    assert all(lock[canonicalize_name(each.name)][0] >= least(each) for each in wanted)
    assert all(hashes for _, hashes in lock.values())


def test_everything_installed_is_above_its_floor_and_locked() -> None:
    outcome = floors.run(Namespace(control=None))

    assert outcome.ok, outcome


@pytest.mark.parametrize("control", floors.CONTROLS)
def test_control_an_old_a_missing_or_an_unlocked_package_is_noticed(control: str) -> None:
    assert not floors.run(Namespace(control=control)).ok
