"""The controls: applications that do what looks right and is not. ``crash-inbox`` must catch each."""

import queue
import threading
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from flask_paystack.app import FlaskPaystack
from flask_paystack.cli.start import application
from flask_paystack.payments.model import Entry, Status
from flask_paystack.paystack import payloads
from flask_paystack.records import timeline
from flask_paystack.records.schema import payments
from flask_paystack.records.webhooks import Finished
from flask_paystack.web.services import EXTENSION

OURSELVES = "queue"
"""Stands for the address of who works off the queue."""


def ack_first() -> Flask:
    """Answers 200 before anything is kept, and works from a queue in memory."""
    app = application()
    waiting: queue.Queue[dict[str, Any]] = queue.Queue()
    inner = app.wsgi_app

    def work() -> None:
        client = app.test_client()
        while True:
            client.post("/pay/webhook", **waiting.get(), environ_base={"REMOTE_ADDR": OURSELVES})

    def outer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/pay/webhook" or environ["REMOTE_ADDR"] == OURSELVES:
            return inner(environ, start_response)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        waiting.put({"data": body, "headers": {"x-paystack-signature": environ["HTTP_X_PAYSTACK_SIGNATURE"]}})
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"OK"]

    app.wsgi_app = outer  # type: ignore[assignment, method-assign]
    threading.Thread(target=work, daemon=True).start()
    return app


def two_transactions() -> Flask:
    """Keeps what came, and settles and marks in two transactions."""
    app = application()
    settle_and_mark_apart(app.extensions[EXTENSION])
    return app


def settle_and_mark_apart(ours: FlaskPaystack) -> None:
    """Let events have their effect first, and be marked done in other transactions later."""
    records = ours.records
    inbox: Any = ours.services.webhooks

    def settle(reference: str) -> None:
        with records.database.writing() as connection:
            found = payments.c.reference == reference
            connection.execute(payments.update().where(found).values(status=Status.SUCCESS))
            timeline.write(connection, reference, Entry("webhook", "settled", "Settled."), records.payments.now())

    def process_due(limit: int = 20) -> int:
        finished = []
        for claim, event in records.webhooks.claim(limit, inbox._lease):
            told = payloads.read_transaction(payloads.read_event(event.body).data)
            settle(told.reference)
            finished.append(Finished(claim, event="charge.success", reference=told.reference))
        for each in finished:
            records.webhooks.finish(each)
        return len(finished)

    object.__setattr__(ours.background.jobs["processEvents"], "run", process_due)
