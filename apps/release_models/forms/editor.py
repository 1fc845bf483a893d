"""The editor of a version's content: one form of sections and rows, in place of raw JSON."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.core.errors import FieldError
from apps.release_models.content import complete, judge
from apps.release_models.content.applicability import scope_of
from apps.release_models.forms.parts import CheckPart, ExamplePart, GroupPart, Part, StagePart, TaskPart
from apps.release_models.forms.sections import AppliesSection, ApprovalSection, CourseSection

BLANK_ROWS = 2
MORE_ROWS = 3
ROWS: dict[str, tuple[type[Part], tuple[str, ...], Any, Any]] = {
    # name: (form of a row, its place in the content, heading, what one row is called)
    "tasks": (TaskPart, ("tasks",), _("Tasks"), _("Task")),
    "checks": (CheckPart, ("checks",), _("Checks"), _("Check")),
    "groups": (GroupPart, ("approvals", "groups"), _("Who approves"), _("Group")),
    "stages": (StagePart, ("rollout", "stages"), _("Rollout stages"), _("Stage")),
    "examples": (ExamplePart, ("examples",), _("Examples"), _("Example")),
}
# Where a fault's place in the content is another field of the form.
ELSEWHERE = {
    "applies/criticality": ("applies", "criticality_min"),
    "window/keys": ("course", "window__keys"),
    "communication": ("course", "communication__remind_after_days"),
}


LISTS = {"/".join(place): name for name, (_form, place, _heading, _noun) in ROWS.items()}


class SummaryForm(forms.Form):
    summary = forms.CharField(
        label=_("What is new"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    record_version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ContentEditor:
    """All the forms of one content together. `content()` after `is_valid()` is the document they describe."""

    def __init__(self, content: dict[str, Any], summary: str, version: int, data: QueryDict | None = None) -> None:
        self.before = complete(content)
        self.about = SummaryForm(data, initial={"summary": summary, "record_version": version}, prefix="about")
        self.applies = AppliesSection(data, initial=AppliesSection.fill(self.before["applies"]), prefix="applies")
        self.approval = ApprovalSection(data, initial=ApprovalSection.of(self.before), prefix="approval")
        self.course = CourseSection(data, initial=CourseSection.of(self.before), prefix="course")
        self.rows = {name: self._rows(name, data) for name in ROWS}
        self.kept: dict[str, list[Part]] = {}  # the rows that stay, in the order the person gave them
        self.faults: list[str] = []

    def _rows(self, name: str, data: QueryDict | None) -> Any:
        form, place, heading, noun = ROWS[name]
        there = self.before
        for step in place:
            there = there[step]
        factory = forms.formset_factory(form, extra=BLANK_ROWS, can_delete=True, can_order=True, max_num=500)
        rows = factory(data, initial=[form.fill(one) for one in there], prefix=name)
        rows.heading, rows.noun, rows.faults = heading, noun, []
        if name == "examples":
            _run_examples(rows, self.before)
        return rows

    @property
    def sections(self) -> list[tuple[Any, forms.Form]]:
        return [
            (_("To what it applies"), self.applies),
            (_("Approval"), self.approval),
            (_("Course of a release"), self.course),
        ]

    @property
    def media(self) -> forms.Media:
        return self.about.media

    def is_valid(self) -> bool:
        """Every form is judged, so that every fault is shown at once."""
        judged = [self.about, self.applies, self.approval, self.course, *self.rows.values()]
        if [one for one in judged if not one.is_valid()]:
            return False
        self.kept = {name: rows.ordered_forms for name, rows in self.rows.items()}
        return True

    @property
    def summary(self) -> str:
        return self.about.cleaned_data["summary"]

    @property
    def record_version(self) -> int | None:
        return self.about.cleaned_data["record_version"]

    def content(self) -> dict[str, Any]:
        made = deepcopy(self.before)
        made["applies"] = self.applies.part()
        self.course.into(made, self._parts("stages"))
        self.approval.into(made, self._parts("groups"))
        for name in ("tasks", "checks", "examples"):
            made[name] = self._parts(name)
        return made

    def _parts(self, name: str) -> list[dict[str, Any]]:
        return [form.part() for form in self.kept[name]]

    def show(self, errors: list[FieldError]) -> None:
        """Put each fault of the content beside the field it comes from; what has no field stands above."""
        for error in errors:
            path = error.pointer.removeprefix("/content").strip("/")
            form, field = self._place(path)
            if form is None and path in LISTS:
                self.rows[LISTS[path]].faults.append(str(error.detail))
            elif form is None:
                self.faults.append(f"{error.pointer}: {error.detail}")
            else:
                form.add_error(field, str(error.detail))

    def _place(self, path: str) -> tuple[forms.Form | None, str | None]:
        for name, (_form, place, _heading, _noun) in ROWS.items():
            head = "/".join(place)
            rest = path.removeprefix(f"{head}/").split("/")
            if path.startswith(f"{head}/") and rest[0].isdigit() and int(rest[0]) < len(self.kept[name]):
                row = self.kept[name][int(rest[0])]
                return row, _field_of(row, rest[1:])
        for head, (section, field) in ELSEWHERE.items():
            if path.startswith(head):
                return getattr(self, section), field
        section, _slash, rest = path.partition("/")
        if section == "applies" and rest.split("/")[0] in self.applies.fields:
            return self.applies, rest.split("/")[0]
        return None, None


def more_rows(data: QueryDict, name: str) -> QueryDict:
    """The same entries with some more empty rows in one list, to be shown again and not kept yet."""
    asked = data.copy()
    count = f"{name}-TOTAL_FORMS"
    if name in ROWS and data.get(count, "").isdecimal():
        first = int(data[count])
        asked[count] = str(first + MORE_ROWS)
        for number in range(first, first + MORE_ROWS):
            asked.update(_untouched(ROWS[name][0](prefix=f"{name}-{number}")))
    return asked


def _untouched(row: Part) -> dict[str, Any]:
    """What a browser sends of an empty row: its usual values, which do not count as filled in."""
    usual = {row.add_prefix(field): one.initial for field, one in row.fields.items()}
    return {name: "on" if value is True else str(value) for name, value in usual.items() if value not in (None, False)}


def _run_examples(rows: Any, content: dict[str, Any]) -> None:
    """Beside each stored example, what the rules make of it as they are kept now."""
    for row, example in zip(rows, content["examples"], strict=False):
        row.verdict = judge(content["applies"], scope_of(example["scope"]))


def _field_of(row: forms.Form, steps: list[str]) -> str | None:
    """The field of a row: tasks/2/depends_on/0 → depends_on; groups/0/who/team → team."""
    return next((step for step in reversed(steps) if step in row.fields), None)
