"""The metrics from real records: each figure by hand, and again from its rows."""

from __future__ import annotations

from datetime import timedelta
from statistics import fmean, median

import pytest
import time_machine

from apps.cmdb.models import Party, ServiceRelationship
from apps.compliance import actions as compliance
from apps.core import moves
from apps.core.actor import job
from apps.core.clock import now
from apps.incidents import actions as incidents
from apps.metrics.definitions import METRICS
from apps.metrics.figures import Kind
from apps.metrics.periods import Period, organisation_zone
from apps.metrics.queries import Answer, answer, answer_all
from apps.releases import actions as releases
from apps.releases.models import Release
from apps.reviews import actions as reviews
from apps.reviews.models import SurveyInvitation
from tests.factories import (
    DIGEST,
    OTHER_DIGEST,
    ci,
    fresh,
    payments,
    payments_api,
    production,
    release_in,
    value_stream,
)
from tests.metrics.histories import past_release
from tests.people import SYSTEM, acting, person


def around(days: int = 40) -> Period:
    zone = organisation_zone()
    today = now().astimezone(zone).date()
    return Period(today - timedelta(days=days), today + timedelta(days=days), zone)


def figure(metric: str, part: str = "", **more):
    found = answer(metric, around(), **more)
    return found.figure(found.metric.part(part) if part else found.metric.headline)


def split(metric: str, part: str) -> dict[str, float]:
    found = answer(metric, around(), as_of=now() + timedelta(minutes=5))
    return {key: one.value for key, one in found.split(found.metric.part(part))}


# The rows give the figure again, for every part of every metric, on records with something of everything


def recomputed(found: Answer, part) -> float | None:
    """The value from the rows alone, reckoned here and not by the code under test."""
    rows = [row for row in found.rows_inside(part) if not row.excluded]
    kind, factor = part.measure.kind, part.measure.factor
    top, bottom = sum(row.numerator for row in rows), sum(row.denominator for row in rows)
    values = sorted(row.value for row in rows if row.value is not None)
    if kind in (Kind.SHARE, Kind.RATE):
        return factor * top / bottom if bottom else None
    if kind is Kind.MACRO_SHARE:
        groups = {row.group for row in rows}
        shares = [fmean(row.numerator for row in rows if row.group == group) for group in groups]
        return fmean(shares) if shares else None
    if kind in (Kind.COUNT, Kind.LEVEL):
        return top
    if kind is Kind.PER_WEEK:
        return top / (found.period.days / 7)
    if not values:
        return None
    if kind is Kind.MEAN:
        return fmean(values)
    if kind is Kind.MEDIAN:
        return median(values)
    place = {Kind.P85: 0.85, Kind.P90: 0.9}[kind] * (len(values) - 1)
    low = int(place)
    return values[low] + (values[min(low + 1, len(values) - 1)] - values[low]) * (place - low)


@pytest.fixture
def busy_house(drain):
    """A closed release, a backed-out one, a cancelled one, one under way; deployments, an incident, findings, answers."""
    person("sven")
    payments().value_streams.set([value_stream()])
    closed = release_in("closed")
    release_in("backing_out")
    release_in("cancelled")
    release_in("scheduled")
    drain()
    survey = reviews.open_survey(release=fresh(closed), by=acting("rosa"))
    for number, score in enumerate([5, 4, 4, 2, 5, 1]):
        guest = moves.create(Party(slug=f"g{number}", name="G", email=f"g{number}@x.org"), by=SYSTEM)
        group = "partner" if number % 2 else "consumer"
        asked = moves.create(SurveyInvitation(survey=survey, party=guest, stakeholder_group=group), by=SYSTEM)
        if number < 5:
            reviews.answer_survey(invitation=asked, by=job("t"), score=score, disturbed=score < 3 if number else None)
    with time_machine.travel(now() + timedelta(seconds=2), tick=False):
        reviews.close_survey(survey=survey, by=acting("rosa"))
    deployed(DIGEST, "2.0.0", 30)
    deployed(OTHER_DIGEST, "1.5.0", 50)
    incident_of(closed, "confirmed", severity=2)
    incident_of(closed, "suspected", severity=3)
    other = incident_of(None, "", severity=1)
    compliance.sweep_controls(at=now(), by=job("controls"))
    raised = compliance.raise_finding(by=acting("audrey"), control="internal_audit", title="T", detail="D")
    compliance.close_finding(finding=raised, by=acting("audrey"), note="Mended.")
    drain()
    for link in other.links.all():  # the correlator suspected; a person looked
        incidents.refute_link(link=link, by=acting("rosa"), note="The disk was full.")


def deployed(digest: str, version: str, hours_ago: float, **more):
    given = {"ci": payments_api(), "environment": production(), "status": "success", "source": "ci", **more}
    return releases.record_deployment(
        **given, by=acting("ida"), digest=digest, version=version, at=now() - timedelta(hours=hours_ago)
    )


def incident_of(release: Release | None, status: str, *, severity: int):
    incident = incidents.report_incident(
        title="Refunds fail", severity=severity, services=[payments()], opened_at=now(), by=acting("rosa")
    )
    link = incident.links.filter(release=release).first() if release else None
    if release and link is None:
        link = incidents.suspect(incident=incident, release=release, by=acting("rosa"), note="It moved.")
    if release and status == "confirmed":
        incidents.confirm_link(link=link, by=acting("rosa"), note="Seen in the log.")
    return incident


@pytest.mark.parametrize("metric", list(METRICS))
def test_the_rows_give_the_figure_again(busy_house, metric):
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        found = answer(metric, around())
    for part, shown in found.figures():
        expected = recomputed(found, part)
        assert shown.value == (pytest.approx(expected) if expected is not None else None), part.slug
        counted = sum(not row.excluded for row in found.rows_inside(part))
        assert sum(shown.excluded.values()) == len(found.rows_inside(part)) - counted


def test_all_at_once_says_the_same_as_one_by_one(busy_house):
    at = now() + timedelta(minutes=5)
    together = {one.metric.id: one.headline for one in answer_all(around(), as_of=at)}
    assert together == {metric: answer(metric, around(), as_of=at).headline for metric in METRICS}


def test_an_empty_house_has_no_data_and_says_so(db):
    for found in answer_all(around()):
        headline = found.headline
        assert headline.value in (None, 0)
        assert headline.value is None or found.metric.headline.measure.kind in (Kind.COUNT, Kind.PER_WEEK, Kind.LEVEL)


def test_the_number_of_queries_does_not_grow_with_the_records(db, django_assert_max_num_queries):
    for number in range(30):
        past_release(
            f"OLD-{number}", planned=now().date() - timedelta(days=number), actual=now().date() - timedelta(days=number)
        )
    with django_assert_max_num_queries(75):
        answer_all(around())


# Each metric by hand


def test_m6_counts_what_was_fixed_and_sets_aside_what_was_called_off(busy_house):
    found = figure("M6")
    assert (found.numerator, found.denominator, found.excluded) == (0, 1, {"cancelled": 1})
    assert split("M6", "outcomes") == {
        "successful_with_issues": 1
    }  # a grave incident in early life, whatever the review said


def test_m6_a_release_without_harm_is_successful(drain):
    release_in("closed")
    assert (figure("M6").value, figure("M6").small) == (1.0, True)
    assert figure("M6", "errors").value == 0


def test_m6_errors_are_failed_tasks_checks_and_incidents(drain):
    release = release_in("releasing")
    task = release.tasks.filter(status="ready", phase="execute").first()
    task = releases.start_task(task=task, by=acting("rosa"))
    task = releases.fail_task(task=task, by=acting("rosa"), note="Disk full.")
    releases.retry_task(task=task, by=acting("rosa"), note="More disk.")
    release = past_release("PAST", planned=now().date(), actual=now().date())
    moved = type(task).objects.get(pk=task.pk)
    assert moved.status == "in_progress"
    incident_of(release, "confirmed", severity=3)
    errors = figure("M6", "errors", as_of=now() + timedelta(days=1))
    assert (errors.numerator, errors.denominator) == (1, 1)


def test_m7_is_a_band_from_confirmed_to_suspected(busy_house):
    later = now() + timedelta(minutes=5)
    assert figure("M7", as_of=later).value == pytest.approx(1 / 3)
    assert figure("M7", "confirmed_or_suspected", as_of=later).value == pytest.approx(2 / 3)
    assert figure("M7", "coverage", as_of=later).value == 1.0  # the third was judged, and refuted
    assert figure("M7", "releases_confirmed", as_of=later).denominator == 2


def test_m7_incidents_elsewhere_do_not_count(db):
    elsewhere = ci("printer", release_managed=False)
    incidents.report_incident(title="Jam", severity=4, services=[elsewhere], opened_at=now(), by=acting("rosa"))
    assert figure("M7", as_of=now() + timedelta(minutes=1)).value is None


def test_m1_lets_every_group_weigh_the_same(busy_house):
    found = figure("M1", as_of=now() + timedelta(minutes=5))
    # consumers: 5, 4, 5 of whom all are content; partners: 4 and 2
    assert found.value == pytest.approx((3 / 3 + 1 / 2) / 2)
    rate = figure("M1", "response_rate", as_of=now() + timedelta(minutes=5))
    assert (rate.numerator, rate.denominator) == (5, 7)  # and sven, who owns the service


def test_m5_pools_the_answers_and_asks_about_disturbance(busy_house):
    later = now() + timedelta(minutes=5)
    assert figure("M5", as_of=later).value == pytest.approx(4 / 5)
    disturbed = figure("M5", "disturbed", as_of=later)
    assert (disturbed.numerator, disturbed.denominator, disturbed.excluded) == (1, 4, {"not_answered": 1})
    assert split("M5", "answers") == {"2": 1, "4": 2, "5": 2}


def test_an_answer_counts_only_once_its_survey_is_closed(drain):
    person("sven")
    survey = reviews.open_survey(release=release_in("released"), by=acting("rosa"))
    reviews.answer_survey(invitation=survey.invitations.get(), by=job("t"), score=5)
    assert figure("M5").value is None


def test_m2_counts_shadow_releases_against_adoption(busy_house):
    found = answer("M2", around())
    use = found.figure(found.metric.part("use"))
    assert (use.numerator, use.denominator) == (2, 3)  # two releases started under a model, one deployment past it
    shadow = [row for row in found.rows_inside(found.metric.part("use")) if row.note == "shadow release"]
    assert [row.numerator for row in shadow] == [0]


def test_m2_coverage_is_of_services_that_are_to_be_managed(db):
    payments()
    ci("ledger", type="service")
    ci("intranet", type="service", release_managed=False)
    ci("old", type="service", lifecycle="retired")
    assert (figure("M2").numerator, figure("M2").denominator) == (0, 2)
    release_in("draft")
    from tests.factories import publish_model

    publish_model()
    assert figure("M2").value == 1.0


def test_m2_an_emergency_is_not_under_the_practice(drain):
    release = release_in("scheduled", kind="emergency")
    releases.start_release(release=release, by=acting("rosa"), note="Down.", incident="INC-2026-0001")
    drain()
    use = figure("M2", "use")
    assert (use.numerator, use.denominator) == (0, 1)


def test_m2_depth_is_what_was_really_done(drain):
    release_in("closed")
    depth = figure("M2", "depth")
    assert depth.n == 1
    assert depth.value == pytest.approx(5 / 6)  # the review was begun with the check of the release open
    Release.objects.get().checks.filter(group="procedure").update(
        status="waived", waived_until=now(), waiver_reason="No time."
    )
    assert figure("M2", "depth").value == pytest.approx(4 / 6)


def test_m3_notice_is_measured_from_the_fixing_of_the_date(drain):
    bank = moves.create(Party(slug="bank", name="Bank"), by=SYSTEM)
    moves.create(ServiceRelationship(party=bank, service=payments(), notice_hours=48), by=SYSTEM)
    release_in("releasing")
    notice = figure("M3", "notice")
    assert (notice.numerator, notice.denominator) == (0, 1)
    ServiceRelationship.objects.update(notice_hours=0)
    assert figure("M3", "notice").excluded == {"no_notice_agreed": 1}
    assert figure("M3", "notice").value is None
