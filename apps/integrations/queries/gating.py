"""Which release a deployment waits for, and how its gate stands."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from apps.cmdb.models import ConfigurationItem, Environment
from apps.integrations.lifecycle import HookStatus
from apps.integrations.models import HookDelivery
from apps.integrations.queries.matching import Miss, environment_of
from apps.releases.models import Release
from apps.releases.queries import Gate, gate


def release_for(item: ConfigurationItem, environment: Environment, facts: dict[str, Any]) -> Release:
    """The open release that brings this item there: the one of this version, or the only one there is."""
    rows = Release.objects.open().filter(components__ci=item, environment__order__gte=environment.order).distinct()
    found = list(rows.with_people_and_subject().prefetch_related("components"))
    exact = [one for one in found if _names(one, item, facts)]
    fitting = exact or found
    if not fitting:
        raise Miss(f"No open release brings {item.key} to {environment.slug}. Plan one, then match again.")
    if len(fitting) > 1:
        keys = ", ".join(one.key for one in fitting)
        raise Miss(f"Several releases bring {item.key} to {environment.slug}: {keys}. Deploy a tag that names one.")
    return fitting[0]


def _names(release: Release, item: ConfigurationItem, facts: dict[str, Any]) -> bool:
    version, commit = str(facts.get("version") or ""), str(facts.get("commit") or "")
    for part in release.components.all():
        if part.ci_id != item.pk:
            continue
        if part.to_version and part.to_version.removeprefix("v") == version.removeprefix("v"):
            return True
        if commit and (part.to_version == commit or f"@{commit}" in part.purl):
            return True
    return False


def gate_of(delivery: HookDelivery) -> Gate:
    release = Release.objects.with_people_and_subject().get(pk=delivery.release_id)
    return gate(release, environment_of(delivery.endpoint, delivery.facts["environment"]))


def unanswered(release_key: str) -> QuerySet[HookDelivery]:
    """Deployments that wait at the gate of a release."""
    rows = HookDelivery.objects.filter(release__key=release_key, gate_answer="", status=HookStatus.PROCESSED)
    return rows.order_by("pk")
