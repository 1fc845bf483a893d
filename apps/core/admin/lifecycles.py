"""LifecycleAdmin: the page of a record with a state chart; its steps are buttons that lead to a page which asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin.access import actor_of
from apps.core.admin.forms import sentences_of
from apps.core.admin.records import RecordAdmin
from apps.core.admin.stepforms import dressed
from apps.core.admin.stepper import stops_of
from apps.core.admin.tabs import Tab
from apps.core.display import page_of, status_badge
from apps.core.errors import Invalid, NotNow, NotPermitted, Refusal
from apps.core.lifecycle import StepInfo, StepView, available_steps, blockers_of, status_field, step_named
from apps.core.steps import StepForm


@dataclass(frozen=True)
class StepButton:
    """A person's step as the page shows it: a link to the page that asks, or greyed with every reason."""

    step: StepView
    url: str
    record: str

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

    @staticmethod
    def _badge(obj: Model) -> Any:
        return status_badge(obj, status_field(type(obj)).name)

    def status_badge(self, obj: Model) -> Any:
        return self._badge(obj)

    status_badge.short_description = gettext_lazy("status")
    status_badge.admin_order_field = "status"

    # The record's page.

    def record_context(self, request: HttpRequest, obj: Model, tab: Tab) -> dict[str, Any]:
        return {
            **super().record_context(request, obj, tab),
            "record_stops": stops_of(obj, self.road),
            "record_steps": self.step_buttons(request, obj),
            "record_badge": self._badge(obj),
        }

    def step_buttons(self, request: HttpRequest, obj: Model, back: str = "") -> list[StepButton]:
        """The person's steps from here; those that another role must take come last."""
        views = [view for view in available_steps(obj, request.user) if view.name in self.steps]
        buttons = [StepButton(view, self.step_url(obj, view.name, back), str(obj)) for view in views]
        return sorted(buttons, key=lambda button: not button.step.permitted)

    def step_url(self, obj: Model, step: str, back: str = "") -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_step"
        url = reverse(name, args=[quote(obj.pk), step])
        return f"{url}?next={back}" if back else url

    # The page of a step: GET shows what will happen, POST does it.

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
        if request.method == "POST":
            return self._take_step(request, obj, info)
        return self._show_step(request, obj, info)

    def _show_step(self, request: HttpRequest, obj: Model, info: StepInfo) -> HttpResponse:
        blockers = blockers_of(obj, info.name)
        if blockers:
            return self._refused_page(request, obj, info, NotNow(blockers))
        if not (request.user.is_active and info.permission(obj, request.user)):
            return self._refused_page(request, obj, info, NotPermitted(_permission_sentence(info)))
        form = self._step_form(info, subject=obj, user=request.user, initial=request.GET.dict())
        return self._step_page(request, obj, info, form)

    def _take_step(self, request: HttpRequest, obj: Model, info: StepInfo) -> HttpResponse:
        form = self._step_form(info, request.POST, request.FILES, subject=obj, user=request.user)
        early = self._early_refusal(request, obj, info)
        if early is not None:
            return self._refused_page(request, obj, info, early)
        if not form.is_valid():
            return self._step_page(request, obj, info, form, status=400)
        try:
            result = form.perform(obj, actor_of(request))
        except Invalid as refusal:
            for field, sentence in sentences_of(refusal, form.fields):
                form.add_error(field, sentence)
            return self._step_page(request, obj, info, form, status=400)
        except Refusal as refusal:
            return self._refused_page(request, obj, info, refusal)
        messages.success(request, self.step_message(result if isinstance(result, self.model) else obj, info))
        return HttpResponseRedirect(self._after_step(request, obj))

    def _early_refusal(self, request: HttpRequest, obj: Model, info: StepInfo) -> Refusal | None:
        """Asked before the form is judged, so that a person who may not, or comes too late, is not asked for a note."""
        blockers = blockers_of(obj, info.name)
        if blockers:
            return NotNow(blockers)
        if not (request.user.is_active and info.permission(obj, request.user)):
            return NotPermitted(_permission_sentence(info))
        return None

    def _step_form(self, info: StepInfo, *args: Any, **kwargs: Any) -> StepForm:
        return dressed(self.steps[info.name](*args, **kwargs))

    def step_message(self, obj: Model, info: StepInfo) -> str:
        field = status_field(self.model)
        status = dict(field.flatchoices).get(getattr(obj, field.attname), "")
        return _("%(record)s: %(step)s. It is now %(status)s.") % {
            "record": obj,
            "step": info.label.lower(),
            "status": str(status).lower(),
        }

    def _after_step(self, request: HttpRequest, obj: Model) -> str:
        wanted = request.POST.get("next") or request.GET.get("next") or ""
        if wanted and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
            return wanted
        return page_of(obj)

    def _step_page(
        self, request: HttpRequest, obj: Model, info: StepInfo, form: StepForm, status: int = 200
    ) -> TemplateResponse:
        context = self._page_context(request, obj, info) | {"form": form, "is_danger": info.name in self.danger_steps}
        return TemplateResponse(request, "admin/record/step.html", context, status=status)

    def _refused_page(self, request: HttpRequest, obj: Model, info: StepInfo, refusal: Refusal) -> TemplateResponse:
        context = self._page_context(request, obj, info) | {
            "refusal": refusal,
            "blockers": getattr(refusal, "blockers", []),
            "sentence": refusal.detail,
        }
        return TemplateResponse(request, "admin/record/refused.html", context, status=refusal.status)

    def _page_context(self, request: HttpRequest, obj: Model, info: StepInfo) -> dict[str, Any]:
        labels = dict(status_field(self.model).flatchoices)
        request.current_app = self.admin_site.name
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "record": obj,
            "record_badge": self._badge(obj),
            "step": info,
            "step_target": labels.get(info.target, info.target),
            "step_back": self._after_step(request, obj),
            "step_next": request.POST.get("next") or request.GET.get("next") or "",
            "title": f"{info.label}: {obj}",
        }


def _permission_sentence(info: StepInfo) -> str:
    return (info.permission.__doc__ or "").strip().split("\n\n")[0] or _("Your roles do not allow this.")
