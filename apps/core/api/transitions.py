"""Steps of a lifecycle as resources: GET lists what is possible now and why not, POST takes one."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import getdoc
from typing import Any

from django import forms

from apps.core.actor import Actor
from apps.core.errors import FieldError, Invalid, NotNow, NotPermitted
from apps.core.lifecycle import StepView, available_steps, blockers_of, step_named
from apps.core.steps import StepForm

Steps = Mapping[str, type[StepForm]]
COMMENT = "comment"  # the API's word for the note


def steps_for(obj: Any, user: Any) -> list[dict[str, Any]]:
    """The person's steps from here; one that is not allowed says every reason."""
    return [_shown(step, obj) for step in available_steps(obj, user)]


def _shown(step: StepView, obj: Any) -> dict[str, Any]:
    blockers = [blocker.as_dict() for blocker in step.blockers]
    if not step.permitted:
        message = _who_may(obj, step.name)
        blockers.append({"code": "not_permitted", "message": message, "who_can_lift": "", "until": None, "url": ""})
    return {
        "name": step.name,
        "label": str(step.label),
        "to": step.to,
        "allowed": step.allowed,
        "blockers": blockers,
        "comment": step.note,
        "help": str(step.help),
    }


def _who_may(obj: Any, name: str) -> str:
    permission = step_named(type(obj), name).permission
    return (getdoc(permission) or "Your roles do not allow this.").split("\n\n")[0]


def take_step(obj: Any, steps: Steps, body: Any, by: Actor) -> Any:
    """Take the step that the body names, with the form that the admin's button uses. Returns what its action returns."""
    name, given = _read(body, steps)
    form = steps[name](given, subject=obj, user=by.user)
    faults = list(_misplaced(form, given)) or list(_faults(form))
    if faults:
        _judge(obj, name, by)
        raise Invalid(faults)
    return form.perform(obj, by)


def _read(body: Any, steps: Steps) -> tuple[str, dict[str, Any]]:
    known = ", ".join(steps)
    if not isinstance(body, Mapping):
        raise Invalid.field("", "invalid", f"Send an object that names a step. Known: {known}.")
    name = body.get("name")
    if not isinstance(name, str) or name not in steps:
        said = f"“{name[:60]}” is not a step here" if isinstance(name, str) and name else "Name the step to take"
        raise Invalid.field("name", "unknown_step", f"{said}. Known: {known}.")
    given = {key: value for key, value in body.items() if key not in ("name", COMMENT)}
    if "note" in given:
        raise Invalid.field("note", "unknown_field", "Send the note as “comment”.")
    return name, {**given, "note": body.get(COMMENT) or ""}


def _misplaced(form: forms.Form, given: Mapping[str, Any]) -> Any:
    """Members the form does not know, and lists or objects where it takes one value."""
    for name, value in given.items():
        field = form.fields.get(name)
        if field is None:
            if name == "note" and not value:
                continue
            known = ", ".join(COMMENT if one == "note" else one for one in form.fields) or "none"
            yield FieldError(_member(name), "unknown_field", f"This step does not ask for it. Known: {known}.")
        elif isinstance(value, list | dict) and not _takes_many(field):
            yield FieldError(_member(name), "invalid", "One value is wanted here.")


def _takes_many(field: forms.Field) -> bool:
    many = forms.JSONField | forms.MultipleChoiceField | forms.ModelMultipleChoiceField | forms.TypedMultipleChoiceField
    return isinstance(field, many) or getattr(field, "takes_many", False)


def _faults(form: forms.Form) -> Any:
    for name, errors in form.errors.as_data().items():
        for error in errors:
            place = "" if name == forms.forms.NON_FIELD_ERRORS else _member(name)
            yield FieldError(place, error.code or "invalid", " ".join(error.messages))


def _member(name: str) -> str:
    return COMMENT if name == "note" else name


def _judge(obj: Any, name: str, by: Actor) -> None:
    """A step that is blocked or not permitted says so before it complains about the form."""
    blockers = blockers_of(obj, name)
    if blockers:
        raise NotNow(blockers)
    permission = step_named(type(obj), name).permission
    if permission is not None and not permission(obj, by.user):
        raise NotPermitted(_who_may(obj, name))
