"""The numbers, read from the records when they are asked for, so that they hold over any number of processes."""

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from flask_paystack.clock import Clock
from flask_paystack.records.incidents import IncidentRecords
from flask_paystack.records.jobs import JobRecords
from flask_paystack.records.numbers import NumberRecords


class RecordNumbers(Collector):
    """Gauges over what the records hold. Names as Prometheus wants them: a prefix, a base unit."""

    def __init__(
        self, numbers: NumberRecords, jobs: JobRecords, incidents: IncidentRecords, alarms: Sequence[str], clock: Clock
    ) -> None:
        self._numbers = numbers
        self._jobs = jobs
        self._incidents = incidents
        self._alarms = alarms
        self._clock = clock

    def collect(self) -> Iterable[Metric]:
        now = self._clock.now()
        counts = self._numbers.counts()
        for table, help_text in (
            ("payments", "Payments by status."),
            ("webhook_events", "Webhook events by state."),
            ("messages", "E-mails in the outbox by state."),
            ("handovers", "Hand-overs to the merchant's code by state."),
        ):
            label = "status" if table == "payments" else "state"
            family = GaugeMetricFamily(f"flask_paystack_{table}", help_text, labels=[label])
            for value, count in counts[table].items():
                family.add_metric([value], count)
            yield family
        yield GaugeMetricFamily(
            "flask_paystack_open_disputes",
            "Disputes that may still be answered.",
            value=self._numbers.open_disputes(),
        )
        oldest = self._numbers.oldest_waiting_event()
        yield GaugeMetricFamily(
            "flask_paystack_oldest_waiting_event_age_seconds",
            "How long the oldest webhook event has waited to be processed; 0 where none waits.",
            value=(now - oldest).total_seconds() if oldest else 0,
        )
        on = {each.name for each in self._incidents.list_open()}
        alarms = GaugeMetricFamily("flask_paystack_alarm", "1 while an alarm is on.", labels=["alarm"])
        for name in self._alarms:
            alarms.add_metric([name], name in on)
        yield alarms
        last = self._numbers.last_webhook()
        if last is not None:
            yield GaugeMetricFamily(
                "flask_paystack_last_webhook_timestamp_seconds", "When a webhook came last.", value=last.timestamp()
            )
        beats = GaugeMetricFamily(
            "flask_paystack_job_last_run_timestamp_seconds", "When each job ran last.", labels=["job"]
        )
        for name, beat in self._jobs.last_beats().items():
            beats.add_metric([name], beat.timestamp())
        yield beats


def registry(
    numbers: NumberRecords, jobs: JobRecords, incidents: IncidentRecords, alarms: Sequence[str], clock: Clock
) -> CollectorRegistry:
    """What ``/metrics`` shows."""
    made = CollectorRegistry(auto_describe=False)
    made.register(RecordNumbers(numbers, jobs, incidents, alarms, clock))
    return made
