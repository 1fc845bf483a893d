"""Every error of the API as RFC 9457 problem details: what, where, and how to mend it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    ValidationError,
)
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, status
from rest_framework.response import Response

from apps.core.api.json import encode
from apps.core.errors import FieldError, Invalid, NotNow, Refusal

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:tidegate:problem:"
OF_THE_FRAMEWORK = {
    exceptions.AuthenticationFailed: ("unauthorised", "Not signed in"),
    exceptions.NotAuthenticated: ("unauthorised", "Not signed in"),
    exceptions.PermissionDenied: ("not_permitted", "Not permitted"),
    exceptions.NotFound: ("not_found", "Not found"),
    exceptions.MethodNotAllowed: ("method_not_allowed", "Method not allowed"),
    exceptions.NotAcceptable: ("not_acceptable", "Not acceptable"),
    exceptions.UnsupportedMediaType: ("unsupported_media_type", "Unsupported media type"),
    exceptions.Throttled: ("too_many_requests", "Too many requests"),
    exceptions.ParseError: ("malformed", "The request is malformed"),
    exceptions.ValidationError: ("invalid", "The input is not valid"),
}
OF_DJANGO = [
    (Http404, 404, "not_found", "Not found", "There is nothing at this address."),
    (PermissionDenied, 403, "not_permitted", "Not permitted", "This is not permitted."),
    (RequestDataTooBig, 413, "too_large", "Too large", "The request body is too large."),
    (TooManyFieldsSent, 400, "malformed", "The request is malformed", "The request has too many fields."),
    (SuspiciousOperation, 400, "malformed", "The request is malformed", "The request is malformed."),
    (IntegrityError, 409, "conflict", "Conflict", "It does not fit with what is there now. Read it again and retry."),
    (DataError, 400, "invalid", "The input is not valid", "A value is too long or too large for where it belongs."),
    (OverflowError, 400, "invalid", "The input is not valid", "A number is too large for where it belongs."),
    (OperationalError, 503, "unavailable", "Not available now", "The database did not answer. Try again shortly."),
]


def problem(
    *, status: int, code: str, title: str, detail: str = "", instance: str = "", **members: Any
) -> dict[str, Any]:
    """The document itself."""
    return {
        "type": TYPE + code.replace("_", "-"),
        "title": str(title),
        "status": status,
        "detail": str(detail),
        "instance": instance,
        **members,
    }


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. None means: not foreseen, a fault of ours, a 500."""
    request = context.get("request")
    instance = request.path if request is not None else ""
    made = _problem_of(error, instance)
    if made is None:
        return None
    response = Response(made, status=made["status"], content_type=MEDIA_TYPE)
    if isinstance(error, exceptions.APIException):
        if challenge := getattr(error, "auth_header", None):
            response["WWW-Authenticate"] = challenge
        if wait := getattr(error, "wait", None):
            response["Retry-After"] = str(int(wait) or 1)
    if made["status"] == 401 and "WWW-Authenticate" not in response:
        response["WWW-Authenticate"] = 'Bearer realm="tidegate"'
    if made["status"] == 503:
        response["Retry-After"] = "1"
    return response


def _problem_of(error: Exception, instance: str) -> dict[str, Any] | None:
    if isinstance(error, Refusal):
        return refusal_problem(error, instance)
    if isinstance(error, ValidationError):
        return refusal_problem(Invalid.from_validation(error), instance)
    if isinstance(error, exceptions.ValidationError):
        return refusal_problem(Invalid(_faults(error.detail)), instance)
    if isinstance(error, exceptions.APIException):
        return _framework_problem(error, instance)
    for kind, number, code, title, detail in OF_DJANGO:
        if isinstance(error, kind):
            if number in (409, 503) or kind in (DataError, OverflowError):
                log.warning("%s at %s", type(error).__name__, instance, exc_info=error)
            return problem(status=number, code=code, title=title, detail=detail, instance=instance)
    return None


def refusal_problem(refusal: Refusal, instance: str = "") -> dict[str, Any]:
    """A refusal of the domain as a document; its errors point into the body, its blockers say what stands in the way."""
    members: dict[str, Any] = {}
    if isinstance(refusal, Invalid):
        members["errors"] = [
            {"pointer": pointer(fault.pointer), "code": str(fault.code), "detail": str(fault.detail)}
            for fault in refusal.errors
        ]
    if isinstance(refusal, NotNow):
        members["blockers"] = [blocker.as_dict() for blocker in refusal.blockers]
    return problem(
        status=refusal.status,
        code=str(refusal.code),
        title=refusal.title,
        detail=refusal.detail,
        instance=instance,
        **members,
    )


def pointer(place: str) -> str:
    """A field name as a JSON Pointer; pointers and `?parameter` stay as they are."""
    return place if not place or place[0] in "/?" else "/" + place.replace("~", "~0").replace("/", "~1")


def _framework_problem(error: exceptions.APIException, instance: str) -> dict[str, Any]:
    code, title = next(
        (words for kind, words in OF_THE_FRAMEWORK.items() if isinstance(error, kind)),
        (str(getattr(error, "default_code", "error")), type(error).__name__),
    )
    return problem(
        status=error.status_code, code=code, title=title, detail=" ".join(_texts(error.detail)), instance=instance
    )


def _texts(detail: Any) -> Iterator[str]:
    if isinstance(detail, Mapping):
        for one in detail.values():
            yield from _texts(one)
    elif isinstance(detail, list | tuple):
        for one in detail:
            yield from _texts(one)
    else:
        yield str(detail)


def _faults(detail: Any, place: str = "") -> Iterator[FieldError]:
    """DRF's nested error details, flat: each with the pointer to its place."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _faults(inner, place if name == "non_field_errors" else place + pointer(str(name)))
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list | tuple)
            yield from _faults(inner, f"{place}/{index}" if nested else place)
    else:
        yield FieldError(place, str(getattr(detail, "code", "") or "invalid"), str(detail))


def answer(request: HttpRequest, **members: Any) -> HttpResponse:
    """A problem document outside DRF."""
    made = problem(instance=request.path, **members)
    return HttpResponse(encode(made), status=made["status"], content_type=MEDIA_TYPE)


@csrf_exempt  # nothing is done here; whoever posts to a wrong address is told that, not about cookies
def no_such_address(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Everything under /api/ that is not an endpoint."""
    detail = "There is nothing at this address. The endpoints are listed at /api/v1/schema/."
    return answer(request, status=status.HTTP_404_NOT_FOUND, code="not_found", title="Not found", detail=detail)


def server_error(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Django's handler500: programs get a document, people the page. The request id leads to the log."""
    if not request.path.startswith(("/api/", "/hooks/", "/ofrep/", "/prometheus", "/healthz", "/readyz")):
        return defaults.server_error(request)
    known_as = getattr(request, "request_id", "-")
    detail = f"This is a fault of ours; nothing was written. Tell us the request id {known_as}."
    return answer(request, status=500, code="fault", title="Something went wrong", detail=detail)
