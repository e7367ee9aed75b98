"""What would forge a line of the log, the ways by which it comes in, and how a forged line is known."""

import io
import json
import logging
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests

from flask_paystack.web import log
from flask_paystack.web.log import JsonLines, LinesForPeople
from paystack_simulator import SimulatorAdapter
from tests.paystack.server import http, running_server
from tests.shop import EMAIL, PAYSTACK, Shop

FORGED = "12:00:00 info    forged"
HOSTILE = {
    "cr lf": f"a\r\n{FORGED}",
    "lf": f"a\n{FORGED}",
    "cr": f"a\r{FORGED}",
    "nul": f"a\x00{FORGED}",
    "line separator": f"a\u2028{FORGED}\u2029{FORGED}",
    "next line": f"a\x85{FORGED}",
    "vertical tab and form feed": f"a\x0b{FORGED}\x0c{FORGED}\x1c{FORGED}",
    "escape": f"a\x1b[2K\x1b[1A{FORGED}",
    "escape of eight bits": f"a\x9b2K{FORGED}",
    "title of the terminal": f"a\x1b]0;{FORGED}\x07\x7f\x08",
    "turned around": f"a\u202e{FORGED}\u2066",
    "lone surrogate": f"a\ud800{FORGED}\udfff",
    "long": f"a{'x' * 10_000}\n{FORGED}",
    "per cent": f"a%0d%0a{FORGED}",
    "format": f"a%s%d%(x)s{{0}}\n{FORGED}",
    "json": f'a"}}\n{{"level": "info", "message": "{FORGED}"}}',
}
FORMATS: Mapping[str, logging.Formatter] = {"text": LinesForPeople(), "json": JsonLines()}
OF_PEOPLE = re.compile(r"\d\d:\d\d:\d\d (debug|info|warning|error|critical) +|    \| ")
GUNICORNS = re.compile(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\] \[\d+\] \[[A-Z]+\] ")
"""A line of gunicorn's own."""
BROKEN = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
"""The control: a usual formatter, which lets everything through."""


def wrong_lines(written: str, form: str) -> list[str]:
    """Lines that are none of ours, or hold what steers a terminal. Whatever any reader may take for a line's end ends one."""
    return [each for each in written.splitlines() if not _is_sound(each, form)]


def _is_sound(line: str, form: str) -> bool:
    steers = any(unicodedata.category(each) in {"Cc", "Cs", "Zl", "Zp"} or each in "\u202e\u2066" for each in line)
    if form == "text":
        is_ours = OF_PEOPLE.match(line) is not None and not line.startswith(FORGED)
    else:
        try:
            is_ours = {"at", "level", "logger", "message"} <= json.loads(line).keys()
        except ValueError:
            is_ours = False
    return is_ours and not steers


@contextmanager
def listening(formatter: logging.Formatter) -> Iterator[io.StringIO]:
    """What our logger writes with ``formatter``."""
    logger = logging.getLogger("flask_paystack")
    before = logger.handlers, logger.propagate, logger.level
    log.start("json")
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    logger.handlers = [handler]
    try:
        yield written
    finally:
        logger.handlers, logger.propagate, logger.level = before


class Tampering(SimulatorAdapter):
    """Paystack, with some words in its answers replaced."""

    def __init__(self, shop: Shop, words: str, refuses: bool = False) -> None:
        super().__init__(shop.paystack)
        self._words, self._refuses = words, refuses

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        answer = super().send(request, *args, **kwargs)
        told = answer.json()
        told["message"] = self._words
        for each in told["data"] if isinstance(told.get("data"), list) else [told.get("data")]:
            if isinstance(each, dict):
                each.update(dict.fromkeys(("gateway_response", "message", "channel"), self._words))
        if self._refuses:
            told, answer.status_code = {"status": False, "message": self._words, "code": self._words}, 400
        answer._content = json.dumps(told).encode()
        return answer


@contextmanager
def _tampered(shop: Shop, words: str, refuses: bool = False) -> Iterator[None]:
    shop.session.mount(PAYSTACK, Tampering(shop, words, refuses))
    try:
        yield
    finally:
        shop.session.mount(PAYSTACK, SimulatorAdapter(shop.paystack))


def in_requests(shop: Shop, words: str) -> None:
    """Every part of a request that anybody chooses."""
    client, carried = shop.client, words.encode("utf-8", "surrogatepass").decode("latin-1")
    quoted = requests.utils.quote(words.encode("utf-8", "surrogatepass"))
    for path in (f"/pay/verify/{quoted}", f"/{quoted}?{quoted}", f"/pay/retry/{quoted}", f"/admin/payments/{quoted}"):
        client.get(path)
    for name in (
        "User-Agent",
        "Referer",
        "X-Request-ID",
        "X-Forwarded-For",
        "Origin",
        "Authorization",
        "X-Session-Token",
    ):
        client.get("/auth/me", environ_overrides={f"HTTP_{name.upper().replace('-', '_')}": carried})
    client.get("/healthz", environ_overrides={"REMOTE_ADDR": carried, "HTTP_HOST": "backend.test"})
    client.open("/pay/womaye-gsp", method=carried)
    for body in ({"email": words}, {"email": EMAIL, "order": words}, {"email": EMAIL, words: words}):
        _post(shop, "/pay/womaye-gsp", {"metadata": {"note": words}, **body})
    _post(shop, "/pay/womaye-gsp", {"email": EMAIL}, HTTP_IDEMPOTENCY_KEY=carried)
    _post(shop, "/auth/login", {"email": words, "password": words})
    _post(shop, "/auth/register", {"email": words, "password": words})
    _post(shop, "/admin-keys/request", {"permission_from": words})
    _post(shop, "/admin-keys/verify", {"id": words, "key": words})


def _post(shop: Shop, path: str, body: dict[str, Any], **environment: str) -> None:
    """In ASCII: a lone surrogate goes as its escape, as any client can send it."""
    data = json.dumps(body)
    shop.client.post(path, data=data, content_type="application/json", environ_overrides=environment)


def in_webhooks(shop: Shop, words: str) -> None:
    """Every part of an event that is signed as it should be."""
    for event, reference in ((words, words), ("charge.success", words), (words, "pay-1")):
        data = {"reference": reference, "status": words, "gateway_response": words, "domain": "test"}
        shop.post_webhook({"event": event, "data": data})
    shop.post_webhook({"event": words, "data": [words]})
    shop.post_webhook(b'{"event": ' + words.encode("utf-8", "surrogatepass"))
    shop.run("processEvents")


def in_answers_of_paystack(shop: Shop, words: str) -> None:
    """Refusals, and reasons of the bank."""
    reference = shop.open_payment()
    shop.customer_pays(reference, "declined")
    with _tampered(shop, words, refuses=True):
        shop.pay()
        shop.client.get(f"/pay/verify/{reference}")
        shop.advance(120)
        shop.run("pollPayments", "noticeFailures", "catchUp")
    with _tampered(shop, words):
        shop.client.get(f"/pay/verify/{reference}")
        shop.advance(3600)
        shop.run("pollPayments", "noticeFailures", "catchUp")


def in_answers_of_others(shop: Shop, words: str) -> None:
    """The mail server's no, the merchant's no, and what his function raises."""
    first_line = re.split(r"[\r\n]", words)[0] + words[1:].replace("\r", " ").replace("\n", " ")
    reason = first_line.encode("utf-8", "surrogatepass").decode("latin-1")
    shop.settled_payment()
    shop.run("sendMessages", "handOver")
    with running_server(http(b"", f"500 {reason[:400]}")) as merchant:
        shop.ours.wiring.handovers  # noqa: B018  made before its receiver is changed
        for receiver in shop.ours.wiring.receivers:
            if receiver.name == "NOTIFY_URL":
                receiver._url = merchant.url  # type: ignore[attr-defined]
        shop.settled_payment()
        shop.run("handOver")


WAYS_IN = (in_requests, in_webhooks, in_answers_of_paystack, in_answers_of_others)
