"""Running the jobs, in the process that serves or in ``flask jobs start``."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler

from flask_paystack.clock import Clock
from flask_paystack.errors import StorageUnavailable
from flask_paystack.jobs import Job
from flask_paystack.records.jobs import JobRecords, Turn

log = logging.getLogger(__name__)

BEAT_EVERY = timedelta(seconds=30)
LOOK_EVERY = timedelta(seconds=30)
"""How often a process looks whether a job with a longer period is due."""
TURN_LEASE = timedelta(seconds=45)
"""How long a turn is believed in without a word from its taker. With ``LOOK_EVERY``, one that died is replaced within 75 s."""

A_MOMENT = 0.05
"""Seconds after the end of a lease in which it has ended by everybody's count."""


class Background:
    """Timed jobs on APScheduler, and a thread for each prompt one. Starts nothing until told.

    Args:
        context: entered around each run, so that jobs have their app.
        turn_lease: after how long without a word a process that runs a job counts as dead.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        records: JobRecords,
        clock: Clock,
        context: Callable[[], AbstractContextManager[object]],
        turn_lease: timedelta = TURN_LEASE,
    ) -> None:
        self.jobs: Mapping[str, Job] = {job.name: job for job in jobs}
        self._records = records
        self._clock = clock
        self._context = context
        self._turn_lease = turn_lease
        self._turns: dict[str, Turn] = {}
        self._scheduler: BackgroundScheduler | None = None
        self._wakers: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()

    @property
    def is_running(self) -> bool:
        """Whether this process runs jobs."""
        return self._scheduler is not None

    def start(self, *, only_local: bool = False) -> None:
        """Start the jobs; with ``only_local`` just those that look after what this process alone holds."""
        self._stopping.clear()
        self._scheduler = scheduler = BackgroundScheduler(
            daemon=True,
            timezone=UTC,
            # A late run is a run: APScheduler's default would skip what is late by more than a second.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        for job in self.jobs.values():
            if only_local and not job.local:
                continue
            if job.prompt:
                self._start_thread(job)
            else:
                every = job.period if job.local else min(job.period, LOOK_EVERY)
                _schedule(scheduler, job.name, every, self._take_turn, job)
        if not only_local:
            _schedule(scheduler, "renewTurns", self._turn_lease / 3, self._renew_turns)
        scheduler.start()

    def _start_thread(self, job: Job) -> None:
        self._wakers[job.name] = threading.Event()
        thread = threading.Thread(target=self._empty, args=(job,), name=f"flask-paystack {job.name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self, patience: float = 10) -> None:
        """Stop after what is being worked on, waiting ``patience`` seconds at most for each thread."""
        self._stopping.set()
        for waker in self._wakers.values():
            waker.set()
        for thread in self._threads:
            thread.join(patience)
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)
        self._scheduler = None
        self._threads.clear()
        self._wakers.clear()

    def wake(self, name: str) -> None:
        """Let a prompt job look at its queue now. Does nothing where another process runs the jobs: it will see."""
        waker = self._wakers.get(name)
        if waker is not None:
            waker.set()

    def run(self, name: str) -> Any:
        """Run a job once, by hand. Raises KeyError where there is none of that name."""
        job = self.jobs[name]
        with self._context():
            return job.run()

    def _take_turn(self, job: Job) -> None:
        with self._survived(job.name):
            if job.local:
                self.run(job.name)
                return
            turn = self._records.take_turn(job.name, job.period, self._turn_lease)
            if turn is not None:
                self._run_in_turn(turn)

    def _run_in_turn(self, turn: Turn) -> None:
        self._turns[turn.name] = turn
        try:
            self.run(turn.name)
        finally:
            self._turns.pop(turn.name, None)
            if not self._records.end_turn(turn):
                log.warning("job %s took so long without a word that another process ran it too", turn.name)

    def _renew_turns(self) -> None:
        """Keep what this process is running."""
        for turn in list(self._turns.values()):
            with self._survived(turn.name):
                self._records.renew_turn(turn, self._turn_lease)

    @contextmanager
    def _survived(self, name: str) -> Iterator[None]:
        """Log what goes wrong and go on: the loop outlives a job."""
        try:
            yield
        except StorageUnavailable as error:
            log.warning("job %s waits: %s", name, error, extra={"job": name})
        except Exception:
            log.exception("job %s failed", name, extra={"job": name})

    def _empty(self, job: Job) -> None:
        """The life of a prompt job's thread."""
        waker = self._wakers[job.name]
        beat_due = self._clock.monotonic()
        while True:
            waker.clear()
            if self._stopping.is_set():  # looked at after clearing, or the wake that tells of it could be lost
                return
            patience = job.period.total_seconds()
            with self._survived(job.name):
                now = self._clock.monotonic()
                if now >= beat_due:
                    self._records.beat(job.name)
                    beat_due = now + BEAT_EVERY.total_seconds()
                if self.run(job.name) >= job.batch:
                    continue
                patience = min(patience, self._until_lease_ends(job))
            waker.wait(patience)

    def _until_lease_ends(self, job: Job) -> float:
        """Seconds until work is free again that another claimed, and may have died over; without end where there is none."""
        ends = job.next_lease_end()
        return float("inf") if ends is None else max(0.0, (ends - self._clock.now()).total_seconds()) + A_MOMENT


def _schedule(
    scheduler: BackgroundScheduler, name: str, every: timedelta, act: Callable[..., None], *given: object
) -> None:
    """Let ``act`` run now, and then in every such interval."""
    seconds = every.total_seconds()
    at_once = datetime.now(UTC)  # nosemgrep: own-clock -- APScheduler goes by the machine's clock
    scheduler.add_job(act, "interval", given, seconds=seconds, id=name, next_run_time=at_once)
