"""The parts that exchange news: with Paystack, by mail, with the merchant's code."""

from datetime import timedelta
from functools import cached_property

from flask_paystack.handover.model import Handover
from flask_paystack.handover.receivers import UrlReceiver
from flask_paystack.handover.service import HandoverService
from flask_paystack.health.alarms import Alarms
from flask_paystack.jobs import PROCESS_EVENTS, SEND_MESSAGES
from flask_paystack.mail.notices import handover_failing
from flask_paystack.mail.outbox import Outbox
from flask_paystack.mail.sender import Sender
from flask_paystack.payments import facts
from flask_paystack.webhooks.catch_up import CatchUp
from flask_paystack.webhooks.doubts import Doubts
from flask_paystack.webhooks.service import Webhooks
from flask_paystack.webhooks.signature import verifier
from flask_paystack.wiring.payments import WORK_LEASE
from flask_paystack.wiring.people import PeopleParts


class ExchangeParts(PeopleParts):
    """Inbox, outbox, hand-overs, and the alarms about them."""

    @cached_property
    def webhooks(self) -> Webhooks:
        return Webhooks(
            self.records.webhooks,
            self.records.payments,
            self.payments,
            self.settling,
            self.refunds,
            self.disputes,
            self.clock,
            verifier(self.settings.paystack_signature_scheme, self.settings.paystack_secret_key, self.clock),
            self.settings.domain,
            WORK_LEASE,
            self.operators,
            kept=lambda: self.background.wake(PROCESS_EVENTS),
            doubts=self.doubts,
        )

    @cached_property
    def doubts(self) -> Doubts:
        return Doubts(self.store)

    @cached_property
    def alarms(self) -> Alarms:
        return Alarms(
            self.records.numbers,
            self.records.incidents,
            self.doubts,
            self.clock,
            timedelta(seconds=self.settings.alarm_no_webhook_after),
            timedelta(seconds=self.settings.alarm_event_waits),
            self.settings.alarm_refused_signatures,
            self.operators,
            queued=self.wake_queues,
        )

    @cached_property
    def catch_up(self) -> CatchUp:
        return CatchUp(
            self.paystack,
            self.records.webhooks,
            self.records.payments,
            self.payments,
            self.records.cursors,
            self.records.messages,
            self.clock,
            self.settings.domain,
            self.operators,
            pace=self.pace,
            kept=self.wake_everything,
        )

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self.records.messages, Sender(self.settings, self.clock), self.links, self.clock)

    @cached_property
    def handovers(self) -> HandoverService:
        if self.settings.notify_url and self.settings.notify_secret:
            self.receivers.add(UrlReceiver(self.settings.notify_url, self.settings.notify_secret, self.clock))
        return HandoverService(
            self.records.handovers, self.records.payments, self.receivers, facts.full, self.clock, self._alarm
        )

    def _alarm(self, handover: Handover, error: str) -> None:
        mails = [handover_failing(to, handover.reference, error, handover.created_at) for to in self.operators]
        self.records.messages.add(*mails)
        self.background.wake(SEND_MESSAGES)
