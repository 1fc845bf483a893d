"""Forms of steps: what a person is asked when taking one. The same form serves the admin's button and the API.

    class StartForm(StepForm):
        "Begin the release now."
        action = staticmethod(actions.start_release)
        subject_name = "release"

    RELEASE_STEPS = {"start": StartForm, ...}

`StartForm(data, subject=release, user=user)`; when it is valid, `form.perform(release, by=actor)` calls
`actions.start_release(release=release, by=actor, note=…, **other fields)`. A field that names a record should look it
up by its public key: `ModelChoiceField(queryset, to_field_name="key")`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor

LONGEST_NOTE = 4000


class StepForm(forms.Form):
    """Asks for a note; subclasses add what else their step needs, and name the action that takes the step."""

    action: ClassVar[Callable[..., Any] | None] = None
    subject_name: ClassVar[str] = "subject"
    note_required: ClassVar[bool] = False
    note_label: ClassVar[Any] = _("Note")

    note = forms.CharField(required=False, max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, subject: Any = None, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject = subject
        self.user = user
        if "note" in self.fields:
            self.fields["note"].required = self.note_required
            self.fields["note"].label = self.note_label
            self.order_fields([name for name in self.fields if name != "note"] + ["note"])

    def perform(self, subject: Any, by: Actor) -> Any:
        """Take the step: one call of one action. Raises what the action refuses."""
        return type(self).action(**{self.subject_name: subject}, by=by, **self.cleaned_data)
