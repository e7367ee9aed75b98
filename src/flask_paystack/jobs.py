"""Every periodic job as a plain function, and their schedule.

Each is safe when two run at once, and a person can run it by hand: ``flask jobs run <name>``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask_paystack.accounts.service import Accounts
from flask_paystack.admin_keys.service import AdminKeys
from flask_paystack.expiring import ExpiringMap
from flask_paystack.handover.service import HandoverService
from flask_paystack.health.alarms import Alarms
from flask_paystack.mail.outbox import Outbox
from flask_paystack.payments.auto_retries import AutoRetries
from flask_paystack.payments.disputes import Disputes
from flask_paystack.payments.failures import FailureNotices
from flask_paystack.payments.poller import Poller
from flask_paystack.payments.refunds import Refunds
from flask_paystack.records.idempotency import IdempotencyRecords
from flask_paystack.sessions.service import Sessions
from flask_paystack.webhooks.catch_up import CatchUp
from flask_paystack.webhooks.leftovers import Leftovers
from flask_paystack.webhooks.service import Webhooks

MINUTE = timedelta(seconds=60)

PROCESS_EVENTS = "processEvents"
SEND_MESSAGES = "sendMessages"
HAND_OVER = "handOver"
BATCH = 20
"""Events, or hand-overs, in one run."""


@dataclass(frozen=True)
class Job:
    """Work on a timer.

    A ``local`` job runs in every process that serves, since it looks after what that process alone holds. A ``prompt`` one
    empties a queue: it is also woken the moment something was queued, and any number of processes may run it, as each piece
    of work is claimed under a lease. Every other job runs once in each period, whoever runs it.
    """

    name: str
    period: timedelta
    run: Callable[[], Any]
    """For a prompt job: does some work and returns how much (an int), 0 when none is due."""
    local: bool = False
    prompt: bool = False
    batch: int = 1
    """For a prompt job: a run that did less found no more that was due, and the next waits until it is woken."""
    next_lease_end: Callable[[], datetime | None] = lambda: None
    """For a prompt job: when work that another claimed comes back, should that one be dead."""


def remove_expired_keys(admin_keys: AdminKeys) -> int:
    """Remove access keys whose 50 seconds are over; how many. They were refused from their very first moment."""
    return admin_keys.remove_expired_keys()


def remove_expired_sessions(sessions: Sessions) -> int:
    """Remove session tokens whose ten minutes are over; how many."""
    return sessions.remove_expired_sessions()


def remove_expired_counters(counters: Iterable[ExpiringMap]) -> int:
    """Remove counts of requests, guesses and budgets whose time is over; how many."""
    return sum(each.remove_expired() for each in counters)


def sweeps(admin_keys: AdminKeys, sessions: Sessions, counters: Iterable[ExpiringMap], *, local: bool) -> list[Job]:
    """The jobs that free what has expired. ``local`` where the store lives in this process alone."""
    return [
        Job("removeExpiredKeys", MINUTE, partial(remove_expired_keys, admin_keys), local=local),
        Job("removeExpiredSessions", MINUTE, partial(remove_expired_sessions, sessions), local=local),
        Job("removeExpiredCounters", MINUTE, partial(remove_expired_counters, tuple(counters)), local=local),
    ]


def queues(webhooks: Webhooks, outbox: Outbox, handovers: HandoverService) -> list[Job]:
    """The jobs that empty a queue."""
    every = timedelta(seconds=5)
    return [
        Job(
            PROCESS_EVENTS,
            every,
            partial(webhooks.process_due, BATCH),
            prompt=True,
            batch=BATCH,
            next_lease_end=webhooks.next_lease_end,
        ),
        Job(SEND_MESSAGES, every, outbox.send_due, prompt=True, next_lease_end=outbox.next_lease_end),
        Job(
            HAND_OVER,
            every,
            partial(handovers.deliver_due, BATCH),
            prompt=True,
            batch=BATCH,
            next_lease_end=handovers.next_lease_end,
        ),
    ]


def rounds(
    poller: Poller,
    notices: FailureNotices,
    auto_retries: AutoRetries,
    refunds: Refunds,
    disputes: Disputes,
    catch_up: CatchUp,
    leftovers: Leftovers,
    alarms: Alarms,
    idempotency: IdempotencyRecords,
    accounts: Accounts,
    *,
    shortest: int,
    catch_up_every: int,
) -> list[Job]:
    """The jobs that make a round now and then. Nothing is due more often than every ``shortest`` seconds."""
    return [
        Job("pollPayments", timedelta(seconds=min(10, shortest)), poller.poll),
        Job("noticeFailures", timedelta(seconds=min(10, shortest)), notices.notice_due),
        Job("retryCharges", timedelta(seconds=30), auto_retries.try_due),
        Job("followRefunds", timedelta(hours=1), refunds.follow),
        Job("followDisputes", timedelta(hours=1), disputes.follow),
        Job("lookForAlarms", MINUTE, alarms.look),
        Job("catchUp", timedelta(seconds=catch_up_every), catch_up.run_and_count),
        Job("sealEvents", MINUTE, leftovers.seal),
        Job("removeExpiredIdempotencyKeys", timedelta(hours=1), idempotency.remove_expired),
        Job("removeExpiredRevocations", timedelta(hours=1), accounts.remove_expired),
    ]
