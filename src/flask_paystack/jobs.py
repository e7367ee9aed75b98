"""Every periodic job as a plain function, and their schedule.

Each is safe when two run at once, and a person can run it by hand: ``flask jobs run <name>``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask_paystack.expiring import ExpiringMap
from flask_paystack.handover.service import HandoverService
from flask_paystack.mail.outbox import Outbox
from flask_paystack.records.idempotency import IdempotencyRecords
from flask_paystack.web.limits import Limits
from flask_paystack.webhooks.service import Webhooks

MINUTE = timedelta(seconds=60)

PROCESS_EVENTS = "processEvents"
SEND_MESSAGES = "sendMessages"
HAND_OVER = "handOver"


@dataclass(frozen=True)
class Job:
    """Work on a timer.

    A ``local`` job runs in every process that serves, since it looks after what that process alone holds. A ``prompt`` one
    empties a queue: it is also woken the moment something was queued, and any number of processes may run it, as each piece
    of work is claimed under a lease. Every other job runs once in each period, whoever runs it.
    """

    name: str
    period: timedelta
    run: Callable[[], object]
    """For a prompt job: does some work and returns how much, 0 when none is due."""
    local: bool = False
    prompt: bool = False


def remove_expired_keys(access_keys: ExpiringMap) -> int:
    """Remove access keys whose 50 seconds are over; how many. They were refused from their very first moment."""
    return access_keys.remove_expired()


def remove_expired_sessions(session_tokens: ExpiringMap) -> int:
    """Remove session tokens whose ten minutes are over; how many."""
    return session_tokens.remove_expired()


def sweeps(
    access_keys: ExpiringMap, session_tokens: ExpiringMap, counters: Callable[[], int], *, local: bool
) -> list[Job]:
    """The jobs that free what has expired. ``local`` where the store lives in this process alone."""
    return [
        Job("removeExpiredKeys", MINUTE, lambda: remove_expired_keys(access_keys), local=local),
        Job("removeExpiredSessions", MINUTE, lambda: remove_expired_sessions(session_tokens), local=local),
        Job("removeExpiredCounters", MINUTE, counters, local=local),
    ]


def shared_jobs(
    webhooks: Webhooks, outbox: Outbox, handovers: HandoverService, idempotency: IdempotencyRecords
) -> list[Job]:
    """The jobs that work on the records."""
    return [
        Job(PROCESS_EVENTS, timedelta(seconds=5), webhooks.process_due, prompt=True),
        Job(SEND_MESSAGES, timedelta(seconds=5), outbox.send_due, prompt=True),
        Job(HAND_OVER, timedelta(seconds=5), handovers.deliver_due, prompt=True),
        Job("removeExpiredIdempotencyKeys", timedelta(hours=1), idempotency.remove_expired),
    ]


def counters_sweep(*maps: ExpiringMap, limits: Limits) -> Callable[[], int]:
    """One sweep over every counter."""
    return lambda: limits.remove_expired() + sum(each.remove_expired() for each in maps)
