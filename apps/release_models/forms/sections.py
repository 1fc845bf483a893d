"""The forms of the sections of a content that come once: to what it applies, how approval goes, the course of a release."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.release_models.content import words
from apps.release_models.forms.parts import Part, WordsField, several
from apps.schedule.models import Window


class WindowsField(forms.ModelMultipleChoiceField):
    """Release windows, kept by their keys."""

    def clean(self, value: Any) -> list[str]:
        return [one.key for one in super().clean(value)]


class AppliesSection(Part):
    subject_types = WordsField(label=_("Types of subject"), help_text=_("CI types, by short name; empty means any"))
    release_types = WordsField(label=_("Types of release"), help_text=_("such as minor, major; empty means any"))
    change_kinds = several(_("Kinds of change"), words.CHANGE_KINDS, _("nothing ticked means any"))
    risks = several(_("Risks"), words.RISKS, _("nothing ticked means any"))
    value_streams = WordsField(label=_("Value streams"), help_text=_("by short name; empty means any"))
    environments = WordsField(label=_("Environments"), help_text=_("by short name; empty means any"))
    criticality_min = forms.IntegerField(label=_("Criticality from"), required=False, min_value=1, max_value=4)
    criticality_max = forms.IntegerField(label=_("Criticality to"), required=False, min_value=1, max_value=4)
    max_components = forms.IntegerField(label=_("Components at most"), required=False, min_value=1, max_value=10_000)

    @classmethod
    def fill(cls, part: dict[str, Any]) -> dict[str, Any]:
        bounds = part["criticality"] or {}
        return {**part, "criticality_min": bounds.get("min"), "criticality_max": bounds.get("max")}

    def part(self) -> dict[str, Any]:
        made = super().part()
        least, most = made.pop("criticality_min"), made.pop("criticality_max")
        bounds = None if least is None and most is None else {"min": least or 1, "max": most or 4}
        return {**made, "criticality": bounds}


class ApprovalSection(Part):
    distinct_people = forms.BooleanField(label=_("One person counts for one group only"), required=False)
    email_code = forms.BooleanField(label=_("The code in the e-mail is proof enough"), required=False)
    bar = several(_("Not approved by"), words.BARRED)
    expires_after_hours = forms.IntegerField(label=_("Hours to answer"), min_value=1, max_value=2160)
    pre_authorised = forms.BooleanField(
        label=_("Pre-authorised: publishing this version approves every release within its limits"), required=False
    )
    approve_within_hours = forms.IntegerField(
        label=_("Approved after the fact, within hours"), required=False, min_value=1, max_value=720
    )

    WHOLE = ("pre_authorised", "approve_within_hours")

    @classmethod
    def of(cls, content: dict[str, Any]) -> dict[str, Any]:
        after = content["after_the_fact"] or {}
        return {
            **content["approvals"],
            "pre_authorised": content["pre_authorised"],
            "approve_within_hours": after.get("approve_within_hours"),
        }

    def into(self, content: dict[str, Any], groups: list[dict[str, Any]]) -> None:
        made = self.part()
        hours = made.pop("approve_within_hours")
        content["pre_authorised"] = made.pop("pre_authorised")
        content["after_the_fact"] = {"approve_within_hours": hours} if hours else None
        content["approvals"] = {**made, "groups": groups}


class CourseSection(Part):
    """Names with a double underscore stand for a place in the content: window__required is window/required."""

    rollout__strategy = forms.ChoiceField(label=_("Rollout"), choices=list(words.STRATEGIES.items()))
    start__automatic = forms.BooleanField(label=_("Starts by itself at its time"), required=False)
    window__required = forms.BooleanField(label=_("Needs a release window"), required=False)
    window__keys = WindowsField(
        Window.objects.all(),
        label=_("… one of these"),
        required=False,
        to_field_name="key",
        widget=forms.SelectMultiple(attrs={"size": 4}),
        help_text=_("nothing chosen means any"),
    )
    window__tolerance_minutes = forms.IntegerField(
        label=_("Still on time after the planned end by (minutes)"),
        min_value=0,
        max_value=43_200,
        help_text=_("It is for the end alone: an early start is never on schedule."),
    )
    back_out__every_step = forms.BooleanField(label=_("Each step needs one that takes it back"), required=False)
    early_life_hours = forms.IntegerField(label=_("Early-life support (hours)"), min_value=0, max_value=2160)
    communication__notice_hours = forms.IntegerField(
        label=_("Notice to consumers and partners (hours)"), min_value=0, max_value=2160
    )
    communication__roles = WordsField(
        label=_("New versions are told to"), help_text=_("roles of parties; empty means every party concerned")
    )
    communication__acknowledge_within_days = forms.IntegerField(
        label=_("… who acknowledge within (days)"), min_value=1, max_value=365
    )
    communication__remind_after_days = forms.IntegerField(
        label=_("… and are reminded after (days)"), min_value=0, max_value=365
    )
    review__due_within_days = forms.IntegerField(label=_("Review due within (days)"), min_value=0, max_value=365)
    review__survey = forms.BooleanField(label=_("With a survey of its users"), required=False)
    review__survey_to = several(_("… who are"), words.SURVEYED, _("nothing ticked means everybody concerned"))

    @classmethod
    def of(cls, content: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for name in cls.base_fields:
            section, _double, leaf = name.partition("__")
            found[name] = content[section][leaf] if leaf else content[section]
        return found

    def into(self, content: dict[str, Any], stages: list[dict[str, Any]]) -> None:
        for name, value in self.part().items():
            section, _double, leaf = name.partition("__")
            if leaf:
                content[section] = {**content[section], leaf: value}
            else:
                content[section] = value
        content["rollout"] = {**content["rollout"], "stages": stages}
