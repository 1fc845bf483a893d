"""`manage.py issue_token USER --scopes a,b [--days N]`: prints the token alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.actions import issue_token
from apps.accounts.models import User
from apps.core.actor import Actor, Door
from apps.core.clock import now
from apps.core.errors import Refusal


class Command(BaseCommand):
    help = "Issue an API token for a user and print it, alone, once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--scopes", required=True, help="comma-separated: read, releases:write, *")
        parser.add_argument("--days", type=int, default=90, help="how long it lives (default 90, at most 366)")
        parser.add_argument("--name", default="issued by command", help="what it is for")

    def handle(self, *args: Any, username: str, scopes: str, days: int, name: str, **options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user “{username}”.")
        if not 1 <= days <= 366:
            raise CommandError("--days must be between 1 and 366.")
        try:
            _, secret = issue_token(
                user=user,
                scopes=[scope.strip() for scope in scopes.split(",") if scope.strip()],
                name=name,
                expires_at=now() + timedelta(days=days),
                by=Actor(Door.COMMAND, name="issue_token"),
            )
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(secret)
