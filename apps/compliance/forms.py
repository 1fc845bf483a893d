"""What a person is asked when closing a finding."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.compliance import actions
from apps.core.steps import StepForm


class CloseFindingForm(StepForm):
    action = staticmethod(actions.close_finding)
    subject_name = "finding"
    note_required = True
    note_label = _("How it was mended, and how it will not come again")


FINDING_STEPS: dict[str, type[StepForm]] = {"close": CloseFindingForm}


class ApproveBreakGlassForm(StepForm):
    action = staticmethod(actions.approve_break_glass)
    subject_name = "act"


class BringUnderManagementForm(StepForm):
    action = staticmethod(actions.bring_under_management)
    subject_name = "finding"


class LeaveUnmanagedForm(StepForm):
    action = staticmethod(actions.leave_unmanaged)
    subject_name = "finding"
    note_required = True
    note_label = _("Why this item is not to be release managed")
