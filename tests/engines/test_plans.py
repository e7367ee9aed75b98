"""No question or act of the product reads a big table from end to end. The big shop is that of ``benchmarks``."""

import pytest
from benchmarks.big_shop import Size
from benchmarks.postgres_plans import WHOLE, Plan, measure, too_long_reads


def assert_found_by_index(plans: list[Plan]) -> None:
    assert len(plans) > 100
    assert [(plan.sent.method, plan.sent.statement, plan.scans) for plan in too_long_reads(plans)] == []


def test_what_the_product_asks_is_found_by_an_index(postgres_url: str) -> None:
    assert_found_by_index(measure(postgres_url, Size(payments=30_000, events=90_000)))


@pytest.mark.slow
def test_the_same_in_a_million_payments_and_three_million_events(postgres_url: str) -> None:
    plans = measure(postgres_url, Size(payments=1_000_000, events=3_000_000))

    assert_found_by_index(plans)
    assert max(plan.milliseconds for plan in plans if plan.sent.method not in WHOLE) < 250
    assert max(plan.milliseconds for plan in plans) < 2000
