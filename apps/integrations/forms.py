"""Forms of steps and deeds: the admin's buttons and the API share them."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.steps import StepForm
from apps.integrations import actions
from apps.integrations.signatures import new_hook_secret


class RematchForm(StepForm):
    action = staticmethod(actions.rematch_delivery)
    subject_name = "delivery"


class SetAsideForm(StepForm):
    action = staticmethod(actions.set_delivery_aside)
    subject_name = "delivery"
    note_required = True
    note_label = _("Reason")


class RedeliverForm(StepForm):
    action = staticmethod(actions.redeliver)
    subject_name = "delivery"


class SendTestForm(StepForm):
    action = staticmethod(actions.send_test)
    subject_name = "subscription"


class RotateEndpointSecretForm(StepForm):
    action = staticmethod(actions.rotate_endpoint_secret)
    subject_name = "endpoint"
    secret = forms.CharField(
        label=_("New secret"),
        initial=new_hook_secret,
        min_length=16,
        max_length=200,
        help_text=_("Copy it to the tool: it is not shown again."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 60}),
    )


class DropPreviousSecretForm(StepForm):
    action = staticmethod(actions.drop_previous_secret)
    subject_name = "endpoint"


class RevokeFeedForm(StepForm):
    action = staticmethod(actions.revoke_feed)
    subject_name = "feed"


HOOK_STEPS = {"rematch": RematchForm, "set_aside": SetAsideForm}
