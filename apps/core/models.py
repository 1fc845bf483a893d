"""The ground every record stands on: versioned rows, the audit trail and its seals, the outbox, keys."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Door


class Recorded(models.Model):
    """A row that changes only through `core.moves`; `version` counts the changes and makes the ETag."""

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        abstract = True

    @property
    def audit_key(self) -> str:
        """The public key under which people know this row."""
        for name in ("key", "slug"):
            if getattr(self, name, ""):
                return str(getattr(self, name))
        return str(self.pk)

    def audit_root(self) -> models.Model:
        """The record whose timeline this row belongs to: a release's task answers with its release."""
        return self


class AuditEntry(models.Model):
    """One row: one deed, written in the same transaction as its effect. Append-only in the database itself."""

    at = models.DateTimeField(_("at"), auto_now_add=True, db_index=True)
    event = models.CharField(_("event"), max_length=120, db_index=True)
    door = models.CharField(_("door"), max_length=16, choices=Door.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, db_constraint=False, related_name="+"
    )
    actor_name = models.CharField(_("who"), max_length=150)
    token_name = models.CharField(_("token"), max_length=100, blank=True)
    subject_type = models.CharField(_("kind of record"), max_length=80)
    subject_id = models.CharField(max_length=64)
    subject_key = models.CharField(_("record"), max_length=200)
    root_type = models.CharField(max_length=80)
    root_key = models.CharField(max_length=200)
    before = models.CharField(_("from"), max_length=32, blank=True)
    after = models.CharField(_("to"), max_length=32, blank=True)
    changes = models.JSONField(_("changes"), default=dict, encoder=DjangoJSONEncoder)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    note = models.TextField(_("note"), blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["root_type", "root_key", "id"], name="core_audit_root"),
            models.Index(fields=["subject_type", "subject_id", "id"], name="core_audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject_key}"


class AuditSeal(models.Model):
    """One row: a batch of audit entries sealed together; `digest` chains to the seal before it."""

    at = models.DateTimeField(auto_now_add=True)
    number = models.PositiveBigIntegerField(unique=True)
    count = models.PositiveIntegerField()
    first_entry = models.BigIntegerField()
    last_entry = models.BigIntegerField()
    root = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("audit seal")
        verbose_name_plural = _("audit seals")
        ordering = ["number"]

    def __str__(self) -> str:
        return f"seal {self.number}"


class AuditLeaf(models.Model):
    """One row: the digest of one audit entry at its place in a seal. An entry is sealed when it has a leaf.

    Leaves name entries, not ranges of ids: on PostgreSQL a row with a lower id may be committed later than one with a higher.
    """

    entry_id = models.BigIntegerField(primary_key=True)
    seal_number = models.PositiveBigIntegerField()
    position = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seal_number", "position"], name="core_leaf_place")]

    def __str__(self) -> str:
        return f"{self.seal_number}/{self.position}"


class OutboxEvent(models.Model):
    """One row: something that happened, or (with `available_at` ahead) something to be looked at again later."""

    name = models.CharField(max_length=120)
    subject_type = models.CharField(max_length=80)
    subject_id = models.CharField(max_length=64)
    subject_key = models.CharField(max_length=200)
    payload = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(auto_now_add=True)
    available_at = models.DateTimeField()
    expanded_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("event")
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["available_at", "id"], name="core_event_waiting", condition=models.Q(expanded_at__isnull=True)
            ),
            models.Index(fields=["subject_type", "subject_id", "id"], name="core_event_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.subject_key}"


class OutboxDelivery(models.Model):
    """One row: one event on its way to one consumer, until `done_at` says that its effect is in the database.

    A delivery that was handed to the broker and not done when its lease ends goes again; one that failed too often is
    a dead letter (`dead_at`), which staff see and can retry.
    """

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    consumer = models.CharField(_("consumer"), max_length=80)
    available_at = models.DateTimeField(_("next attempt"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    dead_at = models.DateTimeField(_("given up at"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["event", "consumer"], name="core_delivery_once")]
        indexes = [
            models.Index(
                fields=["available_at", "id"],
                name="core_delivery_open",
                condition=models.Q(done_at__isnull=True, dead_at__isnull=True),
            ),
            models.Index(fields=["dead_at"], name="core_delivery_dead", condition=models.Q(dead_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.consumer}"


class KeyCounter(models.Model):
    """One row: the last number given out for a series of keys, such as REL-2026."""

    series = models.CharField(max_length=40, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.series}-{self.last:04d}"


class IdempotencyRecord(models.Model):
    """One row: the answer once given to a write with this Idempotency-Key, given again to its repeats."""

    principal = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=500)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["principal", "method", "path", "key"], name="core_idempotency_once")
        ]

    def __str__(self) -> str:
        return f"{self.principal} {self.method} {self.path} {self.key}"


class Heartbeat(models.Model):
    """One row: when a process of the house was last alive."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"


def label_of(obj: Any) -> str:
    """`releases.release`: the type of a record as events and the audit trail write it."""
    return f"{obj._meta.app_label}.{obj._meta.model_name}"
