"""Which releases the passing of time may have changed: the sweep looks at these and leaves the rest alone."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from apps.approvals.lifecycle import RoundStatus
from apps.approvals.models import Answer, Decision
from apps.releases.lifecycle.words import ApprovalBasis, CheckStatus, Status
from apps.releases.models import Check, Hold, Release

UNDER_WAY = (
    Status.PLANNING,
    Status.VERIFYING,
    Status.AWAITING_APPROVAL,
    Status.SCHEDULED,
    Status.RELEASING,
    Status.RELEASED,
    Status.BACKING_OUT,
    Status.IN_REVIEW,
)
ALWAYS = (Status.RELEASING, Status.BACKING_OUT)


def releases_to_judge(at: datetime) -> QuerySet[Release]:
    """Under way, and: being executed, or its window is open, or a hold, a proof, early life or a round has ended."""
    due = (
        Q(status__in=ALWAYS)
        | Q(status=Status.SCHEDULED, planned_start__lte=at)
        | Q(status=Status.SCHEDULED, planned_start__isnull=True)
        | Q(status=Status.SCHEDULED, round__in=_with_conditions())
        | Q(status=Status.RELEASED, early_life_ends_at__lte=at)
        | Q(status=Status.AWAITING_APPROVAL) & ~Q(round__status=RoundStatus.PENDING)
        | Q(approval_basis=ApprovalBasis.OWED, owed_approval_given_at__isnull=True, owed_approval_by__lte=at)
        | Q(pk__in=_with_ended_holds(at))
        | Q(pk__in=_with_ended_proof(at))
    )
    return Release.objects.filter(due, status__in=UNDER_WAY).order_by("pk")


def _with_conditions() -> QuerySet:
    return Answer.objects.filter(decision=Decision.APPROVE_WITH_CONDITIONS).values("round")


def _with_ended_holds(at: datetime) -> QuerySet:
    return Hold.objects.filter(lifted_at__isnull=True, until__lte=at).values("release")


def _with_ended_proof(at: datetime) -> QuerySet:
    ended = Q(status=CheckStatus.PASSED, expires_at__lte=at) | Q(status=CheckStatus.WAIVED, waived_until__lte=at)
    return Check.objects.filter(ended, release__status__in=UNDER_WAY).values("release")
