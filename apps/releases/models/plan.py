"""What a release is made of and what is to be done: components, tasks, the releases it needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.cmdb.models import ConfigurationItem, InstalledVersion
from apps.core.lifecycle import status_constraint
from apps.core.models import Recorded
from apps.releases.lifecycle import words
from apps.releases.lifecycle.task import FINISHED, TaskLifecycle
from apps.releases.models.release import LONGEST_WINDOW, Release

DIGEST = RegexValidator(
    r"^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$",
    _("Write the digest as sha256:… in lower-case hexadecimal digits."),
    code="digest",
)


class ReleasePart(Recorded):
    """A row that belongs to one release and to its timeline."""

    class Meta:
        abstract = True

    def audit_root(self) -> models.Model:
        return self.release


class ComponentQuerySet(models.QuerySet):
    def busy(self, start: datetime, end: datetime) -> ComponentQuerySet:
        """Those whose release has a window that overlaps the half-open span [start, end)."""
        return self.filter(busy_from__gt=start - LONGEST_WINDOW, busy_from__lt=end, busy_until__gt=start)


class Component(ReleasePart):
    """One row: one configuration item that the release moves from one version to another."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="components")
    ci = models.ForeignKey(
        ConfigurationItem, models.PROTECT, related_name="components", verbose_name=_("configuration item")
    )
    from_version = models.CharField(_("from version"), max_length=100, blank=True)
    to_version = models.CharField(_("to version"), max_length=100, blank=True)
    purl = models.CharField(_("package URL"), max_length=500, blank=True)
    digest = models.CharField(_("digest"), max_length=140, blank=True, validators=[DIGEST])
    no_digest_reason = models.CharField(_("why there is no digest"), max_length=300, blank=True)
    owner = models.ForeignKey(
        "accounts.Team", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )

    authors = models.JSONField(
        _("authors of the changes"),
        default=list,
        blank=True,
        help_text=_("User names or e-mail addresses. They may be barred from approving."),
    )
    built_by = models.CharField(
        _("built by"), max_length=200, blank=True, help_text=_("User name or e-mail address of who built the artifact.")
    )
    # The window of the release, kept here so that one index answers what else moves an item at a time.
    audit_unspoken = frozenset({"busy_from", "busy_until"})
    busy_from = models.DateTimeField(_("busy from"), null=True, blank=True, editable=False)
    busy_until = models.DateTimeField(_("busy until"), null=True, blank=True, editable=False)

    objects = ComponentQuerySet.as_manager()

    class Meta:
        verbose_name = _("component")
        verbose_name_plural = _("components")
        ordering = ["id"]
        indexes = [models.Index(fields=["ci", "busy_from", "busy_until"], name="releases_component_busy")]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "ci"],
                name="releases_component_once",
                violation_error_message=_("This configuration item is a component of the release already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.ci.key} {self.to_version}".strip()

    @property
    def audit_key(self) -> str:
        return f"{self.release.key}/{self.ci.key}"

    @property
    def proof_subject(self) -> str:
        """What a check of this component proves something about: its artifact, or for want of a digest its version."""
        return self.digest or f"version:{self.to_version}"

    def is_back(self, environment_id: int | None) -> bool:
        """Whether what is installed is known to be no longer the version that this release brought."""
        installed = InstalledVersion.objects.filter(ci=self.ci_id, environment=environment_id).first()
        if installed is None:
            return False
        live = installed.version_name
        return live == self.from_version if self.from_version else live != self.to_version


class Task(TaskLifecycle):
    """One row: one thing to do for the release, in its phase and after what it depends on."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="tasks")
    slug = models.SlugField(_("slug"), max_length=80)
    title = models.CharField(_("title"), max_length=200)
    phase = models.CharField(_("phase"), max_length=16, choices=words.Phase.choices, default=words.Phase.EXECUTE)
    kind = models.CharField(_("kind"), max_length=16, choices=words.TaskKind.choices, default=words.TaskKind.MANUAL)
    role = models.CharField(_("role"), max_length=32, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="release_tasks",
        verbose_name=_("assignee"),
    )
    instructions = models.TextField(_("instructions"), blank=True)
    mandatory = models.BooleanField(_("mandatory"), default=True)
    duration_minutes = models.PositiveIntegerField(_("duration in minutes"), default=30)
    offset_minutes = models.IntegerField(
        _("not before, in minutes from the start"),
        null=True,
        blank=True,
        help_text=_("Counted from the start of the window; below zero it is before it. Empty: as early as it may."),
    )
    takes_back = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="taken_back_by",
        verbose_name=_("takes back"),
        help_text=_("The steps of the execution that this one undoes."),
    )
    planned_start = models.DateTimeField(_("planned start"), null=True, blank=True)
    planned_end = models.DateTimeField(_("planned end"), null=True, blank=True)
    is_pinned = models.BooleanField(_("dates set by hand"), default=False, editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True, editable=False)
    depends_on = models.ManyToManyField(
        "self", through="TaskNeed", symmetrical=False, related_name="needed_by", verbose_name=_("depends on")
    )

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["planned_start", "id"]
        constraints = [
            status_constraint(words.TaskStatus, "releases_task_status_known"),
            models.UniqueConstraint(
                fields=["release", "slug"],
                name="releases_task_once",
                violation_error_message=_("There is already a task with this slug in the release."),
            ),
            models.CheckConstraint(
                condition=Q(planned_start__isnull=True)
                | Q(planned_end__isnull=True)
                | Q(planned_end__gte=F("planned_start")),
                name="releases_task_dates_forward",
                violation_error_message=_("The task ends before it starts."),
            ),
        ]
        indexes = [models.Index(fields=["assignee", "status"], name="releases_task_of_person")]

    def __str__(self) -> str:
        return self.title

    @property
    def audit_key(self) -> str:
        return f"{self.release.key}/{self.slug}"

    @property
    def is_finished(self) -> bool:
        return self.status in FINISHED

    def audit_root(self) -> models.Model:
        return self.release


class TaskNeed(models.Model):
    """One row: one task that must be done before another."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="needs")
    needs = models.ForeignKey(Task, models.CASCADE, related_name="holds_up")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "needs"], name="releases_task_need_once"),
            models.CheckConstraint(condition=~Q(task=F("needs")), name="releases_task_not_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.needs_id} → {self.task_id}"


class ReleaseDependency(ReleasePart):
    """One row: this release needs another one to have reached a state first."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="dependencies")
    number = models.PositiveIntegerField(_("number"), editable=False)
    needs = models.ForeignKey(Release, models.PROTECT, related_name="needed_by", verbose_name=_("needs"))
    state = models.CharField(
        _("state it must reach"), max_length=16, choices=words.NeededState.choices, default=words.NeededState.RELEASED
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("dependency on a release")
        verbose_name_plural = _("dependencies on releases")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["release", "number"], name="releases_dependency_number"),
            models.UniqueConstraint(
                fields=["release", "needs"],
                name="releases_dependency_once",
                violation_error_message=_("This release is needed already."),
            ),
            models.CheckConstraint(condition=~Q(release=F("needs")), name="releases_dependency_not_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.release.key} needs {self.needs.key} {self.state}"

    @property
    def audit_key(self) -> str:
        return f"{self.release.key}/{self.number}"

    @property
    def is_met(self) -> bool:
        """Whether the other release is where it must be; what was taken back does not count."""
        needed: Any = self.needs
        if self.state == words.NeededState.SCHEDULED:
            return needed.status in (words.Status.SCHEDULED, *words.EXECUTING[:2]) or self._is_out(needed)
        if self.state == words.NeededState.RELEASED:
            return needed.status == words.Status.RELEASED or self._is_out(needed)
        return needed.status == words.Status.CLOSED and self._is_out(needed)

    @staticmethod
    def _is_out(needed: Any) -> bool:
        return needed.released_at is not None and needed.availability not in (
            words.Availability.NOT_AVAILABLE,
            words.Availability.WITHDRAWN,
        )
