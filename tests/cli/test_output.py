"""What is printed."""

import pytest

from flask_paystack.cli import output
from flask_paystack.money import Money


def test_money_and_numbers_stand_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    output.say_table(["what", "amount"], [["a", Money(500, "NGN")], ["bbbbbb", Money(12345600, "NGN")]])

    assert capsys.readouterr().out.splitlines() == [
        "what         amount",
        "a             ₦5.00",
        "bbbbbb  ₦123,456.00",
    ]


def test_what_came_from_outside_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.say_table(["what"], [["\x1b[2Jgone\nforged line\u2028\x9b"]])

    assert capsys.readouterr().out.splitlines() == ["what", "\\x1b[2Jgone\\x0aforged line\\x2028\\x9b"]


def test_a_table_wider_than_the_terminal_is_told_row_by_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "30")

    output.say_table(["reference", "state"], [["pay-0123456789012345678901", "done"], ["pay-1", None]])

    assert capsys.readouterr().out.splitlines() == [
        "reference  pay-0123456789012345678901",
        "state      done",
        "",
        "reference  pay-1",
        "",
    ]


def test_a_progress_bar_is_drawn_for_people_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(output.with_progress([1, 2], "Counting")) == [1, 2]
    assert capsys.readouterr().err == ""

    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert list(output.with_progress([1, 2], "Counting")) == [1, 2]
    assert "100%" in capsys.readouterr().err
