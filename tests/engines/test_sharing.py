"""What one server knows, every process of every server knows: sessions, limits, and how often a key was guessed at."""

import json
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from itertools import chain, cycle
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import requests

from tests.engines.conftest import VERIFY_LIMIT, Deployment
from tests.patience import until

CLIENTS = 32
WRONG = re.compile(r"A wrong access key for admin1 was tried: guess (\d+) of 5")


class Clients:
    """Threads that post at once, each over connections of its own, to each server in turn."""

    def __init__(self, urls: Iterable[str]) -> None:
        self._addresses = [urlsplit(url).netloc for url in urls]

    def post(self, path: str, bodies: list[dict[str, str]]) -> list[int]:
        """The statuses that ``bodies`` were answered with, in some order."""
        shares = [bodies[number::CLIENTS] for number in range(min(CLIENTS, len(bodies)))]
        with ThreadPoolExecutor(len(shares)) as threads:
            return list(chain.from_iterable(threads.map(lambda share: self._post(path, share), shares)))

    def _post(self, path: str, bodies: list[dict[str, str]]) -> list[int]:
        statuses = []
        with ExitStack() as stack:
            servers = [HTTPConnection(each, timeout=30) for each in self._addresses]
            for server in servers:
                stack.callback(server.close)
            for server, body in zip(cycle(servers), bodies, strict=False):
                server.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
                answer = server.getresponse()
                answer.read()
                statuses.append(int(answer.status))
        return statuses


def ask(url: str, path: str, method: str = "GET", **more: Any) -> requests.Response:
    return requests.request(method, url + path, timeout=30, **more)


def mailed_key(servers: Deployment, url: str) -> tuple[str, str]:
    """Ask a server for a key; its id, and the key out of the mail."""
    before = len(servers.mailbox.received)
    answer = ask(url, "/admin-keys/request", "POST", json={"permission_from": "admin1"})
    assert answer.status_code == 202, answer.text
    until(lambda: len(servers.mailbox.received) > before)
    body = servers.mailbox.received[-1].get_body(("plain",))
    assert body is not None
    found = re.search(r"\b[0-9]{6}\b", body.get_content())
    assert found is not None
    return answer.json()["id"], found[0]


def wrong_keys(right: str) -> list[str]:
    return [f"{number:06d}" for number in range(1001) if f"{number:06d}" != right]


def test_of_a_thousand_parallel_guesses_five_are_evaluated(two_servers: Deployment) -> None:
    """The line is written where a key was compared, and nowhere else. Two servers, four processes each, 32 clients."""
    id, right = mailed_key(two_servers, two_servers.urls[0])  # noqa: A001
    before = len(WRONG.findall(two_servers.log))
    clients = Clients(two_servers.urls)

    answers = clients.post("/admin-keys/verify", [{"id": id, "key": key} for key in wrong_keys(right)[:1000]])

    assert answers == [400] * 1000
    evaluated = WRONG.findall(two_servers.log)[before:]
    assert sorted(evaluated) == ["1", "2", "3", "4", "5"]
    refused = clients.post("/admin-keys/verify", [{"id": id, "key": right}] * 100)
    assert refused == [400] * 100, "It is the right key, and nobody looks any more."


@pytest.mark.parametrize(("wrong_before", "sessions"), [(4, 1), (5, 0)])
def test_the_fifth_guess_still_counts_and_the_sixth_does_not(
    two_servers: Deployment, wrong_before: int, sessions: int
) -> None:
    """A hundred clients come with the right key at once, after so many wrong ones."""
    id, right = mailed_key(two_servers, two_servers.urls[1])  # noqa: A001
    clients = Clients(two_servers.urls)
    for key in wrong_keys(right)[:wrong_before]:
        assert clients.post("/admin-keys/verify", [{"id": id, "key": key}]) == [400]

    answers = clients.post("/admin-keys/verify", [{"id": id, "key": right}] * 100)

    assert answers.count(201) == sessions
    assert answers.count(400) == 100 - sessions


def open_session(servers: Deployment) -> str:
    id, key = mailed_key(servers, servers.urls[0])  # noqa: A001
    answer = ask(servers.urls[1], "/admin-keys/verify", "POST", json={"id": id, "key": key})
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["session_token"]
    return token


def test_a_session_opened_at_one_server_holds_and_ends_at_every_process(two_servers: Deployment) -> None:
    token = open_session(two_servers)
    body = {"session_token": token}
    clients = Clients(two_servers.urls)
    assert set(clients.post("/check-session", [body] * 64)) == {200}

    ended = ask(two_servers.urls[0], "/sessions", "DELETE", headers={"X-Session-Token": token})

    assert ended.status_code == 204
    assert set(clients.post("/check-session", [body] * 64)) == {400}


def test_a_token_that_was_logged_out_at_one_server_is_refused_at_the_other(two_servers: Deployment) -> None:
    here, there = two_servers.urls
    credentials = {"email": "zoe@example.org", "password": "correct horse battery"}
    token = ask(here, "/auth/register", "POST", json=credentials).json()["access_token"]
    header = {"Authorization": f"Bearer {token}"}
    assert ask(there, "/auth/me", headers=header).status_code == 200

    assert ask(here, "/auth/logout", "POST", headers=header).status_code == 204

    assert {ask(there, "/auth/me", headers=header).status_code for _ in range(16)} == {401}


def test_a_limit_is_one_limit_over_all_processes(two_servers: Deployment) -> None:
    path = "/pay/verify/pay-unknown"
    urls = cycle(two_servers.urls)

    def get() -> int:
        return ask(next(urls), path).status_code

    answers = _all(get, 3 * VERIFY_LIMIT)

    assert answers.count(404) == VERIFY_LIMIT
    assert answers.count(429) == 2 * VERIFY_LIMIT


def _all(act: Callable[[], int], times: int) -> list[int]:
    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(lambda _: act(), range(times)))


def test_eight_processes_stay_below_the_connections_that_postgresql_gives(two_servers: Deployment) -> None:
    with psycopg.connect(two_servers.database_url) as connection:
        most = connection.execute("SHOW max_connections").fetchone()
        used = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()").fetchone()
    assert most == ("100",)
    assert used is not None
    assert used[0] <= 8 * 7 + 1


def test_what_was_forked_from_a_used_engine_meets_no_protocol_error(two_servers: Deployment) -> None:
    """Four thousand questions to the database and to Redis, at the preloaded server, after all that came before."""
    clients = Clients(two_servers.urls[1:])
    sessions = clients.post("/check-session", [{"session_token": "x" * 43}] * 2000)
    webhooks = clients.post("/pay/webhook", [{"event": "charge.success"}] * 2000)

    assert set(sessions) == {400}
    assert set(webhooks) == {401}
    with ThreadPoolExecutor(CLIENTS) as threads:
        ready = list(threads.map(lambda _: ask(two_servers.urls[1], "/readyz").status_code, range(500)))
    assert set(ready) == {200}
    assert "Traceback" not in two_servers.log
