"""`manage.py rotate_secrets`: encrypt what is stored under the first of TIDEGATE_SECRET_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.actor import Actor, Door
from apps.core.errors import Refusal
from apps.integrations import actions


class Command(BaseCommand):
    help = "Encrypt every stored secret under the newest key; afterwards the old key can be taken out of the setting."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = actions.lock_secrets_anew(by=Actor(Door.COMMAND, name="rotate_secrets"))
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(f"{count} records are locked with the newest key.")
