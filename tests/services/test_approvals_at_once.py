"""Two yeses, a change of scope and an expiry at the same moment, on PostgreSQL, in threads of their own."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection

from apps.approvals.actions import sweep_rounds
from apps.approvals.models import Round
from apps.core.clock import now
from apps.core.errors import Refusal
from apps.releases import actions
from apps.releases.models import Component, Release
from apps.releases.queries import scope_digest
from tests.factories import OTHER_DIGEST, fresh, release_in
from tests.people import SYSTEM, acting
from tests.releases.test_interleavings import expect_lawful
from tests.services.test_two_at_once import at_once, say_yes

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
TRIES = 6


@pytest.fixture(autouse=True)
def _postgresql():
    assert connection.vendor == "postgresql", "make test-services sets DATABASE_URL"


def change_scope(release: Release):
    by = acting("rosa")

    def deed():
        end = fresh(release).planned_end + timedelta(minutes=1)
        return actions.change_release(release=fresh(release), by=by, planned_end=end)

    return deed


def swap(release: Release):
    return lambda: Component.objects.filter(release=release).update(digest=OTHER_DIGEST)


def expire(release: Release):
    return lambda: sweep_rounds(at=now() + timedelta(days=30), by=SYSTEM)


def rework(release: Release):
    by = acting("rosa")
    return lambda: actions.rework(release=fresh(release), by=by, note="A fix came in.")


@pytest.mark.parametrize("change", [change_scope, swap, rework])
def test_nothing_is_approved_whose_digest_was_not(change):
    for _ in range(TRIES):
        release = release_in("awaiting_approval")
        deeds = [say_yes(release, "adam"), say_yes(release, "anna"), change(release), expire(release)]
        answers = at_once(*deeds)
        assert None not in answers, "a thread did not come to an end"
        expect_lawful(fresh(release), after="all at once")
        with suppress(Refusal):
            actions.start_release(release=fresh(release), by=acting("rosa"))
        after = fresh(release)
        assert after.status != "releasing" or scope_digest(after) == after.approved_digest == after.round.digest
        assert Round.objects.filter(status="approved", closed_at__isnull=True).count() == 0
        actions.judge_release(release=after, by=SYSTEM)
        after = fresh(release)
        assert after.status != "scheduled" or scope_digest(after) == after.approved_digest
        if after.status in ("scheduled", "awaiting_approval", "planning"):
            actions.cancel_release(release=after, by=acting("rosa"), reason="not_needed", note="Next try.")
