"""The page behind the link in an approval mail: GET shows and changes nothing, POST decides.

Scanners open links and even submit forms, so opening proves nothing and a button alone decides nothing: a decision
asks for the approver's own session or, where the rule allows, the code that stands in the text of the mail.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views import View

from apps.approvals.actions import prove_link, remark
from apps.approvals.models import ApprovalLink, Decision
from apps.approvals.queries import link_obstacles, resolve_link
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Invalid, NotFound, Refusal, Unauthorised
from apps.releases import actions
from apps.releases.models import Release
from apps.releases.queries.brief import brief_of, on_both_clocks, zone_of
from apps.releases.queries.story import release_of_round

ASK = "ask"
OFFERED = [Decision.APPROVE, Decision.APPROVE_WITH_CONDITIONS, Decision.REQUEST_CHANGES, Decision.REJECT]
CHOICES = [*((one.value, one.label) for one in OFFERED), (ASK, _("Ask something first; the question stays open"))]
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


class DecisionForm(forms.Form):
    """What the page asks."""

    decision = forms.ChoiceField(
        label=_("Your decision"),
        choices=CHOICES,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason, condition or question"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    check = forms.ChoiceField(label=_("On the condition that this passes"), required=False)
    until = forms.DateTimeField(
        label=_("until (your time)"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    code = forms.CharField(
        label=_("Code from the e-mail"),
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
    digest = forms.CharField(max_length=80, widget=forms.HiddenInput)

    def __init__(self, *args: Any, checks: Any = (), zone: ZoneInfo | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.fields["check"].choices = [("", _("nothing that a machine watches")), *checks]

    def condition(self) -> dict[str, str]:
        """What the machine keeps to; empty when nothing was named."""
        said = self.cleaned_data
        if said["decision"] != Decision.APPROVE_WITH_CONDITIONS or not said["check"]:
            return {}
        until = said["until"]
        named = {"until": until.replace(tzinfo=self.zone or UTC).isoformat()} if until else {}
        return {"check": said["check"], **named}


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
        form = _form_for(link, request.POST)
        if not form.is_valid():
            return _shown(request, link, form=form, status=400)
        try:
            if form.cleaned_data["decision"] == ASK:
                return _asked(request, token, link, form)
            release = _decide(request, token, link, form)
        except Refusal as refusal:
            return _shown(request, link, form=_with_faults(form, refusal), refusal=refusal, status=refusal.status)
        return _page(request, {"decided": _decided(link, form.cleaned_data), "release": release}, 200)


def _form_for(link: ApprovalLink, data: Any = None) -> DecisionForm:
    release = release_of_round(link.ask.round.key)
    rows = release.checks.exclude(status__in=("passed", "waived")) if release else ()
    checks = [(one.slug, one.title) for one in rows]
    initial = {"digest": link.content_digest}
    return DecisionForm(data, checks=checks, zone=zone_of(link.ask.person), initial=initial)


def _proven(request: HttpRequest, token: str, link: ApprovalLink, code: str) -> tuple[ApprovalLink, Actor]:
    """The link's person, proven by their own session or by the code."""
    signed_in = request.user if request.user.is_authenticated else None
    if signed_in is not None and signed_in.pk != link.ask.person_id:
        raise Unauthorised(_("You are signed in as somebody else. This question was put to another person."))
    return prove_link(token=token, code=code, user=signed_in, request_id=getattr(request, "request_id", ""))


def _asked(request: HttpRequest, token: str, link: ApprovalLink, form: DecisionForm) -> HttpResponse:
    """A question: it is told to the others, and the link stays good for the decision."""
    said = form.cleaned_data
    proven, actor = _proven(request, token, link, said["code"])
    remark(round=proven.ask.round, text=said["reason"], by=actor, is_question=True)
    return _shown(request, link, has_asked=True)


def _decide(request: HttpRequest, token: str, link: ApprovalLink, form: DecisionForm) -> Release:
    """One decision of the link's person."""
    said = form.cleaned_data
    proven, actor = _proven(request, token, link, said["code"])
    release = _release_of(link)
    return actions.answer_approval(
        release=release,
        by=actor,
        decision=said["decision"],
        reason=said["reason"],
        digest=said["digest"],
        on_behalf_of=proven.ask.on_behalf_of,
        condition=form.condition(),
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
    has_asked: bool = False,
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
        "has_asked": has_asked,
        "form": form or _form_for(link),
        "can_decide": not obstacles and release is not None and not is_other,
        **(_brief(release, link) if release else {}),
    }
    return _page(request, context, status)


def _brief(release: Release, link: ApprovalLink) -> dict[str, Any]:
    """The brief as this reader sees it, with the times of the question itself."""
    asked, zone = link.ask.round, zone_of(link.ask.person)
    member = link.ask.on_behalf_of or link.ask.person
    return {
        **brief_of(release, asked, reader=link.ask.person, member=member),
        "asked_at": on_both_clocks(zone, asked.opened_at),
        "until": on_both_clocks(zone, asked.expires_at),
        "now": now(),
    }


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
