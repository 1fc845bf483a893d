"""The tab “When”: what gets in the way of the window, another window tried, and the next free ones."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.display import page_of
from apps.core.errors import Invalid
from apps.releases import queries
from apps.releases.lifecycle.editing import WINDOW, editable_fields
from apps.releases.lifecycle.words import Severity
from apps.releases.models import Release
from apps.releases.permissions import may_edit

TONES = {Severity.BLOCKING: "bad", Severity.WARNING: "warn", Severity.NOTICE: "idle"}
LOCAL = "%Y-%m-%dT%H:%M"


class TryForm(forms.Form):
    """A window to try."""

    planned_start = forms.DateTimeField(
        label=_("From"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL)
    )
    planned_end = forms.DateTimeField(
        label=_("Until"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL)
    )


def when(admin: Any, request: HttpRequest, release: Release) -> dict[str, Any]:
    """A fixed number of queries, whatever the calendar holds."""
    may_move = is_movable(release) and may_edit(release, request.user)
    is_open = not release.is_ended and release.started_at is None
    form = _form_of(request, release)
    tried = _tried(release, form)
    found = queries.free_slots(release) if is_open else None
    return {
        "release": release,
        "conflicts": [(one, TONES[one.severity]) for one in queries.conflicts_of(release)] if is_open else [],
        "is_open": is_open,
        "form": form,
        "tried": tried,
        "tried_conflicts": [(one, TONES[one.severity]) for one in tried.conflicts] if tried else [],
        "take": _take_url(admin, release, tried.start, tried.end) if tried and may_move else "",
        "slots": [(one, _try_url(one), _take_url(admin, release, one.starts_at, one.ends_at)) for one in found.found]
        if found
        else [],
        "passed_over": found.passed_over if found else [],
        "minutes": int(found.length.total_seconds() // 60) if found else 0,
        "may_move": may_move,
    }


def is_movable(release: Release) -> bool:
    """Its window may be edited in this status."""
    return editable_fields(release) >= WINDOW


def _form_of(request: HttpRequest, release: Release) -> TryForm:
    if "planned_start" in request.GET or "planned_end" in request.GET:
        return TryForm(request.GET)
    return TryForm(initial={"planned_start": release.planned_start, "planned_end": release.planned_end})


def _tried(release: Release, form: TryForm) -> queries.WhatIf | None:
    """The window that was asked about; what is wrong with it stands at its field."""
    if not form.is_bound or not form.is_valid():
        return None
    said = form.cleaned_data
    try:
        return queries.what_if(release, said["planned_start"], said["planned_end"])
    except Invalid as refusal:
        for fault in refusal.errors:
            form.add_error(fault.pointer if fault.pointer in form.fields else None, str(fault.detail))
        return None


def _local(moment: datetime) -> str:
    return timezone.localtime(moment).strftime(LOCAL)


def _try_url(slot: queries.Slot) -> str:
    return f"?tab=when&planned_start={_local(slot.starts_at)}&planned_end={_local(slot.ends_at)}#try"


def _take_url(admin: Any, release: Release, start: datetime, end: datetime) -> str:
    back = page_of(release, "when")
    return admin.deed_url(release, "move", planned_start=_local(start), planned_end=_local(end), next=back)
