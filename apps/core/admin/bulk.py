"""Deeds done to several records of a list at once: a page that asks, then the same action for each, all or none."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from apps.core.admin.access import actor_of
from apps.core.admin.deeds import Deed
from apps.core.admin.stepforms import dressed

MOST_AT_ONCE = 500
SHOWN = 20
CONFIRMED = "bulk_confirmed"


class BulkDeeds:
    """For a ModelAdmin: `bulk_deeds` become actions of the list, for whoever may do them."""

    bulk_deeds: ClassVar[tuple[Deed, ...]] = ()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found = super().get_actions(request)
        for deed in self.bulk_deeds:
            if request.user.is_active and deed.permission(None, request.user):
                name = f"bulk_{deed.slug}"
                found[name] = (partial(_ask_or_do, deed=deed), name, deed.label)
        return found


def _ask_or_do(page: Any, request: HttpRequest, records: QuerySet, *, deed: Deed) -> HttpResponse | None:
    """The list's action: the first request is shown the question, the second one carries it out and returns."""
    if not deed.permission(None, request.user):
        raise PermissionDenied
    chosen = list(records[: MOST_AT_ONCE + 1])
    if len(chosen) > MOST_AT_ONCE:
        messages.error(
            request, _("That is more than %(most)s at once. Narrow the list first.") % {"most": MOST_AT_ONCE}
        )
        return None
    data = request.POST if CONFIRMED in request.POST else None
    form = dressed(deed.form(data, user=request.user))
    if not form.is_valid():
        return _question(page, request, chosen, deed, form)
    with transaction.atomic():
        for record in chosen:
            form.perform(record, actor_of(request))
    messages.success(request, _("%(deed)s: %(many)s done.") % {"deed": deed.label, "many": len(chosen)})
    return None


def _question(page: Any, request: HttpRequest, chosen: list[Any], deed: Deed, form: Any) -> TemplateResponse:
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": f"{deed.label}: {len(chosen)}",
        "deed": deed,
        "form": form,
        "chosen": chosen[:SHOWN],
        "more": max(0, len(chosen) - SHOWN),
        "keys": [record.pk for record in chosen],
        "checkbox": ACTION_CHECKBOX_NAME,
        "action": f"bulk_{deed.slug}",
        "confirmed": CONFIRMED,
        "back": request.get_full_path(),
    }
    request.current_app = page.admin_site.name
    return TemplateResponse(request, "admin/record/bulk.html", context, status=400 if form.is_bound else 200)
