"""A real browser for the pages.

Where none can be started, the tests that need it are skipped. Where it is promised (``EXPECT_BROWSER=1``) that is a failure.
"""

import os
import shutil
from collections.abc import Iterator
from typing import NoReturn

import pytest

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


def _missing(why: str) -> NoReturn:
    sentence = f"No browser for the tests: {why}"
    if os.environ.get("EXPECT_BROWSER") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:  # noqa: F821 -- playwright is imported only where it is there
    """The system's Chromium, driven by playwright."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        _missing("there is no Chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as cause:
        _missing(str(cause))
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:  # noqa: F821
    """A page of a new, empty profile, as large as a phone's."""
    with browser.new_context(viewport={"width": 390, "height": 844}) as profile:
        profile.set_default_timeout(10_000)
        yield profile.new_page()
