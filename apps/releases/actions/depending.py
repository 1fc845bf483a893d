"""Releases that need other releases."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import moves
from apps.core.actor import Actor
from apps.core.errors import Invalid
from apps.releases.actions.boarding import refuse_unfit_needs
from apps.releases.actions.ground import held, next_number
from apps.releases.actions.waiting import note_waits
from apps.releases.lifecycle.editing import refuse_unless_editable
from apps.releases.models import Release, ReleaseDependency
from apps.releases.permissions import may_edit
from apps.releases.planning.graph import circle_in


@transaction.atomic
def add_dependency(
    *, release: Release, needs: Release, by: Actor, state: str = "released", reason: str = "", note: str = ""
) -> ReleaseDependency:
    """This release may start only when the other has reached the state. A circle is refused."""
    release = held(release)
    refuse_unless_editable(release, {"dependencies"})
    moves.require(may_edit, release, by)
    if needs.pk == release.pk:
        raise Invalid.field("needs", "itself", _("A release cannot need itself."))
    circle = circle_in({**_needs_from(needs.key), release.key: [needs.key]})
    if circle:
        message = _("These releases would wait for each other: %s.") % " → ".join(circle)
        raise Invalid.field("needs", "circle", message)
    row = ReleaseDependency(
        release=release, number=next_number(release.dependencies), needs=needs, state=state, reason=reason
    )
    row = moves.create(row, by=by, note=note)
    refuse_unfit_needs(release, "needs")
    note_waits(release)
    return row


@transaction.atomic
def remove_dependency(*, dependency: ReleaseDependency, by: Actor, note: str = "") -> None:
    """The other release is no longer needed."""
    release = held(dependency.release)
    refuse_unless_editable(release, {"dependencies"})
    moves.require(may_edit, release, by)
    moves.remove(dependency, by=by, note=note)
    note_waits(release)


def _needs_from(key: str) -> dict[str, list[str]]:
    """Everything that the release with this key needs, directly or not; a query for each level."""
    graph: dict[str, list[str]] = {}
    level = [key]
    while level:
        graph.update((one, []) for one in level)
        pairs = ReleaseDependency.objects.filter(release__key__in=level).values_list("release__key", "needs__key")
        for one, needed in pairs:
            graph[one].append(needed)
        level = sorted({needed for needs in graph.values() for needed in needs} - graph.keys())
    return graph
