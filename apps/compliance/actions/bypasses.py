"""What is done about a deployment that went live past the practice. Either way the bypass stays counted."""

from __future__ import annotations

from django.db import transaction

from apps.cmdb import actions as cmdb
from apps.compliance import queries
from apps.compliance.actions.findings import close_finding
from apps.compliance.models import Finding
from apps.compliance.permissions import may_answer_bypass
from apps.core import moves
from apps.core.actor import Actor
from apps.core.blockers import Blocker
from apps.core.errors import NotNow
from apps.releases import actions as releases
from apps.releases.models import Deployment, Release


@transaction.atomic
def bring_under_management(*, finding: Finding, by: Actor, note: str = "") -> Release:
    """Draft the release that should have been: of the same item and version, for whoever does it to plan and prove.

    The finding is closed with the key of that release. The deployment itself stays a bypass: what happened, happened.
    """
    finding, deployment = _held(finding)
    moves.require(may_answer_bypass, finding, by)
    item, version = deployment.ci, deployment.deployed_version or "unknown"
    release = releases.create_release(
        title=f"{item.name} {version}, brought under management"[:200],
        release_version=version,
        subject=queries.service_of(item),
        components=[_component(deployment)],
        environment=deployment.environment,
        description=f"{deployment.key} brought {item.name} {version} to {deployment.environment.name} past the practice.",
        by=by,
        note=note,
    )
    close_finding(finding=finding, by=by, note=f"Brought under management as {release.key}. {note}".strip())
    return release


@transaction.atomic
def leave_unmanaged(*, finding: Finding, by: Actor, note: str) -> Finding:
    """The item is not to be release managed, for this reason; its deployments are no bypasses from now on."""
    finding, deployment = _held(finding)
    moves.require(may_answer_bypass, finding, by)
    closed = close_finding(finding=finding, by=by, note=f"Not in the scope of release management: {note}")
    cmdb.change_ci(ci=deployment.ci, release_managed=False, by=by, note=note)
    return closed


def _held(finding: Finding) -> tuple[Finding, Deployment]:
    """The finding, locked, and what went live. Refused where it is about something else or is answered already."""
    held = moves.lock(finding)
    deployment = queries.deployment_of(held)
    if deployment is None:
        raise NotNow([Blocker("no_bypass", f"{held.key} is not about a deployment that went past the practice.")])
    if not queries.is_open_bypass(held):
        raise NotNow([Blocker("closed", f"{held.key} is closed: {held.close_note}")])
    return held, deployment


def _component(deployment: Deployment) -> dict[str, str]:
    part = {"ci": deployment.ci.key, "to_version": deployment.deployed_version or "unknown"}
    if deployment.digest:
        return {**part, "digest": deployment.digest}
    return {**part, "no_digest_reason": "The tool that deployed it reported none."}
