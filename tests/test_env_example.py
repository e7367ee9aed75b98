"""``.env.example`` and the settings are kept equal."""

import re
from pathlib import Path
from typing import Any

import pytest

from flask_paystack.errors import SettingsError
from flask_paystack.settings import Settings
from tests.shop import JWT_SECRET, SECRET_KEY

EXAMPLE = Path(__file__).parent.parent / ".env.example"
NEEDED = {"PAYSTACK_SECRET_KEY": SECRET_KEY, "JWT_SECRET": JWT_SECRET}
PARTNERS = {"NOTIFY_URL": {"NOTIFY_SECRET": "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0NTY3"}}
PARTNERS |= {"MAIL_USERNAME": {"MAIL_PASSWORD": "pass the word"}}


def shown(text: str) -> dict[str, tuple[bool, str]]:
    """Each setting of the file: whether it is commented out, and its value."""
    lines = re.findall(r"^(# )?([A-Z][A-Z_]+)=(.*)$", text, re.MULTILINE)
    return {name: (bool(comment), value) for comment, name, value in lines}


SHOWN = shown(EXAMPLE.read_text(encoding="utf-8"))
DEFAULTS: dict[str, Any] = {
    name.upper(): field.get_default(call_default_factory=True) for name, field in Settings.model_fields.items()
}
COMMENTED = sorted(name for name, (commented, value) in SHOWN.items() if commented and value)


def test_every_setting_is_listed_and_nothing_else() -> None:
    assert set(SHOWN) == set(DEFAULTS)


def test_every_setting_or_its_group_has_a_line_of_why() -> None:
    """A paragraph of settings may share its words, but none stands without any."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for section in re.split(r"^# --- .*$", text, flags=re.MULTILINE)[1:]:
        assert re.search(r"^# [A-Z][a-z].* ", section, re.MULTILINE), section


@pytest.mark.parametrize("name", COMMENTED)
def test_a_commented_value_is_the_default_or_an_example_of_one_that_has_none(name: str) -> None:
    if "SECRET" in name:
        with pytest.raises(SettingsError):
            Settings.read({**NEEDED, name: SHOWN[name][1]})
        return
    settings = Settings.read({**NEEDED, **PARTNERS.get(name, {}), name: SHOWN[name][1]})
    default = DEFAULTS[name]

    if default in (None, (), {}):
        assert getattr(settings, name.lower()) not in (None, (), {})
    else:
        assert getattr(settings, name.lower()) == default


def test_the_file_as_it_stands_is_refused_for_its_samples_alone() -> None:
    as_it_stands = {name: value for name, (commented, value) in SHOWN.items() if not commented}

    with pytest.raises(SettingsError) as refusal:
        Settings.read(as_it_stands)

    assert set(as_it_stands) == {"PAYSTACK_SECRET_KEY", "JWT_SECRET"}
    assert [problem.split()[0] for problem in refusal.value.problems] == ["PAYSTACK_SECRET_KEY", "JWT_SECRET"]


def test_with_both_samples_mended_the_file_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    mended = EXAMPLE.read_text(encoding="utf-8")
    mended = mended.replace("sk_test_replace_me", SECRET_KEY).replace("change-me", JWT_SECRET)
    (tmp_path / ".env").write_text(mended, encoding="utf-8")

    settings = Settings.from_environment(tmp_path / ".env")

    assert {name: value for name, value in settings if name.upper() not in NEEDED} == {
        name.lower(): value for name, value in DEFAULTS.items() if name not in NEEDED
    }


def test_a_setting_that_is_not_listed_is_noticed() -> None:
    """The control."""
    text = EXAMPLE.read_text(encoding="utf-8").replace("# JOBS=on\n", "")

    assert set(DEFAULTS) - set(shown(text)) == {"JOBS"}
