"""The forms of the parts of a content. Each says how its part of the content fills it, and what it makes of the entries."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team
from apps.accounts.permissions import Role
from apps.release_models.content import words

ROLES = [(str(role), role.label) for role in Role]
WHO = [
    ("role", _("Everybody with a role")),
    ("service_owner", _("The service’s owners")),
    ("impacted_service_owners", _("The owners of each service it reaches")),
    ("team", _("A team")),
    ("people", _("People by name")),
]
OWNERS = ("service_owner", "impacted_service_owners")
MODES = [("any", _("any one")), ("all", _("all of them")), ("n", _("a number")), ("percent", _("per cent"))]


def _choices(known: dict[str, str]) -> list[tuple[str, str]]:
    return list(known.items())


class WordsField(forms.CharField):
    """Words with commas between them, kept as a list."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "max_length": 2000, **options})

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        text = super().to_python(value)
        return list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(self.prepare_value(initial or [])) != self.to_python(data)


class ParametersField(forms.CharField):
    """Parameters of a check: `name: value`, one a line. A value that reads as JSON is kept as such."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        said = {name: one if isinstance(one, str) else json.dumps(one) for name, one in value.items()}
        return "\n".join(f"{name}: {one}" for name, one in said.items())

    def to_python(self, value: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for line in super().to_python(value).splitlines():
            name, colon, said = line.partition(":")
            if not line.strip():
                continue
            if not colon or not name.strip():
                raise forms.ValidationError(_("“%(line)s” is not “name: value”."), "malformed", {"line": line.strip()})
            found[name.strip()] = _read(said.strip())
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial or {}) or "") != (data or "")


def _read(said: str) -> Any:
    try:
        return json.loads(said)
    except ValueError:
        return said


class LinesField(forms.CharField):
    """Sentences, one a line, kept as a list."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return [line.strip() for line in super().to_python(value).splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(self.prepare_value(initial or [])) != self.to_python(data)


def several(label: Any, known: dict[str, str], help_text: Any = "") -> forms.MultipleChoiceField:
    """Any of some known words, to be ticked."""
    return forms.MultipleChoiceField(
        label=label,
        choices=_choices(known),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=help_text,
    )


def one_or_unknown(label: Any, known: dict[str, str]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[("", _("unknown")), *_choices(known)], required=False)


class Part(forms.Form):
    """A part of the content. `fill` turns the content into initial values, `part` the cleaned entries into content."""

    @classmethod
    def fill(cls, part: dict[str, Any]) -> dict[str, Any]:
        return dict(part)

    @property
    def called(self) -> str:
        """What the part is called now; empty for a row that waits to be filled."""
        return str(self.initial.get("title") or self.initial.get("name") or "")

    @property
    def about(self) -> str:
        """What the row says beside its name while it is folded."""
        return ""

    def part(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name not in ("DELETE", "ORDER")}


class Named(Part):
    """A part with a title; its short name is made from the title when it is left out."""

    title = forms.CharField(label=_("Title"), max_length=200)
    slug = forms.SlugField(label=_("Short name"), required=False, max_length=80)

    field_order = ("title", "slug")

    def part(self) -> dict[str, Any]:
        made = super().part()
        return {**made, "slug": made["slug"] or slugify(made["title"])[:80]}


class TaskPart(Named):
    phase = forms.ChoiceField(label=_("Phase"), choices=_choices(words.PHASES), initial="execute")
    role = forms.ChoiceField(label=_("Done by"), choices=ROLES, initial="contributor")
    duration_minutes = forms.IntegerField(label=_("Takes (minutes)"), min_value=0, max_value=129_600, initial=30)
    depends_on = WordsField(label=_("After (short names)"))
    offset_minutes = forms.IntegerField(
        label=_("Not before (minutes)"),
        required=False,
        min_value=-129_600,
        max_value=129_600,
        help_text=_("from the window's start; below zero: before it"),
    )
    takes_back = WordsField(label=_("Takes back (short names)"), help_text=_("of a back-out task"))
    kind = forms.ChoiceField(
        label=_("Manual or automatic"),
        choices=[("manual", _("manual")), ("automatic", _("automatic"))],
        initial="manual",
    )
    mandatory = forms.BooleanField(label=_("Mandatory"), required=False, initial=True)
    instructions = forms.CharField(
        label=_("Instructions"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 2})
    )

    @property
    def about(self) -> str:
        part = self.initial
        if not part:
            return ""
        takes = words.minutes_in_words(part["duration_minutes"])
        return f"{words.PHASES[part['phase']]} · {words.role_in_words(part['role'])} · {takes}"


class CheckPart(Named):
    group = forms.ChoiceField(label=_("Proves"), choices=_choices(words.GROUPS), initial="component")
    kind = forms.SlugField(label=_("Kind"), max_length=80, help_text=_("such as junit, sbom, manual, http_probe"))
    required = forms.BooleanField(label=_("Required"), required=False, initial=True)
    waivable_by = forms.MultipleChoiceField(
        label=_("May be waived by"), choices=ROLES, required=False, widget=forms.SelectMultiple(attrs={"size": 4})
    )
    stale_after_hours = forms.IntegerField(label=_("Stale after (hours)"), required=False, min_value=1, max_value=8784)
    on_no_data = forms.ChoiceField(label=_("Without data it"), choices=_choices(words.NO_DATA), initial="fail")
    params = ParametersField(label=_("Parameters"), required=False, help_text=_("name: value, one a line"))

    @property
    def about(self) -> str:
        part = self.initial
        if not part:
            return ""
        asked = _("required") if part["required"] else _("advisory")
        return f"{words.GROUPS[part['group']]} · {part['kind']} · {asked}"


class GroupPart(Part):
    name = forms.CharField(label=_("Name"), max_length=200)
    who = forms.ChoiceField(label=_("Who is asked"), choices=WHO)
    role = forms.ChoiceField(label=_("… which role"), choices=[("", "–"), *ROLES], required=False)
    team = forms.ModelChoiceField(
        label=_("… which team"), queryset=Team.objects.all(), to_field_name="slug", required=False
    )
    people = WordsField(label=_("… which people (user names)"))
    mode = forms.ChoiceField(label=_("How many must approve"), choices=MODES, initial="any")
    n = forms.IntegerField(label=_("… number or per cent"), min_value=1, max_value=100, initial=1)
    order = forms.IntegerField(label=_("Asked in turn"), min_value=1, max_value=99, initial=1)
    max_objections = forms.IntegerField(label=_("Objections it bears"), min_value=0, max_value=100, initial=0)
    when_risk_at_least = one_or_unknown(_("Only from this risk on"), words.RISKS)
    when_criticality_at_most = forms.IntegerField(
        label=_("… up to this criticality"), required=False, min_value=1, max_value=4, help_text=_("1 is the highest")
    )
    when_environments = WordsField(label=_("… in these environments"))
    when_release_types = WordsField(label=_("… for these types of release"))
    when_change_kinds = WordsField(label=_("… for these kinds of change"))
    when_ci_types = WordsField(label=_("… where it moves a (types)"))
    when_consumers = forms.BooleanField(label=_("… where consumers or partners are touched"), required=False)

    @classmethod
    def fill(cls, part: dict[str, Any]) -> dict[str, Any]:
        kind, named = next(iter(part["who"].items()))
        when = {f"when_{name}": value for name, value in (part.get("when") or {}).items()}
        return {**part, "who": kind, **({} if kind in OWNERS else {kind: named}), **when}

    def clean(self) -> dict[str, Any]:
        kind = self.cleaned_data.get("who")
        if kind in ("role", "team", "people") and not self.cleaned_data.get(kind) and kind not in self.errors:
            self.add_error(kind, forms.ValidationError(_("Say which."), "required"))
        return self.cleaned_data

    def part(self) -> dict[str, Any]:
        made = super().part()
        named = {name: made.pop(name) for name in ("role", "team", "people")}
        said = {name.removeprefix("when_"): made.pop(name) for name in list(made) if name.startswith("when_")}
        kind = made["who"]
        value: Any = True if kind in OWNERS else named[kind]
        when = {name: one for name, one in said.items() if one}
        return {**made, "who": {kind: value.slug if kind == "team" else value}, "when": when}


class StagePart(Part):
    name = forms.CharField(label=_("Name"), max_length=200)
    audience = forms.CharField(label=_("Audience"), required=False, max_length=200)
    percentage = forms.FloatField(label=_("Share (per cent)"), min_value=0, max_value=100)
    bake_minutes = forms.IntegerField(label=_("Bakes for (minutes)"), min_value=0, max_value=43_200, initial=0)
    guards = LinesField(
        label=_("What must hold before the next"),
        required=False,
        max_length=6000,
        help_text=_("one a line; a person judges it"),
    )

    def part(self) -> dict[str, Any]:
        """A whole percentage stays a whole number, so that saving untouched changes nothing."""
        made = super().part()
        share = made["percentage"]
        return {**made, "percentage": int(share) if share.is_integer() else share}


class ExamplePart(Part):
    title = forms.CharField(label=_("Scope in a few words"), max_length=200)
    subject_type = forms.CharField(label=_("Type of subject"), required=False, max_length=100)
    release_type = forms.CharField(label=_("Type of release"), required=False, max_length=100)
    change_kind = one_or_unknown(_("Kind of change"), words.CHANGE_KINDS)
    risk = one_or_unknown(_("Risk"), words.RISKS)
    value_streams = WordsField(label=_("Value streams"))
    environments = WordsField(label=_("Environments"))
    criticality = forms.IntegerField(label=_("Criticality"), required=False, min_value=1, max_value=4)
    component_count = forms.IntegerField(label=_("Components"), min_value=0, max_value=10_000, initial=1)
    applies = forms.TypedChoiceField(
        label=_("The model"),
        choices=[("yes", _("applies")), ("no", _("does not apply"))],
        coerce=lambda said: said == "yes",
        empty_value=False,
    )

    @classmethod
    def fill(cls, part: dict[str, Any]) -> dict[str, Any]:
        return {"title": part["title"], "applies": "yes" if part["applies"] else "no", **part["scope"]}

    def part(self) -> dict[str, Any]:
        made = super().part()
        return {"title": made.pop("title"), "applies": made.pop("applies"), "scope": made}
