"""R62: every package that we ask for is installed, none below its floor, and all that they bring is locked by a hash.

Floors stand in ``docs/floors.md``, where an advisory sets them, and in ``setup.cfg``. No network is asked. A package that
could not be looked at is a failure. Controls: ``raised`` lifts a floor above what is installed, ``unlocked`` takes a
package from the lock file, ``missing`` asks for one that is not there.
"""

import argparse
import configparser
import re
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.faults import Outcome

ROOT = Path(__file__).parent.parent.parent
ROW = re.compile(r"^\| ([a-z0-9-]+) \| ([0-9.]+) \| (.+) \|$", re.MULTILINE)
LOCKED = re.compile(r"^([a-z0-9-]+)==([^ ;]+)[^\n]*\n((?:    --hash[^\n]*\n)*)", re.MULTILINE)
EXTRAS = ("postgres", "redis", "demo", "test")
CONTROLS = ("raised", "unlocked", "missing")


def advised() -> dict[str, tuple[Version, str]]:
    """The floors that an advisory sets, and which."""
    text = (ROOT / "docs/floors.md").read_text(encoding="utf-8")
    return {name: (Version(floor), why) for name, floor, why in ROW.findall(text)}


def asked(*extras: str) -> list[Requirement]:
    """What ``setup.cfg`` asks for, in these extras too."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    groups = [setup["options"]["install_requires"], *(setup["options.extras_require"][name] for name in extras)]
    wanted = [Requirement(line) for group in groups for line in group.split("\n") if line]
    return [each for each in wanted if each.name != "flask-paystack"]


def least(requirement: Requirement) -> Version:
    """The oldest version that will do."""
    return max(Version(each.version) for each in requirement.specifier if each.operator == ">=")


def locked() -> dict[str, tuple[Version, int]]:
    """Each package of the lock file: its version, and how many hashes it has."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return {name: (Version(exact), hashes.count("--hash=sha256:")) for name, exact, hashes in LOCKED.findall(text)}


def brought(requirements: list[Requirement]) -> set[str]:
    """The names of these packages and of all that they need here, as far as they are installed."""
    found: set[str] = set()
    waiting = [(each.name, extra) for each in requirements for extra in ("", *each.extras)]
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        found.add(canonicalize_name(name))
        try:
            needs = [Requirement(text) for text in requires(name) or []]
        except PackageNotFoundError:
            continue
        here = [each for each in needs if each.marker is None or each.marker.evaluate({"extra": extra})]
        new = {(each.name, wanted) for each in here for wanted in ("", *each.extras)} - seen
        seen |= new
        waiting += new
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Compare what is installed with the floors and the lock file."""
    wanted, lock = asked(*EXTRAS), locked()
    floors = [(each.name, least(each)) for each in wanted] + [(name, floor) for name, (floor, _) in advised().items()]
    if options.control == "raised":
        floors.append(("pyjwt", Version("99")))
    if options.control == "missing":
        floors.append(("no-such-package-of-ours", Version("1")))
    if options.control == "unlocked":
        del lock["pyjwt"]
    absent, below = set(), set()
    for name, floor in floors:
        try:
            if Version(version(name)) < floor:
                below.add(f"{name}<{floor}")
        except PackageNotFoundError:
            absent.add(name)
    everything = brought(wanted)
    unlocked = {name for name in everything if not lock.get(name, (None, 0))[1]}
    return Outcome(
        not (absent or below or unlocked),
        {
            "floors": len(floors),
            "packages": len(everything),
            "below": ",".join(sorted(below)) or 0,
            "skipped": ",".join(sorted(absent)) or 0,
            "unlocked": ",".join(sorted(unlocked)) or 0,
        },
    )
