"""Forms of the steps of a freeze exception."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.cmdb.models import Environment
from apps.core.steps import StepForm
from apps.schedule import actions
from apps.schedule.models import FreezeKind


class LeaveOutForm(StepForm):
    """Leave one occurrence out."""

    action = staticmethod(actions.leave_out)
    subject_name = "row"

    on = forms.DateField(label=_("The one that begins on"))


class DaysField(forms.CharField):
    """Days, one a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return sorted(set((super().to_python(value) or "").replace(",", " ").split()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return sorted(initial or []) != self.to_python(data)


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


class ImportFreezesForm(forms.Form):
    """A calendar file, whose it is, and what its events become."""

    file = forms.FileField(label=_("iCalendar file"))
    source = forms.CharField(
        label=_("Source"),
        max_length=60,
        help_text=_("Who keeps this calendar, such as holidays-de. It finds its freezes again."),
    )
    time_zone = forms.CharField(label=_("Time zone of its days"), max_length=64, initial="Europe/Berlin")
    kind = forms.ChoiceField(label=_("New freezes are"), choices=FreezeKind.choices)
    environments = forms.ModelMultipleChoiceField(
        Environment.objects.order_by("order"),
        label=_("… over these environments"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None means all."),
    )
    dry_run = forms.BooleanField(label=_("Only tell what would come of it"), required=False, initial=True)
