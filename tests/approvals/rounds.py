"""Rounds for tests, opened and answered by real actions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.accounts import actions as accounts
from apps.accounts.models import Membership, Team
from apps.approvals import actions
from apps.approvals.models import Answer, Round
from apps.cmdb.models import CIType, ConfigurationItem
from apps.core import moves
from apps.core.actor import Door
from tests.people import SYSTEM, acting, person

DIGEST = "d" * 64
APPROVERS = {"name": "Change authority", "who": {"role": "approver"}}


def group(name: str, *people: str, **fields: Any) -> dict[str, Any]:
    """A group of named people."""
    return {"name": name, "who": {"people": list(people)}, **fields}


def open_round(
    *groups: dict[str, Any], barred: Iterable[str] = (), key: str = "REL-2026-0001-A1", **fields: Any
) -> Round:
    """A round on DIGEST asking these groups; adam and anna are there to be asked."""
    for name in ("adam", "anna"):
        person(name)
    for one in groups:
        for name in one["who"].get("people", ()):
            person(name)
    rules = {"groups": list(groups or [APPROVERS]), **fields.pop("rules", {})}
    asked = {
        "title": "Payments 2.0",
        "url": "/admin/",
        "digest": DIGEST,
        "content": {"subject": "payments"},
        "requester": person("rosa"),
        **fields,
    }
    return actions.open_round(key=key, rules=rules, barred=[person(name) for name in barred], by=SYSTEM, **asked)


def say(round: Round, name: str, decision: str = "approve", reason: str = "", **fields: Any) -> Round:
    """One person's answer."""
    by = acting(name, fields.pop("door", Door.ADMIN))
    return actions.answer(
        round=round, by=by, decision=decision, reason=reason, digest=fields.pop("digest", DIGEST), **fields
    )


def waiting(name: str) -> list[str]:
    """The keys of the rounds that wait for this person."""
    return [ask.round.key for ask in person(name).approval_asks.filter(settled_at=None).select_related("round")]


def said(round: Round) -> list[tuple[str, str]]:
    """Every answer ever given in the round: who and what."""
    return [(one.person.username, one.decision) for one in Answer.objects.filter(round=round).select_related("person")]


def team(slug: str, *members: str) -> Team:
    """A team of these people."""
    found = Team.objects.filter(slug=slug).first() or accounts.create_team(slug=slug, name=slug.title(), by=SYSTEM)
    for name in members:
        if not Membership.objects.filter(team=found, user=person(name)).exists():
            accounts.add_member(team=found, user=person(name), by=SYSTEM)
    return found


def payments() -> ConfigurationItem:
    """The service of which the rounds speak, owned by sven's team."""
    kind = CIType.objects.filter(slug="service").first()
    kind = kind or moves.create(CIType(slug="service", name="Service"), by=SYSTEM)
    owner = team("payments", "sven")
    return moves.create(ConfigurationItem(key="payments", name="Payments", ci_type=kind, owner=owner), by=SYSTEM)
