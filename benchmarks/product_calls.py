"""Every question and act that the records know, as a shop asks and acts."""

import inspect
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.big_shop import Size, reference
from flask_paystack.accounts.model import Login, Role, SecondFactor, User
from flask_paystack.errors import NotAllowed
from flask_paystack.health.model import Incident
from flask_paystack.mail.model import Message
from flask_paystack.payments.model import Entry, Payment, Status, Wanted
from flask_paystack.paystack.model import ProviderDispute, ProviderRefund
from flask_paystack.records import pruning
from flask_paystack.records.auto_retries import Plan, keep
from flask_paystack.records.second_factors import SecondFactorRecords
from flask_paystack.records.stores import Records
from flask_paystack.records.webhooks import Finished

LEASE = timedelta(seconds=60)
ENTRY = Entry("webhook 1", "settled", "Settled.")

Calls = dict[str, list[Callable[[], object]]]


def public_methods(records: Records) -> set[str]:
    """Every question and act that the records know, as ``payments.open``; ``now`` asks nobody."""
    found = set()
    for each in fields(records):
        store = getattr(records, each.name)
        names = {name for name, _ in inspect.getmembers(store, inspect.ismethod) if not name.startswith("_")}
        found |= {f"{each.name}.{name}" for name in names - {"now"} if each.name != "database"}
    return found


def calls(records: Records, size: Size, now: datetime) -> Calls:
    """Each method with what it is given in the life of a shop."""
    return {
        **_payment_calls(records, size, now),
        **_refund_calls(records),
        **_inbox_calls(records, size),
        **_dispute_calls(records, now),
        **_auto_retry_calls(records, now),
        **_queue_calls(records),
        **_account_calls(records, now),
        **_other_calls(records, now),
    }


def _payment_calls(records: Records, size: Size, now: datetime) -> Calls:
    payments = records.payments
    pending = [reference(number) for number in range(size.payments - 2002, size.payments - 1000) if number % 20 == 17]
    new = Payment("pay-new", "order-new", "womaye-gsp", "zoe@example.org", 500000, "NGN", Status.PENDING, now, now)
    paid = {"channel": "card", "paid_amount": 500000, "paid_at": now, "next_check_at": None}
    receipt = Message("receipt.new", "receipt", "zoe@example.org", {}, pending[0])
    month = now - timedelta(days=30)
    lists = [
        Wanted(),
        *(Wanted(status=status) for status in Status),
        Wanted(order="order-77"),
        Wanted(email="user9@example.org"),
        Wanted(email="nobody@example.org", status=Status.SUCCESS),
        Wanted(user_id="0" * 32),
        Wanted(since=month, until=month + timedelta(days=1)),
        Wanted(status=Status.QUARANTINED, since=month, until=now),
    ]
    return {
        "payments.open": [lambda: payments.open(new, ENTRY)],
        "payments.get": [lambda: payments.get(pending[0])],
        "payments.settle": [lambda: payments.settle(pending[0], paid, ENTRY, receipt)],
        "payments.step": [lambda: payments.step(pending[1], Status.FAILED, {"next_check_at": None}, ENTRY)],
        "payments.note": [lambda: payments.note(pending[2], ENTRY, {"message": "Declined."})],
        "payments.claim_question": [lambda: payments.claim_question(pending[3], timedelta(seconds=3), LEASE)],
        "payments.claim_next_check": [lambda: payments.claim_next_check(timedelta(seconds=3), LEASE)],
        "payments.reschedule": [lambda: payments.reschedule(pending[4], now)],
        "payments.list_unnoticed": [lambda: payments.list_unnoticed(now, 50)],
        "payments.notice": [lambda: payments.notice(pending[5], now, ENTRY, [])],
        "payments.list_attempts": [lambda: payments.list_attempts("womaye-gsp", "order-5")],
        "payments.list_page": [_pages(payments.list_page, wanted=each) for each in lists],
        "payments.paid_reference": [lambda: payments.paid_reference("womaye-gsp", "order-5")],
        "payments.list_timeline": [lambda: payments.list_timeline(reference(5))],
    }


def _pages(list_page: Callable[..., Any], **wanted: Any) -> Callable[[], object]:
    def turn() -> None:
        first = list_page(None, 20, **wanted)
        if first.next:
            list_page(first.next, 20, **wanted)

    return turn


def _refund_calls(records: Records) -> Calls:
    refunds, found = records.refunds, ProviderRefund("9", "processed", 1000, "NGN")
    asked = refunds.request(reference(1), 1000, 500000, "admin1")

    def refused() -> None:
        try:
            refunds.request(reference(1), 1000, 500000, "admin1")
        except NotAllowed:
            return

    return {
        "refunds.request": [refused],
        "refunds.answered": [lambda: refunds.answered(asked, "pending", ENTRY, found)],
        "refunds.take_in": [lambda: refunds.take_in(reference(1), [found], "NGN", "webhook 1")],
        "refunds.list_refunds": [lambda: refunds.list_refunds(reference(1))],
        "refunds.list_unended": [lambda: refunds.list_unended(50)],
        "refunds.restore": [lambda: refunds.restore(reference(1))],
    }


def _inbox_calls(records: Records, size: Size) -> Calls:
    inbox = records.webhooks
    claims = [claim for claim, _ in inbox.claim(4, LEASE)]
    states = ("waiting", "done", "dead", "kept", "unmatched", "unreadable")
    return {
        "webhooks.keep": [lambda: inbox.keep(b"new", {}), lambda: inbox.keep(b"new", {})],
        "webhooks.take_up": [lambda: inbox.take_up(b"missed", {}), lambda: inbox.take_up(b"missed", {})],
        "webhooks.is_known": [lambda: inbox.is_known(b"missed")],
        "webhooks.replay_repeated": [lambda: inbox.replay_repeated(b"new", ["refund.processed"])],
        "webhooks.next_lease_end": [inbox.next_lease_end],
        "webhooks.claim": [lambda: inbox.claim(20, LEASE)],
        "webhooks.finish": [lambda: inbox.finish(Finished(claims[0]))],
        "webhooks.give_up": [lambda: inbox.give_up(Finished(claims[1], "dead"), [])],
        "webhooks.put_back": [lambda: inbox.put_back(claims[2], "again", datetime.now(UTC))],
        "webhooks.wait": [lambda: inbox.wait(claims[3], "its turn", datetime.now(UTC))],
        "webhooks.replay": [lambda: inbox.replay(size.events // 2)],
        "webhooks.replay_failed": [inbox.replay_failed],
        "webhooks.get": [lambda: inbox.get(size.events // 2)],
        "webhooks.list_page": [
            _pages(inbox.list_page),
            *(_pages(inbox.list_page, state=state) for state in states),
            _pages(inbox.list_page, reference=reference(5)),
            _pages(inbox.list_page, state="done", reference=reference(5)),
        ],
    }


def _dispute_calls(records: Records, now: datetime) -> Calls:
    disputes = records.disputes
    ((claim, _),) = records.webhooks.claim(1, LEASE)
    found = ProviderDispute("1", "pending", None, "chargeback", 1000, "NGN", now, None, now, None)
    return {
        "disputes.take_in": [lambda: disputes.take_in(reference(1), found, ENTRY, [], Finished(claim))],
        "disputes.list_unreturned": [lambda: disputes.list_unreturned(now - timedelta(days=30), 50)],
        "disputes.list_disputes": [lambda: disputes.list_disputes(reference(1))],
    }


def _queue_calls(records: Records) -> Calls:
    messages, handovers = records.messages, records.handovers
    mails = [claim for claim, _ in messages.claim(4, LEASE)]
    told = [claim for claim, _ in handovers.claim(4, LEASE)]
    states = ("waiting", "done", "dead")
    return {
        "messages.add": [lambda: messages.add(Message("new", "receipt", "zoe@example.org", {}))],
        "messages.next_lease_end": [messages.next_lease_end],
        "messages.claim": [lambda: messages.claim(20, LEASE)],
        "messages.sent": [lambda: messages.sent(mails[0])],
        "messages.failed": [
            lambda: messages.failed(mails[1], "no", None),
            lambda: messages.failed(mails[2], "no", datetime.now(UTC)),
        ],
        "messages.resend": [lambda: messages.resend(77)],
        "messages.get": [lambda: messages.get(77)],
        "messages.list_page": [
            _pages(messages.list_page),
            *(_pages(messages.list_page, state=state) for state in states),
            _pages(messages.list_page, reference=reference(5)),
        ],
        "handovers.next_lease_end": [handovers.next_lease_end],
        "handovers.pass_over": [lambda: handovers.pass_over(2)],
        "handovers.claim": [lambda: handovers.claim(20, LEASE)],
        "handovers.accepted": [lambda: handovers.accepted(told[0], ["url"])],
        "handovers.refused": [
            lambda: handovers.refused(told[1], [], "no", None),
            lambda: handovers.refused(told[2], [], "no", datetime.now(UTC)),
        ],
        "handovers.repeat": [lambda: handovers.repeat("evt_unknown")],
        "handovers.get_by_reference": [lambda: handovers.get_by_reference(reference(5))],
        "handovers.list_page": [
            _pages(handovers.list_page),
            *(_pages(handovers.list_page, state=state) for state in states),
        ],
    }


def _auto_retry_calls(records: Records, now: datetime) -> Calls:
    plans = records.auto_retries
    failed = list(range(17, 100, 20))
    with records.database.writing() as connection:
        for number in failed:
            payment = Payment(
                reference(number), f"order-{number}", "womaye-gsp", "u@example.org", 1, "NGN", Status.FAILED, now, now
            )
            keep(connection, Plan(payment.reference, reference(1), now, now), payment, now)
    claims = [found[0] for _ in failed[:3] if (found := plans.claim(LEASE)) is not None]
    again = Payment("pay-again", "order-17", "womaye-gsp", "u@example.org", 1, "NGN", Status.PENDING, now, now)
    line = Entry("auto retry", "told", "Tried again.")
    return {
        "auto_retries.claim": [lambda: plans.claim(LEASE)],
        "auto_retries.begin": [lambda: plans.begin(claims[0], again, line, line)],
        "auto_retries.put_off": [lambda: plans.put_off(claims[1], now, "waits", (reference(37), line))],
        "auto_retries.finish": [lambda: plans.finish(claims[2], reference(57), line)],
        "auto_retries.is_at_work": [lambda: plans.is_at_work("womaye-gsp", "order-17")],
        "auto_retries.withdraw": [lambda: plans.withdraw("womaye-gsp", "order-18", ENTRY)],
        "auto_retries.is_planned": [lambda: plans.is_planned("womaye-gsp", "order-17")],
        "payments.find_saved_card": [
            lambda: records.payments.find_saved_card("f" * 32, "user9@example.org", "NGN"),
        ],
    }


def _account_calls(records: Records, now: datetime) -> Calls:
    accounts, factors = records.accounts, records.second_factors
    zoe = User("f" * 32, "zoe@example.org", Role.CUSTOMER, now, now, "x")
    login = Login("a" * 32, zoe.id, "another jti", now, now, now + timedelta(hours=1), "192.0.2.1", "a browser")
    reset = Message("reset.new", "password_reset", zoe.email, {})
    return {
        "accounts.add_user": [lambda: accounts.add_user(zoe)],
        "accounts.get": [lambda: accounts.get(zoe.id)],
        "accounts.get_by_email": [lambda: accounts.get_by_email(zoe.email)],
        "accounts.get_unless_revoked": [lambda: accounts.get_unless_revoked(zoe.id, "jti")],
        "accounts.list_users": [_pages(accounts.list_users)],
        "accounts.change_password": [lambda: accounts.change_password(zoe, "y")],
        "accounts.renew_hash": [lambda: accounts.renew_hash(zoe, "y")],
        "accounts.queue_reset": [lambda: accounts.queue_reset(reset, for_a_member=False)],
        "accounts.revoke": [lambda: accounts.revoke("jti", now)],
        "accounts.is_revoked": [lambda: accounts.is_revoked("jti")],
        "logins.add": [lambda: records.logins.add(login, ends=("jti", now))],
        "logins.list_living": [lambda: records.logins.list_living(zoe)],
        "logins.end": [lambda: records.logins.end(zoe, "a" * 32)],
        "logins.end_others": [lambda: records.logins.end_others(zoe, "jti")],
        "logins.remove_expired": [records.logins.remove_expired],
        "second_factors.put": [lambda: factors.put(zoe.id, "SEED")],
        "second_factors.get": [lambda: factors.get(zoe.id)],
        "second_factors.confirm": [lambda: factors.confirm(_factor(factors, zoe.id), 1, ["d" * 64], [])],
        "second_factors.is_in_force": [lambda: factors.is_in_force(zoe.id)],
        "second_factors.use_step": [lambda: factors.use_step(_factor(factors, zoe.id), 2)],
        "second_factors.use_recovery_code": [lambda: factors.use_recovery_code(zoe.id, "d" * 64)],
        "second_factors.remove": [lambda: factors.remove(zoe.id, [])],
        "accounts.remove_expired_revocations": [accounts.remove_expired_revocations],
    }


def _factor(factors: SecondFactorRecords, user_id: str) -> SecondFactor:
    found = factors.get(user_id)
    if found is None:
        raise RuntimeError("The calls are made in their order, and a seed is put before.")
    return found


def _other_calls(records: Records, now: datetime) -> Calls:
    jobs, numbers, idempotency = records.jobs, records.numbers, records.idempotency
    turn = jobs.take_turn("sweep", LEASE)
    if turn is None:
        raise RuntimeError("Somebody else runs jobs in this database.")
    old = now - timedelta(days=5)
    return {
        "jobs.take_turn": [lambda: jobs.take_turn("poll", LEASE)],
        "jobs.renew_turn": [lambda: jobs.renew_turn(turn, LEASE)],
        "jobs.end_turn": [lambda: jobs.end_turn(turn)],
        "jobs.beat": [lambda: jobs.beat("poll")],
        "jobs.last_beats": [jobs.last_beats],
        "jobs.turns_taken": [jobs.turns_taken],
        "idempotency.begin": [lambda: idempotency.begin("scope", "digest", "order")],
        "idempotency.answered": [lambda: idempotency.answered("scope", {})],
        "idempotency.gave_up": [lambda: idempotency.gave_up("scope")],
        "idempotency.remove_expired": [idempotency.remove_expired],
        "numbers.counts": [numbers.counts],
        "numbers.settled_sums": [numbers.settled_sums],
        "numbers.oldest_waiting_event": [numbers.oldest_waiting_event],
        "numbers.last_webhook": [numbers.last_webhook],
        "numbers.open_disputes": [numbers.open_disputes],
        "numbers.checkouts_since_last_webhook": [numbers.checkouts_since_last_webhook],
        "numbers.failing_handovers": [lambda: numbers.failing_handovers(3)],
        "keys.make_ready": [records.keys.make_ready],
        "keys.list_shut": [records.keys.list_shut],
        "keys.current": [records.keys.current],
        "keys.find": [lambda: records.keys.find(1)],
        "seal.seal": [lambda: records.seal.seal(b"new", "a trial")],
        "seal.open": [lambda: records.seal.open(records.seal.seal(b"new", "a trial"), "a trial")],
        "clear_bodies.seal_some": [records.clear_bodies.seal_some],
        "clear_bodies.count": [records.clear_bodies.count],
        "clear_bodies.count_sealed_with": [lambda: records.clear_bodies.count_sealed_with([1])],
        "cursors.get": [lambda: records.cursors.get("catch-up")],
        "cursors.advance": [lambda: records.cursors.advance("catch-up", now)],
        "incidents.open": [lambda: records.incidents.open(Incident("events_wait", "An event waits.", now), [])],
        "incidents.list_open": [records.incidents.list_open],
        "incidents.close": [lambda: records.incidents.close("events_wait")],
        "pruning.prune": [lambda: next(pruning.prune(records.database, old, now))],
    }
