"""The chart of an import:

waiting ─read*─▶ reading ─write*─▶ writing ─finish*─▶ finished
   │ └───────────write*──────────────▲
   │                │ (waiting, reading, writing)
   │                ├─fail*─────▶ failed
   │                └─call_off──▶ called_off
   └◀─begin_again*── (reading, writing: whoever carried it out is gone)

The chart of a proposed relationship:

proposed → accepted (it becomes a relationship) | dismissed (with a reason)
proposed → lapse* → lapsed: the evidence no longer carries it, or the two are related by now
dismissed, lapsed → raise_again* → proposed: the evidence has doubled since it was dismissed, or is back
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.cmdb.permissions import may_edit_items, may_import
from apps.core.blockers import Blocker
from apps.core.lifecycle import Lifecycle, StatusField, transition


class ImportStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    READING = "reading", _("Being read")
    WRITING = "writing", _("Being written")
    FINISHED = "finished", _("Finished")
    FAILED = "failed", _("Failed")
    CALLED_OFF = "called_off", _("Called off")


CARRIED_OUT = (ImportStatus.READING, ImportStatus.WRITING)  # one of a source at a time
UNDER_WAY = (ImportStatus.WAITING, *CARRIED_OUT)
AT_AN_END = (ImportStatus.FINISHED, ImportStatus.FAILED, ImportStatus.CALLED_OFF)


def has_its_turn(run: Any) -> list[Blocker]:
    """No other import of its source is under way."""
    other = run.others_of_source.filter(status__in=CARRIED_OUT).order_by("pk").first()
    if other is None:
        return []
    said = _("Import %(other)s of “%(source)s” is under way; this one has its turn when that has come to its end.")
    return [Blocker("import_under_way", said % {"other": other.pk, "source": run.source})]


class ImportLifecycle(Lifecycle):
    status = StatusField(ImportStatus, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(status, ImportStatus.WAITING, ImportStatus.READING, conditions=[has_its_turn])
    def read(self) -> None:
        """A worker has the file and reads it; nothing is written yet."""

    @transition(status, [ImportStatus.WAITING, ImportStatus.READING], ImportStatus.WRITING, conditions=[has_its_turn])
    def write(self) -> None:
        """The file could be read to its end; its records are taken, batch by batch."""

    @transition(status, ImportStatus.WRITING, ImportStatus.FINISHED)
    def finish(self) -> None:
        """Every record is answered for."""

    @transition(status, UNDER_WAY, ImportStatus.FAILED, note="required")
    def fail(self) -> None:
        """It cannot go on; what was written stays, and the same file may be imported again."""

    @transition(status, CARRIED_OUT, ImportStatus.WAITING, note="required")
    def begin_again(self) -> None:
        """Whoever carried it out is gone. What was written is found unchanged the second time."""

    @transition(status, UNDER_WAY, ImportStatus.CALLED_OFF, permission=may_import, label=_("Call off"))
    def call_off(self) -> None:
        """It ends after the batch at hand. What was written stays; the same file may be imported again."""


class ProposalStatus(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    ACCEPTED = "accepted", _("Accepted")
    DISMISSED = "dismissed", _("Dismissed")
    LAPSED = "lapsed", _("Lapsed")


class ProposalLifecycle(Lifecycle):
    status = StatusField(ProposalStatus, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(status, ProposalStatus.PROPOSED, ProposalStatus.ACCEPTED, permission=may_edit_items)
    def accept(self) -> None:
        """The two hang together: put it on the map."""

    @transition(status, ProposalStatus.PROPOSED, ProposalStatus.DISMISSED, permission=may_edit_items, note="required")
    def dismiss(self) -> None:
        """They do not hang together: say why. It is not proposed again unless the evidence doubles."""

    @transition(status, ProposalStatus.PROPOSED, ProposalStatus.LAPSED)
    def lapse(self) -> None:
        """The evidence no longer carries it, or the two are related by now."""

    @transition(status, [ProposalStatus.DISMISSED, ProposalStatus.LAPSED], ProposalStatus.PROPOSED)
    def raise_again(self) -> None:
        """There is twice the evidence that was dismissed, or enough again."""
