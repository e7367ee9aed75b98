"""The outbox: queued messages are written and sent, at least once each, until taken or given up."""

import logging
from datetime import datetime, timedelta

from flask_paystack.backoff import Backoff
from flask_paystack.clock import Clock
from flask_paystack.errors import LeaseLost, MailUnavailable, StorageUnavailable
from flask_paystack.mail.letters import write_letter
from flask_paystack.mail.links import Links
from flask_paystack.mail.model import QueuedMessage
from flask_paystack.mail.sender import Sender
from flask_paystack.records.leases import Claim
from flask_paystack.records.messages import MessageRecords

log = logging.getLogger(__name__)

MINUTE, HOUR = 60, 3600
TRIES = Backoff((MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR, 16 * HOUR))
"""Eight tries over more than a day, whatever the jitter takes off."""
LEASE = 30
"""Seconds that a claimed message is ours."""
MARGIN = 15
"""Seconds between the longest send and the end of its lease, for the resolver and the database."""
PASS = 20
"""Seconds after which one pass claims nothing more: a slow mail server must not keep a job from ending."""


class Outbox:
    """Sends what is queued. Any number may run at once, in any process.

    **At least once:** a message whose mail server took it, but whose process died, or whose database failed, before that was
    noted, is sent again under the same Message-ID. Exactly once cannot be had from SMTP.
    """

    def __init__(self, records: MessageRecords, sender: Sender, links: Links, clock: Clock) -> None:
        self._records = records
        self._sender = sender
        self._links = links
        self._clock = clock
        self._lease = timedelta(seconds=max(LEASE, sender.longest + MARGIN))

    def send_due(self, limit: int = 20) -> int:
        """Send at most ``limit`` messages that are due, one claimed at a time; tells how many were taken.

        Raises:
            StorageUnavailable: what was claimed comes back when its lease ends.
        """
        until = self._clock.monotonic() + PASS
        taken = 0
        for _ in range(limit):
            claimed = self._records.claim(1, self._lease) if self._clock.monotonic() < until else []
            if not claimed:
                break
            try:
                taken += self._deliver(*claimed[0])
            except LeaseLost as lost:
                log.warning("%s", lost)
        return taken

    def next_lease_end(self) -> datetime | None:
        """When the first piece of work that is in somebody's hands comes back, should that one be dead; None where none is."""
        return self._records.next_lease_end()

    def _deliver(self, claim: Claim, message: QueuedMessage) -> bool:
        try:
            letter = write_letter(message, self._links)
        except StorageUnavailable:
            raise
        except Exception as error:  # one message must not stop the others
            log.exception("Message %s (%s) cannot be written.", message.id, message.kind)
            self._records.failed(claim, f"The letter could not be written ({type(error).__name__}).", retry_at=None)
            return False
        try:
            self._sender.send(letter, message.recipient, message.identity)
        except MailUnavailable as error:
            self._put_off(claim, message, str(error), permanent=error.details["permanent"])
        except Exception as error:  # one message must not stop the others
            log.exception("Message %s (%s) cannot be sent.", message.id, message.kind)
            self._put_off(claim, message, f"The letter could not be sent ({type(error).__name__}).", permanent=False)
        else:
            self._records.sent(claim)
            return True
        return False

    def _put_off(self, claim: Claim, message: QueuedMessage, sentence: str, *, permanent: bool) -> None:
        """Try again later; never again where that is hopeless, or after the last try."""
        log.warning("Message %s (%s), try %s: %s", message.id, message.kind, claim.attempt, sentence)
        self._records.failed(claim, sentence, None if permanent else TRIES.next(claim.attempt, self._clock.now()))
