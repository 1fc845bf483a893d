"""People and the tools that act for them: users, the roles they were granted, their teams, and API tokens."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Role
from apps.core.clock import now
from apps.core.models import Recorded

LONGEST_LIFE = timedelta(days=366)
SCOPE = re.compile(r"\*|read|[a-z][a-z0-9_-]*:(?:read|write)")


def known_time_zone(value: str) -> None:
    """A name of the IANA time zone database, such as Europe/Berlin."""
    if value not in available_timezones():
        raise ValidationError(
            _("“%(value)s” is not a time zone. Use a name such as Europe/Berlin or UTC."),
            code="unknown_time_zone",
            params={"value": value},
        )


def known_scopes(value: list[str]) -> None:
    """What a token may be allowed: `read`, `WORD:write` (`releases:write`) or `*`."""
    wrong = [str(scope) for scope in value if not SCOPE.fullmatch(str(scope))]
    if wrong:
        sentence = _("“%(scope)s” is not a scope. Use read, WORD:write such as releases:write, or *.")
        raise ValidationError([ValidationError(sentence, "unknown_scope", {"scope": scope}) for scope in wrong])


def bearable_end(value: datetime) -> None:
    """A token ends ahead of now, and within a year."""
    if value <= now():
        raise ValidationError(_("The token would have expired already. Choose a later time."), code="past")
    if value > now() + LONGEST_LIFE:
        raise ValidationError(
            _("A token lives at most %(days)s days."), code="too_far", params={"days": LONGEST_LIFE.days}
        )


class User(AbstractUser, Recorded):
    """One row: a person, or a tool with tokens. What they may do comes from their role grants alone."""

    email = models.EmailField(_("email address"), blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[known_time_zone])
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")

    class Meta(AbstractUser.Meta):
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_email_once",
                condition=~models.Q(email=""),
                violation_error_message=_("Someone already has this email address."),
            ),
            models.UniqueConstraint(
                Lower("username"),
                name="accounts_user_username_once",
                violation_error_message=_("Someone already has this username."),
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def audit_key(self) -> str:
        return self.username

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles granted to this user. Asked of the database once per instance."""
        return frozenset(self.role_grants.values_list("role", flat=True))

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        self.forget_roles()
        super().refresh_from_db(*args, **kwargs)

    def forget_roles(self) -> None:
        """Ask the database again next time: a grant has changed."""
        self.__dict__.pop("roles", None)

    def clean(self) -> None:
        super().clean()
        others = User.objects.exclude(pk=self.pk)
        if self.email and others.filter(email__iexact=self.email).exists():
            raise ValidationError({"email": ValidationError(_("Someone already has this email address."), "unique")})
        if others.filter(username__iexact=self.username).exists():
            raise ValidationError({"username": ValidationError(_("Someone already has this username."), "unique")})


class RoleGrant(Recorded):
    """One row: a user holds a role. Taken away by deleting the row; the audit trail remembers."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_grants", verbose_name=_("user"))
    role = models.CharField(_("role"), max_length=32, choices=Role.choices)

    class Meta:
        verbose_name = _("role grant")
        verbose_name_plural = _("role grants")
        ordering = ["user", "role"]
        constraints = [
            models.UniqueConstraint(fields=["user", "role"], name="accounts_role_grant_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="accounts_role_grant_known"),
        ]
        indexes = [models.Index(fields=["role", "user"], name="accounts_role_grant_role")]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"

    @property
    def audit_key(self) -> str:
        return f"{self.user.username}/{self.role}"

    def audit_root(self) -> models.Model:
        return self.user


class Team(Recorded):
    """One row: people who own configuration items together and can be asked together."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    members = models.ManyToManyField(User, through="Membership", related_name="teams", verbose_name=_("members"))

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


class Membership(Recorded):
    """One row: a user belongs to a team, perhaps leading it."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("team"))
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("user"))
    is_lead = models.BooleanField(_("leads the team"), default=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["team", "user"]
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="accounts_membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"

    @property
    def audit_key(self) -> str:
        return f"{self.team.slug}/{self.user.username}"

    def audit_root(self) -> models.Model:
        return self.team


class ApiToken(Recorded):
    """One row: a secret a program presents to act as its user. Only the SHA-256 of the secret is kept.

    A password hash is slow to protect guessable secrets; 256 random bits cannot be guessed, and the fast digest keeps
    a request cheap.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=100)
    hint = models.CharField(_("begins with"), max_length=16, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(
        _("scopes"),
        default=list,
        validators=[known_scopes],
        error_messages={"blank": _("A token needs at least one scope, such as read or releases:write.")},
    )
    expires_at = models.DateTimeField(_("expires at"), validators=[bearable_end])
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)

    audit_hidden = frozenset({"digest"})

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.hint}… ({self.name})"

    @property
    def audit_key(self) -> str:
        return self.hint

    def audit_root(self) -> models.Model:
        return self.user

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and self.expires_at > now()
