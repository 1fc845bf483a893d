"""A resource with a lifecycle of the tests' own, for what the kit does with one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.urls import include, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core import moves
from apps.core.api.base import ApiView, JsonAnswer
from apps.core.api.fields import FastModelSerializer, FastSerializer
from apps.core.api.pagination import PAGE_PARAMETERS
from apps.core.api.parameters import QueryParameter
from apps.core.api.routers import Router
from apps.core.api.uploads import UPLOAD_PARSERS, uploaded_file
from apps.core.api.viewsets import RecordViewSet
from apps.core.errors import Invalid
from apps.core.steps import StepForm
from tests.charts.models import Sluice


@transaction.atomic
def turn_up(*, sluice: Sluice, by: Any, note: str, turns: int, why: list[str], at: Any, upstream: Any) -> Sluice:
    if turns == 8:
        raise Invalid.field("turns", "odd_day", "Eight turns only on odd days.")
    return moves.move(
        sluice, "turn_up", by=by, note=note, change={"turns": turns, "upstream": upstream}, data={"why": why}
    )


def turn_down(*, sluice: Sluice, by: Any, note: str) -> Sluice:
    return moves.move(sluice, "turn_down", by=by, note=note)


class TurnUpForm(StepForm):
    action = staticmethod(turn_up)
    subject_name = "sluice"

    turns = forms.IntegerField(min_value=1, max_value=9)
    why = forms.MultipleChoiceField(choices=[("flood", "Flood"), ("fish", "Fish")], required=False)
    at = forms.DateTimeField(required=False)
    upstream = forms.ModelChoiceField(Sluice.objects.all(), to_field_name="key", required=False)


class TurnDownForm(StepForm):
    action = staticmethod(turn_down)
    subject_name = "sluice"
    note_required = True


class SluiceSerializer(FastModelSerializer):
    upstream = serializers.SlugRelatedField("key", read_only=True)

    class Meta:
        model = Sluice
        fields = ["key", "status", "turns", "upstream", "version"]
        read_only_fields = ["status"]


class LoadSerializer(FastSerializer):
    """What came in."""

    name = serializers.CharField()
    size = serializers.IntegerField()


class SluiceViewSet(RecordViewSet):
    scope = "sluices"
    queryset = Sluice.objects.select_related("upstream")
    serializer_class = SluiceSerializer
    steps = {"turn_up": TurnUpForm, "turn_down": TurnDownForm}

    @extend_schema(responses=LoadSerializer, summary="How deep it is")
    @action(detail=True, query_parameters=[QueryParameter("depth", int, default=3, minimum=1, maximum=5)])
    def soundings(self, request: Any, **kwargs: Any) -> Response:
        return Response({"name": self.get_object().key, "size": self.query["depth"]})

    @extend_schema(responses=SluiceSerializer(many=True), summary="Those below")
    @action(detail=True, query_parameters=[*PAGE_PARAMETERS])
    def below(self, request: Any, **kwargs: Any) -> JsonAnswer:
        return self.page_of(
            Sluice.objects.select_related("upstream").filter(upstream=self.get_object()), SluiceSerializer
        )

    @extend_schema(request=None, responses=LoadSerializer, summary="Tell the combination of its lock, once")
    @action(detail=True, methods=["post"])
    def combination(self, request: Any, **kwargs: Any) -> JsonAnswer:
        moves.change(self.get_object(), {"turns": 9}, by=self.by)
        told = JsonAnswer({"name": "open-sesame", "size": 9})
        told["Cache-Control"] = "no-store"
        return told

    @extend_schema(request={"application/octet-stream": bytes}, responses={201: LoadSerializer}, summary="Load it")
    @action(detail=True, methods=["post"], parser_classes=UPLOAD_PARSERS)
    def load(self, request: Any, **kwargs: Any) -> JsonAnswer:
        self.get_object()
        upload = uploaded_file(request, largest=1000)
        return JsonAnswer({"name": upload.name, "size": len(upload.content)}, status=201)


class Closed(ApiView):
    """An answer that is an error without being raised takes back what was written."""

    def post(self, request: Any, **kwargs: Any) -> JsonAnswer:
        moves.create(Sluice(key="half-done"), by=self.by)
        return JsonAnswer({"gate": "closed"}, status=423)


router = Router()
router.register("sluices", SluiceViewSet)
urlpatterns = [path("api/v1/", include(router.urls)), path("api/v1/closed/", Closed.as_view())]
