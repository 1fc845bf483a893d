"""Forms of release trains: their steps, boarding and leaving, moving, and the answer to many at once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.steps import StepForm
from apps.releases import actions
from apps.releases.lifecycle.words import Status, TrainStatus
from apps.releases.models import Release, Train
from apps.releases.queries import Member, boardable, departure_of, questions_for


class TrainStep(StepForm):
    subject_name = "train"


class DepartForm(TrainStep):
    action = staticmethod(actions.depart_train)
    incident = forms.CharField(
        label=_("The incident that it mends"),
        required=False,
        max_length=120,
        help_text=_("Only where an emergency aboard was not approved."),
    )


class CancelTrainForm(TrainStep):
    action = staticmethod(actions.cancel_train)
    note_required = True
    note_label = _("Reason")


TRAIN_STEPS: dict[str, type[StepForm]] = {"depart": DepartForm, "cancel": CancelTrainForm}


class MoveTrainForm(TrainStep):
    """Another window for the train and everybody aboard."""

    action = staticmethod(actions.move_train)
    note_required = True
    note_label = _("Why it moves")
    planned_start = forms.DateTimeField(label=_("Planned start"))
    planned_end = forms.DateTimeField(label=_("Planned end"))

    @property
    def moving(self) -> list[Member]:
        """Who moves along, those first whom it costs their approval."""
        waiting = [member for member in departure_of(self.subject) if not member.has_gone]
        return sorted(waiting, key=lambda member: not member.loses_approval)


class BoardableField(forms.ModelChoiceField):
    """A release, told with what boarding would cost it."""

    def label_from_instance(self, release: Release) -> str:
        said = f"{release} – {release.get_status_display().lower()}"
        return _("%s; its approval falls if its window differs") % said if release.status == Status.SCHEDULED else said


class BoardForm(TrainStep):
    """Which release goes with this train."""

    action = staticmethod(actions.board_train)
    release = BoardableField(Release.objects.none(), label=_("Release"), to_field_name="key")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.subject is not None:
            self.fields["release"].queryset = boardable(self.subject)


class TakeTrainForm(StepForm):
    """Which train this release goes with."""

    action = staticmethod(actions.board_train)
    subject_name = "release"
    train = forms.ModelChoiceField(
        Train.objects.filter(status=TrainStatus.PLANNED), label=_("Release train"), to_field_name="key"
    )


class LeaveTrainForm(StepForm):
    """Why this release stays behind."""

    action = staticmethod(actions.leave_train)
    subject_name = "release"
    note_required = True
    note_label = _("Why it stays behind")


class ChosenField(forms.MultipleChoiceField):
    """Releases with the digests that were shown: `KEY DIGEST` each. Whether a digest still holds is judged by the action."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: str) -> bool:
        return len(value.split(" ")) == 2

    def clean(self, value: Any) -> list[tuple[str, str]]:
        return [tuple(one.split(" ")) for one in super().clean(value)]


class ApproveMembersForm(TrainStep):
    """Yes to each chosen release, on the digest that was shown."""

    action = staticmethod(actions.approve_members)
    note = None
    chosen = ChosenField(label=_("Approve"))
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.subject is not None and self.user is not None:
            asked = [one for one in questions_for(self.subject, self.user) if not one.why_alone]
            self.fields["chosen"].choices = [(one.value, f"{one.release} ({one.digest[:12]})") for one in asked]

    def perform(self, subject: Train, by: Actor) -> Train:
        super().perform(subject, by)
        return subject
