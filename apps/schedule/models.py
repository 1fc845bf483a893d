"""When releases happen and when they do not: windows, freezes, and exceptions from freezes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.lifecycle import status_constraint
from apps.core.models import Recorded
from apps.schedule.lifecycle import ExceptionLifecycle, ExceptionStatus
from apps.schedule.recurrence import Occurrence, Recurrence, faults_of, is_day


class Timed(Recorded):
    """A first time span and, with a rule, its recurrences on the wall clock of a time zone."""

    key = models.CharField(_("key"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    rrule = models.CharField(
        _("recurrence (RFC 5545)"), max_length=300, blank=True, help_text=_("Such as FREQ=WEEKLY;BYDAY=TU,TH")
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    excluded_on = models.JSONField(
        _("not on"),
        default=list,
        blank=True,
        help_text=_("Days in its time zone on which it would begin and does not, such as 2026-12-24."),
    )
    environments = models.ManyToManyField("cmdb.Environment", blank=True, verbose_name=_("environments"))
    services = models.ManyToManyField(
        "cmdb.ConfigurationItem", blank=True, related_name="%(class)ss", verbose_name=_("services")
    )
    value_streams = models.ManyToManyField("cmdb.ValueStream", blank=True, verbose_name=_("value streams"))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def recurrence(self) -> Recurrence:
        excluded = frozenset(date.fromisoformat(day) for day in self.excluded_on)
        return Recurrence(self.starts_at, self.ends_at, self.rrule, self.time_zone, excluded)

    def occurrence_at(self, at: datetime) -> Occurrence | None:
        """The occurrence in force at a moment, if any."""
        return self.recurrence.at(at)

    def occurrences_between(self, start: datetime, end: datetime) -> Iterator[Occurrence]:
        """The occurrences that overlap the span [start, end), in order."""
        return self.recurrence.between(start, end)

    def clean(self) -> None:
        super().clean()
        self._clean_exclusions()
        if self.starts_at is None or self.ends_at is None:
            return
        faults = faults_of(self.recurrence)
        if faults:
            raise ValidationError({fault.pointer: ValidationError(fault.detail, fault.code) for fault in faults})

    def _clean_exclusions(self) -> None:
        """Days as text, each once, in order."""
        if not isinstance(self.excluded_on, list) or not all(is_day(one) for one in self.excluded_on):
            message = _("These are days such as 2026-12-24.")
            raise ValidationError({"excluded_on": ValidationError(message, "invalid")})
        if self.excluded_on and not self.rrule:
            message = _("Only what recurs leaves days out.")
            raise ValidationError({"excluded_on": ValidationError(message, "not_recurring")})
        if len(self.excluded_on) > MOST_EXCLUDED:
            message = _("At most %(most)s days are left out.")
            said = ValidationError(message, "too_many", params={"most": MOST_EXCLUDED})
            raise ValidationError({"excluded_on": said})
        self.excluded_on = sorted(set(self.excluded_on))


MOST_EXCLUDED = 1000


class Window(Timed):
    """One row: a time span in which releases are meant to happen, once or again and again."""

    class Meta:
        verbose_name = _("release window")
        verbose_name_plural = _("release windows")
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="schedule_window_ends_after_start",
                violation_error_message=_("It ends before it starts."),
            )
        ]


# The kinds of release model as release_models (a floor above) names them; a test holds the two together.
MODEL_KINDS = ("normal", "standard", "emergency")


class FreezeKind(models.TextChoices):
    HARD = "hard", _("Hard: nothing is released")
    SOFT = "soft", _("Soft: named kinds of model are excepted")
    INFORMATION = "information", _("For information")


class Freeze(Timed):
    """One row: a time span in which releases do not happen, over environments, services, value streams or one party."""

    kind = models.CharField(_("kind"), max_length=16, choices=FreezeKind.choices, default=FreezeKind.HARD)
    excepted_model_kinds = models.JSONField(_("excepted kinds of model"), default=list, blank=True)
    party = models.ForeignKey(
        "cmdb.Party",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="freezes",
        verbose_name=_("for one consumer or partner"),
    )
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True, editable=False)
    source = models.CharField(_("imported from"), max_length=60, blank=True, editable=False)
    external_id = models.CharField(_("identifier there"), max_length=255, blank=True, editable=False)

    class Meta:
        verbose_name = _("freeze")
        verbose_name_plural = _("freezes")
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=FreezeKind.values), name="schedule_freeze_kind_known"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="schedule_freeze_ends_after_start",
                violation_error_message=_("It ends before it starts."),
            ),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                name="schedule_freeze_imported_once",
                condition=~Q(external_id=""),
            ),
        ]

    def clean(self) -> None:
        super().clean()
        kinds = self.excepted_model_kinds
        if not isinstance(kinds, list) or not all(kind in MODEL_KINDS for kind in kinds):
            message = _("This is a list of kinds of model: normal, standard, emergency.")
            raise ValidationError({"excepted_model_kinds": ValidationError(message, "invalid")})
        if kinds and self.kind != FreezeKind.SOFT:
            message = _("Only a soft freeze excepts kinds of model.")
            raise ValidationError({"excepted_model_kinds": ValidationError(message, "not_soft")})

    def occurrence_at(self, at: datetime) -> Occurrence | None:
        if self.lifted_at is not None and self.lifted_at <= at:
            return None
        return super().occurrence_at(at)

    def occurrences_between(self, start: datetime, end: datetime) -> Iterator[Occurrence]:
        """The occurrences that overlap a span; one that was lifted ended then."""
        for one in super().occurrences_between(start, end):
            kept = one if self.lifted_at is None else replace(one, ends_at=min(one.ends_at, self.lifted_at))
            if kept.starts_at < kept.ends_at and start < kept.ends_at:
                yield kept

    def in_force_until(self, at: datetime) -> datetime:
        """When the occurrence in force at a moment, or else the next one, ends."""
        found = self.occurrence_at(at) or self.recurrence.next_after(at)
        return found.ends_at if found else self.ends_at

    def has_not_ended(self, at: datetime) -> bool:
        """Whether it is in force, or will be again."""
        if self.lifted_at is not None and self.lifted_at <= at:
            return False
        if at < self.ends_at:
            return True
        return self.recurrence.at(at) is not None or self.recurrence.next_after(at) is not None

    def forbids(self, model_kind: str) -> bool:
        """Whether it stands in the way of a release under a model of this kind."""
        if self.kind == FreezeKind.INFORMATION:
            return False
        return self.kind == FreezeKind.HARD or model_kind not in self.excepted_model_kinds

    def is_excepted(self, release_key: str, digest: str, at: datetime) -> bool:
        """Whether an exception lets this release through at a moment, as it was when the exception was granted.

        Asked of a moment in the past, an exception that has expired since still counts for the time it held.
        """
        return any(one.held_at(at) for one in self._exceptions_of(release_key, digest))

    def is_excepted_until(self, release_key: str, digest: str, end: datetime) -> bool:
        """Whether an exception granted by now lets this release through up to a moment ahead."""
        return any(one.holds_until(end) for one in self._exceptions_of(release_key, digest))

    def _exceptions_of(self, release_key: str, digest: str) -> Iterator[FreezeException]:
        return (one for one in self.exceptions.all() if (one.release_key, one.digest) == (release_key, digest))


class FreezeException(ExceptionLifecycle):
    """One row: one release, known by its digest, asks to pass through one freeze."""

    key = models.CharField(_("key"), max_length=40, unique=True)
    freeze = models.ForeignKey(Freeze, on_delete=models.PROTECT, related_name="exceptions", verbose_name=_("freeze"))
    release_key = models.CharField(_("release"), max_length=40, db_index=True)
    digest = models.CharField(_("digest of the release"), max_length=80)
    reason = models.TextField(_("reason"))
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("requested by"),
    )
    until = models.DateTimeField(_("until"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("freeze exception")
        verbose_name_plural = _("freeze exceptions")
        ordering = ["-id"]
        constraints = [
            status_constraint(ExceptionStatus, "schedule_exception_status_known"),
            models.CheckConstraint(
                condition=~Q(status=ExceptionStatus.GRANTED) | Q(until__isnull=False),
                name="schedule_exception_granted_has_end",
            ),
            models.UniqueConstraint(
                fields=["freeze", "release_key", "digest"],
                name="schedule_exception_open_once",
                condition=Q(status__in=[ExceptionStatus.REQUESTED, ExceptionStatus.GRANTED]),
                violation_error_message=_("An exception for this release is asked for, or granted, already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release_key} through {self.freeze.name}"

    def holds_until(self, end: datetime) -> bool:
        """Whether it is granted for all the time up to a moment."""
        return self.status == ExceptionStatus.GRANTED and end <= self.until

    def held_at(self, at: datetime) -> bool:
        """Whether it let its release through at a moment. What was never granted has no moment of decision."""
        was_granted = self.status in (ExceptionStatus.GRANTED, ExceptionStatus.EXPIRED) and self.decided_at is not None
        return was_granted and self.decided_at <= at < self.until
