"""Records for tests, made by replaying real actions: nothing here could not have been done by the people themselves.

release = release_in("scheduled")                     # rosa's release of payments, brought there step by step
release = release_in("planning", content=content_with(checks=[]))
payments(), production(), team("payments"), publish_model("normal")
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from apps.accounts import actions as accounts
from apps.accounts.models import Membership, Team
from apps.cmdb import actions as cmdb
from apps.cmdb.models import CIType, ConfigurationItem, Environment, ValueStream
from apps.core import moves
from apps.core.clock import now
from apps.release_models import actions as release_models
from apps.release_models.models import ModelVersion, ReleaseModel
from apps.releases import actions
from apps.releases.models import Release
from tests.people import SYSTEM, acting, person

DIGEST = f"sha256:{'a1' * 32}"
OTHER_DIGEST = f"sha256:{'b2' * 32}"


def team(slug: str = "payments", *members: str) -> Team:
    """A team; sven belongs to payments."""
    found = Team.objects.filter(slug=slug).first()
    if found is None:
        found = accounts.create_team(slug=slug, name=slug.capitalize(), by=SYSTEM)
    for name in members or (["sven"] if slug == "payments" else []):
        if not Membership.objects.filter(team=found, user=person(name)).exists():
            accounts.add_member(team=found, user=person(name), by=SYSTEM)
    return found


def ci_type(slug: str = "service") -> CIType:
    found = CIType.objects.filter(slug=slug).first()
    return found or moves.create(CIType(slug=slug, name=slug.capitalize()), by=SYSTEM)


def ci(key: str, *, type: str = "component", owner: Team | None = None, **fields: Any) -> ConfigurationItem:
    """A configuration item, owned by the payments team unless another is named."""
    found = ConfigurationItem.objects.filter(key=key).first()
    if found is not None:
        return found
    fields = {"name": key.replace("-", " ").capitalize(), "release_managed": True, **fields}
    return cmdb.create_ci(key=key, ci_type=ci_type(type), owner=owner or team(), by=SYSTEM, **fields)


def payments() -> ConfigurationItem:
    """The service that is released in most tests."""
    return ci("payments", type="service", criticality=2)


def payments_api() -> ConfigurationItem:
    """Its one component."""
    return ci("payments-api", criticality=2)


def environment(slug: str, order: int, *, is_production: bool = False) -> Environment:
    found = Environment.objects.filter(slug=slug).first()
    fields = {"name": slug.capitalize(), "order": order, "is_production": is_production}
    return found or moves.create(Environment(slug=slug, **fields), by=SYSTEM)


def staging() -> Environment:
    return environment("staging", 1)


def production() -> Environment:
    return environment("production", 2, is_production=True)


def value_stream(slug: str = "order-to-cash") -> ValueStream:
    found = ValueStream.objects.filter(slug=slug).first()
    return found or moves.create(ValueStream(slug=slug, name=slug), by=SYSTEM)


def task(slug: str, *, phase: str = "execute", needs: list[str] | None = None, **fields: Any) -> dict[str, Any]:
    """A task template."""
    return {"slug": slug, "title": slug.capitalize(), "phase": phase, "depends_on": needs or [], **fields}


def check(slug: str, *, group: str = "component", kind: str = "manual", **fields: Any) -> dict[str, Any]:
    """A check definition."""
    return {"slug": slug, "title": slug.capitalize(), "group": group, "kind": kind, **fields}


CONTENT: dict[str, Any] = {
    "applies": {"subject_types": ["service"], "release_types": ["major", "minor", "patch", "emergency", "standard"]},
    "tasks": [
        task("announce", phase="prepare", role="release_manager"),
        task("deploy", needs=["announce"]),
        task("smoke-test", needs=["deploy"]),
        task("tidy", mandatory=False),
        task("restore", phase="back_out"),
    ],
    "checks": [
        check("inspected"),
        check("rehearsed", group="procedure"),
        check("answers", group="release"),
    ],
    "approvals": {
        "groups": [{"name": "Change authority", "who": {"role": "approver"}, "mode": "n", "n": 2}],
        "distinct_people": True,
        "bar": ["requester", "release_manager", "implementer"],
    },
    "early_life_hours": 24,
}


def content_with(**parts: Any) -> dict[str, Any]:
    """The content of the test model with some parts replaced."""
    return {**CONTENT, **parts}


def publish_model(slug: str = "normal", *, kind: str = "normal", content: dict[str, Any] | None = None) -> ModelVersion:
    """A published version: the one that serves already, or a new one when its content is given."""
    model = ReleaseModel.objects.filter(slug=slug).first()
    serving = model.versions.published().first() if model else None
    if serving is not None and content is None:
        return serving
    if model is None:
        model = release_models.create_model(slug=slug, name=slug.capitalize(), kind=kind, by=SYSTEM)
    draft = release_models.draft_version(model=model, content=content or CONTENT, summary="For a test.", by=SYSTEM)
    submitted = release_models.submit_version(version=draft, by=SYSTEM)
    return release_models.publish_version(version=submitted, by=SYSTEM)


def component(**fields: Any) -> dict[str, Any]:
    """What a release says of its one component; a second release on its way gets one of its own, or they would collide."""
    names = ["payments-api", *(f"payments-api-{number}" for number in range(2, 100))]
    taken = set(
        Release.objects.filter(status__in=["scheduled", "releasing"]).values_list("components__ci__key", flat=True)
    )
    return {
        "ci": ci(next(name for name in names if name not in taken), criticality=2),
        "from_version": "1.9.0",
        "to_version": "2.0.0",
        "digest": DIGEST,
        **fields,
    }


def draft_release(**fields: Any) -> Release:
    """Rosa's draft: payments 2.0 for production, its window open since an hour and for three more."""
    start = now() - timedelta(hours=1)
    given = {
        "title": "Payments with instant refunds",
        "release_version": "2.0.0",
        "subject": payments(),
        "type": "minor",
        "environment": production(),
        "planned_start": start,
        "planned_end": start + timedelta(hours=4),
        "expected_benefit": "Refunds within a minute.",
        "back_out_plan": "Deploy 1.9.0 again.",
        "components": [component()],
        **fields,
    }
    return actions.create_release(by=acting("rosa"), **given)


def fresh(release: Release) -> Release:
    """The release as the database has it now."""
    return Release.objects.get(pk=release.pk)


def prove(release: Release, *groups: str) -> Release:
    """Carl signs off every manual check that waits for a person."""
    for one in release.checks.filter(status="running", kind="manual", group__in=groups or ["component", "procedure"]):
        actions.sign_off_check(check=one, by=acting("carl"), note="I have seen it work.")
    return fresh(release)


def answer(release: Release, name: str, decision: str = "approve", reason: str = "") -> Release:
    """One person's answer on the digest in force."""
    release = fresh(release)
    digest = release.round.digest if release.round_id else ""
    return actions.answer_approval(release=release, by=acting(name), decision=decision, reason=reason, digest=digest)


def approve(release: Release) -> Release:
    """Adam and Anna say yes."""
    answer(release, "adam")
    return answer(release, "anna")


def do_tasks(release: Release, *phases: str) -> Release:
    """Carl does every task of these phases, in the order in which their turn comes."""
    for _round in range(50):
        ready = release.tasks.filter(status="ready", phase__in=phases).first()
        if ready is None:
            break
        actions.start_task(task=ready, by=_doer(ready))
        actions.finish_task(task=ready, by=_doer(ready))
    return fresh(release)


def _doer(ready: Any) -> Any:
    return acting("rosa" if ready.role == "release_manager" else "carl")


def _to_planning(release: Release, version: ModelVersion) -> Release:
    return actions.apply_model(release=release, model_version=version, by=acting("rosa"))


def _to_verifying(release: Release) -> Release:
    return actions.start_verification(release=release, by=acting("rosa"))


def _to_awaiting_approval(release: Release) -> Release:
    for name in ("adam", "anna"):
        person(name)
    return actions.request_approval(release=prove(release), by=acting("rosa"))


def _to_releasing(release: Release) -> Release:
    return actions.start_release(
        release=release, by=acting("rosa"), note="Its window is open.", incident="INC-2026-0001"
    )


def _to_released(release: Release) -> Release:
    return do_tasks(release, "prepare", "execute")


def _to_in_review(release: Release) -> Release:
    return actions.accept_early(release=release, by=acting("rosa"), note="All is well.")


def _to_closed(release: Release) -> Release:
    actions.note_review(release=release, outcome="successful", accepted_at=now(), by=SYSTEM)
    return actions.close_release(release=release, by=acting("rosa"))


ROAD: list[tuple[str, Callable[[Release], Release]]] = [
    ("verifying", _to_verifying),
    ("awaiting_approval", _to_awaiting_approval),
    ("scheduled", approve),
    ("releasing", _to_releasing),
    ("released", _to_released),
    ("in_review", _to_in_review),
    ("closed", _to_closed),
]


def release_in(
    status: str, *, content: dict[str, Any] | None = None, kind: str = "normal", model: str = "", **fields: Any
) -> Release:
    """Rosa's release, brought to a status by real actions."""
    release = draft_release(**fields)
    if status == "draft":
        return release
    if status == "cancelled":
        return actions.cancel_release(release=release, by=acting("rosa"), reason="not_needed", note="Not this year.")
    release = _to_planning(release, publish_model(model or kind, kind=kind, content=content))
    if status == "backing_out":
        return actions.back_out(release=_along(release, "releasing"), by=acting("rosa"), note="Refunds fail.")
    return _along(release, status)


def _along(release: Release, status: str) -> Release:
    """Step by step; a standard or an emergency release is scheduled as soon as approval is requested."""
    for name, step in ROAD:
        if release.status == status:
            break
        if (release.status, name) != ("scheduled", "scheduled"):
            release = fresh(step(release))
    if release.status != status:
        raise AssertionError(f"{release.key} should be {status}, and is {release.status}.")
    return release
