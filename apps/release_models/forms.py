"""Forms of the steps of a model version."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.steps import StepForm
from apps.release_models import actions


class SubmitForm(StepForm):
    """Ask somebody else to look at the draft."""

    action = staticmethod(actions.submit_version)
    subject_name = "version"
    note_label = _("What should the reviewer look at?")


class PublishForm(StepForm):
    """Put the version to use."""

    action = staticmethod(actions.publish_version)
    subject_name = "version"


class RequestChangesForm(StepForm):
    """Give the version back to be edited."""

    action = staticmethod(actions.request_changes)
    subject_name = "version"
    note_required = True
    note_label = _("What is to be mended?")


class WithdrawForm(StepForm):
    """Give the version up."""

    action = staticmethod(actions.withdraw_version)
    subject_name = "version"


class RetireForm(StepForm):
    """Take the version out of use."""

    action = staticmethod(actions.retire_version)
    subject_name = "version"
    note_required = True
    note_label = _("Why is it taken out of use?")


MODEL_VERSION_STEPS: dict[str, type[StepForm]] = {
    "submit": SubmitForm,
    "publish": PublishForm,
    "request_changes": RequestChangesForm,
    "withdraw": WithdrawForm,
    "retire": RetireForm,
}
