"""Questions about releases."""

from apps.releases.lifecycle.scope import scope_content, scope_digest
from apps.releases.queries.bulk import Question, questions_for, why_read_alone
from apps.releases.queries.clashes import Clash, clashes_among
from apps.releases.queries.conflicts import Conflict, conflicts_of
from apps.releases.queries.drift import DriftKind, DriftList, DriftRow, Narrowed, drift_lists, drift_rows, explained
from apps.releases.queries.gate import Gate, gate, wait_for_gate
from apps.releases.queries.models import applicable_models, scope_of
from apps.releases.queries.pack import evidence_pack, faults_in_pack, rounds_of
from apps.releases.queries.plan import Plan, Planned, critical_path, plan_of
from apps.releases.queries.reach import ReachedNow, ReachedThen, impact_story, reached_by, since_approval
from apps.releases.queries.risk import risk_of
from apps.releases.queries.slots import Slot, Slots, free_slots
from apps.releases.queries.story import timeline, verification_standing, waits
from apps.releases.queries.touching import OpenRelease, open_releases
from apps.releases.queries.trains import Member, boardable, departure_of, standstill
from apps.releases.queries.what_if import WhatIf, what_if

__all__ = [
    "Clash",
    "Conflict",
    "DriftKind",
    "DriftList",
    "DriftRow",
    "Gate",
    "Member",
    "Narrowed",
    "OpenRelease",
    "Plan",
    "Planned",
    "Question",
    "ReachedNow",
    "ReachedThen",
    "Slot",
    "Slots",
    "WhatIf",
    "applicable_models",
    "clashes_among",
    "conflicts_of",
    "boardable",
    "critical_path",
    "departure_of",
    "drift_lists",
    "drift_rows",
    "evidence_pack",
    "explained",
    "faults_in_pack",
    "free_slots",
    "gate",
    "impact_story",
    "open_releases",
    "plan_of",
    "questions_for",
    "reached_by",
    "risk_of",
    "rounds_of",
    "scope_content",
    "scope_digest",
    "scope_of",
    "since_approval",
    "slack_of",
    "standstill",
    "timeline",
    "verification_standing",
    "wait_for_gate",
    "waits",
    "what_if",
    "way_back_of",
    "why_read_alone",
]
