"""The brief behind the mailed link: everything one needs to decide, questions that end nothing, conditions that hold."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
import time_machine
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from apps.approvals import actions as approvals
from apps.approvals.models import Answer, Remark
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow
from apps.core.models import AuditEntry, OutboxEvent
from apps.releases import actions
from apps.releases.actions.judging import sweep_releases
from apps.releases.queries.brief import words_of
from tests.factories import answer, check, content_with, fresh, release_in
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db
ONE = {"groups": [{"name": "Change authority", "who": {"role": "approver"}, "mode": "any"}]}
CHECKS = [
    check("inspected"),
    check("smoke", group="release"),
    check("load", required=False, group="procedure", kind="junit"),
]


@pytest.fixture
def release():
    person("adam")
    person("anna")
    return release_in("awaiting_approval", content=content_with(approvals=ONE, checks=CHECKS))


def mail_to(release, name: str = "adam") -> tuple[str, str]:
    return approvals.issue_link(ask=fresh(release).round.asks.get(person=person(name)), by=SYSTEM)


def text_of(token: str, client: Client | None = None) -> str:
    return re.sub(r"\s+", " ", (client or Client()).get(f"/approve/{token}/").content.decode())


def post(token: str, release, **said):
    given = {"decision": "approve", "reason": "", "code": "", "digest": fresh(release).round.digest, **said}
    return Client().post(f"/approve/{token}/", given)


def test_the_brief_answers_what_an_approver_asks(release):
    text = text_of(mail_to(release)[0])
    for words in (
        "Refunds within a minute.",
        "everybody at once",
        "60 minutes",  # deploy and smoke-test, one after the other
        "no longer fits the window",
        "What it may touch",
        "2 pending",
        "Deploy 1.9.0 again.",
        "needs 1 more",
    ):
        assert words in text, words


# --- what changed since this person last approved ----------------------------------------------------------------------


def test_who_approved_before_sees_only_the_difference_in_words(release):
    answer(release, "adam")
    actions.rework(release=fresh(release), by=acting("rosa"), note="Safer.")
    actions.change_release(release=fresh(release), by=acting("rosa"), back_out_plan="Deploy 1.9.1 again.")
    actions.start_verification(release=fresh(release), by=acting("rosa"))
    actions.request_approval(release=fresh(release), by=acting("rosa"))
    adams, annas = text_of(mail_to(release)[0]), text_of(mail_to(release, "anna")[0])
    assert "Since you approved it last" in adams
    assert "Deploy <del>1.9.0</del> <ins>1.9.1</ins> again." in adams
    assert "Window start" not in adams
    assert "Since you approved it last" not in annas


@given(*[st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12)] * 2)
def test_the_word_difference_holds_both_texts_and_nothing_else(old, new):
    runs = words_of(" ".join(old), " ".join(new))
    assert " ".join(words for kind, words in runs if kind != "ins" and words).split() == old
    assert " ".join(words for kind, words in runs if kind != "del" and words).split() == new


# --- a question ends nothing --------------------------------------------------------------------------------------------


def test_a_question_is_told_and_the_link_stays_good(release, drain):
    token, code = mail_to(release)
    asked = post(token, release, decision="ask", reason="Who tested it with the bank?", code=code)
    assert asked.status_code == 200
    assert "Your question is with the release manager" in asked.content.decode()
    said = Remark.objects.get()
    assert (said.person.username, said.kind) == ("adam", "question")
    assert fresh(release).status == "awaiting_approval"
    assert not Answer.objects.exists()
    assert OutboxEvent.objects.filter(name="approvals.remark.ask").count() == 1
    approvals.remark(round=fresh(release).round, text="Carl did, on Monday.", by=acting("rosa"))
    assert "Carl did, on Monday." in text_of(token)
    assert post(token, release, code=code).status_code == 200
    assert fresh(release).status == "scheduled"


def test_a_question_needs_the_person_as_a_decision_does(release):
    token, _code = mail_to(release)
    assert post(token, release, decision="ask", reason="Hm?").status_code == 400
    assert post(token, release, decision="ask", reason="Hm?", code="000000x").status_code == 400
    assert not Remark.objects.exists()


@pytest.mark.parametrize("name", ["audrey", "ida", "nora"])
def test_who_only_reads_asks_nothing(release, name):
    with pytest.raises(Exception, match="Only people who work on releases"):
        approvals.remark(round=release.round, text="Why?", by=acting(name))


# --- conditions that a machine keeps to ------------------------------------------------------------------------------------


def approve_if(release, until, slug: str = "load"):
    condition = {"check": slug, "until": until.isoformat()}
    return actions.answer_approval(
        release=fresh(release),
        by=acting("adam"),
        decision="approve_with_conditions",
        digest=fresh(release).round.digest,
        condition=condition,
    )


def test_the_start_waits_for_the_condition(release):
    assert approve_if(release, now() + timedelta(hours=2)).status == "scheduled"
    with pytest.raises(NotNow) as refused:
        actions.start_release(release=fresh(release), by=acting("rosa"))
    (blocker,) = refused.value.blockers
    assert (blocker.code, "Load" in str(blocker.message), blocker.until is not None) == ("condition_open", True, True)
    load = release.checks.get(slug="load").runs.get()
    actions.finish_check_run(check_run=load, status="passed", by=SYSTEM, detail="500 a second.")
    assert actions.start_release(release=fresh(release), by=acting("rosa")).status == "releasing"


def test_a_condition_that_was_not_met_in_time_takes_the_approval_back(release):
    until = now() + timedelta(hours=1)
    approve_if(release, until)
    with time_machine.travel(until - timedelta(minutes=1), tick=False):
        sweep_releases(by=SYSTEM)
        assert fresh(release).status == "scheduled"
    with time_machine.travel(until + timedelta(minutes=1), tick=False):
        sweep_releases(by=SYSTEM)
        after = fresh(release)
    assert (after.status, after.approved_digest) == ("planning", "")
    assert "adam" in AuditEntry.objects.get(event="releases.release.supersede").note.lower()


@pytest.mark.parametrize("condition", [{"check": "nothing"}, {"check": "load", "until": "tomorrow"}])
def test_a_condition_that_no_machine_can_keep_to_is_refused(release, condition):
    with pytest.raises(Invalid):
        actions.answer_approval(
            release=release,
            by=acting("adam"),
            decision="approve_with_conditions",
            digest=release.round.digest,
            condition=condition,
        )


def test_a_condition_is_set_on_the_page_in_the_readers_own_time(release):
    adam = person("adam")
    type(adam).objects.filter(pk=adam.pk).update(time_zone="Asia/Kathmandu")
    token, code = mail_to(release)
    given = {"decision": "approve_with_conditions", "check": "load", "until": "2099-01-01T12:00", "reason": "Load it."}
    assert post(token, release, code=code, **given).status_code == 200
    assert Answer.objects.get().condition == {"check": "load", "until": "2099-01-01T12:00:00+05:45"}


# --- scanners and forwarded mail ---------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Every address a page or a mail names, and its forms."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.forms = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        given = dict(attrs)
        self.links |= {given[name] for name in ("href", "src", "action") if given.get(name)}
        self.forms += tag == "form"


def written(release) -> str:
    rows = [Answer.objects.count(), Remark.objects.count(), AuditEntry.objects.count(), OutboxEvent.objects.count()]
    return json.dumps([fresh(release).status, fresh(release).version, *rows])


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Purpose": "prefetch"}, {"X-Moz": "prefetch"}, {"User-Agent": "Barracuda"}]
)
def test_a_scanner_that_follows_everything_and_submits_every_form_changes_nothing(release, headers):
    token, _code = mail_to(release)
    before = written(release)
    scanner = Client(headers=headers)
    shown = Page(scanner.get(f"/approve/{token}/").content.decode())
    assert shown.forms == 1
    for link in {f"/approve/{token}/", *(one for one in shown.links if one.startswith("/"))}:
        for method in ("get", "head", "options"):
            assert getattr(scanner, method)(link).status_code < 500
    for decision in ("approve", "approve_with_conditions", "request_changes", "reject", "ask", "nonsense"):
        given = {"decision": decision, "reason": "auto", "digest": release.round.digest, "code": ""}
        assert scanner.post(f"/approve/{token}/", given).status_code in (400, 401)
    assert written(release) == before


def test_a_forwarded_link_lets_nobody_else_in(release):
    """Anna gets Adam's mail: the page shows her no form, and neither her session nor Adam's question makes her Adam."""
    token, code = mail_to(release)
    anna = Client()
    anna.force_login(person("anna"), backend="django.contrib.auth.backends.ModelBackend")
    assert "<form" not in text_of(token, anna)
    before = written(release)
    for decision in ("approve", "ask", "reject"):
        given = {"decision": decision, "reason": "Me.", "digest": release.round.digest, "code": code}
        assert anna.post(f"/approve/{token}/", given).status_code == 401
    assert written(release) == before
    assert Client().get("/admin/", follow=False).status_code == 302  # the link opened no session for anybody


def test_the_release_manager_answers_in_the_admin(release):
    approvals.remark(round=release.round, text="Who tested it?", by=acting("adam"), is_question=True)
    client = Client()
    client.force_login(person("rosa"), backend="django.contrib.auth.backends.ModelBackend")
    page = f"/admin/releases/release/{release.pk}/"
    assert client.post(f"{page}do/remark/", {"text": "Carl did."}).status_code == 302
    shown = client.get(f"{page}change/?tab=approvals").content.decode()
    assert "Who tested it?" in shown
    assert "Carl did." in shown
