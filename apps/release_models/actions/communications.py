"""Telling the parties what a version means for them, reminding them, and taking their answers."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from django.db import transaction

from apps.approvals.queries import code_digest, secret_digest
from apps.core import moves
from apps.core.actor import Actor, Door
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow
from apps.core.keys import next_key
from apps.release_models.models import CODE_ATTEMPTS, AcknowledgementLink, Communication, ModelVersion
from apps.release_models.queries import concerned_parties, link_obstacles, open_communications, resolve_link, to_remind

LINK_LASTS = timedelta(days=90)
ANSWERS = {"acknowledge": "acknowledge", "object": "object"}


def tell_parties(*, version: ModelVersion, by: Actor) -> list[Communication]:
    """Ask every party the published version concerns to acknowledge it or to object. Nobody is asked twice."""
    told = version.content["communication"]
    at = now()
    asked = set(version.communications.values_list("party_id", flat=True))
    return [
        moves.create(
            Communication(
                key=next_key("COM", at.year),
                model_version=version,
                party=party,
                asked_at=at,
                due_at=at + timedelta(days=told["acknowledge_within_days"]),
                remind_at=at + timedelta(days=told["remind_after_days"]),
            ),
            by=by,
            verb="ask",
        )
        for party in concerned_parties(version)
        if party.pk not in asked
    ]


def close_communications(*, version: ModelVersion, by: Actor) -> None:
    """The version is not in use any more: nobody is asked about it."""
    for communication in open_communications(version):
        moves.move(communication, "close", by=by, change={"closed_at": now()})


def remind_parties(*, at: datetime, by: Actor) -> list[Communication]:
    """Remind, once, every party whose answer is missing and whose reminder is due."""
    return [moves.change(silent, {"reminded_at": at}, by=by, verb="remind") for silent in to_remind(at)]


def acknowledge_version(*, communication: Communication, by: Actor, note: str = "") -> Communication:
    """The party has taken note and goes along."""
    change: dict[str, Any] = {"acknowledged_at": now()}
    if note.strip():
        change["statement"] = note.strip()
    return moves.move(communication, "acknowledge", by=by, note=note, change=change)


def object_to_version(*, communication: Communication, by: Actor, note: str = "") -> Communication:
    """The party does not go along; why, becomes a finding that the model's owner answers."""
    change = {"objected_at": now(), "statement": note.strip()}
    return moves.move(communication, "object", by=by, note=note, change=change)


def settle_objection(*, communication: Communication, by: Actor, note: str = "") -> Communication:
    """Say how an objection was answered. It is settled then, and still no alignment."""
    return moves.move(communication, "settle", by=by, note=note, change={"settled_at": now()})


@transaction.atomic
def issue_acknowledgement_link(*, communication: Communication, by: Actor) -> tuple[str, str]:
    """Make a link for one answer. Returns (token, code), which are stored nowhere."""
    token, code = secrets.token_urlsafe(32), f"{secrets.randbelow(1_000_000):06d}"
    moves.create(
        AcknowledgementLink(
            communication=communication,
            token_digest=secret_digest(token),
            code_digest=code_digest(token, code),
            expires_at=now() + LINK_LASTS,
        ),
        by=by,
        verb="issue",
    )
    return token, code


def answer_by_link(*, token: str, code: str, decision: str, statement: str = "", request_id: str = "") -> Communication:
    """A party's answer through its link. Call it outside any transaction: a wrong code must be counted though refused."""
    link = resolve_link(token)
    obstacles = link_obstacles(link)
    if obstacles:
        raise NotNow(obstacles)
    if decision not in ANSWERS:
        raise Invalid.field("decision", "unknown", "Choose whether you acknowledge or object.")
    if decision == "object" and not statement.strip():
        raise Invalid.field("statement", "required", "Say what you object to, so that it can be answered.")
    by = Actor(Door.EMAIL, name=f"party {link.communication.party.slug}", request_id=request_id)
    _try_code(link, token, code, by)
    return _answer(link, decision, statement, by)


@transaction.atomic
def _answer(link: AcknowledgementLink, decision: str, statement: str, by: Actor) -> Communication:
    row = moves.lock(link)
    if row.used_at is not None:
        raise NotNow([Blocker("answered", "This has been answered. Thank you.")])
    moves.change(row, {"used_at": now()}, by=by, verb="use")
    take = acknowledge_version if decision == "acknowledge" else object_to_version
    return take(communication=row.communication, by=by, note=statement)


def _try_code(link: AcknowledgementLink, token: str, code: str, by: Actor) -> None:
    with transaction.atomic():
        row = moves.lock(link)
        if row.is_locked:
            raise NotNow([Blocker("link_locked", "Too many wrong codes. Ask whoever sent the link for a new one.")])
        if compare_digest(row.code_digest, code_digest(token, code)):
            return
        if code.strip():
            row = moves.change(row, {"attempts": row.attempts + 1}, by=by, verb="wrong_code")
    if not code.strip():
        raise Invalid.field("code", "required", "Type the six digits that stand in the text of the e-mail.")
    left = CODE_ATTEMPTS - row.attempts
    raise Invalid.field("code", "wrong", f"This is not the code in the e-mail. {left} attempt(s) left.")
