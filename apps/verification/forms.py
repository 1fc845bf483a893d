"""What the release page asks of somebody who brings evidence."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.documents import LARGEST
from apps.core.steps import StepForm
from apps.releases.lifecycle.words import EvidenceKind
from apps.verification import actions


class EvidenceForm(StepForm):
    """Bring a file as evidence. It is read first: what is not what it claims to be is not kept."""

    action = staticmethod(actions.submit_evidence)
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
        return actions.submit_evidence(
            release=subject,
            kind=said["kind"],
            content=file.read(),
            by=by,
            component=said["component"],
            filename=file.name or "",
            media_type=file.content_type or "",
            note=said["note"],
        )
