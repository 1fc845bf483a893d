"""Evidence: files brought as proof, kept once by their digest. What they say is read by verification."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import moves
from apps.core.actor import Actor
from apps.core.errors import FieldError, Invalid, TooLarge
from apps.releases.actions.ground import held, next_number, refuse
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.words import EvidenceKind
from apps.releases.models import Component, Evidence, EvidenceFile, Release
from apps.releases.permissions import may_prove

LARGEST = 20 * 1024 * 1024


@transaction.atomic
def store_evidence(
    *,
    release: Release,
    kind: str,
    content: bytes,
    by: Actor,
    component: Component | None = None,
    filename: str = "",
    media_type: str = "",
    note: str = "",
    understood: dict[str, Any] | None = None,
) -> Evidence:
    """Keep a file as evidence. The same file for the same purpose is kept once; what it says is taken down."""
    release = held(release)
    if release.is_ended:
        status = release.get_status_display().lower()
        refuse("evidence_sealed", _("The evidence is sealed: the release is %s.") % status, url=page_of(release))
    moves.require(may_prove, release, by)
    _refuse_unfit(release, kind, content, component)
    sha256 = hashlib.sha256(content).hexdigest()
    known = release.evidence.filter(kind=kind, component=component, sha256=sha256).first()
    if known is not None:
        return known
    file, _made = EvidenceFile.objects.get_or_create(sha256=sha256, defaults={"content": content})
    row = Evidence(
        release=release,
        number=next_number(release.evidence),
        component=component,
        kind=kind,
        sha256=sha256,
        size=len(content),
        media_type=media_type[:120],
        filename=filename.replace("\\", "/").rsplit("/", 1)[-1][:200],
        file=file,
        understood=understood or {},
    )
    return moves.create(row, by=by, verb="store", note=note)


def _refuse_unfit(release: Release, kind: str, content: bytes, component: Component | None) -> None:
    if kind not in EvidenceKind.values:
        words = ", ".join(EvidenceKind.values)
        raise Invalid([FieldError("kind", "unknown", _("Choose one of: %s.") % words)])
    if component is not None and component.release_id != release.pk:
        raise Invalid([FieldError("component", "foreign", _("This component belongs to another release."))])
    if not content:
        raise Invalid([FieldError("file", "empty", _("The file is empty."))])
    largest = getattr(settings, "EVIDENCE_LARGEST_BYTES", LARGEST)
    if len(content) > largest:
        sizes = {"size": f"{len(content):,}", "largest": f"{largest:,}"}
        raise TooLarge(_("The file has %(size)s bytes; at most %(largest)s are kept.") % sizes)
