"""What each tab of the release page shows. Every tab asks a fixed number of queries, whatever the size of the release."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest
from django.urls import reverse

from apps.approvals import queries as approvals
from apps.approvals.models import Round
from apps.cmdb.picture import shown
from apps.core.admin import page_of
from apps.core.admin.stepforms import dressed
from apps.core.lifecycle import available_steps
from apps.releases import queries
from apps.releases.admin.planned import StepLink
from apps.releases.forms import AnswerForm
from apps.releases.lifecycle.editing import editable_fields
from apps.releases.lifecycle.scope import differences, scope_content
from apps.releases.lifecycle.task import FINISHED
from apps.releases.lifecycle.words import CheckGroup, Phase, Status
from apps.releases.models import Check, CheckRun, Release, ReleaseDependency
from apps.releases.permissions import may_edit, may_lift, may_manage
from apps.releases.queries.brief import brief_of

PROVEN = ("passed", "waived")
RUNS_SHOWN = 5


@dataclass
class CheckRow:
    """One check with its newest runs."""

    check: Check
    runs: list[CheckRun]
    links: list[StepLink] = field(default_factory=list)


def counts(release: Release) -> tuple[dict[str, str], str]:
    """What stands on the tabs, and how verification stands: three queries."""
    tasks = [status for phase, status in release.tasks.values_list("phase", "status") if phase != Phase.BACK_OUT]
    required = [check.status for check in release.checks.all() if check.required]
    done = sum(status in FINISHED for status in tasks)
    proven = sum(status in PROVEN for status in required)
    shown = {
        "scope": str(release.components.count() or ""),
        "plan": f"{done}/{len(tasks)}" if tasks else "",
        "checks": f"{proven}/{len(required)}" if required else "",
    }
    return shown, queries.verification_standing(release)


def overview(admin: Any, request: HttpRequest, release: Release) -> dict[str, Any]:
    asked = _with_answers(release.round) if release.is_round_open else None
    return {
        "release": release,
        "needs": approvals.who_is_needed(asked) if asked else [],
        "waits": queries.waits(release),
        "holds": _holds(release, request.user),
        "may_edit": may_edit(release, request.user) and bool(editable_fields(release)),
    }


def _holds(release: Release, user: Any) -> list[dict[str, Any]]:
    """Holds in force, each with the way to lift it for whoever may."""
    name = "admin:releases_hold_deed"
    return [
        {"hold": hold, "lift": reverse(name, args=[hold.pk, "lift"]) if may_lift(hold, user) else ""}
        for hold in release.holds_now
    ]


def scope(admin: Any, request: HttpRequest, release: Release) -> dict[str, Any]:
    components = release.components.select_related("ci__ci_type", "owner").prefetch_related("evidence")
    dependencies = ReleaseDependency.objects.filter(release=release).select_related("needs")
    is_editor = may_edit(release, request.user)
    return {
        "release": release,
        "components": [(one, page_of(one)) for one in components],
        "dependencies": [(one, page_of(one)) for one in dependencies],
        "fellows": _fellows(release),
        "dependents": [one.release for one in release.needed_by.select_related("release")],
        "add_component": is_editor and "components" in editable_fields(release),
        "add_dependency": is_editor and "dependencies" in editable_fields(release),
        "changed": differences(release.approved_scope, scope_content(release)) if release.approved_scope else [],
    }


def _fellows(release: Release) -> list[Release]:
    """Who goes together with it."""
    return list(release.train.releases.aboard().as_rows().exclude(pk=release.pk)) if release.train_id else []


def model(admin: Any, request: HttpRequest, release: Release) -> dict[str, Any]:
    return {
        "release": release,
        "models": queries.applicable_models(release),
        "step": _model_step(admin, request.user, release),
    }


def _model_step(admin: Any, user: Any, release: Release) -> str:
    """Where the model is chosen, or changed while the release is planned; empty for whoever may not."""
    step = "apply_model" if release.status == Status.DRAFT else "migrate_model"
    return admin.step_url(release, step, page_of(release, "model")) if may_manage(release, user) else ""


def is_choosing(admin: Any, request: HttpRequest, release: Release) -> bool:
    """Until the release is verified another model may still be taken."""
    return release.status in (Status.DRAFT, Status.PLANNING)


def impact(admin: Any, request: HttpRequest, release: Release) -> dict[str, Any]:
    """What it reaches as the map stands now, whom to ask and to inform, and what differs from the moments on record."""
    reached = queries.reached_by(release)
    story = queries.impact_story(release, reached)
    notices = [(tied, _latest_notice(release, tied.notice_hours)) for tied in reached.people.service_relationships]
    return {
        "release": release,
        **shown(reached.impact, reverse("releases-impact-picture", args=[release.key])),
        "people": reached.people,
        "notices": notices,
        "story": story[::-1],
        "since_approval": queries.since_approval(release, reached) if not release.is_ended else None,
    }


def _latest_notice(release: Release, hours: int) -> datetime | None:
    return release.planned_start - timedelta(hours=hours) if release.planned_start and hours else None


def checks(admin: Any, request: HttpRequest, release: Release) -> dict[str, Any]:
    newest = Prefetch("runs", CheckRun.objects.order_by("-number").prefetch_related("evidence"))
    found = release.checks.select_related("component__ci", "waived_by").prefetch_related(newest).order_by("id")
    groups: dict[str, list[CheckRow]] = defaultdict(list)
    for check in found:
        check.release = release
        if check.component_id:
            check.component.release = release
        runs = list(check.runs.all())[:RUNS_SHOWN]
        groups[check.group].append(CheckRow(check, runs, _check_links(admin, request.user, check)))
    return {
        "release": release,
        "groups": [(group, group.label, groups[group]) for group in CheckGroup if groups[group]],
        "evidence": release.evidence.select_related("component__ci").order_by("number"),
    }


def _check_links(admin: Any, user: Any, check: Check) -> list[StepLink]:
    """The guards of a check ask nothing of the database, so only what is possible now is offered."""
    part = admin.admin_site.get_model_admin(Check)
    back = page_of(check.release, "checks")
    return [
        StepLink(step.label, part.step_url(check, step.name, back))
        for step in available_steps(check, user)
        if step.allowed and step.name in part.steps
    ]


def _with_answers(asked: Round) -> Round:
    """Questions and answers are looked at from several sides; they are fetched once."""
    prefetch_related_objects([asked], "answers__person", "answers__on_behalf_of", "asks__person", "asks__on_behalf_of")
    return asked


def _answering(release: Release, user: Any) -> dict[str, Any]:
    """Whether this person is asked, and then the form; otherwise the reasons."""
    if not release.is_round_open:
        return {}
    eligibility = approvals.eligibility(release.round, user)
    if not eligibility.is_eligible:
        return {"reasons": eligibility.reasons}
    form = AnswerForm(subject=release, user=user, initial={"digest": release.round.digest}, auto_id="answer_%s")
    return {"answer_form": dressed(form), "answer_groups": eligibility.groups}


def approvals_tab(admin: Any, request: HttpRequest, release: Release) -> dict[str, Any]:
    asked = release.round
    if asked is None:
        return {"release": release, "round": None}
    _with_answers(asked)
    return {
        "release": release,
        "round": asked,
        "needs": approvals.who_is_needed(asked) if release.is_round_open else [],
        "rounds": list(queries.rounds_of(release).order_by("-pk")),
        "asks": asked.asks.all(),
        "barred": asked.barred.order_by("username"),
        "remarks": asked.remarks.select_related("person"),
        "answer_url": admin.deed_url(release, "answer"),
        "changed": differences(asked.content, scope_content(release)) if release.is_round_open else [],
        **_answering(release, request.user),
    }


def brief(release: Release, user: Any) -> dict[str, Any]:
    """What the mail's page shows, for whoever answers in the admin."""
    return brief_of(release, release.round, reader=user, member=user) if release.round_id else {}


def deployments(admin: Any, request: HttpRequest, release: Release) -> dict[str, Any]:
    found = release.deployments.select_related("ci", "environment").order_by("-at", "-id")
    return {"release": release, "deployments": found[:200]}
