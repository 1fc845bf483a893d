"""The chart of a version of an approach.

    draft ──submit──▶ in_review ──publish──▶ published ──supersede*──▶ superseded
      ▲                  │  │                    └────────retire──────▶ retired
      └─request_changes──┘  │
    draft, in_review ──withdraw──▶ withdrawn

A draft is edited while the published version stays in force. Publishing supersedes the version before it, in the same
transaction. `EDITABLE` says what may be changed in which status.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.approaches.permissions import is_release_manager, may_publish
from apps.core.lifecycle import Lifecycle, StatusField, transition


class VersionStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", _("Superseded")
    RETIRED = "retired", _("Retired")
    WITHDRAWN = "withdrawn", _("Withdrawn")


CHAPTERS = ("principles", "responsibilities", "choosing", "counted", "exceptions")
SCOPE = ("value_streams", "items", "release_models")
EDITABLE = {VersionStatus.DRAFT: ("summary", *CHAPTERS, *SCOPE)}


def has_principles(version: Any) -> bool:
    """Write down by which principles the organisation releases."""
    return bool(version.principles.strip())


def has_summary(version: Any) -> bool:
    """Say in a summary what is new in this version."""
    return bool(version.summary.strip())


def has_models(version: Any) -> bool:
    """Name the release models that apply."""
    return version.release_models.exists()


class VersionLifecycle(Lifecycle):
    status = StatusField(VersionStatus, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(
        status,
        VersionStatus.DRAFT,
        VersionStatus.IN_REVIEW,
        conditions=[has_principles, has_models, has_summary],
        permission=is_release_manager,
    )
    def submit(self) -> None:
        """Ask somebody else to look at the draft; it is not edited meanwhile."""

    @transition(status, VersionStatus.IN_REVIEW, VersionStatus.PUBLISHED, permission=may_publish)
    def publish(self) -> None:
        """Put it in force; what it says never changes again."""

    @transition(status, VersionStatus.IN_REVIEW, VersionStatus.DRAFT, permission=is_release_manager, note="required")
    def request_changes(self) -> None:
        """Give it back to be edited, with what is to be mended."""

    @transition(
        status,
        [VersionStatus.DRAFT, VersionStatus.IN_REVIEW],
        VersionStatus.WITHDRAWN,
        permission=is_release_manager,
    )
    def withdraw(self) -> None:
        """Give this version up; it was never in force."""

    @transition(status, VersionStatus.PUBLISHED, VersionStatus.RETIRED, permission=is_release_manager, note="required")
    def retire(self) -> None:
        """The approach is no longer in force, and no other version takes its place."""

    @transition(status, VersionStatus.PUBLISHED, VersionStatus.SUPERSEDED)
    def supersede(self) -> None:
        """A newer version of the approach was published."""
