"""The picture of an impact: walked with the keyboard, searched, moved, and read on a phone."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.cmdb import actions
from apps.cmdb.models import CIType, RelationshipType
from tests.browser.conftest import faults_of, sign_in
from tests.people import SYSTEM, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def map_of_four() -> str:
    """`shop` and `portal` on `payments`, `payments` on `rack`. Returns the address of the rack's impact."""
    kind = CIType.objects.get(slug="service")
    made = {name: actions.create_ci(key=name, name=name, ci_type=kind, by=SYSTEM) for name in MAP}
    depends = RelationshipType.objects.get(slug="depends-on")
    for source, target in (("payments", "rack"), ("shop", "payments"), ("portal", "payments")):
        actions.create_relationship(source=made[source], type=depends, target=made[target], by=SYSTEM)
    return reverse("admin:cmdb_configurationitem_change", args=[made["rack"].pk]) + "?tab=impact"


MAP = ("rack", "payments", "shop", "portal")


def test_the_arrow_keys_walk_and_the_way_is_said(live_server, open_page):
    person("rosa")
    address = map_of_four()
    with open_page() as page:
        sign_in(page, live_server.url, "rosa")
        page.goto(live_server.url + address)
        page.locator(".tg-map-box[data-root]").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        why = page.inner_text("[data-map-why]")
        lit = page.locator(".tg-map-box[data-lit]").evaluate_all("boxes => boxes.map((box) => box.dataset.key)")
        stops = page.locator(".tg-map-box[tabindex='0']").count()
        page.keyboard.press("Enter")
        page.wait_for_url("**/change/?tab=impact")
        opened = page.inner_text(".tg-record-head h1")
    assert why.endswith("depends on payments, which depends on rack")
    assert len(lit) == 3
    assert {"rack", "payments"} < set(lit)
    assert stops == 1
    assert opened in {"shop", "portal"}


@pytest.mark.parametrize(("width", "dark"), [(1440, True), (390, False)], ids=["wide-dark", "phone"])
def test_finding_and_moving_change_the_view_and_nothing_else(live_server, open_page, width, dark):
    person("rosa")
    address = map_of_four()
    errors: list[str] = []
    with open_page(width=width, dark=dark) as page:
        page.on("pageerror", lambda error: errors.append(str(error)))
        sign_in(page, live_server.url, "rosa")
        page.goto(live_server.url + address)
        faults = faults_of(page)
        page.fill("[data-map-find]", "port")
        dimmed = page.locator(".tg-map-box[data-dim]").count()
        page.fill("[data-map-find]", "")
        page.click("[data-map-fit]")
        before = page.get_attribute(".tg-map", "viewBox")
        page.click("[data-map-zoom='0.8']")
        closer = page.get_attribute(".tg-map", "viewBox")
        page.locator(".tg-map-view").scroll_into_view_if_needed()
        box = page.locator(".tg-map-box[data-key=payments]").bounding_box()
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.mouse.down()
        page.mouse.move(box["x"] + 60, box["y"] + 20, steps=4)
        page.mouse.up()
        moved = page.get_attribute(".tg-map", "viewBox")
        here = page.url
        page.click("[data-map-fit]")
        whole = page.get_attribute(".tg-map", "viewBox")
    assert faults == []
    assert errors == []
    assert dimmed == 3
    assert len({before, closer, moved}) == 3
    assert here.endswith(address)
    assert whole.startswith("0 0 ")
