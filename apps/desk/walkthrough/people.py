"""Who walks: a release manager, and somebody else who looks over their shoulder.

They are looked for among the people that there are; an empty house gets its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from apps.accounts import actions as accounts
from apps.accounts.models import Team, User
from apps.accounts.permissions import Role
from apps.core.actor import Actor, Door
from apps.core.clock import now
from apps.release_models import actions as release_models

WALKTHROUGH = Actor(Door.COMMAND, name="walkthrough")


@dataclass(frozen=True)
class Walkers:
    """Tokens of the two, and the team that will own what is released."""

    manager_token: str
    judge: str
    judge_token: str
    team: str


def prepare(manager_token: str = "") -> Walkers:
    """Find or invite everybody the practice needs, and publish the ready-made models where there are none."""
    release_models.load_library(by=WALKTHROUGH)
    judge = _person(Role.APPROVER)
    owner = _person(Role.SERVICE_OWNER)
    return Walkers(
        manager_token=manager_token or _token(_person(Role.RELEASE_MANAGER)),
        judge=judge.username,
        judge_token=_token(judge),
        team=_team_of(owner).slug,
    )


def _person(role: str) -> User:
    holders = User.objects.filter(role_grants__role=role, is_active=True, email__gt="").order_by("pk")
    alone = [user for user in holders if user.roles == {role}]
    if alone:
        return alone[0]
    name = f"walker-{role.replace('_', '-')}"
    email = f"{name}@example.org"
    return accounts.create_user(username=name, email=email, roles=[str(role)], is_staff=True, by=WALKTHROUGH)


def _team_of(owner: User) -> Team:
    found = owner.teams.order_by("pk").first()
    if found is None:
        found = accounts.create_team(slug="walkthrough", name="Walkthrough", by=WALKTHROUGH)
        accounts.add_member(team=found, user=owner, is_lead=True, by=WALKTHROUGH)
    return found


def _token(user: User) -> str:
    until = now() + timedelta(days=1)
    return accounts.issue_token(user=user, scopes=["*"], name="walkthrough", expires_at=until, by=WALKTHROUGH)[1]
