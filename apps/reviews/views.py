"""The page behind the link of a survey: GET shows it, POST answers; nothing else does anything."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from apps.core.actor import Actor, Door
from apps.core.clock import now
from apps.core.errors import Refusal
from apps.reviews import actions, queries
from apps.reviews.forms import SurveyAnswerForm
from apps.reviews.models import SurveyInvitation


class SurveyPage(View):
    """One invited person's page of one survey."""

    http_method_names = ["get", "head", "post", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = super().dispatch(request, *args, **kwargs)
        except Refusal as refusal:
            response = render(request, "survey/refused.html", {"refusal": refusal}, status=refusal.status)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex"
        return response

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        invitation = queries.invitation_for(token, now())
        if queries.response_of(invitation) is not None:
            return self._thanks(request, invitation)
        return self._page(request, invitation, SurveyAnswerForm())

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        invitation = queries.invitation_for(token, now())
        form = SurveyAnswerForm(request.POST)
        if not form.is_valid():
            return self._page(request, invitation, form, status=400)
        by = Actor(Door.EMAIL, user=invitation.person, name=_name(invitation), request_id=_request_id(request))
        actions.answer_survey(invitation=invitation, by=by, **form.cleaned_data)
        return self._thanks(request, invitation)

    def _page(
        self, request: HttpRequest, invitation: SurveyInvitation, form: SurveyAnswerForm, status: int = 200
    ) -> HttpResponse:
        context = {"form": form, "survey": invitation.survey, "release": invitation.survey.release}
        return render(request, "survey/answer.html", context, status=status)

    def _thanks(self, request: HttpRequest, invitation: SurveyInvitation) -> HttpResponse:
        return render(request, "survey/thanks.html", {"release": invitation.survey.release})


def _name(invitation: SurveyInvitation) -> str:
    return f"party {invitation.party.slug}" if invitation.party else ""


def _request_id(request: HttpRequest) -> str:
    return getattr(request, "request_id", "")
