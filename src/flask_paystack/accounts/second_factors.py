"""A second factor beside the password: a one-time code by time, or, for whoever lost the telephone, a recovery code."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from flask_paystack.accounts.checking import PasswordCheck
from flask_paystack.accounts.model import SecondFactor, User
from flask_paystack.accounts.one_time_codes import (
    RECOVERY_CODES,
    address_of,
    digest_of,
    make_recovery_code,
    make_seed,
    matching_steps,
)
from flask_paystack.accounts.throttle import CodeThrottle
from flask_paystack.clock import Clock
from flask_paystack.errors import (
    CannotOpen,
    NotFound,
    SecondFactorInForce,
    SecondFactorNeeded,
    StorageUnavailable,
    WrongCode,
)
from flask_paystack.expiring import ExpiringMap, ExpiringStore
from flask_paystack.mail.notices import account_changed
from flask_paystack.records.second_factors import SecondFactorRecords

log = logging.getLogger(__name__)

MACHINE = "the shop's own machine"
"""Whence the command line acts, as its letter says."""


@dataclass(frozen=True)
class Enrolment:
    """A factor that waits for its first code."""

    secret: str = field(repr=False)
    """To be typed into an authenticator app."""
    otpauth_uri: str = field(repr=False)
    """The same, to be shown as a QR code."""


class SecondFactors:
    """Set, asked for at login, and removed.

    Args:
        issuer: what authenticator apps call us.
        is_required: whether an account without one may do nothing but set one.
        queued: called when a mail was queued.
    """

    def __init__(
        self,
        records: SecondFactorRecords,
        check: PasswordCheck,
        store: ExpiringStore,
        clock: Clock,
        issuer: str,
        queued: Callable[[], None],
        *,
        is_required: bool = False,
    ) -> None:
        self._records = records
        self._check = check
        self._throttle = CodeThrottle(store)
        self._clock = clock
        self._issuer = issuer
        self._queued = queued
        self._is_required = is_required

    @property
    def counters(self) -> tuple[ExpiringMap, ...]:
        """The expiring maps to sweep."""
        return self._throttle.counters

    def is_in_force(self, user: User) -> bool:
        """Whether ``user`` logs in with a second factor."""
        return self._records.is_in_force(user.id)

    def require(self, user: User) -> None:
        """Refuse ``user`` where every account must have a second factor, and this one has none. Raises SecondFactorNeeded."""
        if self._is_required and not self.is_in_force(user):
            raise SecondFactorNeeded("Set a second factor first: POST /auth/totp, then /auth/totp/confirm.")

    def begin(self, user: User, password: str, address: str) -> Enrolment:
        """A fresh seed for whoever knows the password. It is asked for at login once ``confirm`` had a code of it.

        Raises:
            SecondFactorInForce: there is one already: remove it first.
            WrongCredentials, TooManyRequests: as at login.
        """
        self._check.succeeded(self._check.check(user.email, password, address, "setting of a second factor"), address)
        seed = make_seed()
        if not self._records.put(user.id, seed):
            raise SecondFactorInForce("This account has a second factor; remove it before you set another.")
        return Enrolment(seed, address_of(seed, user.email, self._issuer))

    def confirm(self, user: User, code: str, address: str) -> list[str]:
        """Put the factor that waits in force; its recovery codes, which nobody can show again.

        Raises:
            NotFound: none waits.
            SecondFactorInForce: it is in force already.
            WrongCode: the code is not of it, or its time is over.
            TooManyRequests: there were too many wrong ones.
        """
        factor = self._factor(user)
        if factor is None:
            raise NotFound("No second factor waits to be confirmed; set one first.")
        if factor.is_in_force:
            raise SecondFactorInForce("This account has a second factor already.")
        self._throttle.count(user.id, address, is_known=self._check.knows(user, address))
        step = next(matching_steps(factor.seed, code, self._clock.now()), None)
        if step is None:
            raise self._wrong(user, address)
        codes = [make_recovery_code() for _ in range(RECOVERY_CODES)]
        told = account_changed(user, "A second factor was set", address, self._clock.now())
        digests = [digest for each in codes if (digest := digest_of(each))]
        if not self._records.confirm(factor, step, digests, [told]):
            raise SecondFactorInForce("This account has a second factor already.")
        self._throttle.succeeded(user.id, address)
        self._queued()
        log.info("The account %s has a second factor, set from %s.", user.id, address)
        return codes

    def demand(self, user: User, code: str | None, address: str) -> None:
        """Let ``user``, whose password was right, pass with a code that was never used; or where there is no factor.

        Raises:
            SecondFactorNeeded: there is one, and no code came.
            WrongCode: the code is wrong, used, or its time is over.
            TooManyRequests: there were too many wrong ones.
        """
        factor = self._factor(user)
        if factor is None or not factor.is_in_force:
            return
        if code is None:
            raise SecondFactorNeeded("Send the code of your authenticator app, or a recovery code, as well.")
        # Counted before comparing, in one step: however many guess at once, five are looked at.
        is_known = self._check.knows(user, address)
        self._throttle.count(user.id, address, is_known=is_known)
        if not self._use(factor, user, code, address):
            raise self._wrong(user, address)
        if is_known:
            self._throttle.succeeded(user.id, address)

    def remove(self, user: User, password: str, code: str, address: str) -> None:
        """Ask for the password alone from now on.

        Raises:
            NotFound: there is none.
            WrongCredentials, WrongCode, TooManyRequests: as at login.
        """
        owner = self._check.check(user.email, password, address, "removal of a second factor")
        if not self._records.is_in_force(user.id):
            raise NotFound("This account has no second factor.")
        self.demand(owner, code, address)
        self._check.succeeded(owner, address)
        self._forget(owner, address)

    def reset(self, user: User) -> bool:
        """Remove the factor of somebody who lost all of it, for whoever has the machine. False where there is none."""
        return self._forget(user, MACHINE)

    def _forget(self, user: User, address: str) -> bool:
        told = account_changed(user, "The second factor was removed", address, self._clock.now())
        if not self._records.remove(user.id, [told]):
            return False
        self._queued()
        log.info("The account %s has no second factor any more, removed from %s.", user.id, address)
        return True

    def _use(self, factor: SecondFactor, user: User, code: str, address: str) -> bool:
        steps = matching_steps(factor.seed, code, self._clock.now())
        if any(self._records.use_step(factor, step) for step in steps):
            return True
        digest = digest_of(code)
        if digest is None or not self._records.use_recovery_code(user.id, digest):
            return False
        log.info("The account %s used a recovery code, from %s.", user.id, address)
        return True

    def _factor(self, user: User) -> SecondFactor | None:
        try:
            return self._records.get(user.id)
        except CannotOpen as error:
            log.error("The second factor of account %s cannot be asked for: %s", user.id, error)
            raise StorageUnavailable("The second factor of this account cannot be read now.") from None

    def _wrong(self, user: User, address: str) -> WrongCode:
        log.warning("A wrong code of the second factor was tried, from %s: account %s.", address, user.id)
        return WrongCode("This code is wrong, was used, or its time is over.")
