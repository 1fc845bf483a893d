"""The chart of a release.

    draft → planning → verifying → awaiting_approval → scheduled → releasing → released → in_review → closed
              ↑            │               │               │           │          │           ↑
              └── rework ──┴───── reject* ─┴── supersede* ─┘           └────┬─────┘           │
    cancelled ← cancel (draft … scheduled)                              backing_out ──────────┘

`*` = a consequence: the system takes the step when its condition holds. Some steps stay where they are and change a
fact: migrate model (planning), ask again (awaiting approval), confirm previous versions (backing out), ask for the owed
approval (in review), and what becomes of a closed release: end support, end life, withdraw. Status says where in the process a release is;
holds, freezes and waits are facts of their own, and the outcome is another field: closed does not mean good.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import Lifecycle, StatusField, transition
from apps.releases.lifecycle import plan_guards as plan
from apps.releases.lifecycle import start_guards as go
from apps.releases.lifecycle.words import BEFORE_RELEASING, Status
from apps.releases.permissions import may_execute, may_manage

PLAN_GUARDS = [
    plan.has_release_manager,
    plan.has_window,
    plan.keeps_to_its_windows,
    plan.has_components,
    plan.has_complete_plan,
    plan.fits_its_window,
    plan.has_way_back_of_each_step,
    plan.has_back_out_plan,
    plan.has_expected_benefit,
    plan.has_no_conflict,
]
BACK_OUT_GUARDS = [go.has_back_out_done, go.has_no_exposure, go.has_previous_versions_live]
CLOSE_GUARDS = [go.is_review_accepted, go.has_outcome, go.has_owed_approval]


class ReleaseLifecycle(Lifecycle):
    Status = Status
    status = StatusField(Status, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(status, Status.DRAFT, Status.PLANNING, permission=may_manage)
    def apply_model(self):
        """Choose the release model: it brings the tasks, the checks and the rules of approval."""

    @transition(status, Status.PLANNING, Status.PLANNING, permission=may_manage)
    def migrate_model(self):
        """Follow another version of the model; the plan is laid out anew."""

    @transition(status, Status.PLANNING, Status.VERIFYING, conditions=PLAN_GUARDS, permission=may_manage)
    def start_verification(self):
        """The plan is complete; prove the components and the procedures."""

    @transition(status, Status.VERIFYING, Status.AWAITING_APPROVAL, conditions=[plan.has_proof], permission=may_manage)
    def request_approval(self):
        """The proof is there; ask the people whom the model names."""

    @transition(status, Status.AWAITING_APPROVAL, Status.SCHEDULED)
    def approve(self):
        """Every rule is satisfied on this very scope."""

    @transition(status, Status.AWAITING_APPROVAL, Status.PLANNING)
    def reject(self):
        """Somebody who was asked said no, with a reason."""

    @transition(status, Status.SCHEDULED, Status.PLANNING)
    def supersede(self):
        """What was approved has changed, so the approval no longer stands."""

    @transition(
        status,
        [Status.VERIFYING, Status.AWAITING_APPROVAL, Status.SCHEDULED],
        Status.PLANNING,
        permission=may_manage,
        note="required",
    )
    def rework(self):
        """Take it back to planning, for a reason."""

    @transition(
        status,
        Status.AWAITING_APPROVAL,
        Status.AWAITING_APPROVAL,
        conditions=[go.is_without_open_round],
        permission=may_manage,
    )
    def ask_again(self):
        """Ask the approvers again, after a round that nobody answered in time."""

    @transition(status, Status.SCHEDULED, Status.RELEASING, conditions=go.START_GUARDS, permission=may_execute)
    def start(self):
        """Make it available: the window is open and nothing stands in the way."""

    @transition(status, Status.RELEASING, Status.RELEASED, conditions=[go.has_execution_done])
    def finish(self):
        """It is available to its audience; early-life support begins."""

    @transition(
        status,
        [Status.RELEASING, Status.RELEASED],
        Status.BACKING_OUT,
        permission=may_execute,
        note="required",
    )
    def back_out(self):
        """Bring the previous versions back. No freeze and no approval stands in the way."""

    @transition(
        status,
        Status.BACKING_OUT,
        Status.BACKING_OUT,
        conditions=[go.has_back_out_done],
        permission=may_execute,
        note="required",
    )
    def confirm_previous_versions(self):
        """I have seen that the previous versions are live again: say where."""

    @transition(status, Status.BACKING_OUT, Status.IN_REVIEW, conditions=BACK_OUT_GUARDS)
    def finish_back_out(self):
        """The previous versions are live and nobody sees the new one."""

    @transition(
        status,
        Status.RELEASED,
        Status.IN_REVIEW,
        conditions=[plan.has_release_proof, go.is_early_life_over],
        permission=may_manage,
    )
    def begin_review(self):
        """The released service is proven and early-life support is over; look back."""

    @transition(status, Status.RELEASED, Status.IN_REVIEW, permission=may_manage, note="required")
    def accept_early(self):
        """Begin the review although early-life support or a check of the release is still open, for a reason."""

    @transition(
        status,
        Status.IN_REVIEW,
        Status.IN_REVIEW,
        conditions=[go.is_approval_owed, go.is_without_open_round],
        permission=may_manage,
    )
    def ask_owed_approval(self):
        """Ask again for the approval that is still owed after the fact."""

    @transition(status, Status.IN_REVIEW, Status.CLOSED, conditions=CLOSE_GUARDS, permission=may_manage)
    def close(self):
        """The review is accepted and the outcome set; seal the evidence."""

    @transition(status, list(BEFORE_RELEASING), Status.CANCELLED, permission=may_manage, note="required")
    def cancel(self):
        """It will not be made available, for a reason."""

    @transition(status, Status.CLOSED, Status.CLOSED, conditions=[go.is_supported], permission=may_manage)
    def end_support(self):
        """Its support ends; people may still use it."""

    @transition(status, Status.CLOSED, Status.CLOSED, conditions=[go.is_out_of_support], permission=may_manage)
    def end_life(self):
        """Its life ends; nobody should use it any more."""

    @transition(
        status, Status.CLOSED, Status.CLOSED, conditions=[go.is_available], permission=may_manage, note="required"
    )
    def withdraw(self):
        """Take it back for good: every gate closes."""
