"""Pictures for the documentation, from a running demo: `python scripts/screenshots.py http://127.0.0.1:8000 var`."""

from __future__ import annotations

import email
import email.policy
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
# name: (list in the admin, tab of its first record); without a tab the page itself
PAGES = {
    "item": ("cmdb/configurationitem/?q=payments", "overview"),
    "impact": ("cmdb/configurationitem/?q=cluster-north", "impact"),
    "import-report": ("cmdb/importrun/", "report"),
    "model-editor": ("release_models/modelversion/?status__exact=draft", "editor"),
    "version-diff": ("release_models/modelversion/?status__exact=draft", "changes"),
    "approach": ("approaches/approachversion/?status__exact=published", "document"),
    "adoption": ("adoption/", ""),
    "drift": ("drift/", ""),
    "cmdb-health": ("health/", ""),
    "calendar-week": ("calendar/?view=week", ""),
    "calendar-timeline": ("calendar/?view=timeline", ""),
    "plan": ("releases/release/?status__exact=verifying", "plan"),
    "when": ("releases/release/?status__exact=planning", "when"),
    "risk": ("releases/release/?status__exact=verifying", "risk"),
}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]


def requests(folder: Path) -> Iterator[tuple[str, str]]:
    """The approval page's path and the HTML of each approval mail, the newest first."""
    for path in sorted(folder.glob("*.log"), key=lambda one: one.stat().st_mtime, reverse=True):
        for told in reversed(re.split(rb"^-{79}\s*$", path.read_bytes(), flags=re.MULTILINE)):
            mail = email.message_from_bytes(told.lstrip(), policy=email.policy.default)
            body = mail.get_body(("html",)) if told.strip() else None
            found = re.search(r"(/approve/[\w-]+/)", body.get_content()) if body else None
            if found and "Approve:" in str(mail["Subject"]):
                yield found.group(1), body.get_content()


def open_request(page: Page, url: str, folder: Path) -> str:
    """Leave `page` at the newest request that still waits for its answer. Returns the HTML of its mail."""
    for path, html in requests(folder):
        page.goto(url + path)
        if page.locator("form[method=post]").count():
            return html
    raise SystemExit(f"No approval mail in {folder} waits for an answer.")


def shoot_pages(page: Page, url: str, look: str) -> None:
    """Each page of the documentation as a release manager sees it."""
    for name, (path, tab) in PAGES.items():
        page.goto(f"{url}/admin/{path}")
        if tab:
            first = page.locator("#result_list a[href*='/change/']").first.get_attribute("href").split("?")[0]
            page.goto(f"{url}{first}?tab={tab}")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=IMAGES / f"{name}-{look}.png")


def shoot(browser: Browser, url: str, mails: Path, look: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=look)
    page = context.new_page()
    page.goto(f"{url}/admin/login/?next=/admin/")
    page.fill("input[name=username]", "rosa")
    page.fill("input[name=password]", "rosa-opens-the-gate")
    page.click("button[type=submit]")
    page.wait_for_url(f"{url}/admin/")
    page.screenshot(path=IMAGES / f"home-{look}.png")
    page.goto(f"{url}/admin/releases/release/?status__exact=awaiting_approval")
    page.goto(url + page.locator("#result_list a[href*='/change/']").first.get_attribute("href").split("?")[0])
    page.screenshot(path=IMAGES / f"release-{look}.png")
    shoot_pages(page, url, look)
    phone = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=look).new_page()
    html = open_request(phone, url, mails)
    phone.screenshot(path=IMAGES / f"approval-{look}.png", full_page=True)
    reader = browser.new_context(viewport={"width": 720, "height": 900}, color_scheme=look).new_page()
    reader.set_content(html)
    reader.screenshot(path=IMAGES / f"approval-mail-{look}.png", full_page=True)


def main() -> None:
    url, var = sys.argv[1], Path(sys.argv[2])
    IMAGES.mkdir(parents=True, exist_ok=True)
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for look in ("light", "dark"):
            shoot(browser, url, var / "mail", look)


if __name__ == "__main__":
    main()
