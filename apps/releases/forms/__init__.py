"""Forms of steps: what a person is asked when taking one. The admin's buttons and the API's transitions share them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.approvals.actions import remark
from apps.approvals.models import Decision
from apps.core.steps import StepForm
from apps.release_models.models import ModelVersion
from apps.release_models.queries import version_named
from apps.releases import actions
from apps.releases.forms.trains import TRAIN_STEPS
from apps.releases.lifecycle.words import CancelReason
from apps.releases.queries import applicable_models

__all__ = ["TRAIN_STEPS"]


class ModelVersionField(forms.CharField):
    """A version of a model by its key (normal/3), or the published one by the model's slug (normal)."""

    widget = forms.Select

    def clean(self, value: Any) -> ModelVersion:
        key = super().clean(value)
        version = version_named(key)
        if version is None:
            message = _("There is no release model version “%(key)s”. Name it as normal/3, or normal.")
            raise forms.ValidationError(message, code="unknown", params={"key": key})
        return version


class ReleaseStep(StepForm):
    subject_name = "release"


class ReasonedReleaseStep(ReleaseStep):
    note_required = True
    note_label = _("Reason")


class ApplyModelForm(ReleaseStep):
    """Which model, and why it if it does not apply."""

    action = staticmethod(actions.apply_model)
    model_version = ModelVersionField(label=_("Release model"), max_length=120)
    reason = forms.CharField(
        label=_("Why this model although it does not apply"), required=False, max_length=2000, widget=forms.Textarea
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.subject is not None:
            self.fields["model_version"].widget.choices = [_choice(match) for match in applicable_models(self.subject)]


class MigrateModelForm(ApplyModelForm):
    action = staticmethod(actions.migrate_model)


class StartVerificationForm(ReleaseStep):
    action = staticmethod(actions.start_verification)


class RequestApprovalForm(ReleaseStep):
    action = staticmethod(actions.request_approval)


class AskAgainForm(ReleaseStep):
    action = staticmethod(actions.ask_again)


class AskOwedApprovalForm(ReleaseStep):
    action = staticmethod(actions.ask_owed_approval)


class ReworkForm(ReasonedReleaseStep):
    action = staticmethod(actions.rework)


class StartForm(ReleaseStep):
    """An emergency that starts without approval says why it cannot wait."""

    action = staticmethod(actions.start_release)
    incident = forms.CharField(
        label=_("The incident that it mends"),
        required=False,
        max_length=120,
        help_text=_("Its key here, such as INC-2026-0001, or its number in the tool that keeps it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.subject is not None and self.subject.is_approval_owed:
            self.fields["note"].required = self.fields["incident"].required = True
            self.fields["note"].label = _("Why it starts without approval")
        else:
            del self.fields["incident"]


class BackOutForm(ReasonedReleaseStep):
    action = staticmethod(actions.back_out)


class ConfirmPreviousVersionsForm(ReasonedReleaseStep):
    action = staticmethod(actions.confirm_previous_versions)
    note_label = _("Where you have seen it")


class BeginReviewForm(ReleaseStep):
    action = staticmethod(actions.begin_review)


class AcceptEarlyForm(ReasonedReleaseStep):
    action = staticmethod(actions.accept_early)


class CloseForm(ReleaseStep):
    action = staticmethod(actions.close_release)


class CancelForm(ReasonedReleaseStep):
    action = staticmethod(actions.cancel_release)
    reason = forms.ChoiceField(label=_("Cancelled because"), choices=CancelReason.choices)
    note_label = _("In your words")


class EndSupportForm(ReleaseStep):
    action = staticmethod(actions.end_support)


class EndLifeForm(ReleaseStep):
    action = staticmethod(actions.end_life)


class WithdrawForm(ReasonedReleaseStep):
    action = staticmethod(actions.withdraw_release)


RELEASE_STEPS: dict[str, type[StepForm]] = {
    "apply_model": ApplyModelForm,
    "migrate_model": MigrateModelForm,
    "start_verification": StartVerificationForm,
    "request_approval": RequestApprovalForm,
    "ask_again": AskAgainForm,
    "rework": ReworkForm,
    "start": StartForm,
    "back_out": BackOutForm,
    "confirm_previous_versions": ConfirmPreviousVersionsForm,
    "begin_review": BeginReviewForm,
    "accept_early": AcceptEarlyForm,
    "ask_owed_approval": AskOwedApprovalForm,
    "close": CloseForm,
    "cancel": CancelForm,
    "end_support": EndSupportForm,
    "end_life": EndLifeForm,
    "withdraw": WithdrawForm,
}


class TaskStep(StepForm):
    subject_name = "task"


class StartTaskForm(TaskStep):
    action = staticmethod(actions.start_task)


class FinishTaskForm(TaskStep):
    action = staticmethod(actions.finish_task)


class FailTaskForm(TaskStep):
    action = staticmethod(actions.fail_task)
    note_required = True
    note_label = _("What went wrong")


class RetryTaskForm(TaskStep):
    action = staticmethod(actions.retry_task)


class SkipTaskForm(TaskStep):
    action = staticmethod(actions.skip_task)
    note_required = True
    note_label = _("Reason")


TASK_STEPS: dict[str, type[StepForm]] = {
    "start": StartTaskForm,
    "finish": FinishTaskForm,
    "fail": FailTaskForm,
    "retry": RetryTaskForm,
    "skip": SkipTaskForm,
}


class CheckStep(StepForm):
    subject_name = "check"


class RequestCheckForm(CheckStep):
    """The run comes by itself; the check is what the step answers with."""

    action = staticmethod(actions.request_check)

    def perform(self, subject: Any, by: Any) -> Any:
        return super().perform(subject, by).check_of


class SignOffForm(CheckStep):
    action = staticmethod(actions.sign_off_check)
    note_required = True
    note_label = _("What you saw")


class FindWantingForm(CheckStep):
    action = staticmethod(actions.find_check_wanting)
    note_required = True
    note_label = _("What you saw")


class CancelCheckForm(CheckStep):
    action = staticmethod(actions.cancel_check)


class WaiveForm(CheckStep):
    action = staticmethod(actions.waive_check)
    until = forms.DateTimeField(label=_("Until"))
    note_required = True
    note_label = _("Reason")


CHECK_STEPS: dict[str, type[StepForm]] = {
    "request": RequestCheckForm,
    "sign_off": SignOffForm,
    "find_wanting": FindWantingForm,
    "cancel": CancelCheckForm,
    "waive": WaiveForm,
}


class PlaceHoldForm(StepForm):
    """Stop a release."""

    action = staticmethod(actions.place_hold)
    subject_name = "release"
    note = None
    reason = forms.CharField(label=_("Why it must stop"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    until = forms.DateTimeField(label=_("Until"), required=False)


class MoveForm(ReleaseStep):
    """Another window."""

    action = staticmethod(actions.change_release)
    note_label = _("Why it moves")
    planned_start = forms.DateTimeField(label=_("From"))
    planned_end = forms.DateTimeField(label=_("Until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("planned_start", "planned_end"):
            self.initial.setdefault(name, getattr(self.subject, name, None))


class ProposePeopleForm(ReleaseStep):
    """People for the tasks that name only a role."""

    action = staticmethod(actions.assign_by_role)


class AssessRiskForm(ReleaseStep):
    """State what the factors give."""

    action = staticmethod(actions.assess_risk)


class NoModelForm(StepForm):
    """Put on record that no model fits."""

    action = staticmethod(actions.note_no_model)
    subject_name = "release"
    note = None
    reason = forms.CharField(
        label=_("What a fitting model would be like"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class LiftHoldForm(StepForm):
    """Let a release go on."""

    action = staticmethod(actions.lift_hold)
    subject_name = "hold"


class AnswerForm(StepForm):
    """Answer a request for approval, on the digest that was shown."""

    action = staticmethod(actions.answer_approval)
    subject_name = "release"
    note = None
    decision = forms.ChoiceField(label=_("Decision"), choices=Decision.choices)
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    digest = forms.CharField(label=_("Digest shown"), max_length=80, widget=forms.HiddenInput)
    on_behalf_of = forms.ModelChoiceField(
        User.objects.filter(is_active=True), label=_("On behalf of"), required=False, to_field_name="username"
    )
    delegate_to = forms.ModelChoiceField(
        User.objects.filter(is_active=True), label=_("Hand over to"), required=False, to_field_name="username"
    )


class RemarkForm(StepForm):
    """Ask something about the approval that is open, or answer; it decides nothing."""

    action = staticmethod(remark)
    subject_name = "release"
    note = None
    text = forms.CharField(label=_("What you ask or say"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    is_question = forms.BooleanField(label=_("It is a question before I decide"), required=False)

    def perform(self, subject: Any, by: Any) -> Any:
        return remark(round=subject.round, by=by, **self.cleaned_data)


def _choice(match: Any) -> tuple[str, str]:
    version = match.model_version
    fits = _("applies") if match.applies else " ".join(match.misses)
    return version.key, f"{version} – {fits}"
