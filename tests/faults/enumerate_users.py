"""Whether login and forgot tell, by words, headers or time, which e-mails have an account (FAULTS R44).

Known and unknown e-mails take turns by chance; the area under the ROC curve of their timings must be 0.50 ± 0.05, where 0.50
is a guess. The control compares no password where there is no account. Passwords are hashed with Argon2id at the cost that
ships; ``--cost low`` is quick, and hides less of what is around it.
"""

import argparse
import random
import time
from typing import Any

from argon2 import PasswordHasher

from flask_paystack.accounts.model import Role
from flask_paystack.accounts.passwords import Passwords
from tests.faults import Outcome, silence
from tests.faults.moved_time import shop_of_moved_time
from tests.shop import Shop

CONTROLS = ("no-dummy-hash",)
KNOWN, UNKNOWN = "ada.lovelace@example.org", "bob.nobodyatall@example.org"
DAY = 86_400
COSTS = ("shipped", "low")


class Hasty(Passwords):
    """Where there is no hash there is nothing to compare."""

    def matches(self, password: str, kept: str | None) -> bool:
        return kept is not None and super().matches(password, kept)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--timings", type=int, default=2000)
    parser.add_argument("--cost", choices=COSTS, default="shipped", help="Argon2's; shipped is what customers get")
    parser.add_argument("--most-seconds", type=float, default=900.0, help="fail where it takes longer")
    parser.add_argument("--tolerance", type=float, default=0.05)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return measure(options.timings, options.tolerance, options.control, options.cost, options.most_seconds)


def measure(
    timings: int,
    tolerance: float = 0.05,
    control: str | None = None,
    cost: str = "shipped",
    most_seconds: float = 900.0,
) -> Outcome:
    """``timings`` of each kind for each route. Raises TimeoutError where they are not there within ``most_seconds``."""
    ends = time.monotonic() + most_seconds
    hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1) if cost == "low" else None
    with silence(), shop_of_moved_time(jobs="off") as shop:
        accounts = shop.ours.services.accounts
        accounts.check.passwords = (Hasty if control else Passwords)(hasher)
        accounts.create(KNOWN, "correct horse battery staple", Role.CUSTOMER)
        login, told_apart = _ask(shop, "/auth/login", {"password": "a wrong password it is"}, timings, ends)
        forgot, told_apart_too = _ask(shop, "/auth/forgot", {}, timings, ends)
    numbers: dict[str, object] = {
        "timings": timings,
        "cost": cost,
        "login_auc": f"{login:.3f}",
        "forgot_auc": f"{forgot:.3f}",
        "answers_told_apart": told_apart + told_apart_too,
    }
    is_blind = all(abs(each - 0.5) <= tolerance for each in (login, forgot))
    return Outcome(is_blind and not told_apart + told_apart_too, numbers)


def _ask(shop: Shop, path: str, more: dict[str, str], timings: int, ends: float) -> tuple[float, int]:
    """The area under the curve, and how many kinds of answers there were beyond one."""
    chance = random.Random(1)
    taken: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    answers: set[Any] = set()
    for number in range(timings):
        if time.monotonic() > ends:
            raise TimeoutError(f"{path}: {number} of {timings} timings were taken when the time was over")
        if number % 8 == 0 or path == "/auth/forgot":  # before the throttle has anything to say
            shop.advance(DAY + 1)
            for counter in shop.ours.services.accounts.counters:
                counter.remove_expired()
        for email in chance.sample([KNOWN, UNKNOWN], 2):
            began = time.perf_counter()
            answer = shop.client.post(path, json={"email": email, **more})
            taken[email].append(time.perf_counter() - began)
            headers = tuple((name, value) for name, value in answer.headers if name != "X-Request-ID")
            answers.add((answer.status_code, answer.data, headers))
    return area_under_curve(taken[KNOWN], taken[UNKNOWN]), len(answers) - 1


def area_under_curve(these: list[float], those: list[float]) -> float:
    """How likely one of ``these`` is larger than one of ``those``; half a point where they are alike."""
    ranked = sorted([(value, 1) for value in these] + [(value, 0) for value in those])
    ranks = sum(rank for rank, (_, is_of_these) in enumerate(ranked, 1) if is_of_these)
    return (ranks - len(these) * (len(these) + 1) / 2) / (len(these) * len(those))
