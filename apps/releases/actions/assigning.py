"""Give tasks that name only a role to people who hold it."""

from __future__ import annotations

from collections import Counter, defaultdict

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core import moves
from apps.core.actor import Actor
from apps.releases.actions.ground import held, refuse
from apps.releases.lifecycle.editing import refuse_unless_editable
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.task import FINISHED
from apps.releases.models import Release, Task
from apps.releases.permissions import may_edit


@transaction.atomic
def assign_by_role(*, release: Release, by: Actor, note: str = "") -> Release:
    """Each task that nobody has goes to somebody with its role in the teams that own what is released.

    Who has least to do at that time comes first. What nobody could take is left as it is, and said.
    """
    release = held(release)
    refuse_unless_editable(release, {"tasks"})
    moves.require(may_edit, release, by)
    open_tasks = list(release.tasks.filter(assignee__isnull=True).exclude(role="").exclude(status__in=FINISHED))
    people = _people_by_role(release, {task.role for task in open_tasks})
    load = _load(release, {one.pk for some in people.values() for one in some})
    given = 0
    for task in open_tasks:
        candidates = people.get(task.role, [])
        if candidates:
            chosen = min(candidates, key=lambda one: (load[one.pk], one.get_username()))
            load[chosen.pk] += 1
            moves.change(task, {"assignee": chosen}, by=by, verb="assign", note=note)
            given += 1
    if not given:
        message = _("Nobody in the teams that own this release holds a role that its open tasks ask for.")
        refuse(
            "nobody_to_propose", message, who_can_lift=str(_("administrator (roles and teams)")), url=page_of(release)
        )
    return release


def _people_by_role(release: Release, roles: set[str]) -> dict[str, list[User]]:
    """Active people of the owning teams by role; the release manager stands for that role."""
    teams = {release.subject.owner_id, *release.components.values_list("owner", flat=True)} - {None}
    found: dict[str, list[User]] = defaultdict(list)
    rows = User.objects.filter(is_active=True, memberships__team__in=teams, role_grants__role__in=roles)
    for pk, role in rows.values_list("pk", "role_grants__role").distinct():
        found[role].append(pk)
    known = User.objects.in_bulk({pk for some in found.values() for pk in some})
    named = {role: [known[pk] for pk in some] for role, some in found.items()}
    if release.release_manager_id and "release_manager" in roles:
        named["release_manager"] = [release.release_manager]
    return named


def _load(release: Release, people: set[int]) -> Counter[int]:
    """How many open tasks each has during the window."""
    rows = Task.objects.filter(assignee__in=people).exclude(status__in=FINISHED)
    if release.planned_start and release.planned_end:
        rows = rows.filter(planned_start__lt=release.planned_end, planned_end__gt=release.planned_start)
    return Counter(rows.values_list("assignee", flat=True))
