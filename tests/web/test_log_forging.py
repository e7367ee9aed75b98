"""No line of the log can be forged: whatever comes from outside starts none, and steers no terminal (ASVS 16.4.1)."""

import logging
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from flask_paystack.cli import start
from flask_paystack.errors import SettingsError
from flask_paystack.handover.receivers import SettledPayment
from flask_paystack.settings import Settings
from flask_paystack.settings_names import unknown_names
from flask_paystack.web import log
from tests.cli import command
from tests.processes import deploy, gunicorn
from tests.shop import Shop, settings_in, write_products
from tests.smtp import running_smtp
from tests.web.forging import BROKEN, FORGED, FORMATS, GUNICORNS, HOSTILE, WAYS_IN, listening, wrong_lines


@pytest.fixture
def forged_shop(tmp_path: Path) -> Iterator[Callable[[str], Shop]]:
    """A shop whose merchant, whose own code and whose mail server all say the same words."""
    with running_smtp() as mailbox, Shop(
        tmp_path,
        mail_server="127.0.0.1",
        mail_port=mailbox.port,
        notify_url="http://127.0.0.1:1/paid",
        notify_secret="whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0MTIz",
    ) as shop:  # fmt: skip
        shop.app.testing = False
        shop.ours.serving.begin = lambda: None  # type: ignore[method-assign]  # this process does not serve
        said = [""]

        @shop.ours.on_settled
        def grant(payment: SettledPayment) -> None:
            raise RuntimeError(said[0])

        def begin(words: str) -> Shop:
            said[0] = words
            mailbox.answer_recipient = "550 5.1.1 " + words.encode("ascii", "replace").decode()[:100]
            shop.begin_anew()
            return shop

        yield begin


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_that_comes_in_forges_a_line(forged_shop: Callable[[str], Shop], form: str) -> None:
    reached = Counter[str]()
    for name, words in HOSTILE.items():
        shop = forged_shop(words)
        for way in WAYS_IN:
            with listening(FORMATS[form]) as written:
                way(shop, words)
            assert wrong_lines(written.getvalue(), form) == [], f"{way.__name__}: {name}"
            reached[way.__name__] += written.getvalue().lower().count("forged")
    # Otherwise nothing was put to the test. Of a request only its method is logged as it came.
    assert all(reached[way.__name__] >= len(HOSTILE) - 2 for way in WAYS_IN), reached


def test_control_a_formatter_that_lets_everything_through_is_found(forged_shop: Callable[[str], Shop]) -> None:
    words = HOSTILE["cr lf"]
    with listening(BROKEN) as written:
        shop = forged_shop(words)
        for way in WAYS_IN:
            way(shop, words)

    assert any(each.startswith(FORGED) for each in written.getvalue().splitlines())
    assert wrong_lines(written.getvalue(), "text")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", HOSTILE)
def test_no_part_of_a_record_forges_a_line(name: str, form: str) -> None:
    words = HOSTILE[name]
    logger = logging.getLogger("flask_paystack.forging")
    with listening(FORMATS[form]) as written:
        logger.warning("event %s failed: %s", words, words, extra={"reference": words, "operator": words})
        logger.warning(words.replace("%", "%%"))
        try:
            raise ValueError(words) from OSError(words)
        except ValueError as error:
            error.add_note(words)
            logger.exception("it failed: %s", words)

    told = written.getvalue()
    assert told.count("forged") >= 5
    assert wrong_lines(told, form) == []
    assert told.encode()  # a log that UTF-8 cannot carry loses its line


@pytest.mark.parametrize("name", HOSTILE)
def test_control_each_hostile_text_is_found_where_it_is_let_through(name: str) -> None:
    with listening(BROKEN) as written:
        logging.getLogger("flask_paystack.forging").warning("event %s failed", HOSTILE[name])
    sound_as_they_are = {"per cent"}  # text of a URL, which nobody decodes on its way to a log
    lines = written.getvalue().replace(" WARNING ", " warning ")
    assert bool(wrong_lines(lines, "text")) is (name not in sound_as_they_are)


def problems_of(given: Mapping[str, Any]) -> list[str]:
    try:
        Settings.read(given)
    except SettingsError as refused:
        return refused.problems
    return []


@pytest.mark.parametrize("name", HOSTILE)
def test_no_setting_forges_a_line_of_a_refusal(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = HOSTILE[name]
    write_products(tmp_path)
    problems = list(unknown_names({f"PAYSTACK_{words}": "1"}, {f"MAIL_{words}": "1"}, ["MAIL_SERVER"]))
    for setting in Settings.model_fields:
        problems += problems_of({**settings_in(tmp_path), setting.upper(): words})

    assert len(problems) > 10
    with pytest.raises(SystemExit):
        start._refuse(problems)
    first, *rest = capsys.readouterr().err.removesuffix("\n").splitlines()
    assert first == "Flask-Paystack does not start:"
    assert len(rest) == len(problems)
    assert all(line.startswith("  - ") and not log.CONTROL.search(line) for line in rest)


ARGUMENTS = (
    "payments show {}",
    "payments verify {}",
    "payments list --status {}",
    "payments list --order {}",
    "payments list --email {}",
    "events show {}",
    "events list --reference {}",
    "messages resend {}",
    "handovers repeat {}",
    "users disable {}",
    "admin-keys issue {} --server http://127.0.0.1:1",
    "jobs run {}",
    "{}",
)


@pytest.mark.parametrize("name", sorted(HOSTILE.keys() - {"nul"}))
def test_no_argument_forges_a_line_of_a_command(name: str, shop: Shop) -> None:
    words = HOSTILE[name]
    for each in ARGUMENTS:
        printed = command(shop, *(part.replace("{}", words) for part in each.split(" "))).output
        assert not [line for line in printed.splitlines() if line.startswith(FORGED)], each
        assert "\x1b" not in printed, each


@pytest.mark.parametrize("form", FORMATS)
def test_what_a_real_server_writes_is_forged_by_no_bytes_on_the_wire(tmp_path: Path, form: str) -> None:
    """Also by those that gunicorn itself refuses and tells of."""
    deploy(tmp_path, log_format=form, jobs="off")
    with gunicorn(tmp_path) as (process, url):
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        for words in HOSTILE.values():
            raw = words.encode("utf-8", "surrogatepass")
            for request in (
                b"GET /" + raw + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                raw + b" /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                b"GET /auth/me HTTP/1.1\r\nHost: a\r\nUser-Agent: " + raw + b"\r\nConnection: close\r\n\r\n",
                b"GET /auth/me HTTP/1.1\r\nHost: a\r\n" + raw + b": a\r\nConnection: close\r\n\r\n",
            ):
                with socket.create_connection(address, timeout=10) as connection, suppress(ConnectionError):
                    connection.sendall(request)
                    while connection.recv(65536):
                        pass
        written = process.output

    lines = [each for each in written.splitlines() if not GUNICORNS.match(each)]
    assert len(lines) > 5  # ours
    assert len(written.splitlines()) > 3 * len(HOSTILE)
    assert "\n".join(wrong_lines("\n".join(lines), form)) == ""
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", written)
