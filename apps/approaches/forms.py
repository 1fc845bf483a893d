"""Forms of the steps of an approach's versions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.approaches import actions
from apps.core.steps import StepForm


class DraftForm(StepForm):
    """Begin a new version of an approach."""

    action = staticmethod(actions.draft_version)
    subject_name = "approach"
    note_label = _("What is to be new?")


class VersionStepForm(StepForm):
    subject_name = "version"


class SubmitForm(VersionStepForm):
    """Ask somebody else to look at the draft."""

    action = staticmethod(actions.submit_version)
    note_label = _("What should the reviewer look at?")


class PublishForm(VersionStepForm):
    """Put the version in force."""

    action = staticmethod(actions.publish_version)


class RequestChangesForm(VersionStepForm):
    """Give the version back to be edited."""

    action = staticmethod(actions.request_changes)
    note_required = True
    note_label = _("What is to be mended?")


class WithdrawForm(VersionStepForm):
    """Give the version up."""

    action = staticmethod(actions.withdraw_version)


class RetireForm(VersionStepForm):
    """Take the version out of force."""

    action = staticmethod(actions.retire_version)
    note_required = True
    note_label = _("Why is it taken out of force?")


VERSION_STEPS: dict[str, type[StepForm]] = {
    "submit": SubmitForm,
    "publish": PublishForm,
    "request_changes": RequestChangesForm,
    "withdraw": WithdrawForm,
    "retire": RetireForm,
}
