"""The release train: several releases that go together."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import status_constraint
from apps.releases.lifecycle.train import TrainLifecycle
from apps.releases.lifecycle.words import TrainStatus


class Train(TrainLifecycle):
    """One row: several releases under one window, that start together or not at all."""

    key = models.CharField(_("key"), max_length=40, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=200)
    goal = models.TextField(_("goal"), blank=True, help_text=_("What is true when it has arrived."))
    conductor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="conducted_trains",
        verbose_name=_("conductor"),
        help_text=_("The release manager who answers for the departure."),
    )
    planned_start = models.DateTimeField(_("planned start"))
    planned_end = models.DateTimeField(_("planned end"))
    departed_at = models.DateTimeField(_("departed at"), null=True, blank=True, editable=False)
    arrived_at = models.DateTimeField(_("arrived at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("release train")
        verbose_name_plural = _("release trains")
        ordering = ["-id"]
        constraints = [
            status_constraint(TrainStatus, "releases_train_status_known"),
            models.CheckConstraint(
                condition=Q(planned_end__gt=F("planned_start")),
                name="releases_train_window_forward",
                violation_error_message=_("The window ends before it starts."),
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["departed", "arrived"]) | Q(departed_at__isnull=False),
                name="releases_train_departed",
            ),
            models.CheckConstraint(
                condition=~Q(status="arrived") | Q(arrived_at__isnull=False), name="releases_train_arrived"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"

    def clean(self) -> None:
        if self.planned_start and self.planned_end and self.planned_end <= self.planned_start:
            said = ValidationError(_("The window ends before it starts."), code="before_start")
            raise ValidationError({"planned_end": said})
