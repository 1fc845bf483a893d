"""Calendar feeds: a secret address at which a calendar program reads."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Team
from apps.cmdb.models import ValueStream
from apps.core.models import Recorded


class CalendarFeed(Recorded):
    """One row: somebody reads the calendar at a secret address, of which only the digest is kept."""

    audit_hidden = frozenset({"token_digest"})

    key = models.CharField(_("key"), max_length=40, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feeds", verbose_name=_("owner")
    )
    name = models.CharField(_("name"), max_length=200)
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("team"),
        help_text=_("Only releases of services this team owns."),
    )  # fmt: skip
    value_stream = models.ForeignKey(
        ValueStream, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("value stream"),
        help_text=_("Only releases in this value stream."),
    )  # fmt: skip
    is_mine_only = models.BooleanField(
        _("mine only"), default=False, help_text=_("Only releases I manage or have a task in.")
    )
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None
