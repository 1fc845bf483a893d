"""The page behind the link in a communication: GET shows and changes nothing, POST answers once.

A scanner may open the link and submit the form; it does not transcribe the code that stands in the text of the mail.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from apps.core.errors import Invalid, NotFound, Refusal
from apps.release_models import actions
from apps.release_models.content import words
from apps.release_models.forms import AcknowledgementForm
from apps.release_models.models import AcknowledgementLink
from apps.release_models.queries import changes_told, link_obstacles, resolve_link

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex, nofollow"}


class AcknowledgePage(View):
    """`/acknowledge/{token}/`."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show what the new version means for the party. Nothing is written."""
        try:
            link = resolve_link(token)
        except NotFound as refusal:
            return _page(request, {"refusal": refusal}, 404)
        return _shown(request, link, AcknowledgementForm())

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Take the answer, once, with the code of the mail."""
        try:
            link = resolve_link(token)
        except NotFound as refusal:
            return _page(request, {"refusal": refusal}, 404)
        form = AcknowledgementForm(request.POST)
        if not form.is_valid():
            return _shown(request, link, form, status=400)
        try:
            answered = actions.answer_by_link(
                token=token, request_id=getattr(request, "request_id", ""), **form.cleaned_data
            )
        except Refusal as refusal:
            return _shown(request, resolve_link(token), _with_faults(form, refusal), refusal, refusal.status)
        return _page(request, {"answered": answered, "link": link}, 200)


def _shown(
    request: HttpRequest,
    link: AcknowledgementLink,
    form: AcknowledgementForm,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    version = link.communication.model_version
    context = {
        "link": link,
        "communication": link.communication,
        "party": link.communication.party,
        "version": version,
        "model": version.model,
        "applies": words.applies_in_words(version.content["applies"]),
        "course": words.course_facts(version.content),
        "groups": words.groups_in_words(version.content),
        "changes": changes_told(version),
        "obstacles": link_obstacles(link),
        "form": form,
        "refusal": refusal,
    }
    return _page(request, context, status)


def _with_faults(form: AcknowledgementForm, refusal: Refusal) -> AcknowledgementForm:
    if isinstance(refusal, Invalid):
        for fault in refusal.errors:
            form.add_error(fault.pointer if fault.pointer in form.fields else None, str(fault.detail))
    return form


def _page(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    response = render(request, "release_models/acknowledge.html", context, status=status)
    for name, value in HEADERS.items():
        response[name] = value
    return response
