"""Doors outside /api/v1/: inbound hooks, and calendar feeds."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from apps.core.api.json import encode
from apps.core.api.problems import MEDIA_TYPE, refusal_problem
from apps.core.clock import now
from apps.core.documents import read_json_object
from apps.core.errors import FieldError, Gone, Invalid, NotFound, Refusal, TooLarge, Unauthorised
from apps.integrations import actions
from apps.integrations.adapters import ADAPTERS
from apps.integrations.models import HookEndpoint
from apps.integrations.queries import calendar_of, feed_of_token, feed_version

LARGEST = 25 * 1024 * 1024  # GitHub sends no more
LONGEST_NAME = 100
LONGEST_ID = 200


class UnsupportedType(Refusal):
    status, code, title = 415, "unsupported_media_type", "Unsupported media type"


@method_decorator(csrf_exempt, name="dispatch")
class HookView(View):
    """Events of a tool. Answers at once: 202 for a new delivery, 200 for a repeat; what it means is worked out later."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        try:
            return self._take_in(request, self._endpoint(endpoint))
        except Refusal as refusal:
            problem = refusal_problem(refusal, request.path)
            return HttpResponse(encode(problem), status=refusal.status, content_type=MEDIA_TYPE)

    def _endpoint(self, slug: str) -> HookEndpoint:
        found = HookEndpoint.objects.filter(slug=slug).first()
        if found is None:
            raise NotFound("There is no hook endpoint at this address.")
        if not found.is_enabled:
            raise Gone("This hook endpoint is disabled.")
        return found

    def _take_in(self, request: HttpRequest, endpoint: HookEndpoint) -> HttpResponse:
        adapter = ADAPTERS[endpoint.kind]
        body = _body(request)
        signature = request.headers.get(adapter.signature_header, "")
        if not adapter.is_signed(body, signature, endpoint.secrets()):
            raise Unauthorised(f"{adapter.signature_header} does not match the body. Check the secret on both sides.")
        event = _header(request, adapter.event_header, LONGEST_NAME)
        delivery_id = _header(request, adapter.delivery_header, LONGEST_ID)
        payload = _payload(request.content_type, body)
        delivery, is_new = actions.receive_delivery(
            endpoint=endpoint, delivery_id=delivery_id, event=event, payload=payload
        )
        answer = {"delivery": delivery.delivery_id, "event": delivery.event, "duplicate": not is_new}
        return HttpResponse(encode(answer), status=202 if is_new else 200, content_type="application/json")


def _body(request: HttpRequest) -> bytes:
    """The raw bytes, and never more of them than are wanted."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > LARGEST:
        raise TooLarge(f"An event has at most {LARGEST // 1024 // 1024} MiB.")
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise TooLarge(f"An event has at most {LARGEST // 1024 // 1024} MiB.")
    return body


def _header(request: HttpRequest, name: str, longest: int) -> str:
    value = request.headers.get(name, "").strip()
    if not value or len(value) > longest or not value.isascii() or not value.isprintable():
        raise Invalid([FieldError("", "header", f"The header {name} is missing or malformed.")])
    return value


def _payload(content_type: str | None, body: bytes) -> dict[str, Any]:
    """JSON as the body, or as the form field `payload`, as GitHub sends it where it is so configured."""
    if content_type == "application/x-www-form-urlencoded":
        try:
            fields = parse_qs(body.decode("ascii"), max_num_fields=10)
        except ValueError as error:
            raise Invalid([FieldError("", "malformed_form", "The form cannot be read.")]) from error
        return read_json_object(fields.get("payload", [""])[0].encode("utf-8"), largest=LARGEST)
    if content_type != "application/json":
        raise UnsupportedType("Send application/json.")
    return read_json_object(body, largest=LARGEST)


class CalendarView(View):
    """A calendar at a secret address. Reading it changes nothing; an address that is not known says nothing."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        feed = feed_of_token(token)
        if feed is None:
            return HttpResponse("There is no calendar at this address.\n", status=404, content_type="text/plain")
        moment = now()
        tag = f'"{feed_version(feed, moment)}"'
        if request.headers.get("If-None-Match") == tag:
            answer: HttpResponse = HttpResponseNotModified()
        else:
            answer = HttpResponse(calendar_of(feed, at=moment), content_type="text/calendar; charset=utf-8")
            answer["Content-Disposition"] = 'inline; filename="tidegate.ics"'
        answer["ETag"] = tag
        answer["Cache-Control"] = "private, max-age=300"
        return answer
