"""How many access keys may be asked for."""

import math
from datetime import datetime, timedelta

from flask_paystack.clock import Clock
from flask_paystack.errors import TooManyRequests
from flask_paystack.expiring import ExpiringMap, ExpiringStore


class Budget:
    """At most ``most`` within any ``period``, wherever it begins.

    Each key takes one of ``most`` places, and a place is free again one period later. (A counter in a window would allow twice
    as many around the window's end.)
    """

    def __init__(self, store: ExpiringStore, name: str, most: int, period: timedelta, clock: Clock) -> None:
        self.places: ExpiringMap = store.map(name, period)
        self._most = most
        self._clock = clock

    def take(self, whose: str) -> str:
        """Take a place and return its name. Raises TooManyRequests where none is free."""
        now = self._clock.now()
        first_free = now + self.places.lifetime
        for number in range(self._most):
            place = f"{whose}.{number}"
            taken_at = self.places.get(place)
            if taken_at is None and self.places.add(place, now.isoformat()):
                return place
            if isinstance(taken_at, str):
                first_free = min(first_free, datetime.fromisoformat(taken_at) + self.places.lifetime)
        wait = max(1, math.ceil((first_free - now).total_seconds()))
        raise TooManyRequests("Too many access keys were asked for; wait a little.", retry_after=wait)

    def give_back(self, place: str) -> None:
        """Free a place before its time."""
        self.places.delete(place)


class Budgets:
    """Who may ask for how many keys.

    Strangers share, for each admin, 5 an hour and 20 a day: with five guesses a key that is a chance of one in 10,000 a day.
    An operator has 60 a day of their own, which no stranger can use up. A key counts when it is asked for, whether or not its
    mail could be sent: a letter whose acceptance was never heard may have arrived all the same.
    """

    def __init__(self, store: ExpiringStore, clock: Clock) -> None:
        self._an_hour = Budget(store, "keys_an_hour", 5, timedelta(hours=1), clock)
        self._a_day = Budget(store, "keys_a_day", 20, timedelta(days=1), clock)
        self._operators = Budget(store, "keys_of_operators", 60, timedelta(days=1), clock)

    @property
    def counters(self) -> tuple[ExpiringMap, ...]:
        """The maps to sweep."""
        return self._an_hour.places, self._a_day.places, self._operators.places

    def spend(self, admin: str, operator_id: str | None) -> None:
        """Count a key of ``admin`` for this operator, or for strangers. Raises TooManyRequests."""
        if operator_id is not None:
            self._operators.take(operator_id)
            return
        place = self._an_hour.take(admin)
        try:
            self._a_day.take(admin)
        except TooManyRequests:
            self._an_hour.give_back(place)
            raise
