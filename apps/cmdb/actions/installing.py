"""Which version is live where: told by the owner of deployments, never asked."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.cmdb.models import ConfigurationItem, Environment, InstalledVersion
from apps.core import moves
from apps.core.actor import Actor


@transaction.atomic
def note_installed(
    *,
    ci: ConfigurationItem,
    environment: Environment,
    version: str,
    at: datetime,
    by: Actor,
    digest: str = "",
    release_key: str = "",
) -> InstalledVersion:
    """Note that `version` of the item is live in the environment since `at`. An older fact never replaces a newer one."""
    moves.lock(ci)
    fields = {"version_name": version, "digest": digest, "since": at, "release_key": release_key}
    known = InstalledVersion.objects.filter(ci=ci, environment=environment).first()
    if known is None:
        return moves.create(InstalledVersion(ci=ci, environment=environment, **fields), by=by, verb="install")
    if known.since > at:
        return known
    return moves.change(known, fields, by=by, verb="install")
