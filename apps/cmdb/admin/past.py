"""The past on an item's page: the History tab, and the moment as of which the other tabs show the map."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.cmdb.models import ConfigurationItem, ValueStream
from apps.cmdb.queries.history import CHANGES_A_PAGE, changes_of, history_of, relationships_of, version_at
from apps.core.admin import Tab
from apps.core.admin.history import HISTORY
from apps.core.clock import now


@dataclass(frozen=True)
class AskedMoment:
    """The moment that the address asks for; `at` is None for now, `fault` says why what was asked cannot be shown."""

    at: datetime | None = None
    fault: str = ""

    @property
    def words(self) -> str:
        """“3 October 2026, 14:00 CEST”: in the reader's zone."""
        here = timezone.localtime(self.at)
        return f"{date_format(here, 'j F Y, H:i')} {here.tzname() or ''}".strip()

    @property
    def field(self) -> str:
        """As the date chooser writes it."""
        return timezone.localtime(self.at).strftime("%Y-%m-%dT%H:%M") if self.at else ""

    @property
    def iso(self) -> str:
        return self.at.isoformat() if self.at else ""


def asked_moment(request: HttpRequest) -> AskedMoment:
    """`?at=`: a moment with its zone, or in the reader's own; a day means its first moment."""
    text = request.GET.get("at", "").strip()
    if not text:
        return AskedMoment()
    at = _moment(text)
    if at is None:
        said = _("“%s” is not a moment. Choose one, or write it like 2026-10-03T14:00. This is the map as it is now.")
        return AskedMoment(fault=said % text[:60])
    if at > now():
        return AskedMoment(fault=_("This moment is still to come. This is the map as it is now."))
    return AskedMoment(at)


def _moment(text: str) -> datetime | None:
    try:
        at = parse_datetime(text.replace(" ", "+"))  # a plus sign that was not quoted
        return timezone.make_aware(at) if at is not None and timezone.is_naive(at) else at
    except (ValueError, OverflowError):
        return None


def past_context(page: Any, request: HttpRequest, ci: ConfigurationItem) -> dict[str, Any]:
    shown = Paginator(changes_of(ci.pk), CHANGES_A_PAGE).get_page(request.GET.get("p"))
    return {"past_page": shown, "past": history_of(ci.pk, shown)}


def overview_then(ci: ConfigurationItem, at: datetime) -> dict[str, Any]:
    """The overview as of a moment. Whom it served outside is not kept, so it is not shown."""
    version = version_at(ci.pk, at)
    if version is None:
        return {"was_not_there": True}
    return {
        "ci": version,
        "value_streams": ValueStream.objects.filter(pk__in=version.value_streams),
        "attributes": sorted((name, name, value) for name, value in version.attributes.items()),
        "ties_out": relationships_of(ci.pk, at),
        "ties_in": relationships_of(ci.pk, at, incoming=True),
    }


PAST = Tab("past", gettext_lazy("History"), "admin/cmdb/past.html", past_context)
AUDIT = replace(HISTORY, label=gettext_lazy("Audit trail"))
