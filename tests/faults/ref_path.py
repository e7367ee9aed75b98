"""References that are paths: no request leaves ``/transaction/verify/<exact>``, and an answer must be about ours (FAULTS R27).

A Paystack that only records is asked by a gunicorn of ours. Odd references come in at ``GET /pay/verify/…``, as they are and
percent-encoded once and twice; and many of them also lie in the database, as they would after an import or an injection, so
that nothing but the client stands between them and the network. The recorder's answer tells of money for another reference:
nothing may settle by it.
"""

import argparse
import json
import random
import shutil
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import func, select

from flask_paystack.payments.model import Status, new_reference
from flask_paystack.records.database import Database
from flask_paystack.records.schema import payments
from tests.faults import Outcome, broken_references, crash_inbox, silence
from tests.faults.server import Gunicorn
from tests.paystack.server import http, running_server
from tests.paystack.test_references import ODD, PLAIN
from tests.wire import send

PIECES = [
    "..",
    ".",
    "/",
    "%2e",
    "%2f",
    "%",
    "?",
    "#",
    "&",
    "=",
    "a",
    "T1",
    ";",
    "\\",
    "//",
    ":",
    "@",
    " ",
    "\t",
    "é",
    "\u2025",
]
PIECES += ["transaction", "refund", "\x00", "\r\n", "|", "*", "~", "+", "％", "．"]
LONGEST_LINE = 4000
"""Beyond this gunicorn refuses the request line by itself."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--references", type=int, default=500, help="made up, beside those that are always tried")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--control", choices=sorted(broken_references.BREAKS))


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    with silence():
        return ask(options.references, options.seed, options.control)


def ask(references: int, seed: int = 1, control: str | None = None) -> Outcome:
    """Ask about odd references and plain ones, and look what was asked of Paystack."""
    chance = random.Random(seed)
    made_up = ["".join(chance.choices(PIECES, k=chance.randrange(1, 8))) for _ in range(references)]
    plain = [*PLAIN, *(new_reference() for _ in range(20))]
    odd = [each for each in dict.fromkeys([*ODD, *made_up]) if each not in plain]
    about_another = {"id": 1, "domain": "test", "status": "success", "reference": new_reference(), "amount": 500000}
    answer = http({"status": True, "message": "ok", "data": {**about_another, "currency": "NGN"}})
    application = f'tests.faults.broken_references:serving("{control}")' if control else "wsgi:app"
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="flask-paystack-fault-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        url = f"sqlite:///{directory}/payments.sqlite3"
        crash_inbox.open_payments(url, [*plain, *filter(_can_be_kept, odd)])
        recorder = stack.enter_context(running_server(answer))
        server = Gunicorn(directory, url, application, paystack_base_url=recorder.url, jobs="off")
        statuses: Counter[int] = Counter()
        strange = 0
        with server:
            for target in _targets([*odd, *plain]):
                status, told_of = _answer(server.port, target)
                statuses[status] += 1
                strange += (status >= 500 and status != 503) or (status < 300 and not _is_plain(told_of))
        settled = _count_settled(url)
        asked = list(recorder.requests)
    exact = {f"GET /transaction/verify/{quote(each, safe='')}" for each in [*plain, *filter(_is_plain, odd)]}
    left = [each for each in asked if each not in exact]
    numbers: dict[str, object] = {
        "references": len(odd) + len(plain),
        "requests": statuses.total(),
        "asked_of_paystack": len(asked),
        "left_their_path": len(left),
        "plain_ones_not_asked": len({f"GET /transaction/verify/{quote(each, safe='')}" for each in plain} - set(asked)),
        "settled_by_another": settled,
        "strange_answers": strange,
        **{f"of_{status}": count for status, count in sorted(statuses.items())},
    }
    ok = not left and strange == 0 and settled == 0 and numbers["plain_ones_not_asked"] == 0
    return Outcome(ok, numbers)


def _is_plain(reference: str) -> bool:
    """Whether it is one segment of a path by its characters alone, and may be asked for."""
    is_segment = reference.isascii() and all(each.isalnum() or each in ".=_-" for each in reference)
    return is_segment and 0 < len(reference) <= 100 and set(reference) != {"."}


def _can_be_kept(reference: str) -> bool:
    try:
        reference.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in reference and len(reference) <= 100 and reference != ""


def _targets(references: list[str]) -> list[str]:
    """Each as it is, where that can stand on a request line, encoded, with its dots encoded too, and encoded twice."""
    targets = []
    for each in references:
        encoded = quote(each.encode(errors="surrogatepass"), safe="")
        targets += [encoded, encoded.replace(".", "%2E"), quote(encoded, safe="")]
        if each.isascii() and each.isprintable() and " " not in each:
            targets.append(each)
    return [f"/pay/verify/{each}" for each in dict.fromkeys(targets)]


def _answer(port: int, target: str) -> tuple[int, str]:
    """The status of an answer, and the reference it tells of; 400 where the server hung up on what is no request line."""
    line = f"GET {target} HTTP/1.1\r\nHost: backend.test\r\nConnection: close\r\n\r\n".encode()
    try:
        answer = send(port, line)
    except (ConnectionError, TimeoutError) as error:
        if len(line) > LONGEST_LINE:
            return 400, ""
        raise AssertionError(target) from error
    return answer.status, str(json.loads(answer.body)["reference"]) if answer.status == 200 else ""


def _count_settled(url: str) -> int:
    database = Database(url)
    try:
        with database.reading() as connection:
            query = select(func.count()).where(payments.c.status != Status.PENDING)
            return int(connection.execute(query).scalar_one())
    finally:
        database.close()
