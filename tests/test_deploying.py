"""The files that docs/deploying.md shows are what nginx, systemd and Prometheus take, and do what the page says."""

import configparser
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import yaml

from tests.faults import nginx
from tests.faults.pair import started
from tests.machine import needs
from tests.patience import until
from tests.servers import free_port
from tests.shop import signed
from tests.smtp import self_signed

PAGE = nginx.PAGE.read_text(encoding="utf-8")


def shown(language: str) -> str:
    """The page's one block of this language."""
    [block] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(block)


def changed(text: str, *changes: tuple[str, str]) -> str:
    """``text`` with each of these, which must be there, replaced."""
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return text


class Front:
    """nginx as the page has it, with TLS, before a real gunicorn."""

    def __init__(self, secure: str, plain: str, certificate: Path) -> None:
        self.secure, self.plain, self.certificate = secure, plain, certificate

    def ask(self, path: str, method: str = "GET", **how: object) -> requests.Response:
        """Over TLS, which is verified."""
        return requests.request(
            method,
            self.secure + path,
            verify=str(self.certificate),
            allow_redirects=False,
            timeout=10,
            **how,  # type: ignore[arg-type]
        )


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    needs("nginx", nginx.require)
    directory = tmp_path_factory.mktemp("front")
    _, certificate = self_signed(directory)
    secure, plain = free_port(), free_port()
    with started(directory, 1, jobs="off", trusted_proxies="127.0.0.1", public_url="https://pay.example.com") as [
        server
    ]:
        servers = changed(
            shown("nginx"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
            ("listen 80;", f"listen 127.0.0.1:{plain};"),
            ("/etc/letsencrypt/live/pay.example.com/fullchain.pem", str(certificate)),
            ("/etc/letsencrypt/live/pay.example.com/privkey.pem", str(directory / "key.pem")),
            ("http://127.0.0.1:8000;", f"{server.url};"),
        )
        with nginx.serving(directory, servers):
            there = Front(f"https://127.0.0.1:{secure}", f"http://127.0.0.1:{plain}", certificate)
            until(lambda: answers(there))
            yield there


def answers(front: Front) -> bool:
    try:
        return front.ask("/healthz").status_code == 200
    except requests.ConnectionError:
        return False


def test_over_tls_the_backend_answers_and_asks_for_tls_ever_after(front: Front) -> None:
    answer = front.ask("/healthz")

    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"]), "nginx's own id"


def test_over_tls_a_signed_webhook_is_kept_as_it_came(front: Front) -> None:
    body = '{"event": "test.kept", "data": {"name": "Zoë"}}'.encode()
    headers = {"Content-Type": "application/json", "x-paystack-signature": signed(body)}

    assert front.ask("/pay/webhook", "POST", data=body, headers=headers).status_code == 200
    assert front.ask("/pay/webhook", "POST", data=body + b" ", headers=headers).status_code == 401


def test_numbers_are_told_to_nobody_outside(front: Front) -> None:
    assert front.ask("/metrics").status_code == 403


def test_without_tls_only_people_are_led_on(front: Front) -> None:
    page = requests.get(f"{front.plain}/pay/retry/x", allow_redirects=False, timeout=10)

    assert page.status_code == 301
    assert page.headers["Location"].startswith("https://")
    assert requests.post(f"{front.plain}/pay/webhook", data=b"{}", timeout=10).status_code == 403


def test_systemd_takes_the_unit_and_may_write_where_the_database_is(tmp_path: Path) -> None:
    home = tmp_path / "flask-paystack"
    program = home / ".venv" / "bin" / "gunicorn"
    program.parent.mkdir(parents=True)
    program.touch(0o755)
    text = changed(shown("ini"), ("/srv/flask-paystack", str(home)))
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text)

    assert unit["Service"]["ReadWritePaths"] == f"{unit['Service']['WorkingDirectory']}/instance"
    assert unit["Service"]["ExecStart"].split()[:2] == [str(program), "wsgi:app"]
    if verify := shutil.which("systemd-analyze"):
        file = tmp_path / "flask-paystack.service"
        file.write_text(text, encoding="utf-8")
        done = subprocess.run([verify, "verify", "--man=no", str(file)], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_prometheus_takes_the_scrape_and_asks_where_nginx_answers(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.touch()
    text = changed(shown("yaml"), ("/etc/prometheus/flask-paystack.token", str(token)))
    [scrape] = yaml.safe_load(text)["scrape_configs"]

    assert scrape["scheme"] == "https"
    assert scrape["authorization"] == {"credentials_file": str(token)}
    assert scrape["static_configs"] == [{"targets": ["pay.example.com"]}]
    assert "server_name pay.example.com;" in shown("nginx")
    if promtool := shutil.which("promtool"):
        file = tmp_path / "prometheus.yml"
        file.write_text(text, encoding="utf-8")
        done = subprocess.run([promtool, "check", "config", str(file)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
