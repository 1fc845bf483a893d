"""What one person may approve at once of a train: every question that waits for their answer, with what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.approvals.models import Answer, Ask
from apps.approvals.queries import waiting_for
from apps.approvals.rules import SATISFYING
from apps.releases.lifecycle.scope import differences
from apps.releases.lifecycle.words import ReleaseType, Risk
from apps.releases.models import Release, Train
from apps.releases.queries.story import verification_standing

AT_ONCE = (Risk.LOW, Risk.MEDIUM)
EMERGENCY = "emergency"


@dataclass(frozen=True)
class Question:
    """One open round of a member that waits for this person."""

    release: Release
    asked: Any
    on_behalf_of: Any = None
    has_approved_before: bool = False
    changed: list[str] = field(default_factory=list)
    standing: str = ""
    why_alone: str = ""

    @property
    def digest(self) -> str:
        return self.asked.digest

    @property
    def value(self) -> str:
        """How a form names it: this release, on this digest and no other."""
        return f"{self.release.key} {self.digest}"


def why_read_alone(release: Release) -> str:
    """Why this release is not approved together with others; empty when it may be."""
    if release.type == ReleaseType.EMERGENCY or release.model_kind == EMERGENCY:
        return _("It is an emergency.")
    if release.risk == Risk.NOT_ASSESSED:
        return _("Nobody has assessed its risk.")
    if release.risk not in AT_ONCE:
        return _("Its risk is %s.") % release.get_risk_display().lower()
    return ""


def questions_for(train: Train, person: Any) -> list[Question]:
    """What waits for this person's answer among the releases aboard; in a fixed number of queries."""
    asks = waiting_for(person).filter(round__releases__train=train)
    own_last = sorted(asks, key=lambda ask: ask.on_behalf_of_id is None)
    rounds = {ask.round_id: ask for ask in own_last}
    members = train.releases.aboard().as_fellows().filter(round__in=rounds).select_related("round")
    rows = list(members)
    before = _approved_before(rows, person)
    return [_question(release, rounds[release.round_id], before) for release in rows]


def _question(release: Release, ask: Ask, before: dict[str, Answer]) -> Question:
    earlier = before.get(release.key) if ask.on_behalf_of_id is None else None
    alone = why_read_alone(release)
    if not alone and ask.on_behalf_of is not None:
        alone = _("You are asked on behalf of %s.") % ask.on_behalf_of
    return Question(
        release,
        release.round,
        ask.on_behalf_of,
        has_approved_before=earlier is not None,
        changed=differences(earlier.round.content, release.round.content) if earlier else [],
        standing=verification_standing(release),
        why_alone=alone,
    )


def _approved_before(releases: list[Release], person: Any) -> dict[str, Answer]:
    """The last yes of this person in an earlier round of each release."""
    earlier = Q(pk__in=[])
    for release in releases:
        earlier |= Q(round__key__startswith=f"{release.key}-A", round__pk__lt=release.round_id)
    given = Answer.objects.filter(earlier, person=person, on_behalf_of=None, decision__in=SATISFYING)
    found = {}
    for answer in given.select_related("round").order_by("pk"):
        found[answer.round.key.rpartition("-A")[0]] = answer
    return found
