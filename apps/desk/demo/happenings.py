"""What happens around the releases: windows and freezes, incidents, a bypass, opinions, an auditor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from apps.cmdb.models import ValueStream
from apps.compliance import actions as compliance
from apps.compliance.models import Control, Severity
from apps.core.actor import Actor, Door
from apps.core.clock import now
from apps.desk.demo import papers
from apps.desk.demo.cast import Cast
from apps.desk.demo.estate import environment, item
from apps.desk.demo.plots import DAY, HOUR, PIPELINE
from apps.incidents import actions as incidents
from apps.incidents.models import CausalLink
from apps.releases import actions as releases
from apps.releases.models import Release
from apps.reviews import actions as reviews
from apps.reviews.models import ImprovementAction
from apps.schedule import actions as schedule

THURSDAY = 3


def plots(cast: Cast, present: datetime) -> Iterator[Iterator[datetime]]:
    yield _calendar(cast, present)
    yield _month_end(cast, present)
    for days, hour, severity, title, service, cause in INCIDENTS:
        yield _incident(cast, present - days * DAY + hour * HOUR, severity, title, service, cause)
    yield _bypass(cast, present - 44 * DAY)
    yield _bypass(cast, present - 9 * DAY)
    yield _elsewhere(cast, present - 60 * DAY)
    yield _audit(cast, present)
    yield _mending(cast, present)
    for version, days in (("5.0.0", 145), ("4.2.0", 53), ("4.3.0", 18)):
        yield _opinions(cast, version, present - days * DAY)


def _calendar(cast: Cast, present: datetime) -> Iterator[datetime]:
    """Evenings on which releases are meant to happen, and the weeks before Christmas when none is."""
    yield present - 200 * DAY
    evening = evening_of_the_rule(now())
    schedule.create_window(
        name="Evening window",
        description="Between the last departure and the night shift.",
        starts_at=evening,
        ends_at=evening + 5 * HOUR,
        rrule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH",
        time_zone="Europe/Berlin",
        environments=[environment()],
        by=cast.rosa,
    )
    begins = (present + 20 * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    schedule.create_freeze(
        name="Holiday traffic",
        description="The busiest ten days of the year.",
        starts_at=begins,
        ends_at=begins + 10 * DAY,
        kind="hard",
        environments=[environment()],
        value_streams=ValueStream.objects.filter(slug__in=["sell-a-crossing", "board-a-ferry"]),
        by=cast.rosa,
    )
    schedule.create_freeze(
        name="Open day at the harbour",
        description="Many visitors; tell the harbour before you release.",
        starts_at=present + 3 * DAY,
        ends_at=present + 3 * DAY + 10 * HOUR,
        kind="information",
        by=cast.rosa,
    )


def evening_of_the_rule(moment: datetime) -> datetime:
    """The evening of this day or, where it is none from Monday to Thursday, of the Monday after."""
    day = moment if moment.weekday() <= THURSDAY else moment + (7 - moment.weekday()) * DAY
    return day.replace(hour=19, minute=0, second=0, microsecond=0)


def _month_end(cast: Cast, present: datetime) -> Iterator[datetime]:
    """Declared late, over a payments release that was scheduled already; its manager asks for an exception."""
    yield present - 20 * HOUR
    freeze = schedule.create_freeze(
        name="Closing of the books",
        description="Accounting closes the year's third quarter.",
        starts_at=present - 19 * HOUR,
        ends_at=present + 53 * HOUR,
        kind="soft",
        excepted_model_kinds=["emergency"],
        services=[item("payments")],
        by=cast.rosa,
    )
    yield present - 4 * HOUR
    frozen = Release.objects.filter(subject__key="payments", status="scheduled").first()
    if frozen is not None:
        schedule.request_exception(
            freeze=freeze,
            release_key=frozen.key,
            digest=frozen.approved_digest,
            reason="Refunds of the cancelled crossings are due by law tomorrow.",
            by=cast.rosa,
        )


INCIDENTS = (  # days ago, hour, severity, title, service, version of the release that caused it, or none
    (104, 30, 3, "Foreign number plates are read wrong", "check-in", "3.5.0"),
    (95, 4, 3, "Printer at gate 2 is offline", "check-in", ""),
    (70, 20, 2, "Lane 4 is assigned twice", "check-in", "3.6.0"),
    (51, 23, 1, "Card payments fail", "payments", ""),
    (40, 9, 4, "Map shows a ferry on land", "timetable", "2.11.0"),
    (31, 2, 3, "Search is slow in the morning", "booking", ""),
    (20, 26, 2, "Wallet payments are slow", "payments", "4.3.0"),
    (6, 1, 3, "E-mails arrive late", "booking", ""),
    (0, -2, 3, "Tide table of Kiel is an hour off", "timetable", "suspected"),
)


def _incident(cast: Cast, at: datetime, severity: int, title: str, service: str, cause: str) -> Iterator[datetime]:
    """Reported by monitoring; a person says what caused it."""
    yield at
    incident = incidents.report_incident(
        title=title,
        severity=severity,
        services=[item(service)],
        source="monitoring",
        external_id=f"{title}",
        by=cast.ivan,
    )
    if cause == "suspected":
        return
    yield at + 3 * HOUR
    for link in CausalLink.objects.filter(incident=incident, status="suspected").select_related("release"):
        if link.release.release_version == cause:
            incidents.confirm_link(link=link, note="Seen in the traces.", by=cast.rosa)
        else:
            incidents.refute_link(link=link, note="It touches other lanes of the code.", by=cast.rosa)
    incidents.resolve_incident(incident=incident, note="Back to normal.", by=cast.rosa)


def _bypass(cast: Cast, at: datetime) -> Iterator[datetime]:
    """Somebody deploys past every release. The control finds it the next day."""
    yield at
    version = f"2.11.{at.day}-hotfix"
    releases.record_deployment(
        ci=item("timetable-api"),
        environment=environment(),
        status="success",
        source=PIPELINE,
        external_id=f"manual-{at:%Y%m%d}",
        version=version,
        digest=papers.digest_of("timetable-api", version),
        by=cast.ivan,
    )
    yield at + 26 * HOUR


def _elsewhere(cast: Cast, at: datetime) -> Iterator[datetime]:
    """Staging is left behind by production, and a candidate is forgotten in the test environment."""
    yield at
    for key, place, version in (("booking-api", "staging", "4.1.0"), ("payments-api", "test", "9.0.0-rc1")):
        releases.record_deployment(
            ci=item(key),
            environment=environment(place),
            status="success",
            source=PIPELINE,
            external_id=f"{place}-{at:%Y%m%d}",
            version=version,
            digest=papers.digest_of(key, version),
            by=cast.ivan,
        )


def _audit(cast: Cast, present: datetime) -> Iterator[datetime]:
    yield present - 25 * DAY
    finding = compliance.raise_finding(
        control=Control.INTERNAL_AUDIT,
        title="Delegations are not reviewed",
        detail="Three delegations of the summer were still in force in the autumn.",
        severity=Severity.MEDIUM,
        due_on=(present + 5 * DAY).date(),
        by=cast.audrey,
    )
    yield present - 15 * DAY
    compliance.close_finding(finding=finding, note="They end by themselves now.", by=cast.audrey)
    yield present - 8 * DAY
    compliance.raise_finding(
        control=Control.INTERNAL_AUDIT,
        title="Back-out of the payments ledger was never tried with real volume",
        detail="The rehearsals used a tenth of a day's postings.",
        severity=Severity.HIGH,
        due_on=(present + 20 * DAY).date(),
        by=cast.audrey,
    )


def _mending(cast: Cast, present: datetime) -> Iterator[datetime]:
    """Improvement actions are worked on, not only written down."""
    yield present - 40 * DAY
    for action in ImprovementAction.objects.filter(status="open").order_by("pk")[:2]:
        reviews.start_improvement_action(action=action, by=cast.rosa)
    yield present - 33 * DAY
    for action in ImprovementAction.objects.filter(status="in_progress").order_by("pk")[:2]:
        reviews.finish_improvement_action(action=action, note="Done, and tried.", by=cast.rosa)


SCORES = (5, 4, 4, 3, 5, 2, 4)


def _opinions(cast: Cast, version: str, at: datetime) -> Iterator[datetime]:
    """Where a survey was opened for the release, those who were asked answer."""
    yield at
    release = Release.objects.filter(release_version=version).first()
    if release is None or release.status not in ("released", "in_review", "closed"):
        return
    survey = release.surveys.first() or reviews.open_survey(release=release, by=cast.rosa)
    yield at + timedelta(hours=30)
    asked = survey.invitations.filter(not_asked="").select_related("person", "party").order_by("pk")
    for invitation, score in zip(asked, SCORES, strict=False):
        answers = Actor(Door.EMAIL, user=invitation.person, name=str(invitation.person or invitation.party))
        reviews.answer_survey(invitation=invitation, score=score, disturbed=score < 3, by=answers)
