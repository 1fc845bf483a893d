"""How a release goes, scene by scene: drafted, planned, proven, approved, carried out, looked back on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from apps.core.actor import Actor
from apps.core.clock import now
from apps.desk.demo import papers
from apps.desk.demo.cast import Cast
from apps.desk.demo.estate import environment, item
from apps.release_models.models import ModelVersion
from apps.releases import actions
from apps.releases.lifecycle import TaskStatus
from apps.releases.models import Release, Task
from apps.reviews import actions as reviews
from apps.reviews.models import ReleaseReview
from apps.verification import actions as verification

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PIPELINE = "github/nordlicht"


@dataclass(frozen=True)
class Plan:
    """What one release of the story is, and what becomes of it."""

    subject: str
    title: str
    version: str
    parts: tuple[tuple[str, str, str], ...]  # (configuration item, from, to)
    start: datetime
    type: str = "minor"
    model: str = "normal"
    hours: float = 2
    drafted: timedelta = 8 * DAY
    manager: str = "rosa"
    hands: str = "carl"
    description: str = ""
    benefit: str = "none"
    back_out: str = "Redeploy the version before; data is compatible both ways."
    risk: str = "low"
    red_tests: str = ""  # component whose tests are red at first
    waived: bool = False  # … and are waived rather than mended
    rejected: str = ""  # the first answer is a no, for this reason
    moved_to: datetime | None = None  # replanned after it was approved
    move_reason: str = ""
    late_by: timedelta = timedelta(0)
    fails_at: str = ""  # task that fails; then it is backed out
    outcome: str = "successful"
    well: str = "Everything went by the plan."
    wrong: str = ""
    lessons: str = ""
    held: tuple[str, str] | None = None  # (who, why) a day before its start
    cancelled: tuple[str, str] | None = None  # (reason, note) instead of verification
    change_kind: str = "code"
    unapproved: bool = False  # nobody answers
    actions: tuple[str, ...] = field(default=())  # improvement actions of the review


def release_plot(cast: Cast, plan: Plan) -> Iterator[datetime]:
    """The whole life of one release; the present cuts it off wherever it is."""
    manager: Actor = getattr(cast, plan.manager)
    yield plan.start - plan.drafted
    release = _draft(plan, manager)
    yield now() + 2 * HOUR
    release = actions.apply_model(release=release, model_version=published(plan.model), by=manager)
    if plan.cancelled:
        yield now() + 30 * HOUR
        reason, note = plan.cancelled
        actions.cancel_release(release=release, reason=reason, note=note, by=manager)
        return
    yield from _prove(cast, plan, release, manager)
    yield from _get_approved(cast, plan, release, manager)
    if plan.unapproved:
        return
    if plan.moved_to:
        yield from _replan(cast, plan, release, manager)
    if plan.held:
        yield again(release).planned_start - 20 * HOUR
        who, why = plan.held
        actions.place_hold(release=again(release), reason=why, by=getattr(cast, who))
        return
    yield from _carry_out(cast, plan, release, manager)
    yield from look_back(cast, plan, release, manager)


def published(slug: str) -> ModelVersion:
    """The version of the model that serves now."""
    return ModelVersion.objects.published().get(model__slug=slug)


def again(release: Release) -> Release:
    return Release.objects.select_related("environment", "subject").get(pk=release.pk)


def _draft(plan: Plan, manager: Actor) -> Release:
    return actions.create_release(
        title=plan.title,
        release_version=plan.version,
        subject=item(plan.subject),
        type=plan.type,
        components=[_part(*part) for part in plan.parts],
        environment=environment(),
        planned_start=plan.start,
        planned_end=plan.start + plan.hours * HOUR,
        description=plan.description,
        expected_benefit=plan.benefit,
        back_out_plan=plan.back_out,
        risk=plan.risk,
        change_kind=plan.change_kind,
        by=manager,
    )


def _part(key: str, old: str, new: str) -> dict[str, Any]:
    return {
        "ci": key,
        "from_version": old,
        "to_version": new,
        "purl": papers.purl_of(key, new),
        "digest": papers.digest_of(key, new),
    }


def _prove(cast: Cast, plan: Plan, release: Release, manager: Actor) -> Iterator[datetime]:
    """The pipeline brings its papers, the manual checks are done, what is red is mended or waived."""
    yield now() + 3 * HOUR
    for component in release.components.select_related("ci"):
        key, version = component.ci.key, component.to_version
        _bring(cast, release, component, "sbom", papers.sbom(key, version))
        _bring(cast, release, component, "junit", papers.test_report(key, failures=2 if key == plan.red_tests else 0))
    actions.start_verification(release=again(release), by=manager)
    yield now() + 4 * HOUR
    hands: Actor = getattr(cast, plan.hands)
    for check in release.checks.filter(kind="manual", group="procedure", status="running"):
        actions.sign_off_check(check=check, note="Tried it on staging this morning; it works.", by=hands)
    if plan.red_tests:
        yield now() + 18 * HOUR
        _mend(cast, plan, release, manager)


def _bring(cast: Cast, release: Release, component: Any, kind: str, content: bytes) -> None:
    name = f"{component.ci.key}-{component.to_version}.{'xml' if kind == 'junit' else 'cdx.json'}"
    verification.submit_evidence(
        release=again(release), kind=kind, content=content, component=component, filename=name, by=cast.ivan
    )


def _mend(cast: Cast, plan: Plan, release: Release, manager: Actor) -> None:
    component = release.components.select_related("ci").get(ci__key=plan.red_tests)
    if plan.waived:
        for check in release.checks.filter(kind="junit", component=component, status="failed"):
            note = "Both failures are in the nightly load test, not in what is released."
            actions.waive_check(check=check, until=plan.start + 3 * DAY, note=note, by=manager)
    else:
        _bring(cast, release, component, "junit", papers.test_report(plan.red_tests))


def _get_approved(cast: Cast, plan: Plan, release: Release, manager: Actor) -> Iterator[datetime]:
    yield now() + 2 * HOUR
    release = actions.request_approval(release=again(release), by=manager)
    yield now() + HOUR
    hands: Actor = getattr(cast, plan.hands)
    while (task := _next(release, "prepare")) is not None:
        _do(task, manager if task.role == "release_manager" else hands)
    if plan.unapproved:
        return
    if plan.rejected:
        yield now() + 3 * HOUR
        release = again(release)
        actions.answer_approval(
            release=release, decision="reject", reason=plan.rejected, digest=release.round.digest, by=cast.adam
        )
        yield now() + 20 * HOUR
        actions.change_release(release=again(release), description=f"Mended: {plan.rejected}", by=manager)
        actions.start_verification(release=again(release), by=manager)
        yield now() + HOUR
        actions.request_approval(release=again(release), by=manager)
    yield from _answers(cast, plan, release)


def _answers(cast: Cast, plan: Plan, release: Release) -> Iterator[datetime]:
    """The owner answers in the admin, the change authority from their mail."""
    owner = cast.sven if plan.subject in ("booking", "payments", "timetable", "nordlicht-online") else cast.olga
    for person in (owner, cast.by_mail("anna"), cast.by_mail("adam")):
        yield now() + 3 * HOUR
        release = again(release)
        if release.status != "awaiting_approval":
            return
        if _is_asked(release, person):
            actions.answer_approval(release=release, decision="approve", digest=release.round.digest, by=person)


def _is_asked(release: Release, person: Actor) -> bool:
    asked = release.round.asks.filter(person=person.user).exists()
    return asked and not release.round.answers.filter(person=person.user).exists()


def _replan(cast: Cast, plan: Plan, release: Release, manager: Actor) -> Iterator[datetime]:
    """Another window: what was approved has changed, so everybody is asked again."""
    yield now() + 5 * HOUR
    actions.change_release(
        release=again(release),
        planned_start=plan.moved_to,
        planned_end=plan.moved_to + plan.hours * HOUR,
        note=plan.move_reason,
        by=manager,
    )
    yield now() + HOUR
    actions.start_verification(release=again(release), by=manager)
    yield now() + HOUR
    actions.request_approval(release=again(release), by=manager)
    yield from _answers(cast, plan, release)


def _carry_out(cast: Cast, plan: Plan, release: Release, manager: Actor) -> Iterator[datetime]:
    yield max(now() + timedelta(minutes=5), again(release).planned_start - 2 * HOUR)
    _renew_tests(cast, release, manager)
    yield again(release).planned_start + timedelta(minutes=4) + plan.late_by
    why = "Passengers cannot pay; it cannot wait for the round." if plan.type == "emergency" else ""
    mends = "PSP-4711 (card payments fail)" if plan.type == "emergency" else ""
    release = actions.start_release(release=again(release), note=why, incident=mends, by=manager)
    hands: Actor = getattr(cast, plan.hands)
    while (task := _next(release, "execute")) is not None:
        if task.slug == "deploy":
            yield from deploy(cast, release)
        yield now() + timedelta(minutes=6)
        actions.start_task(task=task, by=manager if task.role == "release_manager" else hands)
        yield now() + timedelta(minutes=task.duration_minutes // 2)
        task.refresh_from_db()
        if task.slug == plan.fails_at:
            yield from _back_out(cast, plan, release, task, hands, manager)
            return
        actions.finish_task(task=task, by=manager if task.role == "release_manager" else hands)
        release = again(release)
    yield now() + timedelta(minutes=30)
    for check in release.checks.filter(kind="manual", group="release", status="running"):
        actions.sign_off_check(
            check=check, note="Sold, changed and cancelled a crossing; all as it should be.", by=hands
        )


def _renew_tests(cast: Cast, release: Release, manager: Actor) -> None:
    """Test reports grow old: bring new ones where the old would not hold at the start."""
    release = again(release)
    old = release.checks.filter(kind="junit", status__in=["passed", "expired"], expires_at__lt=release.planned_end)
    for check in old.select_related("component__ci"):
        _bring(cast, release, check.component, "junit", papers.test_report(check.component.ci.key))
        check.refresh_from_db()
        if check.status == "passed":
            actions.request_check(check=check, by=manager)


def _next(release: Release, phase: str) -> Task | None:
    return release.tasks.filter(phase=phase, status=TaskStatus.READY).order_by("pk").first()


def _do(task: Task, by: Actor) -> None:
    actions.start_task(task=task, by=by)
    task.refresh_from_db()
    actions.finish_task(task=task, by=by)


def deploy(cast: Cast, release: Release, *, back: bool = False) -> Iterator[datetime]:
    """The pipeline moves every component, first in progress, then done."""
    for component in release.components.select_related("ci"):
        version = component.from_version if back else component.to_version
        report = {
            "ci": component.ci,
            "environment": release.environment,
            "version": version,
            "digest": papers.digest_of(component.ci.key, version),
            "source": PIPELINE,
            "external_id": f"{release.key}-{component.ci.key}{'-back' if back else ''}",
            "by": cast.ivan,
        }
        actions.record_deployment(status="in_progress", **report)
        yield now() + timedelta(minutes=5)
        actions.record_deployment(status="success", **report)


def _back_out(cast: Cast, plan: Plan, release: Release, task: Task, hands: Actor, manager: Actor) -> Iterator[datetime]:
    actions.fail_task(task=task, note=plan.wrong, by=hands)
    yield now() + timedelta(minutes=8)
    actions.back_out(release=again(release), note=plan.wrong, by=manager)
    yield from deploy(cast, release, back=True)
    while (step := _next(again(release), "back_out")) is not None:
        yield now() + timedelta(minutes=10)
        _do(step, hands)


def look_back(cast: Cast, plan: Plan, release: Release, manager: Actor) -> Iterator[datetime]:
    """Early life, the owed approval, the review by its manager, its acceptance by somebody else, the end."""
    release = again(release)
    if release.is_approval_owed:
        yield now() + 6 * HOUR
        release = again(release)
        actions.answer_approval(
            release=release, decision="approve", digest=release.round.digest, by=cast.by_mail("anna")
        )
    if release.status == "released":
        yield max(now(), release.early_life_ends_at) + HOUR
        release = again(release)
    if release.status == "released":
        actions.begin_review(release=release, by=manager)
    yield now() + 20 * HOUR
    review = ReleaseReview.objects.get(release=release)
    reviews.begin_review(review=review, by=manager)
    yield now() + 4 * HOUR
    review = ReleaseReview.objects.get(release=release)
    reviews.submit_review(
        review=review,
        by=manager,
        outcome=plan.outcome,
        what_went_well=plan.well,
        what_went_wrong=plan.wrong,
        lessons=plan.lessons,
    )
    for title in plan.actions:
        reviews.open_improvement_action(review=review, title=title, owner=manager.user, by=manager)
    yield now() + 22 * HOUR
    reviews.accept_review(review=ReleaseReview.objects.get(release=release), by=cast.anna)
    yield now() + HOUR
    actions.close_release(release=again(release), by=manager)
