"""What came in from outside: sources, runs, what each run did to each record, and what it could not yet resolve."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cmdb.lifecycle import AT_AN_END, CARRIED_OUT, UNDER_WAY, ImportLifecycle, ImportStatus
from apps.cmdb.models.items import ConfigurationItem
from apps.core.lifecycle import status_constraint
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


class ImportRun(ImportLifecycle):
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
    failure = models.TextField(_("why it failed"), blank=True)

    class Meta:
        verbose_name = _("import run")
        verbose_name_plural = _("import runs")
        ordering = ["-id"]
        indexes = [models.Index(fields=["source", "id"], name="cmdb_run_source")]
        constraints = [
            status_constraint(ImportStatus, "cmdb_run_status_known"),
            models.CheckConstraint(
                condition=models.Q(status__in=UNDER_WAY, finished_at__isnull=True)
                | models.Q(status__in=AT_AN_END, finished_at__isnull=False),
                name="cmdb_run_end_has_a_moment",
            ),
            models.UniqueConstraint(
                fields=["source"],
                condition=models.Q(status__in=CARRIED_OUT),
                name="cmdb_run_one_of_a_source",
                violation_error_message=_("Another import of this source is under way. Try again when it has ended."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} #{self.pk}"

    @property
    def is_under_way(self) -> bool:
        return self.status in UNDER_WAY

    @property
    def others_of_source(self) -> models.QuerySet[ImportRun]:
        return type(self).objects.filter(source=self.source).exclude(pk=self.pk)

    @property
    def how_far(self) -> ImportProgress | None:
        """Where it stands; None for one that never wrote it down."""
        return getattr(self, "progress", None)

    @property
    def rejected(self) -> models.QuerySet[ImportLine]:
        """The records it would not take, in the order of the file."""
        return self.lines.filter(outcome=ImportLine.Outcome.REJECTED).order_by("id")

    @property
    def skipped(self) -> models.QuerySet[ImportLine]:
        """The records it left out on purpose."""
        return self.lines.filter(outcome=ImportLine.Outcome.SKIPPED).order_by("id")


class ImportProgress(models.Model):
    """One row: how far a run has come. Written often, hence apart from the run, its version and its trail.

    `alive_until`: without another word by then whoever carries it out is gone. `attempt` tells those apart that were
    begun one after the other. While the file is read both `done` and `total` count bytes, then they count records.
    """

    run = models.OneToOneField(ImportRun, on_delete=models.CASCADE, primary_key=True, related_name="progress")
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("of"), default=0)
    figures = models.JSONField(_("figures"), default=dict, blank=True)
    alive_until = models.DateTimeField(_("alive until"))

    class Meta:
        verbose_name = _("progress of an import")
        verbose_name_plural = _("progress of imports")

    def __str__(self) -> str:
        return f"{self.run_id}: {self.done}/{self.total}"

    @property
    def percent(self) -> int | None:
        """How much of its present part is done; None where that cannot be said."""
        return min(100 * self.done // self.total, 100) if self.total else None


class ImportPiece(models.Model):
    """One row: a piece of a file that is to be imported in the background. The pieces go when the import has ended.

    They stand in the database because that is the one place that every web server and every worker sees.
    """

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="pieces", db_index=False)
    position = models.PositiveIntegerField(_("position"))
    body = models.BinaryField(_("bytes"))

    class Meta:
        verbose_name = _("piece of a file")
        verbose_name_plural = _("pieces of files")
        ordering = ["run", "position"]
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="cmdb_piece_position")]

    def __str__(self) -> str:
        return f"{self.run_id}[{self.position}]"


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
