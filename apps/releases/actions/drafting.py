"""Draft a release and say what it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.cmdb.models import ConfigurationItem, Environment
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import FieldError, Invalid
from apps.core.keys import next_key
from apps.releases.actions.approving import stand_by_approval
from apps.releases.actions.dating import keep_busy, lay_dates
from apps.releases.actions.deploying import link_deployments_of
from apps.releases.actions.ground import held
from apps.releases.actions.modelling import follow_components
from apps.releases.actions.proving import expire_changed
from apps.releases.lifecycle.editing import WINDOW, refuse_unless_editable
from apps.releases.models import Component, Release
from apps.releases.permissions import may_draft, may_edit, may_manage

ORIGIN = ("authors", "built_by")
COMPONENT_FIELDS = ("from_version", "to_version", "purl", "digest", "no_digest_reason", "owner", *ORIGIN)
Parts = Iterable[Mapping[str, Any]]


@transaction.atomic
def create_release(
    *,
    title: str,
    release_version: str,
    subject: ConfigurationItem,
    by: Actor,
    type: str = "minor",
    components: Parts = (),
    planned_start: Any = None,
    planned_end: Any = None,
    environment: Environment | None = None,
    release_manager: User | None = None,
    description: str = "",
    expected_benefit: str = "",
    back_out_plan: str = "",
    risk: str = "not_assessed",
    change_kind: str = "not_stated",
    note: str = "",
) -> Release:
    """Write down what is to be made available. Whoever drafts it as a release manager answers for it."""
    moves.require(may_draft, None, by)
    if release_manager is None and by.user is not None and may_manage(None, by.user):
        release_manager = by.user
    release = Release(
        title=title,
        release_version=release_version,
        subject=subject,
        type=type,
        planned_start=planned_start,
        planned_end=planned_end,
        environment=environment,
        release_manager=release_manager,
        description=description,
        expected_benefit=expected_benefit,
        back_out_plan=back_out_plan,
        risk=risk,
        change_kind=change_kind,
        key=next_key("REL", now().year),
    )
    moves.create(release, by=by, note=note)
    rows = [_new_component(release, spec, place) for place, spec in enumerate(_without_repeats(components))]
    if rows:
        listed = [row.ci.key for row in rows]
        moves.create_many(rows, by=by, about=release, verb="set_components", data={"components": listed})
        link_deployments_of(release, by=by)
    return release


@transaction.atomic
def change_release(*, release: Release, by: Actor, note: str = "", **fields: Any) -> Release:
    """Edit what its status lets be edited. A scheduled release whose scope changes loses its approval."""
    release = held(release)
    fields = {name: value for name, value in fields.items() if getattr(release, name) != value}
    refuse_unless_editable(release, set(fields))
    moves.require(may_edit, release, by)
    return rewrite(release, fields, by=by, note=note) if fields else release


def rewrite(release: Release, fields: dict[str, Any], *, by: Actor, note: str = "") -> Release:
    """Write what has been judged, and draw what follows from it. The release is locked by the caller."""
    release = moves.change(release, fields, by=by, note=note)
    if fields.keys() & WINDOW:
        keep_busy(release)
        lay_dates(release, by=by)
    if "environment" in fields:
        link_deployments_of(release, by=by)
    return stand_by_approval(release, by=by)


@transaction.atomic
def set_components(*, release: Release, components: Parts, by: Actor, note: str = "") -> Release:
    """Say anew what the release is made of: what is not named goes, the rest is added or changed."""
    release = held(release)
    refuse_unless_editable(release, {"components"})
    moves.require(may_edit, release, by)
    known = {row.ci_id: row for row in release.components.select_related("ci")}
    for place, spec in enumerate(_without_repeats(components)):
        ci = _known_ci(spec, place)
        row = known.pop(ci.pk, None)
        if row is None:
            moves.create(_new_component(release, spec, place), by=by, note=note)
        else:
            moves.change(row, _fields_of(spec, place), by=by, note=note)
    for row in known.values():
        moves.remove(row, by=by, note=note)
    return _after_components(release, by)


@transaction.atomic
def add_component(*, release: Release, by: Actor, note: str = "", **spec: Any) -> Component:
    """Add one component."""
    release = held(release)
    refuse_unless_editable(release, {"components"})
    moves.require(may_edit, release, by)
    row = moves.create(_new_component(release, spec, None), by=by, note=note)
    _after_components(release, by)
    return row


@transaction.atomic
def change_component(*, component: Component, by: Actor, note: str = "", **fields: Any) -> Component:
    """Correct one component: its versions, its artifact, its owner."""
    release = held(component.release)
    refuse_unless_editable(release, {"components"})
    moves.require(may_edit, release, by)
    row = moves.change(component, _fields_of(fields, None), by=by, note=note)
    _after_components(release, by)
    return row


@transaction.atomic
def remove_component(*, component: Component, by: Actor, note: str = "") -> None:
    """Take one component out of the release."""
    release = held(component.release)
    refuse_unless_editable(release, {"components"})
    moves.require(may_edit, release, by)
    moves.remove(component, by=by, note=note)
    _after_components(release, by)


def _after_components(release: Release, by: Actor) -> Release:
    follow_components(release, by=by)
    link_deployments_of(release, by=by)
    expire_changed(release, by=by)
    return stand_by_approval(release, by=by)


def _without_repeats(components: Parts) -> list[Mapping[str, Any]]:
    listed = list(components)
    seen: set[str] = set()
    for place, spec in enumerate(listed):
        ci = spec.get("ci")
        key = ci.key if isinstance(ci, ConfigurationItem) else str(ci or "")
        if key in seen:
            message = _("%s is named twice.") % key
            raise Invalid([FieldError(_pointer(place, "ci"), "repeated", message)])
        seen.add(key)
    return listed


def _pointer(place: int | None, name: str) -> str:
    return name if place is None else f"/components/{place}/{name}"


def _known_ci(spec: Mapping[str, Any], place: int | None) -> ConfigurationItem:
    """The configuration item itself, or the one with this key."""
    ci = spec.get("ci")
    if isinstance(ci, ConfigurationItem):
        return ci
    found = ConfigurationItem.objects.select_related("owner").filter(key=str(ci or "")).first()
    if found is None:
        message = _("There is no configuration item “%s”. Import it or create it first.") % (ci or "")
        raise Invalid([FieldError(_pointer(place, "ci"), "unknown", message)])
    return found


def _fields_of(spec: Mapping[str, Any], place: int | None) -> dict[str, Any]:
    unknown = sorted(set(spec) - {"ci", *COMPONENT_FIELDS})
    if unknown:
        message = _("A component has no field “%s”.") % unknown[0]
        raise Invalid([FieldError(_pointer(place, unknown[0]), "unknown", message)])
    fields = {name: spec[name] for name in COMPONENT_FIELDS if name in spec}
    if isinstance(fields.get("owner"), str):
        fields["owner"] = _known_team(fields["owner"], place)
    return fields


def _known_team(slug: str, place: int | None) -> Team:
    team = Team.objects.filter(slug=slug).first()
    if team is None:
        raise Invalid([FieldError(_pointer(place, "owner"), "unknown", _("There is no team “%s”.") % slug)])
    return team


def _new_component(release: Release, spec: Mapping[str, Any], place: int | None) -> Component:
    """A component, checked but not written. Who owns the configuration item owns the component, unless it is said."""
    ci = _known_ci(spec, place)
    fields = _fields_of(spec, place)
    if fields.get("owner") is None:
        fields["owner"] = ci.owner
    row = Component(release=release, ci=ci, busy_from=release.planned_start, busy_until=release.planned_end, **fields)
    try:
        row.full_clean(exclude=["release", "ci", "owner"])
    except ValidationError as error:
        faults = Invalid.from_validation(error).errors
        raise Invalid(FieldError(_pointer(place, one.pointer), one.code, one.detail) for one in faults) from error
    return row
