"""The verbs of findings and of the register of break-glass acts."""

from apps.compliance.actions.break_glass import (
    approve_break_glass,
    note_owed_approval,
    register_break_glass,
    register_emergency,
)
from apps.compliance.actions.bypasses import bring_under_management, leave_unmanaged
from apps.compliance.actions.findings import (
    close_finding,
    judge_deployment,
    judge_duties,
    judge_objection,
    judge_overdue_review,
    judge_overdue_review_of,
    judge_start,
    note_answered_objection,
    raise_finding,
    sweep_controls,
    verify_trail,
)

__all__ = [
    "approve_break_glass",
    "bring_under_management",
    "close_finding",
    "judge_deployment",
    "judge_duties",
    "judge_objection",
    "judge_overdue_review_of",
    "judge_overdue_review",
    "judge_start",
    "leave_unmanaged",
    "note_answered_objection",
    "note_owed_approval",
    "raise_finding",
    "register_break_glass",
    "register_emergency",
    "sweep_controls",
    "verify_trail",
]
