"""Whom a release asks for approval: the groups of its model whose conditions hold, owners of what it reaches by name."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from apps.cmdb.models import ConfigurationItem, ServiceRelationship
from apps.release_models.content.asking import Asked, judge_group
from apps.releases.lifecycle.words import ChangeKind, Risk
from apps.releases.models import Release
from apps.releases.queries.reach import reached_by


def rules_for(release: Release) -> dict[str, Any]:
    """The approval rules as they are put to this release: `groups` are asked, each `because`; `left_out` says why not."""
    rules = release.model_content.get("approvals") or {}
    asked = asked_of(release)
    groups: list[dict[str, Any]] = []
    left_out: list[dict[str, str]] = []
    for group in rules.get("groups") or []:
        verdict = judge_group(group.get("when"), asked)
        if not verdict.is_asked:
            left_out.append({"name": group["name"], "why": " ".join(verdict.why)})
            continue
        named = {**group, "because": " ".join(verdict.why)}
        if group["who"].get("impacted_service_owners"):
            _ask_owners(release, named, groups, left_out)
        else:
            groups.append(named)
    return {**rules, "groups": groups, "left_out": left_out}


def asked_of(release: Release) -> Asked:
    """What of the release the conditions look at."""
    components = list(release.components.select_related("ci__ci_type"))
    moved = {release.subject_id, *(one.ci_id for one in components)}
    return Asked(
        risk="" if release.risk == Risk.NOT_ASSESSED else release.risk,
        environment=release.environment.slug if release.environment_id else "",
        release_type=release.type,
        change_kind="" if release.change_kind == ChangeKind.NOT_STATED else release.change_kind,
        criticality=release.subject.criticality,
        ci_types=frozenset({release.subject.ci_type.slug, *(one.ci.ci_type.slug for one in components)}),
        consumers=ServiceRelationship.objects.filter(service__in=moved).values("party").distinct().count(),
    )


def _ask_owners(
    release: Release, group: dict[str, Any], groups: list[dict[str, Any]], left_out: list[dict[str, str]]
) -> None:
    """One group for each team that owns a service which the release reaches; what nobody owns is told."""
    keys = [one.key for one in reached_by(release).impact.nodes if one.ci_type == "service"]
    services = ConfigurationItem.objects.filter(key__in=keys).select_related("owner").order_by("name", "pk")
    owned: dict[str, list[ConfigurationItem]] = defaultdict(list)
    for service in services:
        owned[service.owner.name if service.owner_id else ""].append(service)
    orphans = owned.pop("", [])
    left_out += [{"name": group["name"], "why": f"Nobody owns {one.name}, which it reaches."} for one in orphans]
    for team, some in owned.items():
        reached = ", ".join(one.name for one in some)
        groups.append(
            {
                **group,
                "name": f"{group['name']}: {team}"[:200],
                "who": {"owner_of": [one.key for one in some]},
                "because": f"It reaches {reached}. {group['because']}".strip(),
            }
        )
    if not services:
        left_out.append({"name": group["name"], "why": "It reaches no other service."})
