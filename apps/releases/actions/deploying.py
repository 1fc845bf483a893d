"""Deployments: technical moves, taken down as tools and people report them.

What a tool says may come twice and out of order. The facts of one deployment form a join: pending, then in progress,
then an end, then inactive; of two ends the later one holds. So the end state does not depend on the order of arrival.
A deployment never changes a release: that is the release's business.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.cmdb import actions as cmdb
from apps.cmdb.models import ConfigurationItem, Environment
from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.core.errors import Conflict, Invalid
from apps.core.keys import next_key
from apps.releases.actions.ground import by_itself
from apps.releases.lifecycle.words import DeploymentStatus, Status
from apps.releases.models import Deployment, Release
from apps.releases.permissions import may_report

RANK = {
    DeploymentStatus.PENDING: 0,
    DeploymentStatus.IN_PROGRESS: 1,
    DeploymentStatus.ERROR: 2,
    DeploymentStatus.FAILURE: 2,
    DeploymentStatus.SUCCESS: 2,
    DeploymentStatus.INACTIVE: 3,
}
ENDS = (DeploymentStatus.ERROR, DeploymentStatus.FAILURE, DeploymentStatus.SUCCESS)


@transaction.atomic
def record_deployment(
    *,
    ci: ConfigurationItem,
    environment: Environment,
    status: str,
    source: str,
    by: Actor,
    version: str = "",
    digest: str = "",
    external_id: str = "",
    at: datetime | None = None,
    url: str = "",
) -> Deployment:
    """Take down one report about a deployment. A repeat, or a report that comes late, changes nothing that is known."""
    moves.require(may_report, None, by)
    if status not in DeploymentStatus.values:
        words = ", ".join(DeploymentStatus.values)
        raise Invalid.field("status", "unknown", _("Choose one of: %s.") % words)
    at = at or now()
    fact = {"deployed_version": version, "digest": digest, "url": url}
    known = _known(source, external_id)
    if known is None:
        # Whoever reports the same deployment at the same moment waits for the key, and then finds it known.
        key = next_key("DEP", now().year)
        known = _known(source, external_id)
    if known is None:
        known = moves.create(
            Deployment(
                key=key,
                ci=ci,
                environment=environment,
                status=status,
                status_at=at,
                source=source,
                external_id=external_id,
                at=at,
                finished_at=at if status in ENDS else None,
                **fact,
            ),
            by=by,
        )
    else:
        _refuse_other(known, ci, environment, version, digest)
        known = moves.change(known, _joined(known, status, at, fact), by=by, verb="observe")
    _link_by_rule(known, by)
    if status == DeploymentStatus.SUCCESS:
        _note_installed(known, at, by)
    return known


@transaction.atomic
def link_deployment(*, deployment: Deployment, release: Release, by: Actor, note: str = "") -> Deployment:
    """Say that a deployment belongs to a release, where the rule could not know it."""
    moves.require(may_report, deployment, by)
    _link(moves.lock(deployment), release, by, note)
    _note_release(deployment, by)
    return deployment


def link_deployments_of(release: Release, *, by: Actor) -> None:
    """Deployments may come weeks before the release: link those that are of one of its components."""
    for component in release.components.all():
        wanted = Q(digest=component.digest) if component.digest else Q(deployed_version=component.to_version)
        found = Deployment.objects.filter(wanted, ci=component.ci_id)
        if release.environment_id:
            found = found.filter(environment=release.environment_id)
        for deployment in found.exclude(releases=release).order_by("at", "pk"):
            _link(deployment, release, by)
            _note_release(deployment, by)


def _note_release(deployment: Deployment, by: Actor) -> None:
    """What is live learns which release it belongs to, also when that is said afterwards."""
    if deployment.status == DeploymentStatus.SUCCESS:
        _note_installed(deployment, deployment.finished_at or deployment.at, by)


def _known(source: str, external_id: str) -> Deployment | None:
    if not external_id:
        return None
    found = Deployment.objects.select_for_update(of=("self",)).filter(source=source, external_id=external_id)
    return found.select_related("ci", "environment").first()


def _refuse_other(
    known: Deployment, ci: ConfigurationItem, environment: Environment, version: str, digest: str
) -> None:
    """The same deployment is not suddenly of something else."""
    told = {"ci": ci.pk, "environment": environment.pk, "version": version, "digest": digest}
    kept = {
        "ci": known.ci_id,
        "environment": known.environment_id,
        "version": known.deployed_version,
        "digest": known.digest,
    }
    differing = [name for name, value in told.items() if value and kept[name] and value != kept[name]]
    if differing:
        raise Conflict(
            _("Deployment %(id)s of %(source)s is known with another %(what)s.")
            % {"id": known.external_id, "source": known.source, "what": " and ".join(differing)}
        )


def _joined(known: Deployment, status: str, at: datetime, fact: dict[str, str]) -> dict[str, Any]:
    """What is known after one more report, in whatever order the reports came."""
    fields: dict[str, Any] = {name: value for name, value in fact.items() if value and not getattr(known, name)}
    if _weight(status, at) > _weight(known.status, known.status_at):
        fields |= {"status": status, "status_at": at}
    fields["at"] = min(known.at, at)
    if status in ENDS:
        fields["finished_at"] = max(known.finished_at or at, at)
    return fields


def _weight(status: str, at: datetime) -> tuple[int, datetime, str]:
    return RANK[DeploymentStatus(status)], at, str(status)


def _link_by_rule(deployment: Deployment, by: Actor) -> None:
    """Link every release with the same component, in the same version or digest, bound for the same environment."""
    same = Q(pk__in=[])
    if deployment.digest:
        same |= Q(components__ci=deployment.ci_id, components__digest=deployment.digest)
    if deployment.deployed_version:
        without_digest = Q(components__digest="") if deployment.digest else Q()
        same |= without_digest & Q(components__ci=deployment.ci_id, components__to_version=deployment.deployed_version)
    bound = Q(environment=deployment.environment_id) | Q(environment__isnull=True)
    found = Release.objects.filter(same, bound).exclude(status=Status.CANCELLED).exclude(deployments=deployment)
    for release in found.distinct().order_by("pk"):
        _link(deployment, release, by_itself(by))


def _link(deployment: Deployment, release: Release, by: Actor, note: str = "") -> None:
    if deployment.releases.filter(pk=release.pk).exists():
        return
    deployment.releases.add(release)
    data = {
        "deployment": deployment.key,
        "ci": deployment.ci.key,
        "version": deployment.deployed_version,
        "environment": deployment.environment.slug,
        "status": deployment.status,
    }
    moves.record(release, "link_deployment", by=by, note=note, data=data)


def _note_installed(deployment: Deployment, at: datetime, by: Actor) -> None:
    release = deployment.releases.order_by("pk").last()
    version = deployment.deployed_version
    if not version and release is not None:
        version = release.components.filter(ci=deployment.ci_id).values_list("to_version", flat=True).first()
    if version:
        cmdb.note_installed(
            ci=deployment.ci,
            environment=deployment.environment,
            version=version,
            digest=deployment.digest,
            at=at,
            by=by_itself(by),
            release_key=release.key if release else "",
        )
