"""`Authorization: Bearer tg_…`"""

from __future__ import annotations

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.actions import note_token_used
from apps.accounts.models import ApiToken, User
from apps.accounts.queries import token_for

LONGEST_HEADER = 200


class BearerAuthentication(BaseAuthentication):
    """A token in the Authorization header. One query finds it, its user and the user's roles."""

    def authenticate(self, request: Request | HttpRequest) -> tuple[User, ApiToken] | None:
        kind, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = self._live_token(secret.strip())
        note_token_used(token=token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="tidegate"'

    def _live_token(self, secret: str) -> ApiToken:
        token = token_for(secret) if 0 < len(secret) <= LONGEST_HEADER and secret.isascii() else None
        if token is None:
            raise AuthenticationFailed("This token is not known here.")
        if token.revoked_at is not None:
            raise AuthenticationFailed("This token was revoked. Issue a new one.")
        if not token.is_live:
            raise AuthenticationFailed("This token has expired. Issue a new one.")
        if not token.user.is_active:
            raise AuthenticationFailed("The account of this token is closed.")
        return token
