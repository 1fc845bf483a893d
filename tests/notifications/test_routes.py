"""Who is told what: every route, through real deeds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.template.loader import get_template

from apps.cmdb.models import Party, ServiceRelationship
from apps.core import moves
from apps.core.clock import now
from apps.notifications.models import Message
from apps.notifications.routes import ROUTES, template_of
from apps.releases import actions as releases
from apps.reviews import actions as reviews
from apps.reviews.models import ReleaseReview
from tests.factories import OTHER_DIGEST, fresh, payments, release_in
from tests.people import SYSTEM, acting, person


def told(event: str) -> set[str]:
    return {one.to_address.split("@")[0] for one in Message.objects.filter(event=event)}


def subjects(name: str) -> list[str]:
    return [one.subject for one in mail.outbox if one.to == [f"{name}@example.org"]]


@pytest.mark.parametrize("event", sorted(ROUTES))
def test_every_route_has_its_words_in_text_and_html(event):
    assert get_template(f"notifications/{template_of(event)}.txt")
    assert get_template(f"notifications/{template_of(event)}.html")


def test_a_task_is_told_to_whom_it_was_given_and_not_to_who_took_it(drain):
    release = release_in("planning")
    first, second = release.tasks.all()[:2]
    releases.change_task(task=first, by=acting("rosa"), assignee=person("carl"))
    releases.change_task(task=second, by=acting("rosa"), assignee=person("rosa"))
    drain()
    assert told("releases.task.assign") == {"carl"}
    assert any(first.title in subject for subject in subjects("carl"))


def test_start_hold_and_release_are_told_to_team_and_owners_but_not_to_who_did_it(drain):
    release = release_in("scheduled")
    person("sven")
    hold = releases.place_hold(release=release, by=acting("adam"), reason="The bank is down.")
    drain()
    assert told("releases.hold.place") == {"rosa", "sven"}
    releases.lift_hold(hold=hold, by=acting("rosa"))
    releases.start_release(release=fresh(release), by=acting("rosa"))
    drain()
    assert told("releases.release.start") == {"sven"}


def test_the_whole_road_is_told(drain):
    person("sven")
    release = release_in("in_review")
    drain()
    assert told("releases.release.finish") == {"carl", "rosa", "sven"}
    assert told("reviews.releasereview.create") == {"rosa"}
    review = ReleaseReview.objects.get(release=release)
    review = reviews.begin_review(review=review, by=acting("rosa"))
    review = reviews.submit_review(review=review, by=acting("rosa"), outcome="successful", lessons="None.")
    drain()
    assert told("reviews.releasereview.submit") == {"sven"}
    reviews.accept_review(review=review, by=acting("sven"))
    releases.close_release(release=fresh(release), by=acting("rosa"))
    drain()
    assert told("releases.release.close") == {"carl", "sven"}
    assert {one.status for one in Message.objects.all()} <= {"sent", "withdrawn"}


def test_backing_out_is_told_with_the_reason(drain):
    person("sven")
    release_in("backing_out")
    drain()
    body = next(one.body for one in mail.outbox if "Backing out" in one.subject)
    assert "Refunds fail." in body


def test_those_who_approved_learn_in_words_what_changed(drain):
    release = release_in("scheduled")
    drain()
    component = release.components.get()
    releases.change_component(component=component, by=acting("rosa"), digest=OTHER_DIGEST)
    assert fresh(release).status == "planning"
    drain()
    assert told("releases.release.supersede") == {"adam", "anna"}
    body = next(one.body for one in mail.outbox if "no longer stands" in one.subject)
    assert OTHER_DIGEST in body


def test_a_rework_tells_those_who_approved_and_nobody_twice(drain):
    release = release_in("scheduled")
    releases.rework(release=release, by=acting("rosa"), note="The bank asks for another day.")
    drain()
    assert told("releases.release.rework") == {"adam", "anna"}
    body = next(one.body for one in mail.outbox if "no longer stands" in one.subject)
    assert "The bank asks for another day." in body


def test_a_rework_while_being_asked_tells_those_asked_that_it_is_off(drain):
    person("adam"), person("anna")
    release = release_in("awaiting_approval")
    drain()
    releases.rework(release=release, by=acting("rosa"), note="The plan was wrong.")
    drain()
    assert told("approvals.round.cancel") == {"adam", "anna"}
    assert told("releases.release.rework") == set()


def test_parties_that_were_promised_notice_are_told_in_their_own_words(drain):
    bank = moves.create(Party(slug="bank", name="The Bank", email="desk@bank.example"), by=SYSTEM)
    shop = moves.create(Party(slug="shop", name="A Shop", email="it@shop.example"), by=SYSTEM)
    for party, hours in ((bank, 48), (shop, 0)):
        moves.create(ServiceRelationship(party=party, service=payments(), notice_hours=hours), by=SYSTEM)
    release_in("scheduled")
    drain()
    outside = Message.objects.filter(to_user=None).exclude(event__startswith="release_models.")
    assert {one.to_address for one in outside} == {"desk@bank.example"}
    assert "promised notice" in outside.get().reason


def test_an_emergency_is_told_to_those_it_passed_over(drain):
    person("adam"), person("anna")
    release = release_in("scheduled", kind="emergency")
    releases.start_release(release=release, by=acting("rosa"), note="Payments are down.", incident="INC-2026-0001")
    drain()
    assert told("releases.release.break_glass") == {"adam", "anna"}


def test_the_reader_reads_in_their_language(drain):
    sven = person("sven")
    type(sven).objects.filter(pk=sven.pk).update(language="de")
    release = release_in("releasing")
    drain()
    message = Message.objects.get(event="releases.release.start", to_user=sven)
    assert f"[{release.key}]" in message.subject
    assert '<html lang="de">' in message.html


def test_an_inactive_reader_is_not_told(drain):
    sven = person("sven")
    release_in("scheduled")
    type(sven).objects.filter(pk=sven.pk).update(is_active=False)
    drain()
    assert not Message.objects.filter(to_user=sven, created_at__gt=now() - timedelta(minutes=5)).exists()
