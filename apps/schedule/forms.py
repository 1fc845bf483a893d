"""Forms of the steps of a freeze exception."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.steps import StepForm
from apps.schedule import actions


class GrantForm(StepForm):
    """Let the release through until a moment."""

    action = staticmethod(actions.grant_exception)
    subject_name = "exception"

    until = forms.DateTimeField(
        required=False,
        label=_("Until"),
        help_text=_("Empty: the moment that was asked for, else the end of the freeze."),
    )


class DenyForm(StepForm):
    """The freeze holds for this release too."""

    action = staticmethod(actions.deny_exception)
    subject_name = "exception"
    note_required = True
    note_label = _("Why not?")


EXCEPTION_STEPS: dict[str, type[StepForm]] = {"grant": GrantForm, "deny": DenyForm}
