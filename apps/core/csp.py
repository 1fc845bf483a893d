"""Content security: strict everywhere, and the relaxed policy that the admin theme needs only under /admin/."""

from typing import Any

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse

# Unfold's Alpine build evaluates expressions and its components carry style attributes.
ADMIN = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


class PolicyMiddleware(CSPMiddleware):
    """django-csp with one exception, by path."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> Any:
        if request.path.startswith(_admin_root()):
            response._csp_update = {**ADMIN, **(getattr(response, "_csp_update", None) or {})}
        return super().process_response(request, response)


def _admin_root() -> str:
    try:
        return reverse("admin:index")
    except NoReverseMatch:
        return "/admin/"
