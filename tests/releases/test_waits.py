"""Waiting has a reason, somebody who can end it, and a length."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from apps.core.clock import now
from tests.core.api.conftest import Caller
from tests.factories import approve, release_in
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("status", "reason", "owner"),
    [
        ("verifying", "evidence", "whoever runs it again"),
        ("awaiting_approval", "approval", "Adam"),
        ("scheduled", "person", "Rosa"),
        ("releasing", "person", "Rosa"),
        ("released", "soak", ""),
        ("in_review", "person", "Rosa"),
    ],
)
def test_each_wait_names_who_can_end_it(status: str, reason: str, owner: str) -> None:
    wait = release_in(status).waits.get(ended_at__isnull=True)
    assert wait.reason == reason
    assert owner in wait.owner
    assert bool(wait.owner) == bool(owner)


def test_its_length_counts_until_it_ends() -> None:
    release = release_in("awaiting_approval")
    with time_machine.travel(now() + timedelta(minutes=90), tick=False):
        approve(release)
        told = Caller(person("audrey")).get(f"releases/{release.key}/waits/").json()
    assert [(one["reason"], one["minutes"], one["ended_at"] is None) for one in told][-2:] == [
        ("approval", 90, False),
        ("person", 0, True),
    ]
