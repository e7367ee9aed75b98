"""A real gunicorn on a real Unix socket, as nginx speaks to it without a network between them."""

import http.client
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.patience import until
from tests.processes import PATIENCE, ROOT, Process, deploy, running


class OverUnix(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("backend.test", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(10)
        self.sock.connect(str(self._path))


def ask(path: Path, route: str, **headers: str) -> int:
    connection = OverUnix(path)
    try:
        named = {name if name.isupper() else name.replace("_", "-"): each for name, each in headers.items()}
        connection.request("GET", route, headers=named)
        return connection.getresponse().status
    finally:
        connection.close()


@contextmanager
def served(directory: Path, **settings: str) -> Iterator[tuple[Path, Process]]:
    """gunicorn as it is configured here, on a socket whose path is short enough to be one."""
    deploy(directory, jobs="off", **settings)
    with TemporaryDirectory(prefix="fp") as short:
        path = Path(short, "s")
        with running(
            directory, "gunicorn", "wsgi:app", "--bind", f"unix:{path}", "--pythonpath", f".,{ROOT}"
        ) as server:

            def answers() -> bool:
                assert server.popen.poll() is None, server.output
                with suppress(OSError):
                    return ask(path, "/healthz") == 200
                return False

            until(answers, PATIENCE)
            yield path, server


def addresses(server: Process) -> list[str | None]:
    """Where each request for a payment came from, as the log has it."""
    lines = [json.loads(line) for line in server.output.splitlines() if line.startswith("{")]
    return [line.get("address") for line in lines if line.get("route") == "/pay/verify/<reference>"]


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX") or os.name != "posix", reason="no Unix sockets here")
def test_the_proxy_on_the_socket_tells_the_client_and_nobody_passes_for_this_machine(tmp_path: Path) -> None:
    with served(tmp_path, trusted_proxies="unix", rate_limits="on", limit_verify="1/min") as (path, server):
        client = {"X_Forwarded_For": "6.6.6.6, 203.0.113.7", "X_Forwarded_Proto": "https"}
        assert [ask(path, "/pay/verify/x", **client) for _ in range(2)] == [404, 429]
        assert ask(path, "/pay/verify/x", X_Forwarded_For="203.0.113.8") == 404
        assert ask(path, "/pay/verify/x") == 404, "of no address"
        for headers in ({}, {"X_Forwarded_For": "127.0.0.1"}, client):
            assert ask(path, "/metrics", **headers) == 401

        until(lambda: len(addresses(server)) == 4, PATIENCE)
        assert addresses(server) == ["203.0.113.7", "203.0.113.7", "203.0.113.8", None]


def test_without_the_word_unix_nothing_is_believed(tmp_path: Path) -> None:
    """Though gunicorn itself trusts whoever comes over a Unix socket."""
    with served(tmp_path, trusted_proxies="127.0.0.1", rate_limits="on", limit_verify="1/min") as (path, server):
        told = [ask(path, "/pay/verify/x", X_Forwarded_For=f"203.0.113.{number}") for number in range(3)]
        assert told == [404, 429, 429], "all are of no address, and share one limit"
        assert ask(path, "/metrics", X_Forwarded_For="127.0.0.1") == 401
        assert ask(path, "/healthz", SCRIPT_NAME="/elsewhere") == 200, "gunicorn's own headers mean nothing either"
        until(lambda: len(addresses(server)) == 3, PATIENCE)
        assert addresses(server) == [None] * 3
