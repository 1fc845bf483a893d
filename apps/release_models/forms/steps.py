"""Forms of the steps of versions and communications, and of the page behind a communication's link."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.steps import StepForm
from apps.release_models import actions
from apps.release_models.queries import starting_points


class BeginForm(StepForm):
    """Begin a new version of a model."""

    action = staticmethod(actions.begin_version)
    subject_name = "model"
    note_label = _("What is to be new?")

    start_from = forms.ChoiceField(label=_("Start from"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["start_from"].choices = starting_points(self.subject)


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


class AcknowledgeForm(StepForm):
    """The party goes along."""

    action = staticmethod(actions.acknowledge_version)
    subject_name = "communication"
    note_label = _("How do you know?")


class ObjectForm(StepForm):
    """The party does not go along."""

    action = staticmethod(actions.object_to_version)
    subject_name = "communication"
    note_required = True
    note_label = _("What does the party object to?")


class SettleForm(StepForm):
    """The objection has been answered."""

    action = staticmethod(actions.settle_objection)
    subject_name = "communication"
    note_required = True
    note_label = _("How was it answered?")


COMMUNICATION_STEPS: dict[str, type[StepForm]] = {
    "acknowledge": AcknowledgeForm,
    "object": ObjectForm,
    "settle": SettleForm,
}


class AcknowledgementForm(forms.Form):
    """What the page behind the link asks of a party."""

    decision = forms.ChoiceField(
        label=_("What do you say?"),
        choices=[("acknowledge", _("We have taken note and go along")), ("object", _("We object"))],
        widget=forms.RadioSelect,
    )
    statement = forms.CharField(
        label=_("What do you object to, or want to add?"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    code = forms.CharField(
        label=_("Code from the e-mail"),
        help_text=_("The six digits that stand in the text of the mail."),
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
