"""Surveys: who is asked, by which link, and what one sees of the answers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client

from apps.cmdb.models import Party, ServiceRelationship
from apps.core import moves
from apps.core.actor import job
from apps.core.clock import now
from apps.core.errors import Conflict, Gone, NotFound, NotNow, NotPermitted
from apps.core.models import AuditEntry
from apps.releases.models import Release
from apps.reviews import actions, queries
from apps.reviews.models import Survey, SurveyInvitation, SurveyResponse
from tests.factories import content_with, payments, release_in, team
from tests.people import SYSTEM, acting, person

REVIEWS = job("reviews")
LINK = re.compile(r"/survey/([^/\s]+)/")


def party(slug: str, *, email: str = "", kind: str = "consumer") -> Party:
    made = moves.create(Party(slug=slug, name=slug.capitalize(), kind=kind, email=email), by=SYSTEM)
    moves.create(ServiceRelationship(party=made, service=payments()), by=SYSTEM)
    return made


def released(**fields) -> Release:
    return release_in("released", **fields)


def survey_of(release: Release) -> Survey:
    return actions.open_survey(release=release, by=acting("rosa"))


def invitation(survey: Survey, name: str) -> SurveyInvitation:
    return survey.invitations.get(person__username=name)


def many_answers(survey: Survey, *scores: int) -> None:
    for number, score in enumerate(scores):
        guest = moves.create(
            Party(slug=f"g{survey.pk}-{number}", name="G", email=f"g{survey.pk}{number}@x.org"), by=SYSTEM
        )
        asked = moves.create(SurveyInvitation(survey=survey, party=guest, stakeholder_group="consumer"), by=SYSTEM)
        actions.answer_survey(invitation=asked, by=REVIEWS, score=score, disturbed=score < 3, comment=f"c{number}")


def test_owners_consumers_and_partners_are_asked_and_the_team_is_not(db):
    team("payments", "sven", "rosa", "carl", "adam")  # rosa managed it, carl did the tasks, adam approved it
    party("shop", email="it@shop.example")
    party("bank", email="it@bank.example", kind="partner")
    survey = survey_of(released())
    asked = {(one.person or one.party).email: one.stakeholder_group for one in survey.invitations.all()}
    assert asked == {
        "sven@example.org": "service_owner",
        "it@shop.example": "consumer",
        "it@bank.example": "partner",
    }


def test_the_model_may_name_whom_the_survey_asks(db):
    party("shop", email="it@shop.example")
    party("bank", email="it@bank.example", kind="partner")
    rules = {"due_within_days": 5, "survey": True, "survey_to": ["partner"]}
    release = release_in("released", model="partners", content=content_with(review=rules))
    asked = survey_of(release).invitations.values_list("stakeholder_group", "party__slug")
    assert list(asked) == [("partner", "bank")]


def test_nobody_is_asked_twice_within_thirty_days(db):
    party("shop", email="it@shop.example")
    first = survey_of(released())
    with time_machine.travel(now() + timedelta(days=29), tick=False):
        second = survey_of(released())
    with time_machine.travel(now() + timedelta(days=61), tick=False):
        third = survey_of(released())
    reasons = [one.invitations.get(party__slug="shop").not_asked for one in (first, second, third)]
    assert reasons == ["", "asked_recently", ""]


def test_who_has_no_address_is_on_record_as_not_asked(db):
    party("shop")
    survey = survey_of(released())
    assert survey.invitations.get(party__slug="shop").not_asked == "no_address"


def test_a_first_release_introduces_its_service_and_a_second_does_not(db):
    first = released()
    assert survey_of(first).purpose == "introduction"
    assert survey_of(released()).purpose == "release"
    assert survey_of(released(type="major")).purpose == "introduction"


def test_the_model_decides_whether_people_are_asked_when_the_review_begins(drain):
    person("sven")
    quiet = release_in("in_review")
    drain()
    assert not quiet.surveys.exists()
    asking = release_in(
        "in_review", model="asking", content=content_with(review={"due_within_days": 5, "survey": True})
    )
    drain()
    drain()
    assert asking.surveys.count() == 1


def test_only_a_released_release_is_asked_about_and_only_by_who_may(db):
    with pytest.raises(NotNow):
        survey_of(release_in("scheduled"))
    release = released()
    for name in ("carl", "audrey", "adam"):
        with pytest.raises(NotPermitted):
            actions.open_survey(release=release, by=acting(name))


@pytest.fixture
def link(drain) -> str:
    """Sven's link, as it stands in his mail."""
    person("sven")
    survey_of(released())
    drain()
    body = next(one.body for one in mail.outbox if one.to == ["sven@example.org"] and "How was it?" in one.subject)
    return f"/survey/{LINK.search(body).group(1)}/"


def test_looking_at_the_page_answers_nothing(link, client: Client):
    entries = AuditEntry.objects.count()
    assert client.get(link).status_code == 200
    assert client.head(link).status_code == 200
    assert SurveyResponse.objects.count() == 0
    assert AuditEntry.objects.count() == entries


def test_one_answer_a_person(link, client: Client):
    page = client.post(link, {"score": "4", "disturbed": "no", "comment": " Quick. "})
    assert page.status_code == 200
    response = SurveyResponse.objects.get()
    assert (response.score, response.disturbed, response.comment) == (4, False, "Quick.")
    assert response.invitation.person == person("sven")
    assert client.post(link, {"score": "1"}).status_code == 409
    assert SurveyResponse.objects.get().score == 4
    assert "counted" in client.get(link).content.decode()


def test_an_answer_without_a_score_is_sent_back(link, client: Client):
    assert client.post(link, {"comment": "?"}).status_code == 400
    assert client.post(link, {"score": "9"}).status_code == 400
    assert SurveyResponse.objects.count() == 0


def test_a_form_from_elsewhere_is_refused(link):
    assert Client(enforce_csrf_checks=True).post(link, {"score": "5"}).status_code == 403
    assert SurveyResponse.objects.count() == 0


def test_a_forged_or_late_link_is_told_apart(link, client: Client):
    assert client.get(link[:-3] + "x/").status_code == 404
    assert client.get("/survey/nonsense/").status_code == 404
    with time_machine.travel(now() + timedelta(days=15), tick=False):
        assert client.get(link).status_code == 410
        assert client.post(link, {"score": "5"}).status_code == 410
    assert SurveyResponse.objects.count() == 0


def test_the_page_of_a_link_is_not_kept_or_passed_on(link, client: Client):
    page = client.get(link)
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "same-origin"
    assert "unsafe" not in page["Content-Security-Policy"]


def test_a_token_of_another_purpose_opens_nothing(db):
    with pytest.raises(NotFound):
        queries.invitation_for("eyJpbnZpdGF0aW9uIjoxfQ", now())


def test_answers_close_with_the_survey(db):
    person("sven")
    survey = survey_of(released())
    asked = invitation(survey, "sven")
    actions.close_survey(survey=survey, by=acting("rosa"))
    with pytest.raises(NotNow):
        actions.answer_survey(invitation=asked, by=REVIEWS, score=5)
    with pytest.raises(Gone):
        queries.invitation_for(queries.token_for(asked), now())
    with pytest.raises(NotNow):
        actions.close_survey(survey=Survey.objects.get(pk=survey.pk), by=acting("rosa"))


def test_who_was_not_asked_answers_nothing(db):
    party("shop")
    asked = survey_of(released()).invitations.get(party__slug="shop")
    with pytest.raises(NotNow):
        actions.answer_survey(invitation=asked, by=REVIEWS, score=5)
    with pytest.raises(NotFound):
        queries.invitation_for(queries.token_for(asked), now())


def test_scores_are_from_one_to_five(db):
    person("sven")
    asked = invitation(survey_of(released()), "sven")
    for score in (0, 6):
        with pytest.raises(Exception, match="1|5"):
            actions.answer_survey(invitation=asked, by=REVIEWS, score=score)
    with pytest.raises(Conflict):
        actions.answer_survey(invitation=asked, by=REVIEWS, score=3)
        actions.answer_survey(invitation=asked, by=REVIEWS, score=3)


def test_answers_show_from_five_on_so_that_nobody_can_be_recognised(db):
    survey = survey_of(released())
    many_answers(survey, 5, 4, 2, 5)
    hidden = queries.results_of(survey)
    assert (hidden["answered"], hidden["is_shown"], hidden["mean"], hidden["comments"]) == (4, False, None, [])
    many_answers(Survey.objects.get(pk=survey.pk), *[])
    guest = party("late", email="late@x.org")
    asked = moves.create(SurveyInvitation(survey=survey, party=guest, stakeholder_group="consumer"), by=SYSTEM)
    actions.answer_survey(invitation=asked, by=REVIEWS, score=1)
    shown = queries.results_of(survey)
    assert shown["mean"] == 3.4
    assert shown["distribution"] == {"1": 1, "2": 1, "3": 0, "4": 1, "5": 2}
    assert shown["disturbed"] == 1


def test_the_trail_keeps_that_somebody_answered_and_not_what(db):
    person("sven")
    survey = survey_of(released())
    actions.answer_survey(invitation=invitation(survey, "sven"), by=REVIEWS, score=2, comment="Terrible.")
    entry = AuditEntry.objects.get(event="reviews.surveyresponse.answer")
    assert "Terrible" not in str(entry.changes)
    assert entry.changes["score"][1].startswith("•••")
