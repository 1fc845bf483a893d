"""The chart of a model version.

    draft ──submit──▶ in_review ──publish──▶ published ──supersede*──▶ superseded
      ▲                  │  │                    └────────retire──────▶ retired
      └─request_changes──┘  │
    draft, in_review ──withdraw──▶ withdrawn

A draft is edited while the published version keeps serving. Publishing supersedes the version before it, in the same
transaction. `EDITABLE` says what may be changed in which status.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.blockers import Blocker
from apps.core.lifecycle import Lifecycle, StatusField, transition
from apps.release_models.content import complete, faults_of
from apps.release_models.permissions import is_release_manager, may_publish


class VersionStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    PUBLISHED = "published", _("Published")
    SUPERSEDED = "superseded", _("Superseded")
    RETIRED = "retired", _("Retired")
    WITHDRAWN = "withdrawn", _("Withdrawn")


EDITABLE = {VersionStatus.DRAFT: ("content", "summary")}


def has_sound_content(version: Any) -> Iterable[Blocker]:
    """The content makes sense as it stands today."""
    for fault in faults_of(complete(version.content)):
        yield Blocker(f"content_{fault.code}", f"{fault.pointer}: {fault.detail}", who_can_lift="release manager")


def has_summary(version: Any) -> bool:
    """Say in a summary what is new in this version."""
    return bool(version.summary.strip())


class VersionLifecycle(Lifecycle):
    status = StatusField(VersionStatus, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(
        status,
        VersionStatus.DRAFT,
        VersionStatus.IN_REVIEW,
        conditions=[has_sound_content, has_summary],
        permission=is_release_manager,
    )
    def submit(self) -> None:
        """Ask somebody else to look at the draft; it is not edited meanwhile."""

    @transition(
        status,
        VersionStatus.IN_REVIEW,
        VersionStatus.PUBLISHED,
        conditions=[has_sound_content],
        permission=may_publish,
    )
    def publish(self) -> None:
        """Put it to use: new releases take it from now on, and its content never changes again."""

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
        """Give this version up; it was never used."""

    @transition(status, VersionStatus.PUBLISHED, VersionStatus.RETIRED, permission=is_release_manager, note="required")
    def retire(self) -> None:
        """No new release takes it; releases that started with it keep it."""

    @transition(status, VersionStatus.PUBLISHED, VersionStatus.SUPERSEDED)
    def supersede(self) -> None:
        """A newer version of the model was published."""
