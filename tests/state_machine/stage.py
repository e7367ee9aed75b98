"""The shop that the stories are played in, whose process can be killed at any instant that leaves a trace."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import requests
from sqlalchemy import Connection

from flask_paystack.accounts.model import Role, User
from flask_paystack.accounts.tokens import Tokens
from flask_paystack.app import FlaskPaystack
from flask_paystack.handover.receivers import SettledPayment
from paystack_simulator import SimulatorAdapter
from tests.faults.moved_time import shop_of_moved_time
from tests.shop import BACKEND, EMAIL, JWT_SECRET, PAYSTACK, Shop
from tests.state_machine.books import Books

MONTH = 30 * 86400
Sabotage = Callable[[FlaskPaystack], None]
"""Makes an application do wrong: a control."""


class Killed(BaseException):
    """The process is no more. Nothing of it may do anything any longer."""


class Stage:
    """A shop with its books, and a merchant whose code listens."""

    def __init__(self, shop: Shop, sabotage: Sabotage | None = None) -> None:
        self.shop = shop
        self._sabotage = sabotage
        self.books = Books(shop.directory / "payments.sqlite3")
        self.merchant: dict[str, set[str]] = defaultdict(set)
        """The ids by which the merchant's code was told of each payment."""
        self.mortal = self._prepare()

    def _prepare(self) -> "Mortal":
        self.shop.ours.on_settled(self._listen)
        if self._sabotage is not None:
            self._sabotage(self.shop.ours)
        # Paystack's webhooks go to whichever process lives.
        self.shop.simulator.webhooks._session.mount(BACKEND, SimulatorAdapter(self.shop.app))
        return Mortal(self.shop)

    def _listen(self, settled: SettledPayment) -> None:
        self.merchant[settled.reference].add(settled.id)

    def begin_anew(self) -> None:
        """Forget everything but the time, and let Ada have an account."""
        if self.mortal.is_dead:
            self.start_again()
        self.mortal.spare()
        self.shop.begin_anew()
        self.mortal.watch_calls()
        self.books.begin_anew()
        self.merchant.clear()
        now = self.shop.clock.now()
        user = User("ada", EMAIL, Role.CUSTOMER, now, now, "unused")
        self.shop.ours.records.accounts.add_user(user)
        token = Tokens([JWT_SECRET], "access", timedelta(seconds=MONTH), self.shop.clock).make(user.id, user.generation)
        self.ada = {"Authorization": f"Bearer {token}"}

    def start_again(self) -> None:
        """A new process on what the dead one left: its database. Its leases and its questions have yet to end."""
        dead, self.shop = self.shop, self.shop.second()
        dead.close()
        self.mortal = self._prepare()

    def attempt(self, act: Callable[[], Any]) -> bool:
        """Do something; False where the process died of it, and another has taken its place."""
        try:
            act()
        except Killed:
            self.start_again()
            return False
        return True


class Mortal:
    """Kills a backend before or after one of its commits, or of its calls to Paystack, by their count from now.

    Whatever the code still tries while the exception unwinds finds neither database nor network, as after ``kill -9``.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._left: int | None = None
        self.is_dead = False
        database: Any = shop.ours.records.database
        self._inner_writing, self._inner_reading = database.writing, database.reading
        database.writing, database.reading = self._writing, self._reading
        self.watch_calls()

    def watch_calls(self) -> None:
        """Stand between the backend and Paystack."""
        self._shop.session.mount(PAYSTACK, _Line(self, self._shop.paystack))

    def doom(self, instants: int) -> None:
        """Die at the instant that comes after so many others."""
        self._left = instants

    def spare(self) -> None:
        """Live on."""
        self._left = None

    def pass_instant(self) -> None:
        """An instant at which death makes a difference."""
        if self._left == 0:
            self.is_dead = True
        elif self._left is not None:
            self._left -= 1
        self.live()

    def live(self) -> None:
        """Raises Killed where it does not."""
        if self.is_dead:
            raise Killed

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        self.live()
        with self._inner_writing() as connection:
            yield connection
            self.pass_instant()  # not committed
        self.pass_instant()  # committed, and nobody knows

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        self.live()
        with self._inner_reading() as connection:
            yield connection


class _Line(SimulatorAdapter):
    def __init__(self, mortal: Mortal, application: Any) -> None:
        super().__init__(application)
        self._mortal = mortal

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self._mortal.pass_instant()
        try:
            return super().send(request, *args, **kwargs)
        finally:
            self._mortal.pass_instant()  # Paystack did it, and we never heard


@contextmanager
def stage(sabotage: Sabotage | None = None) -> Iterator[Stage]:
    """A stage in a directory of its own."""
    with shop_of_moved_time(jwt_ttl=MONTH) as shop:
        opened = Stage(shop, sabotage)
        try:
            yield opened
        finally:
            opened.books.close()
            opened.shop.close()
