"""How it starts, serves and ends, as real processes under gunicorn and ``flask``."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.patience import until
from tests.processes import (
    PATIENCE,
    completed,
    completed_together,
    configure,
    deploy,
    gunicorn,
    running,
    status,
    wait_until_answers,
)
from tests.servers import free_port
from tests.shop import EMAIL
from tests.wire import chunked, head, send

CANNOT_START = "Flask-Paystack does not start:"


def assert_refused(code: int, output: str, *words: str) -> None:
    """It ended with sentences, once, and without a traceback."""
    assert code == 3, output
    assert output.count(CANNOT_START) == 1, output
    for word in words:
        assert word in output
    assert "Traceback" not in output


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A deployed directory, and the address at which gunicorn serves it with ``memory://``."""
    directory = deploy(tmp_path_factory.mktemp("served"))
    with gunicorn(directory) as (_, url):
        yield directory, url


def test_gunicorn_serves_and_becomes_ready(served: tuple[Path, str]) -> None:
    _, url = served

    until(lambda: status(f"{url}/readyz") == 200, PATIENCE)
    assert requests.get(f"{url}/readyz", timeout=10).json()["checks"] == {"store": "ok", "database": "ok", "jobs": "ok"}


def test_no_other_process_serves_while_gunicorn_does_from_memory(served: tuple[Path, str]) -> None:
    """Neither a second gunicorn, nor ``flask run``, nor any other server that imports ``wsgi``."""
    directory, _ = served
    bind = f"127.0.0.1:{free_port()}"
    commands = (["gunicorn", "wsgi:app", "--bind", bind], ["flask", "run", "--port", str(free_port())], ["wsgi"])

    for code, output in completed_together(directory, *commands):
        assert_refused(code, output, "STORE_URL", "another process serves already", "redis://")


def test_the_command_line_works_beside_the_server(served: tuple[Path, str]) -> None:
    directory, url = served
    until(lambda: status(f"{url}/readyz") == 200, PATIENCE)

    code, listed = completed(directory, "flask", "jobs", "list")
    assert code == 0, listed
    rows = {line.split()[0]: line for line in listed.splitlines()}
    assert {"removeExpiredKeys", "removeExpiredSessions", "processEvents", "sendMessages", "handOver"} <= set(rows)
    assert "every    60 s" in rows["removeExpiredKeys"]
    assert "last: 20" in rows["processEvents"]

    assert completed(directory, "flask", "jobs", "run", "removeExpiredKeys") == (0, "removeExpiredKeys: 0\n")


def test_a_job_nobody_knows_is_refused_with_the_names_there_are(served: tuple[Path, str]) -> None:
    code, output = completed(served[0], "flask", "jobs", "run", "mintMoney")

    assert code == 2
    assert "There is no job of that name" in output
    assert "removeExpiredKeys" in output
    assert "Traceback" not in output


def test_body_limits_hold_under_gunicorn(served: tuple[Path, str]) -> None:
    """Chunked or announced, too long or too short: nothing is cut without a word."""
    port = int(served[1].rpartition(":")[2])
    good = json.dumps({"email": EMAIL}).encode()
    over = good + b" " * 70_000
    path = "/pay/unknown"

    answers = [
        send(port, head(path, "Transfer-Encoding: chunked"), chunked(good)),
        send(port, head(path, "Transfer-Encoding: chunked"), chunked(over)),
        send(port, head(path, f"Content-Length: {len(over)}"), over[:100]),
        send(port, head(path, f"Content-Length: {len(good) + 9}"), good),
        send(port, head(path, "Transfer-Encoding: chunked"), chunked(good)[:-5]),
    ]

    assert [answer.status for answer in answers] == [404, 413, 413, 400, 400]


@pytest.mark.parametrize("path", ["/pay/womaye-gsp", "/pay/webhook"])
def test_chunks_that_are_none_are_the_callers_fault_under_gunicorn_too(served: tuple[Path, str], path: str) -> None:
    port = int(served[1].rpartition(":")[2])

    answer = send(port, head(path, "Transfer-Encoding: chunked"), b"zz\r\n{}\r\n0\r\n\r\n")

    assert (answer.status, json.loads(answer.body)["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("request_line", "header", "status", "code"),
    [
        ("get /healthz HTTP/1.1", "", 400, "bad_request"),
        ("GET /healthz HTTP/9.9", "", 400, "bad_request"),
        ("GET /\0 HTTP/1.1", "", 400, "bad_request"),
        ("GET /healthz HTTP/1.1", "no colon", 400, "bad_request"),
        ("GET /healthz HTTP/1.1", "X: a\0b", 400, "bad_request"),
        ("POST /pay/webhook HTTP/1.1", "Transfer-Encoding: gzip-of-my-own", 400, "bad_request"),
        ("POST /pay/webhook HTTP/1.1", "Content-Length: -1", 400, "bad_request"),
        (f"GET /{'a' * 5000} HTTP/1.1", "", 414, "http_error"),
        ("GET /healthz HTTP/1.1", f"X: {'a' * 9000}", 431, "http_error"),
    ],
)
def test_what_gunicorn_refuses_is_told_in_the_one_shape(
    served: tuple[Path, str], request_line: str, header: str, status: int, code: str
) -> None:
    """It never reaches the application, and is no 5xx: gunicorn itself answers some of these with 501, all in HTML."""
    port = int(served[1].rpartition(":")[2])
    lines = [request_line, "Host: backend.test", *([header] if header else []), "", ""]

    answer = send(port, "\r\n".join(lines).encode("latin-1"))

    told = json.loads(answer.body)
    assert (answer.status, told["code"]) == (status, code)
    assert told["error"].endswith(".")
    assert answer.headers["x-request-id"]
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("size", [100_000, 1024 * 1024 + 1])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_who_sends_too_much_is_told_that_the_connection_ends(
    served: tuple[Path, str], size: int, *, is_chunked: bool
) -> None:
    """Or the next request on it would be lost without a word."""
    body = b"x" * size
    with requests.Session() as session:
        data = iter([body]) if is_chunked else body
        refused = session.post(f"{served[1]}/pay/webhook", data=data, timeout=10)
        after = session.post(f"{served[1]}/check-session", json={}, timeout=10)

    assert refused.status_code == (401 if size == 100_000 else 413)
    assert refused.headers["Connection"] == "close"
    assert after.status_code == 400


def test_what_a_proxy_on_this_machine_passes_on_may_not_read_the_numbers(served: tuple[Path, str]) -> None:
    """gunicorn hands every such header through to us."""
    _, url = served

    assert requests.get(f"{url}/metrics", timeout=10).status_code == 200
    for header in ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-IP"):
        assert requests.get(f"{url}/metrics", headers={header: "https"}, timeout=10).status_code == 401


def test_sigterm_ends_it_cleanly_and_neither_that_nor_a_kill_leaves_a_lock(tmp_path: Path) -> None:
    """A lock of the system's, not a file that lies about."""
    directory = deploy(tmp_path)
    with gunicorn(directory) as (process, url):
        until(lambda: status(f"{url}/readyz") == 200, PATIENCE)
        assert process.terminate(15) == 0
        assert "Traceback" not in process.output
    with gunicorn(directory) as (process, _):
        process.kill()
    with gunicorn(directory) as (process, _):
        assert process.popen.poll() is None


def test_two_workers_are_refused_from_memory(tmp_path: Path) -> None:
    code, output = completed(deploy(tmp_path), "gunicorn", "wsgi:app", "--workers", "2")

    assert_refused(code, output, "STORE_URL", "2 processes would each have their own")
    assert "Booting worker" not in output


def test_two_workers_serve_from_a_shared_store(tmp_path: Path) -> None:
    """The control of the refusal: same command, a store that both see."""
    directory = deploy(tmp_path, store_url=f"sqlite:///{tmp_path / 'store.sqlite3'}")
    with gunicorn(directory, "--workers", "2") as (process, url):
        until(lambda: process.output.count("Booting worker") == 2, PATIENCE)
        until(lambda: status(f"{url}/readyz") == 200, PATIENCE)
        assert process.terminate(15) == 0


def test_settings_that_cannot_be_used_are_told_in_sentences_and_nothing_is_tried_again(tmp_path: Path) -> None:
    deploy(tmp_path, paystack_secret_key=None, jwt_secret="change-me", limit_pay="often")

    commands = (["gunicorn", "wsgi:app"], ["flask", "run"], ["flask", "jobs", "list"], ["wsgi"])
    for code, output in completed_together(tmp_path, *commands):
        assert_refused(code, output, "PAYSTACK_SECRET_KEY is not set", "JWT_SECRET is weak", "LIMIT_PAY: ")
        assert "Booting worker" not in output


@pytest.mark.parametrize(("configuration", "workers"), [("gunicorn.conf.py", 0), ("empty.conf.py", 1)])
def test_a_missing_catalogue_is_told_once_by_gunicorn(configuration: str, workers: int, tmp_path: Path) -> None:
    """Found in the master, or without our configuration in a worker that gunicorn does not replace."""
    (deploy(tmp_path) / "products.toml").unlink()
    (tmp_path / "empty.conf.py").touch()

    serve = ["gunicorn", "-c", configuration, "wsgi:app", "--bind", f"127.0.0.1:{free_port()}"]
    code, output = completed(tmp_path, *serve)

    assert_refused(code, output, "PRODUCTS_FILE")
    assert output.count("Booting worker") == workers


def test_postgresql_is_upgraded_by_hand_and_only_then_served(tmp_path: Path, postgres_url: str) -> None:
    directory = deploy(tmp_path, database_url=postgres_url)

    code, output = completed(directory, "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{free_port()}")
    assert_refused(code, output, "flask db upgrade")

    code, output = completed(directory, "flask", "db", "upgrade")
    assert code == 0, output
    assert "it had none" in output

    with gunicorn(directory) as (process, url):
        until(lambda: status(f"{url}/readyz") == 200, PATIENCE)
        assert process.terminate(15) == 0


def test_flask_run_with_its_reloader_serves_from_one_of_its_two_processes(tmp_path: Path) -> None:
    """The process that only watches files takes no lock and starts no job, or its child could not serve."""
    directory, port = deploy(tmp_path), free_port()
    with running(directory, "flask", "run", "--debug", "--port", str(port)) as process:
        wait_until_answers(process, f"http://127.0.0.1:{port}")
        until(lambda: status(f"http://127.0.0.1:{port}/readyz") == 200, PATIENCE)
        assert CANNOT_START not in process.output


def test_where_jobs_are_off_the_server_is_ready_only_through_the_process_that_runs_them(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    directory = deploy(tmp_path, jobs="off", store_url=store)
    with gunicorn(directory) as (_, url):
        assert status(f"{url}/readyz") == 503
        configure(directory, store_url=store)
        with running(directory, "flask", "jobs", "start") as process:
            until(lambda: status(f"{url}/readyz") == 200, PATIENCE)
            assert process.terminate(15) == 0
            assert "Traceback" not in process.output
