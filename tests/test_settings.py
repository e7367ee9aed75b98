"""The settings: read once, typed, every problem told together in a sentence."""

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_paystack.app import FlaskPaystack, create_app
from flask_paystack.errors import SettingsError
from flask_paystack.settings import Settings
from flask_paystack.settings_values import Limit
from tests.shop import JWT_SECRET, SECRET_KEY, settings_in, write_products

NEEDED = {"PAYSTACK_SECRET_KEY": SECRET_KEY, "JWT_SECRET": JWT_SECRET}
LIVE_KEY = SECRET_KEY.replace("sk_test_", "sk_live_")
LIVE = {"PAYSTACK_SECRET_KEY": LIVE_KEY, "PUBLIC_URL": "https://pay.test"}
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def read(**changes: Any) -> Settings:
    return Settings.read({**NEEDED, **{name.upper(): value for name, value in changes.items()}})


def problems(**changes: Any) -> list[str]:
    with pytest.raises(SettingsError) as refusal:
        read(**changes)
    return refusal.value.problems


def test_two_settings_are_enough() -> None:
    settings = read()

    assert settings.store_url == "memory://"
    assert settings.runs_in_one_process
    assert settings.domain == "test"
    assert settings.limit_verify == Limit(120, 60)


def test_every_problem_is_told_together_in_sentences() -> None:
    told = problems(
        paystack_secret_key=None,
        jwt_secret="short",
        jwt_ttl="soon",
        limit_pay="often",
        cors_origins="*",
        metrics_token="1234",
        notify_url="https://shop.test/told",
    )

    named = {sentence.split()[0].rstrip(":") for sentence in told}
    expected = {
        "PAYSTACK_SECRET_KEY",
        "JWT_SECRET",
        "JWT_TTL",
        "LIMIT_PAY",
        "CORS_ORIGINS",
        "METRICS_TOKEN",
        "NOTIFY_URL",
    }
    assert named == expected
    assert len(told) == len(expected)
    assert all(sentence.endswith(".") for sentence in told)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (None, "is not set"),
        ("", "is not set"),
        (" , ", "is not set"),
        ("pk_test_0f1e2d3c4b5a69788796a5b4c3d2e1f0", "public key"),
        (f"{SECRET_KEY},pk_test_0f1e2d3c4b5a69788796a5b4", "public key"),
        ("sk_test_xxxxxxxxxxxxxxxxxxxx", "no sample"),
        ("sk_test_your_secret_key_here", "no sample"),
        ("whatever0f1e2d3c4b5a69788796", "not a key of Paystack's"),
        ("sk_test_", "not a key of Paystack's"),
        (f"{SECRET_KEY},{LIVE_KEY}", "mixes test and live keys"),
    ],
)
def test_a_paystack_key_that_cannot_be_one_is_refused(key: str | None, expected: str) -> None:
    [sentence] = problems(paystack_secret_key=key)

    assert expected in sentence
    assert key is None or not any(len(each) > 8 and each in sentence for each in key.split(","))


def test_the_simulators_keys_may_be_short() -> None:
    """It takes every key that starts with ``sk_test_``."""
    assert read(paystack_secret_key="sk_test_new,sk_test_old").paystack_secret_key == ("sk_test_new", "sk_test_old")
    assert "not a key of Paystack's" in problems(paystack_secret_key="sk_live_new")[0]


def test_a_catalogue_that_cannot_be_used_is_told_with_everything_else(tmp_path: Path) -> None:
    (tmp_path / "products.toml").write_text("[fee]\n", encoding="utf-8")
    given = {"JWT_SECRET": "weak", "PRODUCTS_FILE": str(tmp_path / "products.toml")}

    with pytest.raises(SettingsError) as refused:
        create_app(given)
    host = Flask("host")
    host.config.from_mapping(given)
    with pytest.raises(SettingsError) as refused_there:
        FlaskPaystack(host)

    assert refused_there.value.problems == refused.value.problems
    for name in ("PAYSTACK_SECRET_KEY", "JWT_SECRET", "PRODUCTS_FILE: [fee]"):
        assert any(each.startswith(name) for each in refused.value.problems)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("admin_emails", "admin1=nobody", "ADMIN_EMAILS: an email address must have an @-sign."),
        ("require_login", "maybe", "REQUIRE_LOGIN: write on or off."),
        ("mail_use_tls", "starttls", "MAIL_USE_TLS: write on or off."),
        ("jwt_ttl", "1h", "JWT_TTL: write a whole number."),
    ],
)
def test_sentences_are_for_people(name: str, value: str, sentence: str) -> None:
    assert problems(**{name: value}) == [sentence]


def test_keys_may_rotate_newest_first() -> None:
    newer = SECRET_KEY[:-4] + "ffff"

    assert read(paystack_secret_key=f" {newer} , {SECRET_KEY} ").paystack_secret_key == (newer, SECRET_KEY)


@pytest.mark.parametrize(
    "secret",
    [None, "", "short", "a" * 64, "change-me-change-me-change-me-change-me", "your-secret-key-0123456789abcdefghijkl"],
)
def test_a_weak_sample_or_missing_jwt_secret_is_refused(secret: str | None) -> None:
    [sentence] = problems(jwt_secret=secret)

    assert sentence.startswith("JWT_SECRET ")
    assert not secret or secret not in sentence


def test_one_weak_secret_among_several_is_refused() -> None:
    assert len(problems(jwt_secret=f"{JWT_SECRET},weak")) == 1
    assert read(jwt_secret=f"{JWT_SECRET},{JWT_SECRET[::-1]}").jwt_secret == (JWT_SECRET, JWT_SECRET[::-1])


def test_nothing_that_shows_the_settings_shows_a_secret() -> None:
    secrets = {
        "paystack_secret_key": SECRET_KEY,
        "jwt_secret": JWT_SECRET,
        "mail_password": "correct horse battery",
        "notify_secret": WEBHOOK_SECRET,
        "metrics_token": "Qm9vcyBhbmQgaG9yc2Vz",
        "database_url": "postgresql://ada:hunter2hunter2@db/shop",
        "store_url": "redis://:hunter3hunter3@cache/0",
    }
    settings = read(mail_username="ada", notify_url="https://shop.test/told", **secrets)

    for shown in (repr(settings), str(settings)):
        for secret in [*secrets.values(), "hunter2", "hunter3"]:
            assert secret not in shown


def test_an_empty_value_counts_as_unset() -> None:
    assert read(public_url="", limit_pay="", trusted_proxies="", jobs="", mail_port="") == read()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("60/min", Limit(60, 60)),
        ("5/s", Limit(5, 1)),
        ("100 / hour", Limit(100, 3600)),
        ("1/day", Limit(1, 86400)),
        ("7", Limit(7, 60)),
        (7, Limit(7, 60)),
    ],
)
def test_a_limit_is_a_count_and_a_period(text: Any, expected: Limit) -> None:
    assert read(limit_pay=text).limit_pay == expected


@pytest.mark.parametrize("text", ["0/min", "-1/min", "60/fortnight", "often", "1.5/min", "٣/min", "1e3/min", True])
def test_what_is_no_limit_is_refused(text: Any) -> None:
    assert problems(limit_pay=text)[0].startswith("LIMIT_PAY: ")


def test_origins_are_reduced_to_scheme_host_and_port() -> None:
    settings = read(
        frontend_url="https://Shop.test:443/checkout?x=1",
        cors_origins="https://www.shop.test/, http://localhost:3000,https://shop.test",
    )

    assert settings.allowed_origins == ("https://shop.test", "https://www.shop.test", "http://localhost:3000")


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "shop.test", "//shop.test", "ftp://shop.test", "https://ada@shop.test", "https://a.test\\@b.test",
     "https://", "javascript:alert(1)", "https://shop.test:99999", "https://shop .test"],
)  # fmt: skip
def test_what_is_no_origin_is_refused(origin: str) -> None:
    [sentence] = problems(cors_origins=f"https://shop.test,{origin}")

    assert sentence.startswith("CORS_ORIGINS: ")


@pytest.mark.parametrize("name", ["public_url", "frontend_url", "notify_url"])
@pytest.mark.parametrize("url", ["pay.test", "https://ada:pw@pay.test", "https://pay.test/#there", "ftp://pay.test"])
def test_an_address_must_mean_the_same_to_everyone(name: str, url: str) -> None:
    assert [each.split(":")[0] for each in problems(notify_secret=WEBHOOK_SECRET, **{name: url})] == [name.upper()]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8001", "http://localhost:8001/", "http://[::1]:8001"])
def test_paystack_may_be_called_without_tls_on_this_machine(url: str) -> None:
    assert read(paystack_base_url=url).paystack_base_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url", ["http://api.paystack.co", "http://127.0.0.1.evil.test", "http://10.0.0.1", "http://0.0.0.0"]
)
def test_paystack_may_not_be_called_without_tls_elsewhere(url: str) -> None:
    [sentence] = problems(paystack_base_url=url)

    assert "plain http is accepted for this machine only" in sentence


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"public_url": None}, "PUBLIC_URL"),
        ({"public_url": "http://pay.test"}, "PUBLIC_URL"),
        ({"public_url": "https://localhost:5000"}, "PUBLIC_URL"),
        ({"paystack_base_url": "http://127.0.0.1:8001"}, "PAYSTACK_BASE_URL"),
        ({"paystack_base_url": "https://127.0.0.2"}, "PAYSTACK_BASE_URL"),
        ({"paystack_base_url": "https://[::1]:8001"}, "PAYSTACK_BASE_URL"),
        ({"paystack_base_url": "https://localhost"}, "PAYSTACK_BASE_URL"),
        ({"jwt_secret": "change-me-change-me-change-me-change-me"}, "JWT_SECRET"),
        ({"paystack_secret_key": "sk_live_your_secret_key_here"}, "PAYSTACK_SECRET_KEY"),
    ],
)
def test_a_live_key_is_held_to_https(changes: dict[str, Any], named: str) -> None:
    told = problems(**{**{name.lower(): value for name, value in LIVE.items()}, **changes})

    assert len(told) == 1
    assert named in told[0]


@pytest.mark.parametrize(("key", "is_refused"), [(LIVE_KEY, True), (SECRET_KEY, False)])
def test_a_live_key_is_refused_in_debug_mode(tmp_path: Path, key: str, is_refused: bool) -> None:
    write_products(tmp_path)
    host = Flask("host")
    host.debug = True
    host.config.from_mapping(settings_in(tmp_path, paystack_secret_key=key, public_url="https://pay.test"))

    if not is_refused:
        FlaskPaystack(host).close()
        return
    with pytest.raises(SettingsError, match="debug"):
        FlaskPaystack(host)


def test_a_live_key_makes_the_domain_live() -> None:
    assert Settings.read({**NEEDED, **LIVE}).domain == "live"


def test_proxies_are_addresses_or_networks() -> None:
    settings = read(trusted_proxies="10.0.0.0/8, 127.0.0.1,fd00::/8")

    assert settings.trusted_proxies == tuple(map(ip_network, ("10.0.0.0/8", "127.0.0.1/32", "fd00::/8")))


@pytest.mark.parametrize("text", ["everyone", "10.0.0.1/8", "10.0.0.0/33", "nginx.internal", "*"])
def test_what_is_no_network_is_refused_in_one_sentence(text: str) -> None:
    [sentence] = problems(trusted_proxies=text)

    assert sentence.startswith("TRUSTED_PROXIES: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("store_url", "mysql://host"),
        ("database_url", "sqlite://"),
        ("database_url", "sqlite:///:memory:"),
        ("database_url", "mysql://host/name"),
        ("admin_emails", "ada@example.org"),
        ("admin_emails", "admin1=nobody"),
        ("mail_default_sender", "nobody"),
        ("mail_default_sender", "a@example.org\r\nBcc: b@example.org"),
        ("notify_secret", "whsec_short"),
        ("notify_secret", "not-a-webhook-secret-0123456789abcdef"),
        ("mail_port", "0"),
        ("mail_port", "65536"),
        ("jwt_ttl", "0"),
        ("jwt_ttl", "-5"),
        ("jobs", "perhaps"),
        ("rate_limits", "perhaps"),
        ("require_login", "perhaps"),
        ("log_format", "xml"),
        ("paystack_timeout", "0"),
        ("paystack_concurrency", "0"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    told = problems(**{name: value})

    assert [sentence.split(":")[0] for sentence in told] == [name.upper()]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"notify_url": "https://shop.test/told"}, "NOTIFY_SECRET"),
        ({"mail_username": "ada"}, "MAIL_PASSWORD"),
        ({"mail_use_tls": "on", "mail_use_ssl": "on"}, "MAIL_USE_SSL"),
    ],
)
def test_settings_that_need_or_exclude_each_other(changes: dict[str, Any], named: str) -> None:
    [sentence] = problems(**changes)

    assert named in sentence


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name.upper() for name in Settings.model_fields]:
        monkeypatch.delenv(name, raising=False)
    env_file = tmp_path / ".env"
    lines = [f"PAYSTACK_SECRET_KEY={SECRET_KEY}", f'JWT_SECRET="{JWT_SECRET}"', "JWT_TTL=60", "MAIL_PORT=2525", ""]
    env_file.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("JWT_TTL", "120")

    settings = Settings.from_environment(env_file)

    assert (settings.jwt_ttl, settings.mail_port, settings.jwt_secret) == (120, 2525, (JWT_SECRET,))


def test_reading_the_file_changes_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAIL_PORT", raising=False)
    monkeypatch.setenv("PAYSTACK_SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("JWT_SECRET", JWT_SECRET)
    (tmp_path / ".env").write_text("MAIL_PORT=2525\n", encoding="utf-8")

    assert Settings.from_environment(tmp_path / ".env").mail_port == 2525
    assert "MAIL_PORT" not in os.environ
    assert Settings.from_environment(tmp_path / "none").mail_port == 25


def test_a_hosts_configuration_is_a_source(tmp_path: Path) -> None:
    write_products(tmp_path)
    host = Flask("host")
    host.config.from_mapping(settings_in(tmp_path, jwt_ttl=90, require_login=True, limit_pay=5, jobs=False))
    before = dict(host.config)

    ours = FlaskPaystack(host)
    ours.close()

    settings = ours.settings
    assert (settings.jwt_ttl, settings.require_login, settings.limit_pay.count, settings.jobs) == (90, True, 5, False)
    assert dict(host.config) == before


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        (None, "there is no file"),
        ("[a", "cannot be read"),
        ("", "names no product"),
        ('[webhook]\nname = "W"\ncurrency = "NGN"\namount = 5', "taken by a route"),
        ('[a]\nname = "A"\ncurrency = "NGN"\namount = 5.5', "amount"),
        ('[a]\nname = "A"\ncurrency = "BTC"\namount = 5', "currency"),
    ],
)
def test_a_catalogue_that_cannot_be_used_stops_the_start(tmp_path: Path, toml: str | None, expected: str) -> None:
    if toml is not None:
        (tmp_path / "products.toml").write_text(toml, encoding="utf-8")

    with pytest.raises(SettingsError) as refusal:
        create_app(settings_in(tmp_path))

    assert expected in refusal.value.problems[0]
    assert all(sentence.startswith("PRODUCTS_FILE: ") for sentence in refusal.value.problems)
