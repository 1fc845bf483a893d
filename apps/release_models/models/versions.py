"""Release models and their versions: the repeatable ways to release."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import status_constraint
from apps.core.models import Recorded
from apps.release_models.lifecycle import VersionLifecycle, VersionStatus


class ModelKind(models.TextChoices):
    NORMAL = "normal", _("Normal")
    STANDARD = "standard", _("Standard, pre-authorised")
    EMERGENCY = "emergency", _("Emergency, approved afterwards")


class ReleaseModel(Recorded):
    """One row: a repeatable way to release one type of thing. What it says stands in its versions."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    purpose = models.TextField(_("purpose"), blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=ModelKind.choices, default=ModelKind.NORMAL)
    owner = models.ForeignKey(
        "accounts.Team",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="release_models",
        verbose_name=_("owner"),
    )
    review_every_days = models.PositiveIntegerField(_("review every (days)"), default=180)
    next_review_on = models.DateField(_("next review on"), null=True, blank=True)

    class Meta:
        verbose_name = _("release model")
        verbose_name_plural = _("release models")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ModelKind.values), name="release_models_kind_known"),
            models.CheckConstraint(
                condition=Q(review_every_days__gte=1),
                name="release_models_review_cadence",
                violation_error_message=_("A review falls due after one day at least."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VersionQuerySet(models.QuerySet):
    def published(self) -> VersionQuerySet:
        """The versions that serve new releases: one a model at most."""
        return self.filter(status=VersionStatus.PUBLISHED)


class ModelVersion(VersionLifecycle):
    """One row: one version of a model. Once published, its content is never changed, by any door or by SQL."""

    model = models.ForeignKey(ReleaseModel, on_delete=models.PROTECT, related_name="versions", verbose_name=_("model"))
    number = models.PositiveIntegerField(_("number"))
    content = models.JSONField(_("content"), default=dict)
    digest = models.CharField(_("digest"), max_length=64)
    summary = models.TextField(_("what is new"), blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("author"),
    )
    editors = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("who wrote in it")
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("published by"),
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        ordering = ["model", "-number"]
        constraints = [
            status_constraint(VersionStatus, "release_models_version_status_known"),
            models.UniqueConstraint(fields=["model", "number"], name="release_models_version_number_once"),
            models.UniqueConstraint(
                fields=["model"],
                name="release_models_one_published",
                condition=Q(status=VersionStatus.PUBLISHED),
                violation_error_message=_("Another version of this model is published."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=[VersionStatus.DRAFT, VersionStatus.IN_REVIEW, VersionStatus.WITHDRAWN])
                | Q(published_at__isnull=False),
                name="release_models_published_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model.name} {self.number}"

    @property
    def key(self) -> str:
        """Model and number, as people say it: normal/3."""
        return f"{self.model.slug}/{self.number}"

    def audit_root(self) -> models.Model:
        return self.model

    def is_written_by(self, user: Any) -> bool:
        """Whether the user wrote any of it: such a person does not publish it."""
        return self.author_id == user.pk or self.editors.filter(pk=user.pk).exists()
