"""Questions about people."""

from __future__ import annotations

import hashlib
from functools import cache

from django.db.models import Model, QuerySet

from apps.accounts.models import ApiToken, Team, User


def people_with_role(role: str) -> QuerySet[User]:
    """Active users who hold the role."""
    return User.objects.filter(is_active=True, role_grants__role=str(role))


def people_in_team(slug: str) -> QuerySet[User]:
    """Active members of the team."""
    return User.objects.filter(is_active=True, memberships__team__slug=slug)


def leads_of_team(slug: str) -> QuerySet[User]:
    """Active members who lead the team."""
    return User.objects.filter(is_active=True, memberships__team__slug=slug, memberships__is_lead=True)


def teams_of(user: User) -> QuerySet[Team]:
    return Team.objects.filter(memberships__user=user)


def digest_of(secret: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


@cache
def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


@cache
def _tokens_with_roles() -> QuerySet:
    """Tokens beside their users and the users' roles, a row for each role. Built once: it is asked at every request."""
    of_user = [f"user__{name}" for name in _columns(User)]
    return ApiToken.objects.order_by().values_list(*_columns(ApiToken), *of_user, "user__role_grants__role")


def token_for(secret: str) -> ApiToken | None:
    """The token of this secret with its user and the user's roles, in one query. It may be expired or revoked."""
    found = _tokens_with_roles().filter(digest=digest_of(secret))
    rows = list(found)
    if not rows:
        return None
    own, end = len(_columns(ApiToken)), len(rows[0]) - 1
    token = ApiToken.from_db(found.db, _columns(ApiToken), rows[0][:own])
    token.user = User.from_db(found.db, _columns(User), rows[0][own:end])
    token.user.roles = frozenset(row[end] for row in rows if row[end])
    return token
