"""A name that looks like a setting of ours and is none stops the start; other people's names never do."""

from pathlib import Path

import pytest
from flask import Flask

from flask_paystack.app import FlaskPaystack
from flask_paystack.errors import SettingsError
from flask_paystack.settings import Settings
from flask_paystack.settings_names import unknown_names
from tests.shop import JWT_SECRET, SECRET_KEY, settings_in, write_products

KNOWN = [name.upper() for name in Settings.model_fields]
ORDINARY = [
    "PATH",
    "HOME",
    "SHELL",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TERM",
    "PWD",
    "OLDPWD",
    "TMPDIR",
    "TZ",
    "MAIL",
    "EDITOR",
    "HOSTNAME",
    "PORT",
    "HOST",
    "DEBUG",
    "SSL_CERT_FILE",
    "http_proxy",
    "HTTPS_PROXY",
    "NO_PROXY",
    "PYTHONPATH",
    "PYTHONUNBUFFERED",
    "VIRTUAL_ENV",
    "PIP_INDEX_URL",
    "JOBS_xyz",
    "JOBS_DIR",
    "MAKEFLAGS",
    "FLASK_APP",
    "FLASK_DEBUG",
    "FLASK_ENV",
    "FLASK_RUN_PORT",
    "GUNICORN_CMD_ARGS",
    "WEB_CONCURRENCY",
    "SECRET_KEY",
    "SQLALCHEMY_DATABASE_URI",
    "MAIL_DEBUG",
    "MAIL_MAX_EMAILS",
    "MAIL_SUPPRESS_SEND",
    "MAIL_ASCII_ATTACHMENTS",
    "REDIS_URL",
    "POSTGRES_PASSWORD",
    "PGHOST",
    "TEST_DATABASE_URL",
    "TEST_REDIS_URL",
    "EXPECT_POSTGRES",
    "DATABASE_URL_REPLICA",
    "LOG_LEVEL",
    "LOG_FILE",
    "SENTRY_DSN",
    "AWS_SECRET_ACCESS_KEY",
    "STRIPE_SECRET_KEY",
    "GITHUB_TOKEN",
    "CI",
    "KUBERNETES_SERVICE_HOST",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "NOTIFY_SOCKET",
    "MAINPID",
    "LISTEN_FDS",
    "PAYSTACK_PUBLIC_KEY",
    "METRICS_PORT",
    "PUBLIC_DIR",
    "JWT_ALGORITHM",
    "MAIL_CHECK",
    "ADMIN_PASSWORD",
    "CORS_ALLOW_ALL",
    "DYNO",
    "RENDER",
    "FLY_APP_NAME",
]

MISSPELT = {
    "PAYSTACK_SECRET": "PAYSTACK_SECRET_KEY",
    "PAYSTACK_SECRETKEY": "PAYSTACK_SECRET_KEY",
    "PAYSTACK_URL": "PAYSTACK_BASE_URL",
    "LIMIT_LOGINS": "LIMIT_LOGIN",
    "ADMIN_EMAIL": "ADMIN_EMAILS",
    "ADMINS_EMAILS": "ADMIN_EMAILS",
    "JWT_SECRETS": "JWT_SECRET",
    "MAIL_SEVER": "MAIL_SERVER",
    "REQUIRED_LOGIN": "REQUIRE_LOGIN",
    "RATE_LIMIT": "RATE_LIMITS",
    "TRUSTED_PROXYS": "TRUSTED_PROXIES",
    "CORS_ORIGIN": "CORS_ORIGINS",
    "DATABASE_URI": "DATABASE_URL",
    "METRIC_TOKEN": "METRICS_TOKEN",
}


def found(environment: dict[str, str] | None = None, file: dict[str, str | None] | None = None) -> list[str]:
    return list(unknown_names(environment or {}, file or {}, KNOWN))


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_variable_of_the_environment_is_no_concern_of_ours(name: str) -> None:
    assert not found({name: "x"})


@pytest.mark.parametrize("name", MISSPELT)
def test_a_misspelt_setting_is_told_with_the_nearest_name(name: str) -> None:
    for sentence, where in ((found({name: "x"}), "the environment"), (found(file={name: "x"}), ".env")):
        assert sentence == [f"{name} in {where} is no setting: did you mean {MISSPELT[name]}?"]


@pytest.mark.parametrize("name", KNOWN)
def test_a_setting_itself_is_known_and_without_a_letter_it_is_told_in_a_file(name: str) -> None:
    assert not found({name: "x"}, {name: "x"})
    if len(name) > 5:
        assert found(file={name[:4] + name[5:]: "x"}) or name[:4] + name[5:] in KNOWN


@pytest.mark.parametrize(
    "name", ["MAIL_USER", "JWT_ALGORITHM", "NOTIFY_KEY", "paystack_secret_key", "Mail_Port", "POLL_EVER"]
)
def test_a_file_of_ours_is_judged_more_strictly_than_the_environment(name: str) -> None:
    assert found(file={name: "x"})


@pytest.mark.parametrize(
    "name", ["FLASK_APP", "POSTGRES_PASSWORD", "SECRET_KEY", "TEST_DATABASE_URL", "PAYSTACK_PUBLIC_KEY"]
)
def test_a_file_may_hold_what_is_plainly_for_somebody_else(name: str) -> None:
    assert not found(file={name: "x"})


def test_an_empty_value_counts_as_unset() -> None:
    assert not found({"PAYSTACK_SECRET": ""}, {"JWT_SECRETS": None})


def test_unknown_names_stop_the_start_beside_every_other_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LIMIT_PAYS", "5/min")
    (tmp_path / ".env").write_text(f"PAYSTACK_SECRET_KEY={SECRET_KEY}\nJWT_SECERT={JWT_SECRET}\n", encoding="utf-8")

    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(tmp_path / ".env")

    assert [each.split()[0] for each in refusal.value.problems] == ["JWT_SECERT", "LIMIT_PAYS", "JWT_SECRET"]
    assert JWT_SECRET not in str(refusal.value)


def test_a_misspelt_name_alone_stops_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYSTACK_SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("JWT_SECRET", JWT_SECRET)
    monkeypatch.setenv("LIMIT_PAYS", "5/min")

    with pytest.raises(SettingsError, match="LIMIT_PAY"):
        Settings.from_environment(tmp_path / "none")


def test_the_configuration_of_a_host_is_not_judged(tmp_path: Path) -> None:
    write_products(tmp_path)
    host = Flask("host")
    host.config.from_mapping(settings_in(tmp_path), PAYSTACK_SECRETS="x", MAIL_USER="ada")

    FlaskPaystack(host).close()
