"""Look now for relationships that the map may be missing; the clock does it once a day."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.core.actor import Actor, Door
from apps.core.clock import now
from apps.discovery.actions import look_for_relationships


class Command(BaseCommand):
    help = "Propose relationships between items that are released together or break after each other's releases."

    def handle(self, *args: Any, **options: Any) -> None:
        many = look_for_relationships(at=now(), by=Actor(Door.COMMAND, name="propose_relationships"))
        self.stdout.write(f"{many} relationships are proposed.")
