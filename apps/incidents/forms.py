"""Forms of steps: the admin's buttons and the API's transitions share them."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.steps import StepForm
from apps.incidents import actions


class ResolveForm(StepForm):
    action = staticmethod(actions.resolve_incident)
    subject_name = "incident"
    resolved_at = forms.DateTimeField(label=_("Resolved at"), required=False, help_text=_("Now, when left empty."))


class ConfirmForm(StepForm):
    action = staticmethod(actions.confirm_link)
    subject_name = "link"
    note_label = _("What was found")


class RefuteForm(StepForm):
    action = staticmethod(actions.refute_link)
    subject_name = "link"
    note_required = True
    note_label = _("How that is known")


INCIDENT_STEPS = {"resolve": ResolveForm}
LINK_STEPS = {"confirm": ConfirmForm, "refute": RefuteForm}
