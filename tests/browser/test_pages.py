"""The pages people live in: light and dark, wide and on a phone, without a serious fault and without sideways scrolling."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.approvals import actions as approvals
from apps.approvals.models import Ask
from tests.browser.conftest import faults_of, sign_in
from tests.factories import content_with, fresh, release_in
from tests.people import SYSTEM, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

LOOKS = pytest.mark.parametrize(
    ("width", "dark"),
    [(1440, False), (1440, True), (390, False), (390, True)],
    ids=["wide", "wide-dark", "phone", "phone-dark"],
)
BY_MAIL = {
    "groups": [{"name": "Change authority", "who": {"role": "approver"}, "mode": "n", "n": 1}],
    "email_code": True,
}


@LOOKS
def test_login_home_and_the_release_page(live_server, open_page, width, dark):
    person("rosa")
    release = release_in("awaiting_approval")
    address = reverse("admin:releases_release_change", args=[release.pk])
    with open_page(width=width, dark=dark) as page:
        page.goto(f"{live_server.url}/admin/login/?next=/admin/")
        faults = {"login": faults_of(page)}
        sign_in(page, live_server.url, "rosa")
        faults["home"] = faults_of(page)
        assert release.key in page.content()
        page.goto(live_server.url + address)
        faults["release"] = faults_of(page)
        assert "Awaiting approval" in page.inner_text("body")
    assert faults == {"login": [], "home": [], "release": []}


@LOOKS
def test_the_page_behind_the_approval_mail(live_server, open_page, width, dark):
    release = release_in("awaiting_approval", content=content_with(approvals=BY_MAIL))
    ask = Ask.objects.filter(round=release.round).first()
    token, _ = approvals.issue_link(ask=ask, by=SYSTEM)
    blocked: list[str] = []
    with open_page(width=width, dark=dark) as page:
        page.on("console", lambda said: blocked.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(live_server.url + reverse("approve", args=[token]))
        faults = faults_of(page)
        assert release.title in page.inner_text("body")
    assert faults == []
    assert blocked == []


def test_a_scanner_that_submits_without_the_code_decides_nothing_and_a_person_does(live_server, open_page):
    release = release_in("awaiting_approval", content=content_with(approvals=BY_MAIL))
    ask = Ask.objects.filter(round=release.round).first()
    token, code = approvals.issue_link(ask=ask, by=SYSTEM)
    with open_page(width=390) as page:
        page.goto(live_server.url + reverse("approve", args=[token]))
        page.check("input[name=decision][value=approve]")
        page.click("form button[type=submit]")
        page.wait_for_load_state()
        said = page.inner_text("body")
        page.check("input[name=decision][value=approve]")
        page.fill("input[name=code]", code)
        page.click("form button[type=submit]")
        page.wait_for_load_state()
        done = page.inner_text("body")
    assert "code" in said.lower()
    assert "approve" in done.lower()
    assert fresh(release).status == "scheduled"
