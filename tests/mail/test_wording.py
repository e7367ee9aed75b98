"""How values read."""

import pytest

from flask_paystack.mail.wording import channel, duration, moment, one_line


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (50, "50 seconds"), (60, "1 minute"), (90, "90 seconds"), (3600, "1 hour"), (604_800, "7 days")],
)
def test_a_duration_is_told_in_its_largest_whole_unit(seconds: int, words: str) -> None:
    assert duration(seconds) == words


def test_a_moment_is_told_in_utc() -> None:
    assert moment("2026-03-01T11:00:00+01:00") == "1 March 2026, 10:00 UTC"


@pytest.mark.parametrize(("name", "words"), [("card", "card"), ("mobile_money", "mobile money"), ("ussd", "USSD")])
def test_a_channel_reads_as_people_call_it(name: str, words: str) -> None:
    assert channel(name) == words


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\r\nBcc: b", "a Bcc: b"),
        ("a\x00b\x85c\u2028d\u2029e\x0bf\x1cg", "a b c d e f g"),
        ("\u202eevil\u2066", "evil"),
        ("\ud800lone", "lone"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_one_line_is_one_line_and_keeps_what_people_write(text: str, line: str) -> None:
    assert one_line(text) == line


def test_one_line_cuts_what_is_too_long() -> None:
    assert one_line("x" * 100_000, longest=10) == "xxxxxxxxx…"
