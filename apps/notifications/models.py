"""The record of every message: to whom, when, why, delivered or not."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import status_constraint
from apps.notifications.lifecycle import MessageLifecycle, MessageStatus


class MessageQuerySet(models.QuerySet):
    def free(self, at: datetime) -> MessageQuerySet:
        """Pending messages that no process is sending at this moment."""
        return self.filter(Q(leased_until__isnull=True) | Q(leased_until__lte=at), status=MessageStatus.PENDING)


class Message(MessageLifecycle):
    """One row: one mail to one reader about one event.

    `text` and `html` are kept as they were written, with a mark where a personal link or code stands: those exist in
    clear only in the mail that left (docs/decisions/0030-links-are-made-when-mail-leaves.md).
    """

    event = models.CharField(_("event"), max_length=120, db_index=True)
    event_id = models.BigIntegerField(_("outbox event"))
    template = models.CharField(_("template"), max_length=120)
    record_key = models.CharField(_("about"), max_length=200, db_index=True)
    to_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("reader"),
    )
    to_address = models.CharField(_("address"), max_length=254, blank=True)
    reason = models.CharField(_("why"), max_length=300)
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"))
    ask = models.ForeignKey("approvals.Ask", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    invitation = models.ForeignKey(
        "reviews.SurveyInvitation", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    communication = models.ForeignKey(
        "release_models.Communication", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    resends = models.PositiveSmallIntegerField(_("sent again"), default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    message_id = models.CharField(_("Message-ID"), max_length=200, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    objects = MessageQuerySet.as_manager()
    audit_hidden = frozenset({"text", "html"})

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-id"]
        constraints = [
            status_constraint(MessageStatus, "notifications_message_status_known"),
            models.UniqueConstraint(fields=["event_id", "template", "to_address"], name="notifications_told_once"),
            models.CheckConstraint(
                condition=~Q(status=MessageStatus.SENT) | Q(sent_at__isnull=False), name="notifications_sent_has_time"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="notifications_pending", condition=Q(status=MessageStatus.PENDING))
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to_address or self.to_user}"
