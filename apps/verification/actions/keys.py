"""Whose signatures count."""

from __future__ import annotations

from typing import Any

from apps.core import moves
from apps.core.actor import Actor
from apps.core.clock import now
from apps.verification.evidence.attestation import checked_key
from apps.verification.models import TrustedKey
from apps.verification.permissions import may_trust


def trust_key(*, slug: str, name: str, public_key: str, by: Actor) -> TrustedKey:
    """From now on, signatures made with this key count."""
    moves.require(may_trust, None, by)
    return moves.create(TrustedKey(slug=slug, name=name, public_key=checked_key(public_key)), by=by, verb="trust")


def change_key(*, key: TrustedKey, by: Actor, **fields: Any) -> TrustedKey:
    """Correct how the key is called, or the key itself."""
    moves.require(may_trust, key, by)
    if "public_key" in fields:
        fields["public_key"] = checked_key(fields["public_key"])
    return moves.change(key, fields, by=by)


def retire_key(*, key: TrustedKey, by: Actor, note: str = "") -> TrustedKey:
    """Signatures of this key count no longer; what was judged before stays judged."""
    moves.require(may_trust, key, by)
    return moves.change(key, {"retired_at": now()}, by=by, verb="retire", note=note)


def remove_key(*, key: TrustedKey, by: Actor) -> None:
    """Forget a key that should never have been here."""
    moves.require(may_trust, key, by)
    moves.remove(key, by=by)
