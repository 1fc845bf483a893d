"""Questions about people."""

from __future__ import annotations

import hashlib

from django.db.models import Aggregate, CharField, OuterRef, QuerySet, Subquery, Value

from apps.accounts.models import ApiToken, RoleGrant, Team, User


class Joined(Aggregate):
    """Texts of a group in one, separated by commas."""

    function = "STRING_AGG"
    output_field = CharField()

    def __init__(self, expression: str) -> None:
        super().__init__(expression, Value(","))

    def as_sqlite(self, compiler, connection, **extra):
        return super().as_sql(compiler, connection, function="GROUP_CONCAT", **extra)


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


def token_for(secret: str) -> ApiToken | None:
    """The token of this secret with its user and the user's roles, in one query. It may be expired or revoked."""
    grants = RoleGrant.objects.filter(user=OuterRef("user")).order_by().values("user")
    roles = Subquery(grants.annotate(words=Joined("role")).values("words"), output_field=CharField())
    tokens = ApiToken.objects.select_related("user").annotate(role_words=roles)
    token = tokens.filter(digest=digest_of(secret)).first()
    if token is not None:
        token.user.roles = frozenset((token.role_words or "").split(",")) - {""}
    return token
