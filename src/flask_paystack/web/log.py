"""Logs: lines for people in a terminal, JSON elsewhere; each with its request id, no input able to start a line."""

import json
import logging
import re
import sys
from datetime import UTC, datetime

from flask import g, has_request_context

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What starts a line, steers a terminal, turns the order of what is read around, or cannot be written as UTF-8."""
OURS = ("method", "route", "status", "ms", "address", "user", "operator", "code", "reference", "event_id", "job")
"""What a line may carry beside its words."""


def request_id() -> str | None:
    """The id of the request that is being handled; None outside of requests of ours."""
    found: str | None = g.get("paystack_request_id") if has_request_context() else None
    return found


def one_line(text: str) -> str:
    """``text`` with all that is ``CONTROL`` made visible."""
    return CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


class LinesForPeople(logging.Formatter):
    """``10:00:01 info  settled pay-…  [request id]``, tracebacks below."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        found = request_id()
        line = f"{at} {record.levelname.lower():<8}{one_line(record.getMessage())}"
        line += f"  [{found}]" if found else ""
        if not record.exc_info:
            return line
        # What an exception says may come from outside: a mark before each of its lines keeps it from passing for one of ours.
        told = self.formatException(record.exc_info)
        return "\n".join([line, *(f"    | {one_line(each)}" for each in told.split("\n"))])


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id(),
            **{name: getattr(record, name) for name in OURS if hasattr(record, name)},
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps({name: value for name, value in told.items() if value is not None})


def start(form: str) -> None:
    """Send this package's log lines to standard error. ``auto`` means for people when that is a terminal."""
    people = form == "text" or (form == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(LinesForPeople() if people else JsonLines())
    logger = logging.getLogger("flask_paystack")
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(logging.INFO)
