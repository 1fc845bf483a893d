"""Which version is live where."""

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
    digest: str,
    at: datetime,
    by: Actor,
    release_key: str = "",
    note: str = "",
) -> InstalledVersion:
    """A deployment left this version in this environment. Whoever may record deployments has been asked already.

    Reports may come late or twice: an older one changes nothing, the same one only adds what it knows of the release.
    """
    moves.lock(ci)
    known = InstalledVersion.objects.filter(ci=ci, environment=environment).first()
    if known is None:
        first = InstalledVersion(
            ci=ci, environment=environment, version_name=version, digest=digest, since=at, release_key=release_key
        )
        return moves.create(first, by=by, verb="install", note=note)
    if at < known.since:
        return known
    fields = {"version_name": version, "digest": digest, "release_key": release_key}
    if (known.version_name, known.digest) == (version, digest):
        fields["release_key"] = release_key or known.release_key
    else:
        fields["since"] = at
    return moves.change(known, fields, by=by, verb="install", note=note)
