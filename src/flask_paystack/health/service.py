"""Looks whether what we depend on is there."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from flask_paystack.clock import Clock
from flask_paystack.errors import Unavailable
from flask_paystack.expiring import ExpiringStore
from flask_paystack.records.database import Database
from flask_paystack.records.incidents import IncidentRecords
from flask_paystack.records.jobs import JobRecords

DEAD_AFTER = timedelta(seconds=180)
"""A job that gave no sign of life for so long counts as dead."""


class Health:
    """Whether the store, the database and the jobs do their work.

    Args:
        expected: names of the jobs that must give signs of life.
    """

    def __init__(
        self,
        store: ExpiringStore,
        database: Database,
        jobs: JobRecords,
        incidents: IncidentRecords,
        clock: Clock,
        expected: Sequence[str],
    ) -> None:
        self._store = store
        self._database = database
        self._jobs = jobs
        self._incidents = incidents
        self._clock = clock
        self._expected = expected

    def check(self) -> Mapping[str, str]:
        """``ok`` or what is wrong, for the store, the database and the jobs."""
        return {"store": self._check_store(), "database": self._check_database(), "jobs": self._check_jobs()}

    def alarms(self) -> Sequence[str]:
        """Names of the alarms that are on; none where nobody can know. They say nothing about being ready."""
        try:
            return [each.name for each in self._incidents.list_open()]
        except Unavailable:
            return []

    def _check_store(self) -> str:
        try:
            self._store.ping()
        except Unavailable as error:
            return str(error)
        return "ok"

    def _check_database(self) -> str:
        try:
            self._database.ping()
        except Unavailable as error:
            return str(error)
        return "ok"

    def _check_jobs(self) -> str:
        try:
            beats = self._jobs.last_beats()
        except Unavailable as error:
            return str(error)
        oldest = self._clock.now() - DEAD_AFTER
        silent = [name for name in self._expected if name not in beats or beats[name] < oldest]
        return f"no sign of life from {', '.join(silent)}" if silent else "ok"
