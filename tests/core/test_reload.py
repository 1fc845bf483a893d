"""Reading a row again brings its status along and leaves every other row protected."""

from __future__ import annotations

import pytest

from apps.core import moves
from apps.core.actor import Actor, Door
from tests.charts.models import Sluice

pytestmark = pytest.mark.django_db
KEEPER = Actor(Door.JOB)


def test_reading_again_brings_the_new_status(db) -> None:
    old = moves.create(Sluice(key="SL-1"), by=KEEPER)
    moves.move(Sluice.objects.get(key="SL-1"), "turn_up", by=KEEPER)
    old.refresh_from_db()
    assert (old.status, old.version) == ("open", 2)
    old.refresh_from_db(fields=["status"])
    with pytest.raises(AttributeError):
        old.status = "shut"


def test_a_row_that_is_gone_leaves_no_door_open(db) -> None:
    gone = moves.create(Sluice(key="SL-1"), by=KEEPER)
    Sluice.objects.filter(pk=gone.pk).delete()
    with pytest.raises(Sluice.DoesNotExist):
        gone.refresh_from_db()
    for sluice in (gone, Sluice(key="SL-2")):
        with pytest.raises(AttributeError):
            sluice.status = "open"
