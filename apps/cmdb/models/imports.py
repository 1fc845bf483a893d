"""What came in from outside: sources, runs, what each run did to each record, and what it could not yet resolve."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cmdb.models.items import ConfigurationItem
from apps.core.models import Recorded

USUAL_RANK = 100


class ImportSource(Recorded):
    """One row: a source of records, and how far it is believed when another source says something else.

    The lower rank wins. `field_ranks` overrides the rank for single fields: {"owner": 10, "attributes.tier": 5}.
    """

    slug = models.CharField(_("name"), max_length=60, unique=True)
    rank = models.PositiveSmallIntegerField(_("rank"), default=USUAL_RANK, help_text=_("The lower rank wins."))
    field_ranks = models.JSONField(_("ranks of single fields"), default=dict, blank=True)

    class Meta:
        verbose_name = _("import source")
        verbose_name_plural = _("import sources")
        ordering = ["rank", "slug"]

    def __str__(self) -> str:
        return self.slug

    def rank_of(self, field: str) -> int:
        return int(self.field_ranks.get(field, self.rank))


class ImportRun(Recorded):
    """One row: one load from a source: what it created, changed, found unchanged and would not take."""

    source = models.CharField(_("source"), max_length=60)
    format = models.CharField(_("format"), max_length=30)
    mapping = models.CharField(_("column mapping"), max_length=60, blank=True)
    file_name = models.CharField(_("file"), max_length=255, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    dry_run = models.BooleanField(_("dry run"), default=False)
    complete = models.BooleanField(
        _("everything the source has"), default=False, help_text=_("What it no longer names is marked missing.")
    )
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("by"),
    )
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    records = models.PositiveIntegerField(_("records"), default=0)
    created = models.PositiveIntegerField(_("created"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected_count = models.PositiveIntegerField(_("rejected"), default=0)
    skipped_count = models.PositiveIntegerField(_("left out"), default=0)
    missing_count = models.PositiveIntegerField(_("missing"), default=0)
    relationships_created = models.PositiveIntegerField(_("relationships created"), default=0)
    relationships_missing = models.PositiveIntegerField(_("relationships no longer named"), default=0)
    unresolved = models.PositiveIntegerField(_("references not resolved"), default=0)
    resolved = models.PositiveIntegerField(_("earlier references resolved"), default=0)

    class Meta:
        verbose_name = _("import run")
        verbose_name_plural = _("import runs")
        ordering = ["-id"]
        indexes = [models.Index(fields=["source", "id"], name="cmdb_run_source")]

    def __str__(self) -> str:
        return f"{self.source} #{self.pk}"

    @property
    def rejected(self) -> models.QuerySet[ImportLine]:
        """The records it would not take, in the order of the file."""
        return self.lines.filter(outcome=ImportLine.Outcome.REJECTED).order_by("id")

    @property
    def skipped(self) -> models.QuerySet[ImportLine]:
        """The records it left out on purpose."""
        return self.lines.filter(outcome=ImportLine.Outcome.SKIPPED).order_by("id")


class ImportLine(models.Model):
    """One row: what a run did to one record. Unchanged records are only counted."""

    class Outcome(models.TextChoices):
        CREATED = "created", _("Created")
        UPDATED = "updated", _("Updated")
        REJECTED = "rejected", _("Rejected")
        SKIPPED = "skipped", _("Left out")
        MISSING = "missing", _("Missing")

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="lines", db_index=False)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    record = models.CharField(_("record"), max_length=500)
    location = models.CharField(_("place in the file"), max_length=200, blank=True)
    ci_key = models.CharField(_("item"), max_length=200, blank=True)
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("import line")
        verbose_name_plural = _("import lines")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["run", "outcome", "id"], name="cmdb_line_outcome"),
            models.Index(fields=["ci_key", "id"], name="cmdb_line_item"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["created", "updated", "rejected", "skipped", "missing"]),
                name="cmdb_line_outcome_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.record}: {self.outcome}"


class UnresolvedReference(models.Model):
    """One row: a record named something that its source has not brought yet. Resolved when it arrives.

    `meaning` is the slug of a relationship type, or `owner`, or `value-stream`; `reverse` says that the item is the
    target of the relationship and not its source.
    """

    ci = models.ForeignKey(ConfigurationItem, on_delete=models.CASCADE, related_name="unresolved_references")
    source = models.CharField(_("source"), max_length=60)
    meaning = models.CharField(_("meaning"), max_length=60)
    reverse = models.BooleanField(_("read backwards"), default=False)
    external_id = models.CharField(_("names"), max_length=500)
    since = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("unresolved reference")
        verbose_name_plural = _("unresolved references")
        ordering = ["id"]
        indexes = [models.Index(fields=["source", "external_id"], name="cmdb_unresolved_target")]
        constraints = [
            models.UniqueConstraint(
                fields=["ci", "source", "meaning", "reverse", "external_id"], name="cmdb_unresolved_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.ci} {self.meaning} {self.external_id}"
