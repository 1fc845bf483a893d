"""Deeds: what a person may do to a record that is no step of its chart, such as holding a release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from apps.core.admin.asking import AskingPages, Question
from apps.core.blockers import Blocker
from apps.core.steps import StepForm


@dataclass(frozen=True)
class Deed:
    """A button that leads to a page which asks. `shown(obj)` hides it where it makes no sense."""

    slug: str
    label: Any
    form: type[StepForm]
    permission: Callable[[Any, Any], bool]
    help: Any = ""
    blockers: Callable[[Any], list[Blocker]] = lambda obj: []
    shown: Callable[[Any], bool] = lambda obj: True
    initial: Callable[[Any], dict[str, Any]] = lambda obj: {}
    is_danger: bool = False
    template: str = ""
    context: Callable[[Any, Any], dict[str, Any]] = lambda obj, user: {}  # what the template shows


@dataclass(frozen=True)
class DeedButton:
    label: Any
    url: str
    is_danger: bool = False


_offered: dict[str, list[Deed]] = {}


def offer_deed(label: str, deed: Deed) -> None:
    """Let a higher app add a deed to a lower app's page: `offer_deed("releases.release", Deed(...))`."""
    known = _offered.setdefault(label.lower(), [])
    if all(one.slug != deed.slug for one in known):
        known.append(deed)


class DeedPages(AskingPages):
    """For a ModelAdmin: `deeds` become buttons beside the steps, each with its page."""

    deeds: ClassVar[tuple[Deed, ...]] = ()

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_deed"
        view = self.admin_site.admin_view(self.deed_view)
        return [path("<path:object_id>/do/<slug:deed>/", view, name=name), *super().get_urls()]

    def deed_url(self, obj: Model, slug: str, **query: Any) -> str:
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_deed"
        url = reverse(name, args=[quote(obj.pk), slug])
        return f"{url}?{urlencode(query)}" if query else url

    def all_deeds(self) -> list[Deed]:
        """The page's own deeds, and those that higher apps offer for it."""
        return [*self.deeds, *_offered.get(self.opts.label_lower, [])]

    def deed_buttons(self, request: HttpRequest, obj: Model) -> list[DeedButton]:
        """The deeds this person may do to the record now."""
        return [
            DeedButton(deed.label, self.deed_url(obj, deed.slug), deed.is_danger)
            for deed in self.all_deeds()
            if deed.shown(obj) and request.user.is_active and deed.permission(obj, request.user)
        ]

    def deed_view(self, request: HttpRequest, object_id: str, deed: str) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        known = next((one for one in self.all_deeds() if one.slug == deed), None)
        if obj is None or known is None:
            raise Http404(_("There is no such deed."))
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        question = Question(
            label=known.label,
            form=known.form,
            permission=known.permission,
            blockers=known.blockers,
            help=known.help,
            is_danger=known.is_danger,
            initial=known.initial(obj),
            template=known.template,
            context=known.context(obj, request.user),
        )
        return self.ask(request, obj, question)
