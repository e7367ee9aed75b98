"""``kill -9`` just before and just after each commit of a payment's life: one effect, and nobody untold (FAULTS R7).

Three lives are led once undisturbed, and their commits written down: a payment that a webhook settles, one that the returning
customer's question settles, and one that fails. Then each is led again for each of its commits, twice: the process that makes
the commit kills itself the moment before, or the moment after. gunicorn starts another, whose clock is past the leases of the
dead. Customers and Paystack do what they do: they try again until they were answered.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.faults import Outcome, silence
from tests.faults.fleet import DATABASES, fleet, workplace
from tests.faults.paying import PATIENCE, Paid, Town, town
from tests.faults.steered import Steering
from tests.patience import until

CONTROLS = ("two-transactions", "mail-first")
SIDES: tuple[Literal["before", "after"], ...] = ("before", "after")
WRONG = (
    "effect_not_once",
    "mail_lost",
    "mailed_more_than_twice",
    "mail_of_two_ids",
    "handover_lost",
    "handover_of_two_ids",
    "unfinished",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--only", metavar="COMMIT", help="as in PaymentRecords.settle; every one where it is left out")
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with workplace(options.database) as (directory, url), silence():
        return die_at_each(directory, url, [options.only] if options.only else None, options.control)


@dataclass(frozen=True)
class Point:
    """A commit of a life."""

    life: str
    commit: str
    nth: int


@dataclass(frozen=True)
class Scene:
    """The town, and the server in it that dies."""

    town: Town
    backend: str
    steering: Steering

    def move(self, seconds: float) -> None:
        """Let time go on for the backend."""
        self.steering.set_clock(self.steering.ahead + seconds)


def die_at_each(
    directory: Path,
    database_url: str,
    only: Sequence[str] | None = None,
    control: str | None = None,
    kinds: Sequence[str] = ("told", "asked", "failed"),
) -> Outcome:
    """Lead a life of each kind for each commit of it, and each side of that."""
    begun = time.monotonic()
    application = f"tests.faults.steered:application({control!r})"
    with (
        town(database_url) as around,
        fleet(directory, 1, application, ("--preload",), **{**around.settings, "failure_notice_after": "1"}) as (
            server,
        ),
    ):
        scene = Scene(around, server.url, Steering(server.directory))
        points = list(_points(scene, kinds))
        found: Counter[str] = Counter()
        lives = 0
        for point in points:
            if only is None or point.commit in only:
                for side in SIDES:
                    lives += 1
                    found += _live_and_die(scene, point, side)
    wrong = {name: found[name] for name in WRONG}
    numbers = {"commit_points": len(points), "lives": lives, "deaths": found["deaths"], **wrong}
    told = {name: found[name] for name in ("mailed_twice", "handed_over_twice")}
    ok = not any(wrong.values()) and found["deaths"] == lives > 0
    return Outcome(ok, {**numbers, **told, "seconds": round(time.monotonic() - begun, 1)})


def _points(scene: Scene, kinds: Sequence[str]) -> Iterator[Point]:
    """Every commit of every life. How a payment is opened is told once, as it is the same in each."""
    opening = 0
    for life in kinds:
        scene.steering.take_commits()
        _judge(scene.town, life, _lead(scene, life))
        seen: Counter[str] = Counter()
        commits = scene.steering.take_commits()
        opening = opening or commits.index("IdempotencyRecords._update") + 1
        for number, commit in enumerate(commits):
            seen[commit] += 1
            if number >= opening or life == kinds[0]:
                yield Point(life, commit, seen[commit])


def _live_and_die(scene: Scene, point: Point, side: Literal["before", "after"]) -> Counter[str]:
    scene.steering.order(side, point.commit, point.nth)
    try:
        found = _judge(scene.town, point.life, _lead(scene, point.life))
    except TimeoutError:
        found = Counter(unfinished=1)
    # The last commit of a life is seen before who made it has died of it.
    with suppress(AssertionError):
        until(lambda: scene.steering.is_obeyed, 3)
    found["deaths"] += scene.steering.is_obeyed
    scene.steering.countermand()
    return found


def _lead(scene: Scene, life: str) -> Paid:
    """Lead a life to its end."""
    paid = scene.town.open(scene.backend)
    scene.move(4)  # Paystack is asked every three seconds at most
    LIVES[life](scene, paid.reference)
    return paid


def _told(scene: Scene, reference: str) -> None:
    """Paystack tells of the payment."""
    scene.town.tell(scene.backend, scene.town.pay(reference))


def _asked(scene: Scene, reference: str) -> None:
    """The customer comes back and asks, as no webhook came."""
    scene.town.pay(reference)
    _ask_until(scene, reference, lambda told: told["status"] == "success")


def _failed(scene: Scene, reference: str) -> None:
    """The bank says no, and the customer comes back."""
    scene.town.pay(reference, "declined")
    _ask_until(scene, reference, lambda told: told["message"] is not None)
    scene.move(5)  # long enough for the failure to stand


def _ask_until(scene: Scene, reference: str, is_known: Callable[[dict[str, Any]], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_known(scene.town.ask("GET", f"{scene.backend}/pay/verify/{reference}", 200).json()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"What became of {reference} is not known.")
        scene.move(4)


LIVES: dict[str, Callable[[Scene, str], None]] = {"told": _told, "asked": _asked, "failed": _failed}


def _judge(around: Town, life: str, paid: Paid) -> Counter[str]:
    """Wait until nothing is left to do about a payment, and see what came of it."""
    is_paid = life != "failed"
    deadline = time.monotonic() + PATIENCE / 2
    # What is queued is queued with the settlement: where nothing waits then, nothing more will come.
    while around.waiting() or not (around.settled(paid) if is_paid else around.mails(paid)):
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    mails, told = around.mails(paid), around.told(paid)
    return Counter(
        effect_not_once=around.settled(paid) != int(is_paid),
        mail_lost=not mails,
        mailed_more_than_twice=len(mails) > 2,
        mail_of_two_ids=len(set(mails)) > 1,
        handover_lost=is_paid and not told,
        handover_of_two_ids=len(set(told)) > 1,
        unfinished=around.waiting() > 0,
        mailed_twice=len(mails) == 2,
        handed_over_twice=len(told) == 2,
    )
