"""Who takes part: the people of the house by their roles, each with a token of their own for an hour."""

from __future__ import annotations

from datetime import timedelta

from apps.accounts import actions as accounts
from apps.accounts.models import User
from apps.accounts.permissions import Role
from apps.accounts.queries import people_with_role
from apps.core.actor import Actor, Door
from apps.core.clock import now
from apps.desk.walkthrough.house import Stopped, Visitor

HERE = Actor(Door.COMMAND, name="walkthrough")


class Crew:
    """`crew.visitor(Role.RELEASE_MANAGER)`: calls as the first person of that role, or with the token that was given."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url, self.token = url, token
        self._visitors: dict[str, Visitor] = {}

    def person(self, role: str) -> User:
        found = people_with_role(role).order_by("pk").first()
        if found is None:
            raise Stopped(f"Nobody holds the role {role}. Run `make demo` first, or grant it in the admin.")
        return found

    def visitor(self, role: str) -> Visitor:
        if role not in self._visitors:
            given = self.token if role == Role.RELEASE_MANAGER else ""
            self._visitors[role] = Visitor(self.url, given or self._issue(self.person(role)))
        return self._visitors[role]

    def _issue(self, person: User) -> str:
        _, secret = accounts.issue_token(
            user=person, name="walkthrough", scopes=["*"], expires_at=now() + timedelta(hours=1), by=HERE
        )
        return secret
