"""``flask payments``."""

from typing import Any

import pytest

from tests.cli import command, printed, refused, told
from tests.shop import Shop


def operator_json(shop: Shop, path: str) -> Any:
    """What the HTTP API tells an operator."""
    token = shop.ours.services.sessions.open("admin1")
    return shop.client.get(path, headers={"X-Session-Token": token}).get_json()


def quarantined_payment(shop: Shop) -> str:
    """A payment for which Paystack reports another currency than was asked for."""
    reference = shop.open_payment()
    shop.simulator.pay(reference).currency = "GHS"
    shop.advance(5)
    assert told(shop, "payments", "verify", reference)["status"] == "quarantined"
    return reference


def test_a_list_for_people_shows_money_and_instants_in_utc(shop: Shop) -> None:
    reference = shop.open_payment()

    header, line = printed(shop, "payments", "list").splitlines()

    assert header.split() == ["reference", "status", "amount", "product", "email", "opened", "(UTC)"]
    assert line.split() == [
        reference,
        "pending",
        "₦5,000.00",
        "womaye-gsp",
        "ada@example.org",
        "2026-03-01",
        "10:00:00Z",
    ]


def test_a_list_for_programs_is_the_api_s(shop: Shop) -> None:
    shop.open_payment()
    shop.open_payment("donation", amount=20000)

    assert told(shop, "payments", "list") == operator_json(shop, "/admin/payments")


def test_pages_follow_each_other(shop: Shop) -> None:
    references = [shop.open_payment() for _ in range(3)]

    first = told(shop, "payments", "list", "--limit", "2")
    second = told(shop, "payments", "list", "--limit", "2", "--after", first["next"])

    assert {each["reference"] for each in first["payments"] + second["payments"]} == set(references)
    assert second["next"] is None
    assert f"--after {first['next']}" in command(shop, "payments", "list", "--limit", "2").stderr


def test_a_list_is_narrowed_by_status_order_email_and_time(shop: Shop) -> None:
    shop.open_payment(order="a-1")
    shop.advance(3600)
    later = shop.open_payment(email="ben@example.org")

    def found(*options: str) -> list[str]:
        return [each["reference"] for each in told(shop, "payments", "list", *options)["payments"]]

    assert found("--email", "ben@example.org") == [later]
    assert found("--from", "2026-03-01T10:30:00Z") == [later]
    assert found("--from", "2026-03-01T12:30:00+02:00") == [later]
    assert later not in found("--to", "2026-03-01T10:30")
    assert later not in found("--order", "a-1")
    assert found("--status", "success") == []


@pytest.mark.parametrize(
    "options", [["--status", "paid"], ["--from", "yesterday"], ["--limit", "0"], ["--limit", "101"]]
)
def test_an_option_that_means_nothing_is_refused(shop: Shop, options: list[str]) -> None:
    assert command(shop, "payments", "list", *options).exit_code == 2


def test_a_cursor_that_is_none_is_a_sentence(shop: Shop) -> None:
    assert "Pass on the `next`" in refused(shop, "payments", "list", "--after", "nonsense")


def test_nothing_to_show_is_said(shop: Shop) -> None:
    assert command(shop, "payments", "list").stderr == "No payments.\n"


def test_a_payment_is_shown_with_its_timeline(shop: Shop) -> None:
    reference = shop.settled_payment()

    shown = printed(shop, "payments", "show", reference)

    assert "paid       ₦5,000.00" in shown
    assert "webhook 1" in shown.split("Timeline")[1]
    assert told(shop, "payments", "show", reference) == operator_json(shop, f"/admin/payments/{reference}")


def test_an_unknown_payment_is_a_sentence(shop: Shop) -> None:
    assert refused(shop, "payments", "show", "pay-1") == "Error: There is no payment with that reference.\n"


def test_verify_asks_paystack_and_signs_the_timeline(shop: Shop) -> None:
    reference = shop.open_payment()
    shop.customer_pays(reference)
    shop.advance(5)

    answer = told(shop, "payments", "verify", reference)

    assert answer["status"] == "success"
    assert "command line" in {entry["actor"] for entry in answer["timeline"]}


def test_a_final_payment_is_not_asked_about(shop: Shop) -> None:
    reference = shop.settled_payment()

    assert "is not asked about again" in refused(shop, "payments", "verify", reference)


def test_verify_open_asks_about_all_that_are_pending(shop: Shop) -> None:
    paid, unpaid = shop.open_payment(), shop.open_payment()
    shop.customer_pays(paid)
    shop.advance(5)

    answers = told(shop, "payments", "verify", "--open")["payments"]

    assert {each["reference"]: each["status"] for each in answers} == {paid: "success", unpaid: "pending"}


def test_verify_of_many_tells_which_could_not_be_asked_about(shop: Shop) -> None:
    reference = shop.open_payment()

    result = command(shop, "payments", "verify", reference, "pay-1")

    assert result.exit_code == 1
    assert "There is no payment with that reference." in result.stdout
    assert f"{reference}  pending" in result.stdout


def test_a_paystack_that_is_silent_is_not_asked_for_ever(shop: Shop) -> None:
    for _ in range(5):
        shop.open_payment()
    shop.advance(5)
    shop.simulator.faults.add("verify", "500", times=99)

    result = command(shop, "payments", "verify", "--open")

    assert result.exit_code == 1
    assert result.stdout.count("Not asked, since Paystack does not answer.") == 2


@pytest.mark.parametrize("words", [["verify"], ["verify", "pay-1", "--open"]])
def test_verify_wants_references_or_open(shop: Shop, words: list[str]) -> None:
    assert command(shop, "payments", *words).exit_code == 2


def test_a_refund_is_meant(shop: Shop) -> None:
    """Asked about first; no is nothing."""
    reference = shop.settled_payment()

    result = command(shop, "payments", "refund", reference, "--amount", "100000", typed="n\n")

    assert result.exit_code == 1
    assert "Give back ₦1,000.00 of" in result.stderr
    assert told(shop, "payments", "show", reference)["refunds"] == []


def test_a_refund_gives_money_back(shop: Shop) -> None:
    reference = shop.settled_payment()

    answer = told(shop, "payments", "refund", reference, "--amount", "100000", "--yes")

    assert [(each["amount"], each["requested_by"]) for each in answer["refunds"]] == [(100000, "command line")]
    assert "₦1,000.00" in printed(shop, "payments", "show", reference).split("Refunds")[1]


@pytest.mark.parametrize("amount", ["0", "-5", "1.5", "99999999999999"])
def test_a_refund_of_no_amount_is_refused(shop: Shop, amount: str) -> None:
    reference = shop.settled_payment()

    assert command(shop, "payments", "refund", reference, "--amount", amount, "--yes").exit_code == 2


def test_accept_settles_what_was_quarantined(shop: Shop) -> None:
    reference = quarantined_payment(shop)

    assert told(shop, "payments", "accept", reference, "--yes")["status"] == "success"


def test_accept_refuses_what_was_not(shop: Shop) -> None:
    assert "Only a quarantined payment" in refused(shop, "payments", "accept", shop.open_payment(), "--yes")


def test_retry_queues_a_mail(shop: Shop) -> None:
    reference = shop.open_payment()

    printed(shop, "payments", "retry", reference)

    assert [each["reference"] for each in told(shop, "messages", "list")["messages"]] == [reference]
