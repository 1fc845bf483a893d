"""The one write path: all or nothing, with its trace."""

import pytest
from django.db import connection
from django.db.utils import IntegrityError
from django_fsm import TransitionNotAllowed

from apps.accounts.models import User
from apps.core import moves
from apps.core.actor import Actor, Door, job
from apps.core.errors import Invalid, NotFound, NotNow, NotPermitted
from apps.core.lifecycle import available_steps, blockers_of, steps_of
from apps.core.models import AuditEntry, OutboxEvent
from tests.charts.models import Sluice

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper():
    return Actor(Door.ADMIN, User.objects.create(username="keeper_kim", email="kim@example.org"), request_id="req-7")


@pytest.fixture
def guest():
    return Actor(Door.API, User.objects.create(username="guest_gus", email="gus@example.org"))


@pytest.fixture
def sluice():
    return moves.create(Sluice(key="NORTH"), by=job())


def traces(sluice):
    return AuditEntry.objects.filter(subject_type="charts.sluice").count(), OutboxEvent.objects.filter(
        subject_type="charts.sluice"
    ).count()


def test_a_step_leaves_its_effect_one_entry_and_one_event(sluice, keeper):
    row = moves.move(sluice, "turn_up", by=keeper, note="spring tide", change={"turns": 3}, data={"water": 2.5})
    assert (row.status, row.turns, row.version) == ("open", 3, 2)
    entry = AuditEntry.objects.latest("id")
    assert (entry.event, entry.before, entry.after, entry.note) == (
        "charts.sluice.turn_up",
        "shut",
        "open",
        "spring tide",
    )
    assert (entry.actor_name, entry.door, entry.request_id) == ("keeper_kim", "admin", "req-7")
    assert entry.changes == {"turns": [0, 3]}
    event = OutboxEvent.objects.latest("id")
    assert (event.name, event.payload["from"], event.payload["to"]) == ("charts.sluice.turn_up", "shut", "open")
    assert event.payload["data"] == {"water": 2.5}


def test_a_blocked_step_says_every_reason_and_writes_nothing(sluice, keeper):
    sluice = moves.change(sluice, {"oiled": False, "weeds": 2}, by=job())
    before = traces(sluice)
    with pytest.raises(NotNow) as refusal:
        moves.move(sluice, "turn_up", by=keeper)
    assert [one.message for one in refusal.value.blockers] == [
        "Oil it first.",
        "Remove the weed at bar 0.",
        "Remove the weed at bar 1.",
    ]
    assert traces(sluice) == before
    assert Sluice.objects.get().status == "shut"


def test_the_state_is_asked_before_the_permission(sluice, guest, keeper):
    with pytest.raises(NotPermitted) as refusal:
        moves.move(sluice, "turn_up", by=guest)
    assert refusal.value.detail == "Only a keeper may turn a sluice."
    moves.move(sluice, "turn_up", by=keeper)
    with pytest.raises(NotNow):
        moves.move(sluice, "turn_up", by=guest)


def test_the_system_passes_permissions_but_never_guards(sluice):
    sluice = moves.change(sluice, {"oiled": False}, by=job())
    with pytest.raises(NotNow):
        moves.move(sluice, "turn_up", by=job())
    sluice = moves.change(sluice, {"oiled": True}, by=job())
    assert moves.move(sluice, "turn_up", by=job()).status == "open"


def test_an_inactive_person_may_nothing(sluice, keeper):
    keeper.user.is_active = False
    with pytest.raises(NotPermitted):
        moves.move(sluice, "turn_up", by=keeper)


def test_a_reason_is_asked_where_the_step_needs_one(sluice, keeper):
    sluice = moves.move(sluice, "turn_up", by=keeper)
    with pytest.raises(Invalid) as refusal:
        moves.move(sluice, "turn_down", by=keeper, note="  ")
    assert refusal.value.errors[0].pointer == "note"


def test_a_stale_copy_is_judged_by_the_row_as_it_is_now(sluice, keeper):
    stale = Sluice.objects.get(pk=sluice.pk)
    moves.move(sluice, "turn_up", by=keeper)
    with pytest.raises(NotNow) as refusal:
        moves.move(stale, "turn_up", by=keeper)
    assert "it is open" in refusal.value.detail


def test_a_status_is_never_a_field_to_set(sluice):
    with pytest.raises(TypeError):
        moves.change(sluice, {"status": "open"}, by=job())
    with pytest.raises(AttributeError):
        sluice.status = "open"
    with pytest.raises(TypeError):
        moves.move(sluice, "turn_up", by=job(), change={"status": "scrapped"})


def test_a_bare_call_of_a_step_still_asks_the_guards(sluice):
    sluice.oiled = False
    with pytest.raises(TransitionNotAllowed):
        sluice.turn_up()


def test_the_database_knows_the_words_of_the_chart(sluice):
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("UPDATE charts_sluice SET status = 'ajar'")


def test_protection_survives_a_deleted_row(sluice):
    gone = Sluice.objects.get(pk=sluice.pk)
    moves.remove(sluice, by=job())
    with pytest.raises(Sluice.DoesNotExist):
        gone.refresh_from_db()
    with pytest.raises(AttributeError):
        Sluice(key="X").status = "open"
    with pytest.raises(NotFound):
        moves.move(gone, "turn_up", by=job())


def test_nothing_is_written_when_nothing_differs(sluice):
    before = traces(sluice)
    row = moves.change(sluice, {"oiled": True}, by=job())
    assert (row.version, traces(sluice)) == (1, before)


def test_faults_are_named_field_by_field(sluice):
    with pytest.raises(Invalid) as twice:
        moves.create(Sluice(key="NORTH"), by=job())
    assert twice.value.errors[0].pointer == "key"
    with pytest.raises(Invalid) as long:
        moves.create(Sluice(key="N" * 21), by=job())
    assert "20" in long.value.errors[0].detail
    with pytest.raises(Invalid) as many:
        moves.change(sluice, {"turns": 10}, by=job())
    assert many.value.detail == "Nine turns at most."


def test_relations_and_bulk_deeds_leave_one_entry_each(sluice):
    others = moves.create_many([Sluice(key=f"S{n}") for n in range(3)], by=job(), about=sluice, verb="add_gates")
    moves.relate(sluice, "neighbours", Sluice.objects.filter(key__startswith="S"), by=job())
    entries = list(AuditEntry.objects.order_by("id").values_list("event", flat=True))
    assert len(others) == 3
    assert entries == ["charts.sluice.create", "charts.sluice.add_gates", "charts.sluice.change"]


def test_what_is_in_use_is_not_removed(sluice):
    moves.create(Sluice(key="SOUTH", upstream=sluice), by=job())
    with pytest.raises(NotNow) as refusal:
        moves.remove(sluice, by=job())
    assert "still used by 1 record" in refusal.value.detail
    assert Sluice.objects.filter(key="NORTH").exists()


def test_the_steps_of_a_chart_can_be_listed(sluice, keeper, guest):
    assert [step.name for step in steps_of(Sluice)] == ["turn_up", "turn_down", "rust_through"]
    assert [step.is_consequence for step in steps_of(Sluice)] == [False, False, True]
    mine, theirs = available_steps(sluice, keeper.user), available_steps(sluice, guest.user)
    assert [(view.name, view.allowed) for view in mine] == [("turn_up", True)]
    assert [(view.name, view.allowed, view.permitted) for view in theirs] == [("turn_up", False, False)]
    assert blockers_of(sluice, "fly")[0].code == "unknown_step"
