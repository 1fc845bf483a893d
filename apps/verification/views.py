"""Where tools that were called to look answer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from apps.core.api.json import encode
from apps.core.api.problems import MEDIA_TYPE, refusal_problem
from apps.core.errors import Refusal, TooLarge
from apps.verification import actions
from apps.verification.actions.callbacks import LARGEST


@method_decorator(csrf_exempt, name="dispatch")
class CallBackView(View):
    """`/hooks/checks/{ticket}/`: the signed verdict of one run."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, ticket: str) -> HttpResponse:
        try:
            run = actions.take_call_back(
                ticket=ticket,
                body=_body(request),
                headers=request.headers,
                request_id=getattr(request, "request_id", ""),
            )
        except Refusal as refusal:
            problem = refusal_problem(refusal, request.path)
            return HttpResponse(encode(problem), status=refusal.status, content_type=MEDIA_TYPE)
        return HttpResponse(encode({"run": run.number, "status": run.status}), content_type="application/json")


def _body(request: HttpRequest) -> bytes:
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise TooLarge(f"An answer has at most {LARGEST // 1024} KiB.")
    return body
