"""The verbs of improvement actions and benefits."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.core import moves
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import FieldError, Invalid, NotNow
from apps.core.keys import next_key
from apps.releases.models import Release
from apps.reviews import queries
from apps.reviews.lifecycle import ACTION_EDITABLE
from apps.reviews.models import Benefit, ImprovementAction
from apps.reviews.permissions import may_improve, may_state_benefit

ACTION_FIELDS = frozenset(
    {"title", "detail", "kind", "owner", "due_on", "release_model", "answered_by", "answered_by_approach"}
)
BENEFIT_FIELDS = frozenset({"expected", "measure", "target"})


@transaction.atomic
def open_improvement_action(*, by: Actor, **fields: Any) -> ImprovementAction:
    """Write down one thing to be done better."""
    moves.require(may_improve, None, by)
    _refuse_unknown(fields, ACTION_FIELDS | {"review", "model_review", "approach_review"})
    if (reviewed := fields.get("model_review")) is not None and fields.get("release_model") is None:
        fields = {"kind": ImprovementAction.Kind.MODEL, **fields, "release_model": reviewed.release_model}
    if fields.get("approach_review") is not None:
        fields = {"kind": ImprovementAction.Kind.APPROACH, **fields}
    _refuse_foreign_version(fields.get("answered_by"), fields.get("release_model"))
    _refuse_foreign_approach(fields.get("answered_by_approach"), fields.get("approach_review"))
    action = ImprovementAction(key=next_key("IMP", now().year), **fields)
    return moves.create(action, by=by)


def answer_missing_model(
    *, release: Release, reason: str, nearest: list[dict[str, Any]], by: Actor
) -> ImprovementAction:
    """No model fits a release: that is something to be done better, and what comes closest is where to begin."""
    closest = [f"{one['model']}: {' '.join(one['misses']) or 'It applies.'}" for one in nearest]
    return open_improvement_action(
        title=f"A release model for {release.subject.name}, {release.get_type_display().lower()} releases"[:200],
        detail="\n".join([f"{release.key}: {reason}", *closest]),
        kind=ImprovementAction.Kind.MODEL,
        by=by,
    )


def change_improvement_action(*, action: ImprovementAction, by: Actor, **fields: Any) -> ImprovementAction:
    """Change what it says, while it is not ended."""
    moves.require(may_improve, action, by)
    _refuse_unknown(fields, ACTION_FIELDS)
    if action.status not in ACTION_EDITABLE:
        raise NotNow([Blocker("ended", f"The improvement action is {action.get_status_display().lower()}.")])
    model = fields.get("release_model", action.release_model)
    _refuse_foreign_version(fields.get("answered_by", action.answered_by), model)
    _refuse_foreign_approach(fields.get("answered_by_approach"), action.approach_review)
    return moves.change(action, fields, by=by)


def start_improvement_action(*, action: ImprovementAction, by: Actor, note: str = "") -> ImprovementAction:
    change = {} if action.owner_id or by.user is None else {"owner": by.user}
    return moves.move(action, "start", by=by, note=note, change=change)


def finish_improvement_action(
    *, action: ImprovementAction, by: Actor, note: str = "", answered_by: Any = None
) -> ImprovementAction:
    """It is done; `answered_by` names the model version that carries it."""
    change: dict[str, Any] = {"ended_at": now()}
    if answered_by is not None:
        _refuse_foreign_version(answered_by, action.release_model)
        change |= {"answered_by": answered_by, "release_model": answered_by.model}
    return moves.move(action, "finish", by=by, note=note, change=change)


def drop_improvement_action(*, action: ImprovementAction, by: Actor, note: str) -> ImprovementAction:
    return moves.move(action, "drop", by=by, note=note, change={"drop_reason": note, "ended_at": now()})


@transaction.atomic
def state_benefit(*, release: Release, by: Actor, expected: str, measure: str, target: str = "") -> Benefit:
    """Say what a release is to bring and how that is measured."""
    moves.require(may_state_benefit, release, by)
    moves.lock(release)
    number = queries.next_benefit_number(release)
    benefit = Benefit(release=release, number=number, expected=expected, measure=measure, target=target)
    return moves.create(benefit, by=by)


def change_benefit(*, benefit: Benefit, by: Actor, **fields: Any) -> Benefit:
    """Change what is expected; giving a measured value measures it."""
    moves.require(may_state_benefit, benefit, by)
    _refuse_unknown(fields, BENEFIT_FIELDS | {"measured_value", "is_met"})
    if fields.get("measured_value"):
        fields = {**fields, "measured_at": now()}
        return moves.change(benefit, fields, by=by, verb="measure")
    return moves.change(benefit, fields, by=by)


def remove_benefit(*, benefit: Benefit, by: Actor) -> None:
    """Take a benefit back; once measured it stays."""
    moves.require(may_state_benefit, benefit, by)
    if benefit.measured_at:
        raise NotNow([Blocker("measured", "The benefit has been measured; it stays on record.")])
    moves.remove(benefit, by=by)


def _refuse_unknown(fields: dict[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(set(fields) - known)
    if unknown:
        raise Invalid([FieldError(name, "not_editable", f"“{name}” cannot be edited.") for name in unknown])


def _refuse_foreign_version(version: Any, model: Any) -> None:
    if version is not None and model is not None and version.model_id != model.pk:
        raise Invalid.field("answered_by", "other_model", "This version belongs to another release model.")


def _refuse_foreign_approach(version: Any, review: Any) -> None:
    if version is not None and review is not None and version.approach_id != review.approach_id:
        raise Invalid.field("answered_by_approach", "other_approach", "This version belongs to another approach.")
