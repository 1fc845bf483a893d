"""Addresses at which tools report, and the secrets with which they sign."""

from __future__ import annotations

from typing import Any

from apps.core import moves
from apps.core.actor import Actor
from apps.core.errors import Invalid
from apps.integrations.models import HookEndpoint
from apps.integrations.permissions import may_connect
from apps.integrations.signatures import new_hook_secret
from apps.integrations.vault import lock_up

SHORTEST_SECRET = 16


def create_endpoint(*, slug: str, by: Actor, secret: str = "", **fields: Any) -> tuple[HookEndpoint, str]:
    """A new endpoint and its secret, which is not shown again."""
    moves.require(may_connect, None, by)
    _check_environments(fields.get("environments"))
    secret = _checked_secret(secret) if secret else new_hook_secret()
    return moves.create(HookEndpoint(slug=slug, locked_secret=lock_up(secret), **fields), by=by), secret


def change_endpoint(*, endpoint: HookEndpoint, by: Actor, **fields: Any) -> HookEndpoint:
    """Rename it, enable or disable it, or say what its names for environments mean."""
    moves.require(may_connect, endpoint, by)
    _check_environments(fields.get("environments"))
    return moves.change(endpoint, fields, by=by)


def rotate_endpoint_secret(
    *, endpoint: HookEndpoint, by: Actor, secret: str = "", note: str = ""
) -> tuple[HookEndpoint, str]:
    """A new secret; the one before it counts until it is dropped, so that no event is lost while the tool is changed."""
    moves.require(may_connect, endpoint, by)
    secret = _checked_secret(secret) if secret else new_hook_secret()
    fields = {"locked_secret": lock_up(secret), "locked_previous": moves.lock(endpoint).locked_secret}
    return moves.change(endpoint, fields, by=by, verb="rotate_secret", note=note), secret


def drop_previous_secret(*, endpoint: HookEndpoint, by: Actor, note: str = "") -> HookEndpoint:
    """The tool signs with the new secret; the old one counts no longer."""
    moves.require(may_connect, endpoint, by)
    return moves.change(endpoint, {"locked_previous": ""}, by=by, verb="drop_previous_secret", note=note)


def remove_endpoint(*, endpoint: HookEndpoint, by: Actor) -> None:
    """Remove an endpoint at which nothing was ever delivered; one that was used is disabled instead."""
    moves.require(may_connect, endpoint, by)
    moves.remove(endpoint, by=by)


def _checked_secret(secret: str) -> str:
    if len(secret) < SHORTEST_SECRET:
        raise Invalid.field("secret", "too_short", f"A secret has at least {SHORTEST_SECRET} characters.")
    return secret


def _check_environments(table: Any) -> None:
    if table is None:
        return
    if not isinstance(table, dict) or not all(isinstance(one, str) for one in table.values()):
        raise Invalid.field("environments", "invalid", "Write it as {“their name”: “our slug”}.")
