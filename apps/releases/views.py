"""The page behind the link in an approval mail: GET shows and changes nothing, POST decides.

Scanners open links and even submit forms, so opening proves nothing and a button alone decides nothing: a decision
asks for the approver's own session or, where the rule allows, the code that stands in the text of the mail.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views import View

from apps.accounts.models import User
from apps.approvals.actions import prove_link
from apps.approvals.models import ApprovalLink, Decision
from apps.approvals.queries import link_obstacles, resolve_link, who_is_needed
from apps.core.clock import now
from apps.core.errors import Invalid, NotFound, Refusal, Unauthorised
from apps.releases import actions
from apps.releases.lifecycle.scope import differences, scope_content
from apps.releases.models import Release
from apps.releases.queries.story import release_of_round, verification_standing

OFFERED = [Decision.APPROVE, Decision.REQUEST_CHANGES, Decision.REJECT]
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


class DecisionForm(forms.Form):
    """What the page asks."""

    decision = forms.ChoiceField(
        label=_("Your decision"),
        choices=[(one.value, one.label) for one in OFFERED],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    code = forms.CharField(
        label=_("Code from the e-mail"),
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
    digest = forms.CharField(max_length=80, widget=forms.HiddenInput)


class ApprovePage(View):
    """`/approve/{token}/`."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show what is to be decided. Nothing is written: not that it was opened, not a session, nothing."""
        try:
            link = resolve_link(token)
        except NotFound as refusal:
            return _page(request, {"refusal": refusal}, 404)
        return _shown(request, link)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Decide, with proof of who decides."""
        try:
            link = resolve_link(token)
        except NotFound as refusal:
            return _page(request, {"refusal": refusal}, 404)
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return _shown(request, link, form=form, status=400)
        try:
            release = _decide(request, token, link, form.cleaned_data)
        except Refusal as refusal:
            return _shown(request, link, form=_with_faults(form, refusal), refusal=refusal, status=refusal.status)
        return _page(request, {"decided": _decided(link, form.cleaned_data), "release": release}, 200)


def _decide(request: HttpRequest, token: str, link: ApprovalLink, said: dict[str, Any]) -> Release:
    """One decision: the link's person acts, proven by their own session or by the code."""
    signed_in = request.user if request.user.is_authenticated else None
    if signed_in is not None and signed_in.pk != link.ask.person_id:
        raise Unauthorised(_("You are signed in as somebody else. This question was put to another person."))
    proven, actor = prove_link(
        token=token, code=said["code"], user=signed_in, request_id=getattr(request, "request_id", "")
    )
    release = _release_of(link)
    return actions.answer_approval(
        release=release,
        by=actor,
        decision=said["decision"],
        reason=said["reason"],
        digest=said["digest"],
        on_behalf_of=proven.ask.on_behalf_of,
    )


def _release_of(link: ApprovalLink) -> Release:
    release = release_of_round(link.ask.round.key)
    if release is None:
        raise NotFound(_("This question is no longer open: the release has gone on without it."))
    return release


def _shown(
    request: HttpRequest,
    link: ApprovalLink,
    *,
    form: DecisionForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    asked = link.ask.round
    release = release_of_round(asked.key)
    obstacles = link_obstacles(link)
    is_other = request.user.is_authenticated and request.user.pk != link.ask.person_id
    context = {
        "link": link,
        "round": asked,
        "person": link.ask.person,
        "on_behalf_of": link.ask.on_behalf_of,
        "is_signed_in": request.user.is_authenticated and not is_other,
        "is_somebody_else": is_other,
        "obstacles": obstacles,
        "refusal": refusal,
        "form": form or DecisionForm(initial={"digest": link.content_digest}),
        "can_decide": not obstacles and release is not None and not is_other,
        **(_brief(release, link) if release else {}),
    }
    return _page(request, context, status)


def _brief(release: Release, link: ApprovalLink) -> dict[str, Any]:
    """What the reader must know to decide: what, why, when, what it touches, what is proven, who decided so far."""
    asked = link.ask.round
    zone = _zone_of(link.ask.person)
    return {
        "release": release,
        "zone": str(zone),
        "starts": _in(zone, release.planned_start),
        "ends": _in(zone, release.planned_end),
        "components": release.components.select_related("ci", "owner"),
        "checks": release.checks.select_related("component__ci"),
        "verification": verification_standing(release),
        "answers": asked.answers.select_related("person", "on_behalf_of").order_by("pk"),
        "needs": who_is_needed(asked) if not asked.closed_at else [],
        "changed": differences(asked.content, scope_content(release)),
        "asked_at": _in(zone, asked.opened_at),
        "until": _in(zone, asked.expires_at),
        "now": now(),
    }


def _zone_of(person: User) -> ZoneInfo:
    try:
        return ZoneInfo(person.time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _in(zone: ZoneInfo, moment: Any) -> Any:
    """A moment on the reader's clock and on UTC's. Without a zone, so that templates show them as they are."""
    if moment is None:
        return None
    return {"local": moment.astimezone(zone).replace(tzinfo=None), "utc": moment.astimezone(UTC).replace(tzinfo=None)}


def _with_faults(form: DecisionForm, refusal: Refusal) -> DecisionForm:
    """Faults of the input stand beside their fields."""
    if isinstance(refusal, Invalid):
        for fault in refusal.errors:
            form.add_error(fault.pointer if fault.pointer in form.fields else None, str(fault.detail))
    return form


def _decided(link: ApprovalLink, said: dict[str, Any]) -> dict[str, Any]:
    return {"decision": Decision(said["decision"]).label, "person": link.ask.person, "round": link.ask.round}


def _page(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    response = render(request, "releases/approve.html", context, status=status)
    for name, value in HEADERS.items():
        response[name] = value
    return response
