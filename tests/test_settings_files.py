"""Secrets from files: read at the start, or a sentence."""

import os
from pathlib import Path
from typing import Any

import pytest

from flask_paystack.errors import SettingsError
from flask_paystack.settings import Settings
from tests.shop import JWT_SECRET, SECRET_KEY

NOTIFY_SECRET = "whsec_" + "QUJD" * 11
NEEDED = {"PAYSTACK_SECRET_KEY": SECRET_KEY, "JWT_SECRET": JWT_SECRET, "NOTIFY_SECRET": NOTIFY_SECRET}
VALUES: dict[str, tuple[str, Any]] = {
    "PAYSTACK_SECRET_KEY": (SECRET_KEY, (SECRET_KEY,)),
    "JWT_SECRET": (f"{JWT_SECRET},{JWT_SECRET[::-1]}", (JWT_SECRET, JWT_SECRET[::-1])),
    "RECORDS_SECRET": (JWT_SECRET[::-1], (JWT_SECRET[::-1],)),
    "STORE_URL": ("redis://:word@cache/0", "redis://:word@cache/0"),
    "DATABASE_URL": ("postgresql://paystack:word@db/paystack", "postgresql://paystack:word@db/paystack"),
    "NOTIFY_URL": ("https://shop.example.com/told?key=word", "https://shop.example.com/told?key=word"),
    "NOTIFY_SECRET": (NOTIFY_SECRET, NOTIFY_SECRET),
    "MAIL_PASSWORD": ("pass the word", "pass the word"),
    "MAIL_PASSWORD_OLD": ("passed the word", "passed the word"),
    "METRICS_TOKEN": ("Zp4vQ8mT1xC6bN3kR7wL", "Zp4vQ8mT1xC6bN3kR7wL"),
}


def refused(source: dict[str, Any]) -> list[str]:
    with pytest.raises(SettingsError) as refusal:
        Settings.read(source)
    return refusal.value.problems


def test_all_that_is_secret_is_tried_here() -> None:
    assert set(Settings.secrets()) == set(VALUES)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("name", VALUES)
def test_every_secret_may_lie_in_a_file(tmp_path: Path, name: str, end: str) -> None:
    text, value = VALUES[name]
    path = tmp_path / "secret"
    path.write_bytes(text.encode() + end.encode())
    others = {each: given for each, given in NEEDED.items() if each != name}

    settings = Settings.read({**others, f"{name}_FILE": str(path), name: ""})

    assert getattr(settings, name.lower()) == value
    assert text not in repr(settings)


def test_a_secret_in_both_places_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(JWT_SECRET, encoding="utf-8")

    assert refused({**NEEDED, "JWT_SECRET_FILE": str(tmp_path / "secret")}) == [
        "JWT_SECRET and JWT_SECRET_FILE are both set: keep one of them."
    ]


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "cannot be read"), (b"\xff", "UTF-8"), (b"", "is empty"), (b"\n", "is empty"),
    (b"x" * 70_000, "too long")],
)  # fmt: skip
def test_a_file_that_does_not_serve_is_one_sentence_without_its_content(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)

    (sentence,) = refused({"PAYSTACK_SECRET_KEY": SECRET_KEY, "JWT_SECRET_FILE": str(path)})

    assert sentence.startswith(f"JWT_SECRET_FILE: {path} ")
    assert reason in sentence
    assert "xxx" not in sentence


@pytest.mark.parametrize("path", ["/", "a\0b", "/nowhere/at/all"])
def test_a_path_that_is_none_is_a_sentence(path: str) -> None:
    (sentence,) = refused({"PAYSTACK_SECRET_KEY": SECRET_KEY, "JWT_SECRET_FILE": path})

    assert "cannot be read" in sentence


def test_what_a_file_holds_is_judged_as_anywhere_else(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("change-me\n", encoding="utf-8")

    (sentence,) = refused({"PAYSTACK_SECRET_KEY": SECRET_KEY, "JWT_SECRET_FILE": str(tmp_path / "secret")})

    assert sentence.startswith("JWT_SECRET is weak or a sample")
    assert "change-me" not in sentence


def test_the_environment_and_its_file_know_the_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.removesuffix("_FILE") in VALUES:
            monkeypatch.delenv(name)
    key, secret = tmp_path / "key", tmp_path / "secret"
    key.write_text(SECRET_KEY, encoding="utf-8")
    secret.write_text(JWT_SECRET, encoding="utf-8")
    (tmp_path / ".env").write_text(f"PAYSTACK_SECRET_KEY_FILE={key}\n", encoding="utf-8")
    monkeypatch.setenv("JWT_SECRET_FILE", str(secret))

    settings = Settings.from_environment(tmp_path / ".env")

    assert (settings.paystack_secret_key, settings.jwt_secret) == ((SECRET_KEY,), (JWT_SECRET,))


@pytest.mark.parametrize(
    "name", ["PAYSTACK_SECRET_FILE", "PAYSTACK_TIMEOUT_FILE", "JWT_TTL_FILE", "MAIL_PASSWORD_FIEL"]
)
def test_a_name_that_no_secret_has_is_no_setting(tmp_path: Path, name: str) -> None:
    (tmp_path / ".env").write_text(
        "\n".join(f"{each}={value}" for each, value in {**NEEDED, name: "x"}.items()), encoding="utf-8"
    )

    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(tmp_path / ".env")

    assert any(problem.startswith(f"{name} in .env is no setting") for problem in refusal.value.problems)
