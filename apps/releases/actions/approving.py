"""Ask for approval, take the answers to it, and let it fall when what was approved has changed.

`approvals` counts; the release moves itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.approvals import actions as approvals
from apps.approvals.lifecycle import RoundStatus
from apps.approvals.models import Round
from apps.approvals.queries import who_is_needed
from apps.approvals.rules import SATISFYING
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import moment_of, now
from apps.core.errors import Invalid, Stale
from apps.releases.actions.assessing import assess_unstated_risk
from apps.releases.actions.ground import by_itself, held, refuse, refuse_unless_possible
from apps.releases.actions.modelling import misses_of
from apps.releases.actions.proving import PLAN_PROOF, request_checks
from apps.releases.actions.reaching import note_impact
from apps.releases.actions.readying import ready_tasks
from apps.releases.actions.waiting import note_waits
from apps.releases.lifecycle.conditions import conditions_of_approval
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.scope import differences, digest_of, scope_content, scope_digest
from apps.releases.lifecycle.words import ApprovalBasis, ImpactStage, Phase, Status
from apps.releases.models import Release
from apps.releases.queries.asking import rules_for
from apps.releases.queries.origin import people_of_origin

UNAPPROVED: dict[str, Any] = {
    "approved_digest": "",
    "approved_scope": {},
    "approved_at": None,
    "approval_basis": ApprovalBasis.NONE,
    "owed_approval_by": None,
    "owed_approval_given_at": None,
    "owed_approval_chased_at": None,
}
OWED_HOURS = 24
CHASE_EVERY = timedelta(hours=24)


@transaction.atomic
def start_verification(*, release: Release, by: Actor, note: str = "") -> Release:
    """The plan is complete: ask for every proof of components and procedures that is not there."""
    release = moves.move(held(release), "start_verification", by=by, note=note)
    release = assess_unstated_risk(release, by=by)
    request_checks(release, PLAN_PROOF, by=by)
    ready_tasks(release, by=by)
    note_impact(release, ImpactStage.PLANNING, by=by)
    return note_waits(release)


@transaction.atomic
def request_approval(*, release: Release, by: Actor, note: str = "") -> Release:
    """Ask the people whom the model names; a standard release within its limits is approved by its model already."""
    release = held(release)
    refuse_unless_possible(release, "request_approval", by)
    content = scope_content(release)
    pre_authorised = is_pre_authorised(release)
    asked = None if pre_authorised else _open_round(release, content, by)
    change = {**UNAPPROVED, "scope_digest": digest_of(content), "round": asked}
    release = moves.move(release, "request_approval", by=by, note=note, change=change)
    note_impact(release, ImpactStage.APPROVAL, by=by)
    if pre_authorised:
        version = release.model_version
        why = _("Pre-authorised: %(model)s was published by %(who)s for releases such as this.") % {
            "model": version,
            "who": version.published_by or _("the system"),
        }
        return note_waits(_approve(release, content, ApprovalBasis.PRE_AUTHORISED, by=by, note=why))
    if release.model_kind == "emergency" and asked.status == RoundStatus.PENDING:
        why = _("An emergency may go ahead; the approval is owed afterwards.")
        return note_waits(_approve(release, content, ApprovalBasis.OWED, by=by, note=why))
    return note_waits(settle_round(release, by=by))


@transaction.atomic
def ask_again(*, release: Release, by: Actor, note: str = "") -> Release:
    """Open a new round where nobody answered the last one in time."""
    return _ask_again(release, "ask_again", by, note)


@transaction.atomic
def ask_owed_approval(*, release: Release, by: Actor, note: str = "") -> Release:
    """Open a new round for the approval that is still owed after the fact."""
    return _ask_again(release, "ask_owed_approval", by, note)


@transaction.atomic
def answer_approval(
    *,
    release: Release,
    by: Actor,
    decision: str,
    digest: str,
    reason: str = "",
    on_behalf_of: User | None = None,
    condition: dict[str, Any] | None = None,
    delegate_to: User | None = None,
) -> Release:
    """Take one person's answer, and move the release when the rules say so."""
    release = held(release)
    if release.round_id is None or not (release.status == Status.AWAITING_APPROVAL or release.is_approval_owed):
        refuse(
            "nothing_asked",
            _("Nobody is asked to approve %(key)s: it is %(status)s.")
            % {"key": release.key, "status": release.get_status_display().lower()},
            url=page_of(release),
        )
    if release.status == Status.AWAITING_APPROVAL and scope_digest(release) != release.round.digest:
        raise Stale(_("What is to be approved has changed since the round was opened. It must be asked again."))
    _refuse_unfit_condition(release, condition or {})
    approvals.answer(
        round=release.round,
        by=by,
        decision=decision,
        reason=reason,
        digest=digest,
        on_behalf_of=on_behalf_of,
        condition=condition,
        delegate_to=delegate_to,
    )
    return note_waits(settle_round(release, by=by))


@transaction.atomic
def rework(*, release: Release, by: Actor, note: str = "") -> Release:
    """Back to planning, for a reason; nobody is asked any more and an approval that was given falls."""
    release = held(release)
    refuse_unless_possible(release, "rework", by)
    stop_asking(release, _("Taken back to planning: %s") % note, by)
    release = moves.move(release, "rework", by=by, note=note, change=UNAPPROVED)
    return note_waits(release)


def settle_round(release: Release, *, by: Actor) -> Release:
    """Draw the consequence of the round, if it has come to one. The release is locked by the caller."""
    if release.round_id is None:
        return release
    asked = Round.objects.get(pk=release.round_id)
    release.round = asked
    if release.status == Status.AWAITING_APPROVAL:
        return _settle_awaited(release, asked, by)
    if release.is_approval_owed and asked.status == RoundStatus.APPROVED and asked.digest == release.approved_digest:
        change = {"owed_approval_given_at": asked.closed_at or now()}
        return moves.change(release, change, by=by_itself(by), verb="give_owed_approval")
    return release


def chase_owed_approval(release: Release, *, by: Actor) -> Release:
    """Once a day, remind of an approval that is overdue after the fact. The release is locked by the caller."""
    due, last = release.owed_approval_by, release.owed_approval_chased_at
    is_due = release.is_approval_owed and release.started_at and due and due <= now()
    if not is_due or (last and last > now() - CHASE_EVERY):
        return release
    data = {"owed_by": due, "passed_over": passed_over(release)}
    return moves.change(release, {"owed_approval_chased_at": now()}, by=by_itself(by), verb="chase_approval", data=data)


def passed_over(release: Release) -> list[str]:
    """Whose approval a release that went ahead did not wait for."""
    if not release.is_round_open:
        return []
    people = {person.get_username() for need in who_is_needed(release.round) for person in need.people}
    return sorted(people)


def stand_by_approval(release: Release, *, by: Actor) -> Release:
    """A scheduled release whose scope is no longer the approved one goes back to planning; each difference is named."""
    release = held(release)
    if release.status != Status.SCHEDULED:
        return note_waits(release)
    content = scope_content(release)
    if digest_of(content) == release.approved_digest:
        return stand_by_conditions(release, by=by)
    changed = differences(release.approved_scope, content)
    data = {"differences": changed, "approvers": _who_approved(release), "digest": release.approved_digest}
    why = " ".join(changed)
    stop_asking(release, _("The content changed. %s") % why, by)
    release = moves.move(release, "supersede", by=by, note=why, change=UNAPPROVED, data=data)
    return note_waits(release)


def stand_by_conditions(release: Release, *, by: Actor) -> Release:
    """An approval falls when a condition on which it was given was not met in time. The release is locked."""
    broken = [one.in_words() for one in conditions_of_approval(release) if one.is_broken]
    if not broken:
        return note_waits(release)
    why = " ".join([*broken, _("It did not.")])
    data = {"differences": broken, "approvers": _who_approved(release), "digest": release.approved_digest}
    release = moves.move(release, "supersede", by=by_itself(by), note=why, change=UNAPPROVED, data=data)
    return note_waits(release)


def is_pre_authorised(release: Release) -> bool:
    """A standard model vouches for releases within its limits, and for no others."""
    vouches = release.model_kind == "standard" and release.model_content.get("pre_authorised", False)
    return vouches and not release.misfit_reason and not misses_of(release, release.model_version)


def stop_asking(release: Release, reason: str, by: Actor) -> None:
    """Cancel the round that is open, if one is."""
    if release.is_round_open:
        approvals.cancel_round(round=release.round, reason=reason, by=by)


def _settle_awaited(release: Release, asked: Round, by: Actor) -> Release:
    if asked.status == RoundStatus.APPROVED:
        content = scope_content(release)
        if digest_of(content) == asked.digest:
            return _approve(release, content, ApprovalBasis.ROUND, by=by)
        changed = " ".join(differences(asked.content, content))
        return moves.move(release, "reject", by=by_itself(by), note=_("The content changed. %s") % changed)
    if asked.status == RoundStatus.REJECTED:
        return moves.move(release, "reject", by=by_itself(by), note=asked.closed_reason)
    return release


def _approve(release: Release, content: dict[str, Any], basis: str, *, by: Actor, note: str = "") -> Release:
    """Fix what was approved. The baseline against which adherence is measured is fixed once, by the first approval."""
    change: dict[str, Any] = {
        "approved_digest": digest_of(content),
        "approved_scope": content,
        "approved_at": now(),
        "approval_basis": basis,
    }
    if basis == ApprovalBasis.OWED:
        change["owed_approval_by"] = now() + timedelta(hours=_owed_hours(release))
    if release.baseline_end is None:
        change |= {"baseline_start": release.planned_start, "baseline_end": release.planned_end}
    return moves.move(release, "approve", by=by_itself(by), note=note, change=change, data={"basis": str(basis)})


def _owed_hours(release: Release) -> int:
    return (release.model_content.get("after_the_fact") or {}).get("approve_within_hours", OWED_HOURS)


def _ask_again(release: Release, step: str, by: Actor, note: str) -> Release:
    release = held(release)
    refuse_unless_possible(release, step, by)
    content = release.approved_scope if release.is_approval_owed else scope_content(release)
    asked = _open_round(release, content, by)
    change = {"round": asked, "scope_digest": digest_of(content)}
    release = moves.move(release, step, by=by, note=note, change=change)
    return note_waits(settle_round(release, by=by))


def _open_round(release: Release, content: dict[str, Any], by: Actor) -> Round:
    rules = rules_for(release)
    if rules["left_out"] and not rules["groups"]:
        why = " ".join(f"{one['name']}: {one['why']}" for one in rules["left_out"])
        message = _("Nobody would be asked: no group of approvers has its conditions met. %s") % why
        refuse("nobody_asked", message, who_can_lift=str(_("owner of the release model")), url=page_of(release))
    number = Round.objects.filter(key__startswith=f"{release.key}-A").count() + 1
    return approvals.open_round(
        key=f"{release.key}-A{number}",
        title=f"{release.title} {release.release_version}",
        url=page_of(release),
        digest=digest_of(content),
        content=content,
        rules=rules,
        requester=by.user,
        barred=_barred(release, rules.get("bar") or [], by),
        by=by,
    )


def _barred(release: Release, named: list[str], by: Actor) -> list[User]:
    """Whom segregation of duties keeps from approving this release: those who have a hand in it themselves."""
    barred: list[User | None] = []
    if "requester" in named:
        barred.append(by.user)
    if "release_manager" in named:
        barred.append(release.release_manager)
    if "implementer" in named:
        tasks = release.tasks.filter(phase=Phase.EXECUTE, assignee__isnull=False).select_related("assignee")
        barred += [task.assignee for task in tasks]
    barred += people_of_origin(release, authors="author" in named, builders="builder" in named)
    return [person for person in barred if person is not None]


def _refuse_unfit_condition(release: Release, condition: dict[str, Any]) -> None:
    """A condition that a machine keeps to names a check of this release, and a time ahead if it names one."""
    if "check" in condition and not release.checks.filter(slug=str(condition["check"])).exists():
        known = ", ".join(release.checks.order_by("slug").values_list("slug", flat=True)) or _("none")
        message = _("“%(check)s” is not a check of this release: %(known)s.")
        raise Invalid.field("condition", "unknown", message % {"check": condition["check"], "known": known})
    if "until" in condition:
        until = moment_of(condition["until"])
        if until is None or until <= now():
            raise Invalid.field("condition", "until", _("Name a time ahead, with its zone: 2026-11-27T18:00:00Z."))


def _who_approved(release: Release) -> list[str]:
    if release.round_id is None:
        return []
    answers = release.round.answers.filter(decision__in=SATISFYING).select_related("person")
    return sorted({answer.person.get_username() for answer in answers})
