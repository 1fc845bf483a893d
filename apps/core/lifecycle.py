"""State charts as code: the status field, guards that speak, and steps that can be listed.

A guard is a function of the record. It returns True or False (then its docstring is the sentence the user reads and its
name the code), or an iterable of `Blocker` (empty means the way is clear). A step with a `permission` is a person's
step and becomes a button and an API transition; a step without one is a consequence, reached only through an action.

django-fsm-2 keeps the chart; `core.moves` alone walks it (docs/decisions/0002-one-write-path.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from inspect import getdoc
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django_fsm import FSMField, FSMFieldDescriptor
from django_fsm import transition as fsm_transition

from apps.core.blockers import Blocker
from apps.core.models import Recorded

Guard = Callable[[Any], bool | Iterable[Blocker]]
Permission = Callable[[Any, Any], bool]


class StatusDescriptor(FSMFieldDescriptor):
    """Keeps the status from being assigned, except while its own row is being read again."""

    def __set__(self, instance: Any, value: Any) -> None:
        if instance.__dict__.get("_is_being_read"):
            self.field.set_state(instance, value)
            return
        super().__set__(instance, value)


class StatusField(FSMField):
    """The status of a record: protected, indexed, and one of the chart's own words."""

    descriptor_class = StatusDescriptor

    def __init__(self, statuses: type[models.TextChoices] | None = None, *args: Any, **kwargs: Any) -> None:
        if statuses is not None:
            kwargs.setdefault("choices", statuses.choices)
            kwargs.setdefault("default", statuses.choices[0][0])
        kwargs.setdefault("max_length", 32)
        kwargs.setdefault("db_index", True)
        kwargs["protected"] = True
        super().__init__(*args, **kwargs)


def status_constraint(statuses: type[models.TextChoices], name: str, field_name: str = "status") -> Any:
    """The database knows the chart's words too."""
    return models.CheckConstraint(condition=models.Q(**{f"{field_name}__in": statuses.values}), name=name)


class Lifecycle(Recorded):
    """A record that moves through a chart. Subclasses declare `status` and the steps."""

    class Meta:
        abstract = True

    def refresh_from_db(self, using: str | None = None, fields: Any = None, from_queryset: Any = None) -> None:
        """Read the row again, the status too. Only this instance opens, only meanwhile, and also when the row is gone:

        django-fsm-2's own mixin lifts the protection for the whole process and forgets to put it back.
        """
        self._is_being_read = True
        try:
            super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        finally:
            del self._is_being_read


@dataclass(frozen=True)
class StepInfo:
    """One declared step of a chart."""

    name: str
    label: str
    sources: tuple[str, ...]
    target: str
    permission: Permission | None
    guards: tuple[Guard, ...]
    note: str
    help: str

    @property
    def is_consequence(self) -> bool:
        return self.permission is None


@dataclass(frozen=True)
class StepView:
    """A person's step as it looks to one user now."""

    name: str
    label: str
    to: str
    allowed: bool
    permitted: bool
    note: str
    help: str
    blockers: list[Blocker] = field(default_factory=list)


def transition(
    status: FSMField,
    source: Any,
    target: Any,
    *,
    conditions: Iterable[Guard] = (),
    permission: Permission | None = None,
    note: str = "optional",
    label: str = "",
) -> Callable[[Callable], Callable]:
    """Declare a step. `note` is "required", "optional" or "none": whether the step asks why."""
    guards = tuple(conditions)

    def declare(method: Callable) -> Callable:
        step = StepInfo(
            name=method.__name__,
            label=str(label) or capfirst(method.__name__.replace("_", " ")),
            sources=tuple(str(one) for one in (source if isinstance(source, list | tuple | set) else [source])),
            target=str(target),
            permission=permission,
            guards=guards,
            note=note,
            help=getdoc(method) or "",
        )
        return fsm_transition(
            field=status,
            source=list(step.sources),
            target=step.target,
            conditions=[_as_condition(guard, step.name) for guard in guards],
            permission=(lambda obj, user: permission(obj, user)) if permission else None,
            custom={"step": step},
        )(method)

    return declare


def _as_condition(guard: Guard, step: str) -> Callable[[Any], bool]:
    def clear(obj: Any) -> bool:
        # `move` has just judged this step under the row's lock and names the step; asking again would double the queries.
        return getattr(obj, "_judged_step", None) == step or not objections(guard, obj)

    clear.__name__ = guard.__name__
    return clear


def objections(guard: Guard, obj: Any) -> list[Blocker]:
    """What one guard has against it, in words."""
    verdict = guard(obj)
    if isinstance(verdict, bool):
        return [] if verdict else [Blocker(guard.__name__, (getdoc(guard) or guard.__name__).split("\n\n")[0])]
    return list(verdict)


def steps_of(model: type[models.Model]) -> list[StepInfo]:
    """Every declared step of the chart, in the order it was written."""
    found = []
    for name in dir(model):
        method = getattr(model, name, None)
        meta = getattr(method, "_django_fsm", None)
        if meta is not None:
            steps = {one.custom["step"].name: one.custom["step"] for one in meta.transitions.values()}
            found.extend(steps.values())
    lines = {step.name: getattr(model, step.name).__wrapped__.__code__.co_firstlineno for step in found}
    return sorted(found, key=lambda step: lines[step.name])


def step_named(model: type[models.Model], name: str) -> StepInfo | None:
    return next((step for step in steps_of(model) if step.name == name), None)


def status_field(model: type[models.Model]) -> StatusField:
    return next(one for one in model._meta.concrete_fields if isinstance(one, StatusField))


def status_of(obj: models.Model) -> str:
    return getattr(obj, status_field(type(obj)).attname)


def wrong_state(obj: models.Model, step: StepInfo) -> Blocker:
    here, label = obj, obj._meta.verbose_name
    shown = dict(status_field(type(obj)).flatchoices)
    sources = " or ".join(str(shown.get(source, source)).lower() for source in step.sources)
    return Blocker(
        "wrong_state",
        f"“{step.label}” needs the {label} to be {sources}; it is {str(shown.get(status_of(here), '?')).lower()}.",
    )


def blockers_of(obj: models.Model, name: str) -> list[Blocker]:
    """Every reason at once why the step is not possible now; empty when it is."""
    step = step_named(type(obj), name)
    if step is None:
        return [Blocker("unknown_step", f"There is no step “{name}” for a {obj._meta.verbose_name}.")]
    if status_of(obj) not in step.sources:
        return [wrong_state(obj, step)]
    return [blocker for guard in step.guards for blocker in objections(guard, obj)]


def available_steps(obj: models.Model, user: Any) -> list[StepView]:
    """The person's steps from where the record is now, each with what stands in its way for this user."""
    views = []
    for step in steps_of(type(obj)):
        if step.is_consequence or status_of(obj) not in step.sources:
            continue
        permitted = bool(user and user.is_active and step.permission(obj, user))
        blockers = [blocker for guard in step.guards for blocker in objections(guard, obj)]
        views.append(
            StepView(
                step.name,
                step.label,
                step.target,
                permitted and not blockers,
                permitted,
                step.note,
                step.help,
                blockers,
            )
        )
    return views
