"""The metrics from real records: each figure by hand, and again from its rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from statistics import fmean, median

import pytest
import time_machine

from apps.cmdb.models import Party
from apps.compliance import actions as compliance
from apps.compliance.models import Finding
from apps.core import moves
from apps.core.actor import job
from apps.core.clock import now
from apps.core.errors import Invalid, NotFound
from apps.incidents import actions as incidents
from apps.metrics.figures import Kind
from apps.metrics.periods import Period, organisation_zone
from apps.metrics.queries import Answer, answer
from apps.releases import actions as releases
from apps.releases.models import Release
from apps.reviews import actions as reviews
from apps.reviews.models import SurveyInvitation
from tests.factories import (
    DIGEST,
    OTHER_DIGEST,
    draft_release,
    environment,
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


def test_m4_violations_are_per_hundred_production_releases(drain):
    for _number in range(2):
        release_in("releasing")
    release = Release.objects.earliest("pk")
    Release.objects.filter(pk=release.pk).update(approval_basis="")
    compliance.judge_start(release=fresh(release), by=job("controls"))
    compliance.raise_finding(by=acting("audrey"), control="external_audit", title="T", detail="D")
    violations = figure("M4")
    assert (violations.value, violations.numerator, violations.denominator) == (50, 1, 2)
    assert violations.excluded == {"by_auditor": 1}
    assert figure("M4", "open").value == 2
    assert figure("M4", "overdue").value == 0
    overdue = answer("M4", around(200), as_of=now() + timedelta(days=60))
    assert overdue.figure(overdue.metric.part("overdue")).value == 2


def test_m4_closing_takes_days(db):
    raised = compliance.raise_finding(by=acting("audrey"), control="internal_audit", title="T", detail="D")
    with time_machine.travel(now() + timedelta(days=3), tick=False):
        compliance.close_finding(finding=raised, by=acting("audrey"), note="Mended.")
        days = figure("M4", "days_to_close")
    assert days.value == pytest.approx(3, abs=0.01)
    assert Finding.objects.get().status == "closed"


def test_m4_a_clean_release_is_one_without_a_finding(drain):
    release_in("closed")
    assert figure("M4", "clean").value == 1.0


def test_m8_of_real_work_is_on_time_within_its_window(drain):
    release_in("closed")
    assert figure("M8", as_of=now() + timedelta(days=1)).value == 1.0
    notice = figure("M8", "notice", as_of=now() + timedelta(days=1))
    assert notice.n == 1


@pytest.mark.parametrize(("minutes", "value"), [(0, 1.0), (1, 0.0)])
def test_m8_the_tolerance_excuses_no_early_start(drain, minutes, value):
    release = release_in("closed")
    plan = release.started_at + timedelta(minutes=minutes)
    type(release).objects.filter(pk=release.pk).update(baseline_start=plan)
    found = figure("M8", as_of=now() + timedelta(days=1))
    assert (found.value, found.definition_version) == (value, 2)


def test_m8_a_replan_is_counted_with_its_reason(drain):
    release = release_in("scheduled")
    releases.rework(release=release, by=acting("rosa"), note="The bank asks for a day.")
    assert split("M8", "replans") == {"rescheduled": 1}


def test_m8_what_was_called_off_in_time_by_decision_is_aside(drain):
    start = now() + timedelta(days=3)
    release = release_in("scheduled", planned_start=start, planned_end=start + timedelta(hours=2))
    releases.cancel_release(release=release, by=acting("rosa"), reason="not_needed", note="Not this year.")
    later = answer("M8", around(), as_of=start + timedelta(days=1))
    assert later.headline.excluded == {"cancelled_with_notice": 1}
    assert later.headline.value is None


def test_m8_what_was_not_ready_in_time_is_missed(drain):
    start = now() + timedelta(days=3)
    release = release_in("scheduled", planned_start=start, planned_end=start + timedelta(hours=2))
    releases.cancel_release(release=release, by=acting("rosa"), reason="not_ready", note="Not ready.")
    later = answer("M8", around(), as_of=start + timedelta(days=1))
    assert (later.headline.numerator, later.headline.denominator) == (0, 1)


def test_m9_follows_items_from_arrival_to_release(busy_house):
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        found = answer("M9", around(7))
    figures = {part.slug: one for part, one in found.figures()}
    assert figures["arrivals_per_week"].numerator == 4
    assert figures["items_per_week"].numerator == 1
    assert figures["backlog"].value == 2  # scheduled, and backing out
    assert figures["descoped"].value == 1
    assert figures["net_flow"].numerator == 4 - 1 - 1
    assert figures["age_median"].n == 2
    assert figures["forecast"].value == pytest.approx(2 / (1 / 2))  # one item in the two weeks of the period
    assert figures["cycle_time"].n == 1


def test_m9_a_backed_out_item_leaves_when_it_is_released_again(drain):
    release_in("backing_out")
    Release.objects.update(released_at=now(), outcome="backed_out", status="closed", closed_at=now())
    assert figure("M9", "backlog", as_of=now() + timedelta(minutes=1)).value == 1
    with time_machine.travel(now() + timedelta(hours=1), tick=False):
        release_in("released")
        assert figure("M9", "backlog", as_of=now() + timedelta(minutes=1)).value == 0


# DORA


def test_one_deployment_however_many_regions_and_no_redeployment(db):
    payments_api()
    regions = [environment(f"eu-{number}", 3, is_production=True) for number in range(3)]
    for number, region in enumerate(regions):
        deployed(DIGEST, "2.0", 10 - number, environment=region)
    deployed(DIGEST, "2.0", 1, environment=regions[0])
    deployed(OTHER_DIGEST, "2.1", 0.5, environment=regions[0])
    deployed(DIGEST, "2.0", 0.25, environment=regions[0])  # back to what was before: a deployment again
    frequency = figure("deployment-frequency", as_of=now() + timedelta(minutes=1))
    assert frequency.numerator == 3
    assert frequency.excluded == {"same_digest": 1, "same_wave": 2}


def test_a_deployment_fails_once_however_many_incidents_it_causes(drain):
    release = release_in("released")
    deployed(DIGEST, "2.0.0", 1)
    for _number in range(3):
        incident_of(release, "confirmed", severity=1)
    rate = figure("change-fail-rate", as_of=now() + timedelta(minutes=1))
    assert (rate.numerator, rate.denominator) == (1, 1)


def test_recovery_is_when_the_last_of_it_was_over(drain):
    release = release_in("released")
    deployed(DIGEST, "2.0.0", 10)
    first, second = (incident_of(release, "confirmed", severity=2) for _number in range(2))
    incidents.resolve_incident(incident=first, by=acting("rosa"), note="Mended.")
    later = now() + timedelta(days=1)
    open_still = figure("failed-deployment-recovery-time", as_of=later)
    assert (open_still.value, open_still.excluded) == (None, {"not_recovered": 1})
    incidents.resolve_incident(incident=second, by=acting("rosa"), note="Mended.")
    assert figure("failed-deployment-recovery-time", as_of=later).value == pytest.approx(10, abs=0.2)


def test_an_emergency_deployment_is_rework(drain):
    release_in("scheduled", kind="emergency")
    deployed(DIGEST, "2.0.0", 1)
    assert figure("deployment-rework-rate", as_of=now() + timedelta(minutes=1)).value == 1.0


def test_lead_time_is_not_guessed_where_no_tool_told_the_commit(db):
    deployed(DIGEST, "2.0.0", 1)
    found = figure("change-lead-time", as_of=now() + timedelta(minutes=1))
    assert (found.value, found.excluded) == (None, {"commit_time_unknown": 1})


# Asking


def test_a_figure_narrows_to_a_product_team_stream_or_model(busy_house):
    at = now() + timedelta(minutes=5)
    whole = answer("M6", around(), as_of=at).headline
    for only in ({"product": "payments"}, {"team": "payments"}, {"value_stream": "order-to-cash"}, {"model": "normal"}):
        assert answer("M6", around(), as_of=at, only=only).headline.n == whole.n
    assert answer("M6", around(), as_of=at, only={"team": "nobody"}).headline.value is None


def test_a_breakdown_names_each_group(busy_house):
    found = answer("M6", around())
    assert [key for key, _ in found.breakdown(found.metric.headline, "product")] == ["payments"]
    assert [key for key, _ in found.breakdown(found.metric.headline, "value_stream")] == ["order-to-cash"]
    months = [key for key, _ in found.breakdown(found.metric.headline, "month")]
    assert months == sorted(months)


def test_what_came_later_is_not_known_as_of_before(drain):
    before = now()
    release_in("closed")
    assert figure("M6", as_of=before).value is None
    assert figure("M6").value == 1.0


def test_an_unknown_metric_or_dimension_is_refused(db):
    with pytest.raises(NotFound):
        answer("M10", around())
    with pytest.raises(Invalid):
        answer("M6", around(), only={"colour": "blue"})
    assert answer("m6", around()).metric.id == "M6"


def test_the_period_is_the_organisations_day(db, settings):
    settings.TIDEGATE_TIME_ZONE = "Pacific/Auckland"
    day = date(2026, 7, 1)
    past_release("NZ", planned=day, actual=day)
    july = Period(day, date(2026, 8, 1), organisation_zone())
    utc_june_30 = datetime(2026, 6, 30, 12, 30, tzinfo=UTC)
    Release.objects.update(closed_at=utc_june_30)
    assert answer("M6", july).headline.n == 1


def test_drafts_move_nothing(db):
    draft_release()
    assert figure("M6").value is None
    assert figure("M8").value is None
