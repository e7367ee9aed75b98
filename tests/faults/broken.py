"""The controls: applications that do what looks right and is not. ``crash-inbox`` must catch each."""

import queue
import threading
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from flask_paystack.app import FlaskPaystack
from flask_paystack.cli.start import application
from flask_paystack.payments.model import Status
from flask_paystack.paystack import payloads
from flask_paystack.records import timeline
from flask_paystack.records.schema import payments
from flask_paystack.records.webhooks import Finished
from flask_paystack.web.services import EXTENSION


def ack_first() -> Flask:
    """Answers 200 before anything is kept, and works from a queue in memory."""
    app = application()
    waiting: queue.Queue[dict[str, Any]] = queue.Queue()
    inner = app.wsgi_app

    def work() -> None:
        client = app.test_client()
        while True:
            with_signature = waiting.get()
            app.wsgi_app = inner  # type: ignore[method-assign]
            try:
                client.post("/pay/webhook", **with_signature)
            finally:
                app.wsgi_app = outer  # type: ignore[method-assign]

    def outer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/pay/webhook" or environ["REMOTE_ADDR"] == "":
            return inner(environ, start_response)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        signature = environ["HTTP_X_PAYSTACK_SIGNATURE"]
        waiting.put({"data": body, "headers": {"x-paystack-signature": signature}})
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"OK"]

    app.wsgi_app = outer  # type: ignore[assignment, method-assign]
    threading.Thread(target=work, daemon=True).start()
    return app


def two_transactions() -> Flask:
    """Keeps what came, but has an event's effect in one transaction and marks it done in another, later one."""
    app = application()
    ours: FlaskPaystack = app.extensions[EXTENSION]
    database, webhooks = ours.records.database, ours.records.webhooks
    inbox: Any = ours.services.webhooks

    def process_due(limit: int = 20) -> int:
        claimed = webhooks.claim(limit, inbox._lease)
        finished = []
        for claim, event in claimed:
            read = payloads.read_event(event.body)
            transaction = payloads.read_transaction(read.data)
            payment = ours.records.payments.get(transaction.reference)
            if payment is not None:
                from flask_paystack.payments.settling import _entry

                with database.writing() as connection:
                    connection.execute(
                        payments.update().where(payments.c.reference == payment.reference).values(status=Status.SUCCESS)
                    )
                    entry = _entry("webhook", "settled", "Settled.", transaction)
                    timeline.write(connection, payment.reference, entry, ours.records.payments.now())
            finished.append(Finished(claim, event=read.name, reference=transaction.reference))
        for each in finished:
            webhooks.finish(each)
        return len(claimed)

    inbox.process_due = process_due
    job = ours.background.jobs["processEvents"]
    object.__setattr__(job, "run", process_due)
    return app
