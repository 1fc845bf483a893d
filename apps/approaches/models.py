"""The organisation's approach to releasing: a document with a scope, an owner and a cadence of reviews."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.approaches.lifecycle import VersionLifecycle, VersionStatus
from apps.core.lifecycle import status_constraint
from apps.core.models import Recorded

PERSON = settings.AUTH_USER_MODEL


class Approach(Recorded):
    """One row: one approach to releasing. What it says, and for what, stands in its versions."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    purpose = models.TextField(_("purpose"), blank=True)
    owner = models.ForeignKey(
        "accounts.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    review_every_days = models.PositiveIntegerField(_("review every (days)"), default=365)
    next_review_on = models.DateField(_("next review on"), null=True, blank=True)

    class Meta:
        verbose_name = _("release approach")
        verbose_name_plural = _("release approaches")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(review_every_days__gte=1),
                name="approaches_review_cadence",
                violation_error_message=_("A review falls due after one day at least."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VersionQuerySet(models.QuerySet):
    def published(self) -> VersionQuerySet:
        """The versions in force: one an approach at most."""
        return self.filter(status=VersionStatus.PUBLISHED)


class ApproachVersion(VersionLifecycle):
    """One row: one version of an approach. Once published, neither its words nor its scope change, by any door or by SQL.

    Without value streams and items its scope is everything that is to be release managed.
    """

    approach = models.ForeignKey(
        Approach, on_delete=models.PROTECT, related_name="versions", verbose_name=_("approach")
    )
    number = models.PositiveIntegerField(_("number"))
    summary = models.TextField(_("what is new"), blank=True)
    principles = models.TextField(
        _("principles"), blank=True, help_text=_("By what the organisation releases: small and often, proven first, …")
    )
    responsibilities = models.TextField(
        _("who does what"), blank=True, help_text=_("Which role plans, approves, releases and looks back.")
    )
    choosing = models.TextField(
        _("how a model is chosen"), blank=True, help_text=_("And who decides when none of them fits.")
    )
    counted = models.TextField(
        _("what counts as a release"), blank=True, help_text=_("And what may go live without one.")
    )
    exceptions = models.TextField(
        _("exceptions"), blank=True, help_text=_("Who may go around the approach, and what they owe afterwards.")
    )
    value_streams = models.ManyToManyField(
        "cmdb.ValueStream",
        blank=True,
        related_name="+",
        verbose_name=_("value streams in scope"),
        help_text=_("Every service and application that serves one of them."),
    )
    items = models.ManyToManyField(
        "cmdb.ConfigurationItem",
        blank=True,
        related_name="+",
        verbose_name=_("products and services in scope"),
        help_text=_("And what is part of them. With nothing named at all, everything that is to be release managed."),
    )
    release_models = models.ManyToManyField(
        "release_models.ReleaseModel", blank=True, related_name="+", verbose_name=_("release models that apply")
    )
    author = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("author")
    )
    editors = models.ManyToManyField(PERSON, blank=True, related_name="+", verbose_name=_("who wrote in it"))
    published_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("published by")
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a release approach")
        verbose_name_plural = _("versions of release approaches")
        ordering = ["approach", "-number"]
        constraints = [
            status_constraint(VersionStatus, "approaches_version_status_known"),
            models.UniqueConstraint(fields=["approach", "number"], name="approaches_version_number_once"),
            models.UniqueConstraint(
                fields=["approach"],
                name="approaches_one_published",
                condition=Q(status=VersionStatus.PUBLISHED),
                violation_error_message=_("Another version of this approach is published."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=[VersionStatus.DRAFT, VersionStatus.IN_REVIEW, VersionStatus.WITHDRAWN])
                | Q(published_at__isnull=False),
                name="approaches_published_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.approach.name} {self.number}"

    @property
    def key(self) -> str:
        """Approach and number, as people say it: company/3."""
        return f"{self.approach.slug}/{self.number}"

    def audit_root(self) -> models.Model:
        return self.approach

    def is_written_by(self, user: Any) -> bool:
        """Whether the user wrote any of it: such a person does not publish it."""
        return self.author_id == user.pk or self.editors.filter(pk=user.pk).exists()
