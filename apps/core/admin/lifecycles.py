"""LifecycleAdmin: the page of a record with a state chart; its steps are buttons that lead to a page which asks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin.asking import Question
from apps.core.admin.records import RecordAdmin
from apps.core.admin.stepper import stops_of
from apps.core.admin.tabs import Tab
from apps.core.display import status_badge
from apps.core.lifecycle import StepView, available_steps, blockers_of, status_field, status_of, step_named
from apps.core.steps import StepForm


@dataclass(frozen=True)
class StepButton:
    """A person's step as the page shows it: a link to the page that asks, or greyed with every reason."""

    step: StepView
    url: str
    record: str
    is_danger: bool = False
    leads_on: bool = False  # further along the usual road

    @property
    def is_open(self) -> bool:
        return self.step.allowed


class LifecycleAdmin(RecordAdmin):
    """A record with a chart. `steps` maps each person's step to the form that asks for what it needs."""

    steps: ClassVar[dict[str, type[StepForm]]] = {}
    road: ClassVar[tuple[str, ...]] = ()  # the usual states in order; the others are shown only when reached
    danger_steps: ClassVar[tuple[str, ...]] = ("cancel", "back_out", "retire", "withdraw", "reject", "fail")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [*dict.fromkeys([*super().get_readonly_fields(request, obj), status_field(self.model).name])]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """The stepper shows the status; the form does not repeat it."""
        status = status_field(self.model).name
        declared = self.fields or ()
        return [name for name in super().get_fields(request, obj) if name != status or name in declared]

    def record_badge(self, obj: Model) -> Any:
        return status_badge(obj, status_field(type(obj)).name)

    def status_badge(self, obj: Model) -> Any:
        return self.record_badge(obj)

    status_badge.short_description = gettext_lazy("status")
    status_badge.admin_order_field = "status"

    # The record's page.

    def record_context(self, request: HttpRequest, obj: Model, tab: Tab) -> dict[str, Any]:
        buttons = self.step_buttons(request, obj)
        return {
            **super().record_context(request, obj, tab),
            "record_stops": stops_of(obj, self.road),
            "record_steps": buttons,
            "record_is_blocked": any(button.step.blockers for button in buttons),
        }

    def step_buttons(self, request: HttpRequest, obj: Model, back: str = "") -> list[StepButton]:
        """The person's steps from here; what is dangerous, and what another role must do, comes last."""
        views = [view for view in available_steps(obj, request.user) if view.name in self.steps]
        buttons = [
            StepButton(
                view,
                self.step_url(obj, view.name, back),
                str(obj),
                view.name in self.danger_steps,
                self._leads_on(obj, view.to),
            )
            for view in views
        ]
        return sorted(buttons, key=lambda button: (not button.step.permitted, button.is_danger, not button.leads_on))

    def _leads_on(self, obj: Model, to: str) -> bool:
        road, here = [str(status) for status in self.road], status_of(obj)
        return to in road and (here not in road or road.index(to) > road.index(here))

    def step_url(self, obj: Model, step: str, back: str = "") -> str:
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_step"
        url = reverse(name, args=[quote(obj.pk), step])
        return f"{url}?{urlencode({'next': back})}" if back else url

    # The page of a step.

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_step"
        view = self.admin_site.admin_view(self.step_view)
        return [path("<path:object_id>/step/<slug:step>/", view, name=name), *super().get_urls()]

    def step_view(self, request: HttpRequest, object_id: str, step: str) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        info = step_named(self.model, step)
        if obj is None or info is None or info.is_consequence or step not in self.steps:
            raise Http404(_("There is no such step."))
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        labels = dict(status_field(self.model).flatchoices)
        question = Question(
            label=info.label,
            form=self.steps[step],
            permission=info.permission,
            blockers=partial(blockers_of, name=step),
            help=info.help,
            becomes=info.target,
            becomes_label=labels.get(info.target, info.target),
            is_danger=step in self.danger_steps,
        )
        return self.ask(request, obj, question)
