"""Who acts, and through which door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Door(models.TextChoices):
    """The ways into the house. Whichever it was, the same action runs."""

    ADMIN = "admin", _("Admin")
    API = "api", _("API")
    EMAIL = "email", _("E-mail link")
    JOB = "job", _("Job")
    HOOK = "hook", _("Inbound hook")
    COMMAND = "command", _("Command line")


@dataclass(frozen=True)
class Actor:
    """A person (or a tool with a token), or the system itself when `user` is None.

    The system passes permissions, never guards.
    """

    door: str
    user: Any = None
    token: Any = None
    request_id: str = ""
    name: str = ""

    @property
    def is_system(self) -> bool:
        return self.user is None

    @property
    def label(self) -> str:
        """The name the audit trail keeps, whatever later becomes of the account."""
        if self.user is not None:
            return self.user.get_username()
        return self.name or "system"


def job(name: str = "sweep") -> Actor:
    """The actor of a Celery job."""
    return Actor(Door.JOB, name=name)
