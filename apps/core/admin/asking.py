"""Pages that ask before they act: GET shows what will happen, POST does it, a refusal says every reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from apps.core.admin.access import actor_of
from apps.core.admin.forms import sentences_of
from apps.core.admin.stepforms import dressed
from apps.core.blockers import Blocker
from apps.core.display import page_of
from apps.core.errors import Invalid, NotNow, NotPermitted, Refusal
from apps.core.steps import StepForm


@dataclass(frozen=True)
class Question:
    """One thing a person may do to a record, as its page asks about it."""

    label: Any
    form: type[StepForm]
    permission: Callable[[Any, Any], bool]
    blockers: Callable[[Any], list[Blocker]] = lambda obj: []
    help: Any = ""
    becomes: str = ""  # the status it leads to, where it leads to one
    becomes_label: Any = ""
    is_danger: bool = False
    initial: dict[str, Any] = field(default_factory=dict)
    template: str = ""  # what the page shows beside the form
    context: dict[str, Any] = field(default_factory=dict)  # what that template shows


class AskingPages:
    """For a ModelAdmin: answers a request with the page of a question, or carries it out."""

    def ask(self, request: HttpRequest, obj: Model, question: Question) -> HttpResponse:
        refusal = self._refusal(request, obj, question)
        if refusal is not None:
            return self._refused_page(request, obj, question, refusal)
        if request.method != "POST":
            initial = {**request.GET.dict(), **question.initial}
            form = dressed(question.form(subject=obj, user=request.user, initial=initial))
            return self._asking_page(request, obj, question, form)
        return self._carry_out(request, obj, question)

    def _refusal(self, request: HttpRequest, obj: Model, question: Question) -> Refusal | None:
        """Asked before the form is judged, the state before the permission: a late click is told that it is late."""
        blockers = question.blockers(obj)
        if blockers:
            return NotNow(blockers)
        if not (request.user.is_active and question.permission(obj, request.user)):
            return NotPermitted(_sentence_of(question.permission))
        return None

    def _carry_out(self, request: HttpRequest, obj: Model, question: Question) -> HttpResponse:
        form = dressed(question.form(request.POST, request.FILES, subject=obj, user=request.user))
        if not form.is_valid():
            return self._asking_page(request, obj, question, form, status=400)
        try:
            result = form.perform(obj, actor_of(request))
        except Invalid as refusal:
            for name, sentence in sentences_of(refusal, form.fields):
                form.add_error(name, sentence)
            return self._asking_page(request, obj, question, form, status=400)
        except Refusal as refusal:
            return self._refused_page(request, obj, question, refusal)
        messages.success(request, self.done_message(result if isinstance(result, self.model) else obj, question))
        return HttpResponseRedirect(self._back_from(request, obj))

    def done_message(self, obj: Model, question: Question) -> str:
        said = _("%(record)s: %(deed)s.") % {"record": obj, "deed": str(question.label).lower()}
        if not question.becomes:
            return said
        status = getattr(obj, "get_status_display", lambda: question.becomes_label)()
        return _("%(said)s It is now %(status)s.") % {"said": said, "status": str(status).lower()}

    def _back_from(self, request: HttpRequest, obj: Model) -> str:
        """Where the person came from, if that is in this house."""
        wanted = request.POST.get("next") or request.GET.get("next") or ""
        if wanted and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
            return wanted
        return page_of(obj)

    def _asking_page(
        self, request: HttpRequest, obj: Model, question: Question, form: StepForm, status: int = 200
    ) -> TemplateResponse:
        context = {**self._question_context(request, obj, question), "form": form}
        return TemplateResponse(request, "admin/record/ask.html", context, status=status)

    def _refused_page(self, request: HttpRequest, obj: Model, question: Question, refusal: Refusal) -> TemplateResponse:
        context = {
            **self._question_context(request, obj, question),
            "refusal": refusal,
            "blockers": getattr(refusal, "blockers", []),
        }
        return TemplateResponse(request, "admin/record/refused.html", context, status=refusal.status)

    def _question_context(self, request: HttpRequest, obj: Model, question: Question) -> dict[str, Any]:
        request.current_app = self.admin_site.name
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "record": obj,
            "record_badge": self.record_badge(obj),
            "question": question,
            "back": self._back_from(request, obj),
            "next": request.POST.get("next") or request.GET.get("next") or "",
            "title": f"{question.label}: {obj}",
            **question.context,
        }

    def record_badge(self, obj: Model) -> Any:
        """What stands beside the record's name."""
        return ""


def _sentence_of(permission: Callable[[Any, Any], bool]) -> str:
    return (permission.__doc__ or "").strip().split("\n\n")[0] or _("Your roles do not allow this.")
