"""Communication: a published version told to the parties it concerns, and what they answered."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import status_constraint
from apps.core.models import Recorded
from apps.release_models.lifecycle import CommunicationLifecycle, CommunicationStatus
from apps.release_models.models.versions import ModelVersion

CODE_ATTEMPTS = 5


class CommunicationQuerySet(models.QuerySet):
    def unanswered(self) -> CommunicationQuerySet:
        """Those that wait for their party."""
        return self.filter(status=CommunicationStatus.ASKED)

    def open_objections(self) -> CommunicationQuerySet:
        """Objections that nobody has answered yet."""
        return self.filter(status=CommunicationStatus.OBJECTED)


class Communication(CommunicationLifecycle):
    """One row: one published version told to one party. It counts as aligned when acknowledged by its due date."""

    key = models.CharField(_("key"), max_length=40, unique=True, editable=False)
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="communications", verbose_name=_("version")
    )
    party = models.ForeignKey(
        "cmdb.Party", on_delete=models.PROTECT, related_name="communications", verbose_name=_("party")
    )
    asked_at = models.DateTimeField(_("asked at"))
    due_at = models.DateTimeField(_("answer due"))
    remind_at = models.DateTimeField(_("remind at"))
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    objected_at = models.DateTimeField(_("objected at"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    statement = models.TextField(_("what the party said"), blank=True)

    objects = CommunicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("communication")
        verbose_name_plural = _("communications")
        ordering = ["-id"]
        constraints = [
            status_constraint(CommunicationStatus, "release_models_communication_status_known"),
            models.UniqueConstraint(fields=["model_version", "party"], name="release_models_told_once"),
            models.CheckConstraint(
                condition=Q(status=CommunicationStatus.ASKED)
                | Q(status=CommunicationStatus.ACKNOWLEDGED, acknowledged_at__isnull=False)
                | Q(status=CommunicationStatus.OBJECTED, objected_at__isnull=False)
                | Q(status=CommunicationStatus.SETTLED, settled_at__isnull=False)
                | Q(status=CommunicationStatus.CLOSED, closed_at__isnull=False),
                name="release_models_answer_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(status=CommunicationStatus.OBJECTED) | ~Q(statement=""),
                name="release_models_objection_has_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["remind_at"], name="release_models_to_remind", condition=Q(status="asked", reminded_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_version} to {self.party}"

    def audit_root(self) -> models.Model:
        return self.model_version.model

    @property
    def answered_at(self) -> datetime | None:
        """When the party first answered."""
        return self.objected_at or self.acknowledged_at

    def has_open_objection_at(self, at: datetime) -> bool:
        """Whether at that moment the party objected and nobody had answered it."""
        ends = [end for end in (self.acknowledged_at, self.settled_at, self.closed_at) if end is not None]
        return self.objected_at is not None and self.objected_at <= at < min(
            ends, default=datetime.max.replace(tzinfo=UTC)
        )

    @property
    def is_aligned(self) -> bool:
        """Whether the party acknowledged, and in time."""
        return self.acknowledged_at is not None and self.acknowledged_at <= self.due_at


class AcknowledgementLink(Recorded):
    """One row: a link sent to a party to answer one communication once. Only digests of its secrets are kept.

    The token names the question; the code in the text of the same mail shows that a person, not a scanner, answers.
    """

    communication = models.ForeignKey(
        Communication, on_delete=models.PROTECT, related_name="links", verbose_name=_("communication")
    )
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    code_digest = models.CharField(max_length=64, editable=False)
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("wrong codes"), default=0)

    audit_hidden = frozenset({"token_digest", "code_digest"})

    class Meta:
        verbose_name = _("acknowledgement link")
        verbose_name_plural = _("acknowledgement links")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(attempts__lte=CODE_ATTEMPTS), name="release_models_link_attempts_bounded"
            )
        ]

    def __str__(self) -> str:
        return f"link {self.pk} for {self.communication.key}"

    @property
    def audit_key(self) -> str:
        return f"{self.communication.key}/link-{self.pk}"

    def audit_root(self) -> models.Model:
        return self.communication.audit_root()

    @property
    def is_locked(self) -> bool:
        return self.attempts >= CODE_ATTEMPTS
