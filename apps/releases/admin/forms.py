"""What the release page asks beside the steps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.admin.forms import RecordForm
from apps.releases.lifecycle.words import Phase
from apps.releases.models import Task


class TaskForm(RecordForm):
    """A task and what comes before it, chosen among the tasks of its release."""

    handed_on = ("after", "takes_back")
    after = forms.ModelMultipleChoiceField(
        Task.objects.none(), label=_("Depends on"), required=False, widget=forms.CheckboxSelectMultiple
    )
    takes_back = forms.ModelMultipleChoiceField(
        Task.objects.none(),
        label=_("Takes back"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Of a back-out task: the steps of the execution that it undoes."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "after" not in self.fields:
            return
        release = self.instance.release_id or self.data.get("release") or self.initial.get("release")
        others = Task.objects.filter(release=release) if str(release or "").isdecimal() else Task.objects.none()
        self.fields["after"].queryset = others.exclude(pk=self.instance.pk)
        self.fields["takes_back"].queryset = others.filter(phase=Phase.EXECUTE)
        if self.instance.pk:
            self.fields["after"].initial = list(self.instance.depends_on.all())
            self.fields["takes_back"].initial = list(self.instance.takes_back.all())
