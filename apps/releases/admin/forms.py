"""What the release page asks beside the steps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.admin.forms import RecordForm
from apps.core.steps import StepForm
from apps.releases import actions
from apps.releases.actions.evidence import LARGEST
from apps.releases.lifecycle.words import EvidenceKind
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


class EvidenceForm(StepForm):
    """Bring a file as evidence."""

    action = staticmethod(actions.store_evidence)
    subject_name = "release"
    kind = forms.ChoiceField(label=_("Kind"), choices=EvidenceKind.choices)
    component = forms.ModelChoiceField(
        None, label=_("About the component"), required=False, empty_label=_("The release")
    )
    file = forms.FileField(label=_("File"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["component"].queryset = self.subject.components.select_related("ci")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(_("A file of evidence has at most %d MiB.") % (LARGEST // 1024 // 1024))
        return file

    def perform(self, subject: Any, by: Actor) -> Any:
        said = self.cleaned_data
        file = said["file"]
        return actions.store_evidence(
            release=subject,
            kind=said["kind"],
            content=file.read(),
            by=by,
            component=said["component"],
            filename=file.name or "",
            media_type=file.content_type or "",
            note=said["note"],
        )
