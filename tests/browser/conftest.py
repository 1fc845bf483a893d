"""A real browser on a live server. Records are made before the browser starts: Playwright's loop and the ORM do not mix."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from tests.people import PASSWORD

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SERIOUS = ("serious", "critical")


@contextmanager
def browser_page(*, width: int = 1440, dark: bool = False) -> Iterator[Page]:
    if not CHROMIUM:
        pytest.skip("No Chromium here: install it, or name it in CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        page = context.new_page()
        page.set_default_timeout(30_000)
        try:
            yield page
        finally:
            browser.close()


@pytest.fixture
def open_page() -> Callable:
    return browser_page


def sign_in(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/admin/login/?next=/admin/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"{url}/admin/")


def faults_of(page: Page) -> list[str]:
    """What axe finds serious, and whether the page scrolls sideways."""
    found = Axe().run(page).response["violations"]
    faults = [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found if one["impact"] in SERIOUS]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 1:
        faults.append(f"the page scrolls sideways by {wide} px")
    return faults
