"""A real browser for the pages: skipped, or missed where it is promised (``EXPECT_BROWSER=1``), as tests/machine.py has it."""

import shutil
from collections.abc import Iterator

import pytest

from tests.machine import is_missing

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""It talks to our pages and to nobody else."""


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:  # noqa: F821 -- playwright is imported only where it is there
    """The system's Chromium, driven by playwright. None is ever downloaded."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        is_missing("browser", "there is no Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:  # noqa: F821
    """A page of a new, empty profile, as large as a phone's."""
    with browser.new_context(viewport={"width": 390, "height": 844}) as profile:
        profile.set_default_timeout(10_000)
        yield profile.new_page()
