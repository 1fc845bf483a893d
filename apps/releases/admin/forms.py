"""What the release page asks beside the steps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.admin.forms import RecordForm
from apps.releases.models import Task


class TaskForm(RecordForm):
    """A task and what comes before it, chosen among the tasks of its release."""

    handed_on = ("after",)
    after = forms.ModelMultipleChoiceField(
        Task.objects.none(), label=_("Depends on"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "after" not in self.fields:
            return
        release = self.instance.release_id or self.data.get("release") or self.initial.get("release")
        others = Task.objects.filter(release=release) if str(release or "").isdecimal() else Task.objects.none()
        self.fields["after"].queryset = others.exclude(pk=self.instance.pk)
        if self.instance.pk:
            self.fields["after"].initial = list(self.instance.depends_on.all())
