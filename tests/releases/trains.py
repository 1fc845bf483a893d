"""Trains of the tests: releases in the window of their train, brought there by real actions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.core.clock import now
from apps.core.errors import NotNow
from apps.releases import actions
from apps.releases.models import Release, Train
from tests.factories import content_with, fresh, release_in
from tests.people import acting

BARE = content_with(checks=[], tasks=[])  # released as soon as it is started


def train(**fields: Any) -> Train:
    """Rosa's train: its window open since an hour and for three more."""
    start = fields.pop("planned_start", now().replace(microsecond=0) - timedelta(hours=1))
    given = {"title": "Winter tide", "planned_start": start, "planned_end": start + timedelta(hours=4), **fields}
    return actions.plan_train(by=acting("rosa"), **given)


def aboard(its: Train, status: str = "scheduled", **fields: Any) -> Release:
    """A release that was planned into the window of the train from the beginning, and is aboard."""
    made = release_in(status, planned_start=its.planned_start, planned_end=its.planned_end, **fields)
    return actions.board_train(train=its, release=made, by=acting("rosa"))


def needs(release: Release, other: Release, state: str = "released") -> None:
    actions.add_dependency(release=fresh(release), needs=other, state=state, by=acting("rosa"))


def depart(its: Train, note: str = "") -> Train:
    return actions.depart_train(train=its, by=acting("rosa"), note=note)


def as_now(its: Train) -> Train:
    return Train.objects.get(pk=its.pk)


def later(moment: datetime, hours: int) -> datetime:
    return moment + timedelta(hours=hours)


def refusal(deed, *, of: type[Exception] = NotNow) -> Exception:
    with pytest.raises(of) as refused:
        deed()
    return refused.value
