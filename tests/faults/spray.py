"""Passwords sprayed and guessed from many addresses, signatures forged in a flood, admins' keys asked for (FAULTS R45).

Two servers share a store, and time is moved. One address may log in ten times a minute however many accounts it tries; one
account is looked at a hundred times a day from all strange addresses together, and its owner gets in meanwhile; a flood of
wrong signatures lets the right ones through and sounds one alarm; whoever asks for all of an admin's keys locks no operator
out. The control gives each server a store of its own.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from flask_paystack.accounts.model import Role
from flask_paystack.accounts.passwords import Passwords
from tests.faults import Outcome, silence
from tests.faults.pair import scratch
from tests.servers import running_redis
from tests.shop import Shop
from tests.smtp import running_smtp

CONTROLS = ("store-each",)
A_MINUTE = 10
A_DAY = 100
PASSWORD = "correct horse battery staple"
HOME = "198.51.100.7"
DAY = 86_400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--minutes", type=int, default=5, help="of spraying from one address")
    parser.add_argument("--addresses", type=int, default=1000, help="that guess at one account within a day")
    parser.add_argument("--signatures", type=int, default=2000)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return spray(options.minutes, options.addresses, options.signatures, options.control)


def spray(minutes: int, addresses: int, signatures: int, control: str | None = None) -> Outcome:
    """Each attack, one after the other."""
    with scratch() as directory, _two_servers(directory, control) as servers:
        attack = Attack(servers)
        a_minute = max(attack.spray(400, minute) for minute in range(minutes))
        a_day, owner = attack.guess(addresses)
        forged, right, alarms = attack.forge(signatures)
        operator = attack.ask_for_keys(60)
    numbers: dict[str, object] = {
        "passwords_looked_at_a_minute": a_minute,
        "guesses_at_one_account_a_day": a_day,
        "owner_logged_in": owner,
        "forged_accepted": forged,
        "right_ones_refused": right,
        "alarm_mails": alarms,
        "operator_had_keys": operator,
    }
    is_limited = 0 < a_minute <= A_MINUTE and 0 < a_day <= A_DAY
    return Outcome(is_limited and owner and not forged and not right and alarms == 2 and operator, numbers)


@dataclass(frozen=True)
class Attack:
    """What strangers do to two servers, by turns."""

    servers: Sequence[Shop]

    def _login(self, number: int, email: str, password: str, address: str) -> int:
        shop = self.servers[number % len(self.servers)]
        form = {"email": email, "password": password}
        answer = shop.client.post("/auth/login", json=form, environ_base={"REMOTE_ADDR": address})
        return answer.status_code

    def _advance(self, seconds: float) -> None:
        self.servers[0].advance(seconds)  # they share one clock

    def spray(self, accounts: int, minute: int) -> int:
        """One password over many accounts from one address; how many were looked at within a minute."""
        self._advance(61)
        mails = [f"user{number}@example.org" for number in range(accounts)]
        told = Counter(self._login(n, mail, f"Summer{minute}2026!", "203.0.113.66") for n, mail in enumerate(mails))
        assert set(told) <= {401, 429}, told
        return told[401]

    def guess(self, addresses: int) -> tuple[int, bool]:
        """Guess at one account from many addresses; how many were looked at, and whether its owner got in all the while."""
        self._advance(DAY + 1)
        looked, came_in = 0, True
        for number in range(addresses):
            looked += self._login(number, "ada@example.org", f"guess {number} of many", _address(number)) == 401
            if number % 100 == 99:
                self._advance(61)
                came_in &= self._login(number, "ada@example.org", PASSWORD, HOME) == 200
        return looked, came_in

    def forge(self, signatures: int) -> tuple[int, int, int]:
        """Forge that many signatures; how many passed, how many right ones between them did not, and the alarms mailed."""
        accepted = refused = 0
        for number in range(signatures):
            shop = self.servers[number % len(self.servers)]
            body = b'{"event":"transfer.success","data":{"id":%d}}' % number
            accepted += shop.post_webhook(body, f"{number:0128x}").status_code != 401
            if number % 100 == 0:
                refused += shop.post_webhook(body).status_code != 200
        for shop in self.servers:
            shop.run("lookForAlarms")
            shop.run("lookForAlarms")
        messages = self.servers[0].ours.records.messages.list_page(None, 100).items
        return accepted, refused, sum(each.kind == "alarm" for each in messages)

    def ask_for_keys(self, times: int) -> bool:
        """Ask, as strangers, for all keys of an admin; whether an operator still gets one, and so does the machine."""
        for number in range(times):
            shop = self.servers[number % len(self.servers)]
            form = {"permission_from": "admin1"}
            shop.client.post("/admin-keys/request", json=form, environ_base={"REMOTE_ADDR": _address(number)})
        shop = self.servers[0]
        self._advance(61)
        token = shop.ours.services.accounts.login("operator@example.org", PASSWORD, HOME).token
        for sent in (token, shop.ours.services.admin_keys.machine_token()):
            form, header = {"permission_from": "admin1"}, {"Authorization": f"Bearer {sent}"}
            if shop.client.post("/admin-keys/request", json=form, headers=header).status_code != 202:
                return False
        stranger = shop.client.post("/admin-keys/request", json={"permission_from": "admin1"})
        return stranger.status_code == 429


def _address(number: int) -> str:
    return f"100.64.{number // 250}.{number % 250 + 1}"


@contextmanager
def _two_servers(directory: Path, control: str | None) -> Iterator[list[Shop]]:
    """Over one database, clock and store; in the control over a store each. Passwords are hashed cheaply."""
    with ExitStack() as stack:
        stack.enter_context(silence())
        mailbox = stack.enter_context(running_smtp())
        settings: dict[str, Any] = {
            "rate_limits": "on",
            "mail_server": "127.0.0.1",
            "mail_port": mailbox.port,
            "store_url": stack.enter_context(running_redis()),
        }
        first = stack.enter_context(Shop(directory, **settings))
        other = {"store_url": stack.enter_context(running_redis())} if control else {}
        servers = [first, stack.enter_context(first.second(**other))]
        for shop in servers:
            hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
            shop.ours.services.accounts.check.passwords = Passwords(hasher)
        accounts = first.ours.services.accounts
        accounts.create("operator@example.org", PASSWORD, Role.OPERATOR)
        accounts.create("ada@example.org", PASSWORD, Role.CUSTOMER)
        for shop in servers:
            shop.ours.services.accounts.login("ada@example.org", PASSWORD, HOME)
        yield servers
