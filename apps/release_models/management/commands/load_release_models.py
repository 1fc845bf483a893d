"""Publish the ready-made release models that are not there yet."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.core.actor import Actor, Door
from apps.release_models import actions


class Command(BaseCommand):
    help = "Publish the ready-made release models; those that exist already are left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = actions.load_library(by=Actor(Door.COMMAND, name="load_release_models"))
        for version in loaded:
            self.stdout.write(f"published {version.key}")
        if not loaded:
            self.stdout.write("nothing to do: every ready-made model is there")
