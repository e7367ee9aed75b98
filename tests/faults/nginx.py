"""nginx in front of a server of ours, with the lines that docs/deploying.md shows, TLS left out."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.patience import until
from tests.processes import status
from tests.servers import free_port

PAGE = Path(__file__).parent.parent.parent / "docs" / "deploying.md"
AROUND = """\
daemon off;
user root;
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/nginx-errors.log;
events {{ worker_connections 1024; }}
http {{
log_format asked '$request';
access_log {directory}/nginx-requests.log asked;
client_body_temp_path {directory}/nginx-bodies;
proxy_temp_path {directory}/nginx-proxied;
fastcgi_temp_path {directory}/nginx-fastcgi;
uwsgi_temp_path {directory}/nginx-uwsgi;
scgi_temp_path {directory}/nginx-scgi;
{server}
}}
"""


def asked(directory: Path) -> list[str]:
    """The first line of each request that nginx itself took for one, once it was answered."""
    log = directory / "nginx-requests.log"
    return log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []


def is_there() -> bool:
    """Whether this machine has nginx."""
    return shutil.which("nginx") is not None


def documented(port: int, upstream: int) -> str:
    """The first server of the page, listening at ``port`` without TLS, before a backend at ``upstream``."""
    shown = PAGE.read_text(encoding="utf-8").partition("```nginx\n")[2].partition("\nserver {")[0]
    lines = [line for line in shown.splitlines() if not line.strip().startswith("ssl_")]
    server = "\n".join(lines).replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    return server.replace("http://127.0.0.1:8000;", f"http://127.0.0.1:{upstream};")


@contextmanager
def before(directory: Path, upstream: int) -> Iterator[int]:
    """The port of an nginx that serves what is at the port ``upstream``; ended with the block."""
    port = free_port()
    with running(directory, documented(port, upstream)):
        until(lambda: status(f"http://127.0.0.1:{port}/healthz") == 200)
        yield port


@contextmanager
def running(directory: Path, servers: str) -> Iterator[None]:
    """An nginx with these servers, that may not have begun to serve; ended with the block."""
    configuration = directory / "nginx.conf"
    configuration.write_text(AROUND.format(directory=directory, server=servers), encoding="utf-8")
    command = ["nginx", "-p", str(directory), "-c", str(configuration), "-e", str(directory / "nginx-errors.log")]
    with (directory / "nginx.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)
