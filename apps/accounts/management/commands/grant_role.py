"""`manage.py grant_role USER ROLE…`: how the first administrator comes to be."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.actions import grant_role
from apps.accounts.models import User
from apps.accounts.permissions import Role
from apps.core.actor import Actor, Door
from apps.core.errors import Refusal


class Command(BaseCommand):
    help = "Grant roles to a user. A superuser without a role may do nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("roles", nargs="+", metavar="ROLE", help=", ".join(Role.values))

    def handle(self, *args: Any, username: str, roles: list[str], **options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user “{username}”.")
        try:
            for role in roles:
                grant_role(user=user, role=role, by=Actor(Door.COMMAND, name="grant_role"))
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(f"{username}: {', '.join(sorted(user.roles))}")
