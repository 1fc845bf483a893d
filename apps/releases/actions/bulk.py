"""Approve several releases of a train at once: one act, and an answer of its own for each."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import moves
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.errors import Invalid, NotNow, Refusal
from apps.releases.actions.approving import answer_approval
from apps.releases.lifecycle.places import page_of
from apps.releases.models import Release, Train
from apps.releases.queries.bulk import why_read_alone

Chosen = Sequence[tuple[str, str]]


@transaction.atomic
def approve_members(*, train: Train, chosen: Chosen, by: Actor, reason: str = "") -> list[Release]:
    """Say yes to each chosen release (its key, the digest that was shown): all are answered, or none.

    A refusal names every release that stands in the way. What must be read alone is refused here, whoever asks.
    """
    train = moves.lock(train)
    if not chosen:
        raise Invalid.field("releases", "required", _("Choose at least one release."))
    keys = [key for key, _digest in chosen]
    if len(set(keys)) < len(keys):
        raise Invalid.field("releases", "repeated", _("Name each release once."))
    members = {
        member.key: member
        for member in train.releases.filter(key__in=keys).select_for_update(of=("self",)).order_by("pk")
    }
    unknown = sorted(set(keys) - members.keys())
    if unknown:
        message = _("Not aboard %(train)s: %(keys)s.") % {"train": train.key, "keys": ", ".join(unknown)}
        raise Invalid.field("releases", "unknown", message)
    against: list[Blocker] = []
    answered = [_answered(members[key], digest, by, reason, against) for key, digest in chosen]
    if against:
        raise NotNow(against)
    moves.record(train, "approve_members", by=by, note=reason, data={"releases": keys})
    return [release for release in answered if release is not None]


def _answered(release: Release, digest: str, by: Actor, reason: str, against: list[Blocker]) -> Release | None:
    """The release after the answer; None, and one more reason against the whole, where it was refused."""
    alone = why_read_alone(release)
    if alone:
        message = _("%(key)s: %(why)s Read it by itself and answer there.") % {"key": release.key, "why": alone}
        against.append(Blocker("read_alone", message, url=page_of(release)))
        return None
    try:
        return answer_approval(release=release, by=by, decision="approve", digest=digest, reason=reason)
    except Refusal as refusal:
        message = _("%(key)s: %(why)s") % {"key": release.key, "why": refusal.detail}
        against.append(Blocker(refusal.code, message, url=page_of(release)))
        return None
