"""No dependency is older than the advisory behind its floor, and the lock file has a hash for everything."""

import configparser
import re
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| ([a-z0-9-]+) \| ([0-9.]+) \| (.+) \|$", re.MULTILINE)
FLOORS = {name: (floor, why) for name, floor, why in ROW.findall((ROOT / "docs/floors.md").read_text(encoding="utf-8"))}


def number(text: str) -> tuple[int, ...]:
    parts = [int(part) for part in re.findall(r"[0-9]+", text)[:3]]
    return (*parts, *[0] * (3 - len(parts)))


def asked() -> dict[str, str]:
    """What ``setup.cfg`` asks for at least."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = setup["options"]["install_requires"].split()
    return dict(line.split(">=") for line in lines)


def locked() -> dict[str, tuple[str, int]]:
    """Each package of the lock file: its version, and how many hashes it has."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = re.findall(r"^([a-z0-9-]+)==([^ ;]+)[^\n]*\n((?:    --hash[^\n]*\n)*)", text, re.MULTILINE)
    return {name: (exact, hashes.count("--hash=sha256:")) for name, exact, hashes in found}


def test_every_floor_names_an_advisory() -> None:
    assert len(FLOORS) >= 5
    assert all(re.search(r"CVE-[0-9]{4}-[0-9]+|PYSEC-[0-9]{4}-[0-9]+", why) for _, why in FLOORS.values())


@pytest.mark.parametrize("name", FLOORS)
def test_nothing_below_its_floor_is_asked_for_locked_or_installed(name: str) -> None:
    floor = number(FLOORS[name][0])

    assert number(asked()[name]) >= floor
    assert number(locked()[name][0]) >= floor
    assert number(version(name)) >= floor


def test_everything_asked_for_is_locked_by_hash_at_a_version_that_will_do() -> None:
    lock = locked()

    assert set(asked()) <= set(lock)
    assert all(number(lock[name][0]) >= number(least) for name, least in asked().items())
    assert all(hashes for _, hashes in lock.values())


def test_control_a_floor_above_is_noticed() -> None:
    assert number("2.9.0") < number("2.13.0") < number("27.0.1")
