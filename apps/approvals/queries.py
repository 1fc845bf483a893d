"""Questions about rounds: who may answer, who is still needed, what waits for whom, and what a link stands for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.approvals.lifecycle import RoundStatus
from apps.approvals.models import Answer, ApprovalLink, Ask, Decision, Delegation, Round
from apps.approvals.people import may_stand_in, words_for
from apps.approvals.rules import SATISFYING, Standing, shortfall
from apps.core.blockers import Blocker
from apps.core.clock import now
from apps.core.errors import NotFound


@dataclass(frozen=True)
class Eligibility:
    """Whether a person may answer, in which groups, and if not, why."""

    groups: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def is_eligible(self) -> bool:
        return bool(self.groups)


@dataclass(frozen=True)
class Need:
    """What one group still lacks, and who could give it."""

    group: str
    order: int
    mode: str
    needed: int
    approvals: int
    objections: int
    is_open: bool
    is_met: bool
    people: list[User] = field(default_factory=list)
    words: str = ""


def waiting_for(user: Any) -> QuerySet[Ask]:
    """The questions that wait for this person's answer, the most urgent first."""
    return (
        Ask.objects.filter(person=user, settled_at__isnull=True, round__status=RoundStatus.PENDING)
        .select_related("round", "round__requester", "on_behalf_of", "person")
        .order_by("round__expires_at", "pk")
    )


def delegations_in_force(at: datetime) -> QuerySet[Delegation]:
    return Delegation.objects.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at), from_at__lte=at, until_at__gt=at)


def delegation_for(round: Round, giver: Any, taker: Any, at: datetime) -> Delegation | None:
    """The delegation by which `taker` may answer for `giver` in this round at this moment."""
    return _lent_voices(round, at).filter(giver=giver, taker=taker).first()


def eligibility(round: Round, person: Any, *, on_behalf_of: Any = None, at: datetime | None = None) -> Eligibility:
    """Judge at this moment whether the person may answer, for themselves or on behalf of somebody."""
    reasons = _reasons_against(round, person, on_behalf_of, at or now())
    if reasons:
        return Eligibility(reasons=tuple(reasons))
    member = on_behalf_of or person
    standing = round.standing()
    named = [one for one in standing.groups if round.members(one.group).filter(pk=member.pk).exists()]
    groups = tuple(one.group.name for one in named if one.is_open)
    if groups:
        return Eligibility(groups=groups)
    whose = "You are" if on_behalf_of is None else f"{on_behalf_of} is"
    if named:
        return Eligibility(reasons=(f"“{named[0].group.name}” is not asked yet: the groups before it come first.",))
    asked = "; ".join(f"{one.group.name}: {words_for(one.group.who)}" for one in standing.groups)
    return Eligibility(reasons=(f"{whose} not among those whom the rules ask ({asked}).",))


def _reasons_against(round: Round, person: Any, on_behalf_of: Any, at: datetime) -> list[str]:
    if not person.is_active:
        return ["This account is not active any more."]
    involved = [one.pk for one in (person, on_behalf_of) if one is not None]
    barred = set(round.barred.filter(pk__in=involved).values_list("pk", flat=True))
    if person.pk in barred:
        return ["Segregation of duties bars you from approving this."]
    if on_behalf_of is None:
        return []
    if on_behalf_of.pk in barred:
        return [f"Segregation of duties bars {on_behalf_of} from approving this, and so whoever stands in."]
    if delegation_for(round, on_behalf_of, person, at) is None:
        return [f"{on_behalf_of} has not delegated to you for this moment."]
    if not may_stand_in(person):
        return ["Your roles do not allow you to stand in for somebody: an auditor or a tool answers for nobody."]
    return []


def doubled_voice(round: Round, person: Any, on_behalf_of: Any, decision: str) -> bool:
    """Whether a yes would count one human being twice although the rules want distinct people."""
    if decision not in SATISFYING or not round.wants_distinct_people:
        return False
    member = (on_behalf_of or person).pk
    return any(
        answer.person_id == person.pk and answer.member_id != member and answer.decision in SATISFYING
        for answer in round.answers_in_effect()
    )


def obstacles_to_opening(round: Round) -> list[Blocker]:
    """What would keep the round from ever being approved: groups without enough people who may answer."""
    pools = {group.name: frozenset(round.members(group).values_list("pk", flat=True)) for group in round.groups}
    lacking = shortfall(round.groups, pools, distinct_people=round.wants_distinct_people)
    barred = ", ".join(str(one) for one in round.barred.order_by("username"))
    blockers = []
    for group in round.groups:
        if group.name not in lacking:
            continue
        because = f" Barred by segregation of duties: {barred}." if barred else ""
        sentence = (
            f"“{group.name}” cannot be satisfied: it asks {words_for(group.who)}, {len(pools[group.name])} may answer, "
            f"and {lacking[group.name]} more distinct people are needed.{because}"
        )
        blockers.append(Blocker("too_few_people", sentence, who_can_lift="administrator (roles and teams)"))
    return blockers


def who_is_needed(round: Round) -> list[Need]:
    """Group by group: how many approvals are still needed, and from whom they could come."""
    answers = round.answers_in_effect()
    standing = round.standing(answers)
    approved = {answer.member_id for answer in answers if answer.decision in SATISFYING}
    needs = []
    for one in standing.groups:
        people = [] if one.is_met else [member for member in round.members(one.group) if member.pk not in approved]
        needs.append(
            Need(
                group=one.group.name,
                order=one.group.order,
                mode=one.group.mode,
                needed=one.needed,
                approvals=one.approvals,
                objections=one.objections,
                is_open=one.is_open,
                is_met=one.is_met,
                people=people,
                words=_need_in_words(one, people),
            )
        )
    return needs


def _need_in_words(one: Any, people: list[User]) -> str:
    name = one.group.name
    if one.is_refused:
        return f"“{name}” has {one.objections} objection(s); the rules bear {one.group.max_objections}."
    if one.is_met:
        return f"“{name}” is satisfied ({one.approvals} of {one.needed})."
    if not one.is_open:
        return f"“{name}” is asked when the groups before it are satisfied."
    missing = one.needed - one.approvals
    names = ", ".join(str(person) for person in people) or "nobody who may answer"
    return f"“{name}” needs {missing} more ({one.approvals} of {one.needed}); it can come from {names}."


def settled_asks(round: Round, standing: Standing, at: datetime) -> set[int]:
    """The questions of a round that need no answer: answered, overtaken, put to somebody who may not answer any more,
    or the round is closed. Who handed over is asked no more; whoever stands in for them still is.
    """
    asks = list(round.asks.all())
    if round.status != RoundStatus.PENDING:
        return {ask.pk for ask in asks}
    open_pools = {one.group.name: one.pool for one in standing.groups if not one.is_met}
    lent = set(_lent_voices(round, at).values_list("taker_id", "giver_id"))
    said = {answer.member_id: answer for answer in round.answers_in_effect() if answer.decision != Decision.DEFER}
    return {
        ask.pk
        for ask in asks
        if ask.member_id not in open_pools.get(ask.group, frozenset())
        or _is_answered(ask, said.get(ask.member_id))
        or (ask.on_behalf_of_id is not None and (ask.person_id, ask.on_behalf_of_id) not in lent)
    }


def _is_answered(ask: Ask, answer: Answer | None) -> bool:
    if answer is None or ask.group not in answer.groups:
        return False
    return answer.decision != Decision.DELEGATE or ask.on_behalf_of_id is None


def people_to_ask(round: Round, standing: Standing, at: datetime) -> list[Ask]:
    """Questions not put yet: the eligible people of every open, unmet group, and those who stand in for them."""
    known = set(round.asks.values_list("group", "person_id", "on_behalf_of_id"))
    approved = {answer.person_id for answer in round.answers_in_effect() if answer.decision in SATISFYING}
    fresh: list[Ask] = []
    for one in standing.groups:
        if not one.is_open or one.is_met:
            continue
        members = [member.pk for member in round.members(one.group)]
        for person, giver in [(member, None) for member in members] + _stand_ins(round, members, at):
            is_spent = round.wants_distinct_people and person in approved
            if not is_spent and (one.group.name, person, giver) not in known:
                fresh.append(
                    Ask(round=round, group=one.group.name, person_id=person, on_behalf_of_id=giver, asked_at=at)
                )
    return fresh


def _stand_ins(round: Round, members: Iterable[int], at: datetime) -> list[tuple[int, int]]:
    barred = set(round.barred.values_list("pk", flat=True))
    lent = _lent_voices(round, at).filter(giver__in=list(members), taker__is_active=True).select_related("taker")
    return list(
        dict.fromkeys(
            (one.taker_id, one.giver_id)
            for one in lent.order_by("pk")
            if one.taker_id not in barred and may_stand_in(one.taker)
        )
    )


def _lent_voices(round: Round, at: datetime) -> QuerySet[Delegation]:
    return delegations_in_force(at).filter(Q(round__isnull=True) | Q(round_id=round.pk))


def conditions_of(round: Round) -> list[Answer]:
    """The approvals in effect that were given with a condition."""
    return [one for one in round.answers_in_effect() if one.decision == Decision.APPROVE_WITH_CONDITIONS]


def rounds_past_their_time(at: datetime) -> QuerySet[Round]:
    return Round.objects.filter(status=RoundStatus.PENDING, expires_at__lte=at).order_by("pk")


def pending_rounds() -> QuerySet[Round]:
    return Round.objects.filter(status=RoundStatus.PENDING).order_by("pk")


def secret_digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def unanswered_asks(round: Round, since: datetime) -> QuerySet[Ask]:
    """Questions that nobody has answered, put and last recalled before this moment."""
    rows = round.asks.filter(settled_at__isnull=True, asked_at__lte=since).select_related("round", "person")
    return rows.filter(Q(reminded_at__isnull=True) | Q(reminded_at__lte=since)).order_by("pk")


def is_silent(round: Round) -> bool:
    """Whether nobody has answered, or asked back."""
    return not round.answers.exists() and not round.remarks.exists()


def code_digest(token: str, code: str) -> str:
    """What is kept of a code: bound to its token, so that six digits cannot be guessed from the database."""
    return secret_digest(f"{token}:{code.strip()}")


def resolve_link(token: str) -> ApprovalLink:
    """The link behind a token, with its question, person and round. Reads only; raises NotFound for an unknown token."""
    link = (
        ApprovalLink.objects.filter(token_digest=secret_digest(token))
        .select_related("ask__round", "ask__person", "ask__on_behalf_of")
        .first()
    )
    if link is None:
        raise NotFound("This link is not known. Ask for a new one, or sign in and answer there.")
    return link


def link_obstacles(link: ApprovalLink, at: datetime | None = None) -> list[Blocker]:
    """Why this link decides nothing now, in words; empty when it does."""
    at = at or now()
    round = link.ask.round
    found = []
    if link.used_at is not None:
        found.append(Blocker("link_used", "This link has been used: it serves one decision.", url=round.url))
    if link.expires_at <= at:
        found.append(Blocker("link_expired", "This link has expired; sign in to answer.", url=round.url))
    if round.status != RoundStatus.PENDING:
        status = round.get_status_display().lower()
        why = f" ({round.closed_reason})" if round.closed_reason else ""
        found.append(Blocker("round_closed", f"Nothing is asked any more: the round is {status}{why}.", url=round.url))
    elif link.content_digest != round.digest:
        found.append(Blocker("content_changed", "What was to be approved has changed since.", url=round.url))
    return found
