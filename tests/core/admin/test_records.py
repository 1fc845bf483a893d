"""Records in the admin: roles decide, actions write, refusals are told, nobody overwrites unseen."""

from __future__ import annotations

import csv
import io

import pytest

from apps.accounts.models import Membership, Team
from apps.core import moves
from apps.core.actor import Actor, Door
from apps.core.models import AuditEntry
from tests.charts.models import Sluice

BEA = Actor(Door.COMMAND, name="bea")


def form_of(gate: Sluice, **changes: object) -> dict[str, object]:
    """What a browser posts back from the change form."""
    filled = {"key": gate.key, "weeds": gate.weeds, "turns": gate.turns, "record_version": gate.version}
    if gate.oiled:
        filled["oiled"] = "on"
    return {**filled, **changes}


def page_of(gate: Sluice) -> str:
    return f"/admin/charts/sluice/{gate.pk}/change/"


def test_a_change_is_written_once_with_who_and_what(at_work, keeper, sluice) -> None:
    gate = sluice()
    assert at_work.post(page_of(gate), form_of(gate, weeds=4)).status_code == 302
    gate.refresh_from_db()
    assert (gate.weeds, gate.version) == (4, 2)
    entry = AuditEntry.objects.get(event="charts.sluice.change")
    assert (entry.actor, entry.door, entry.changes) == (keeper, "admin", {"weeds": [0, 4]})


def test_saving_without_a_change_writes_nothing(at_work, sluice) -> None:
    gate = sluice()
    count = AuditEntry.objects.count()
    assert at_work.post(page_of(gate), form_of(gate)).status_code == 302
    assert AuditEntry.objects.count() == count


def test_adding_goes_through_the_write_path(at_work) -> None:
    response = at_work.post("/admin/charts/sluice/add/", {"key": "SL-9", "weeds": 1, "turns": 0, "oiled": "on"})
    assert response.status_code == 302
    assert Sluice.objects.get(key="SL-9").weeds == 1
    assert AuditEntry.objects.get(event="charts.sluice.create").subject_key == "SL-9"


def test_a_stale_form_is_refused_and_told_what_changed(at_work, sluice) -> None:
    gate = sluice()
    moves.change(gate, {"weeds": 7}, by=BEA)
    response = at_work.post(page_of(gate), form_of(gate, turns=2))
    page = response.content.decode()
    assert response.status_code == 412
    assert "Somebody else changed this in the meantime" in page
    assert "bea" in page and "Weeds: 0 → 7" in page
    gate.refresh_from_db()
    assert (gate.weeds, gate.turns) == (7, 0)
    assert 'name="record_version" value="2"' in page and 'name="turns" value="2"' in page


def test_whoever_has_read_what_changed_may_save_on_top(at_work, sluice) -> None:
    gate = sluice()
    moves.change(gate, {"weeds": 7}, by=BEA)
    at_work.post(page_of(gate), form_of(gate, turns=2))
    assert at_work.post(page_of(gate), form_of(gate, turns=2, record_version=2)).status_code == 302
    gate.refresh_from_db()
    assert gate.turns == 2


def test_a_form_without_its_version_is_refused(at_work, sluice) -> None:
    gate = sluice()
    filled = form_of(gate, turns=2)
    del filled["record_version"]
    assert at_work.post(page_of(gate), filled).status_code == 412
    gate.refresh_from_db()
    assert gate.turns == 0


def test_a_refusal_comes_back_in_the_form_never_as_an_error_page(at_work, sluice) -> None:
    gate = sluice()
    response = at_work.post(page_of(gate), form_of(gate, weeds=51))
    page = response.content.decode()
    assert response.status_code == 400
    assert "So much weed nobody can count." in page and 'name="weeds" value="51"' in page
    gate.refresh_from_db()
    assert (gate.weeds, gate.version) == (0, 1)


def test_what_may_be_edited_depends_on_the_status(at_work, sluice, keeper) -> None:
    gate = moves.move(sluice(), "turn_up", by=Actor(Door.ADMIN, keeper))
    page = at_work.get(page_of(gate)).content.decode()
    assert 'name="weeds"' in page and 'name="turns"' not in page
    at_work.post(page_of(gate), form_of(gate, weeds=2, turns=8))
    gate.refresh_from_db()
    assert (gate.weeds, gate.turns) == (2, 0)


def test_the_status_is_no_field_of_the_form(at_work, sluice) -> None:
    gate = sluice()
    assert 'name="status"' not in at_work.get(page_of(gate)).content.decode()
    at_work.post(page_of(gate), form_of(gate, status="open", weeds=1))
    gate.refresh_from_db()
    assert gate.status == "shut"


@pytest.mark.parametrize(
    ("roles", "look", "change"),
    [(("release_manager",), 200, 200), (("auditor",), 200, 403), ((), 403, 403)],
    ids=["manager", "auditor", "no role"],
)
def test_roles_decide_who_looks_and_who_changes(person, sign_in, sluice, roles, look, change) -> None:
    gate = sluice()
    client = sign_in(person("pat", *roles, is_superuser=True))
    assert client.get("/admin/charts/sluice/").status_code == look
    assert client.get(page_of(gate)).status_code == look
    assert client.get("/admin/charts/sluice/export/").status_code == look
    assert client.get("/admin/charts/sluice/add/").status_code == change
    posted = client.post(page_of(gate), form_of(gate, weeds=3))
    assert posted.status_code == (302 if change == 200 else 403)
    assert client.get(f"/admin/charts/sluice/{gate.pk}/delete/").status_code == change


def test_someone_who_left_sees_nothing(person, sign_in, sluice) -> None:
    gate = sluice()
    gone = person("gone", "release_manager")
    client = sign_in(gone)
    moves.change(gone, {"is_active": False}, by=BEA)
    assert client.get(page_of(gate)).status_code == 302


def test_removal_goes_through_the_write_path(at_work, sluice) -> None:
    gate = sluice()
    url = f"/admin/charts/sluice/{gate.pk}/delete/"
    assert at_work.get(url).status_code == 200 and Sluice.objects.count() == 1
    assert at_work.post(url, {"post": "yes"}).status_code == 302
    assert not Sluice.objects.exists()
    assert AuditEntry.objects.filter(event="charts.sluice.remove", subject_key="SL-1").exists()


def test_a_bulk_removal_that_is_refused_removes_nothing(at_work, sluice) -> None:
    mouth, other = sluice("SL-1"), sluice("SL-2")
    sluice("SL-3", upstream=mouth)
    chosen = {"action": "delete_selected", "_selected_action": [other.pk, mouth.pk], "post": "yes"}
    response = at_work.post("/admin/charts/sluice/", chosen, follow=True)
    assert response.status_code == 200
    assert Sluice.objects.count() == 3


def test_a_bulk_removal_leaves_one_entry_each(at_work, sluice) -> None:
    chosen = [sluice("SL-1").pk, sluice("SL-2").pk]
    at_work.post(
        "/admin/charts/sluice/", {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}, follow=True
    )
    assert not Sluice.objects.exists()
    assert AuditEntry.objects.filter(event="charts.sluice.remove").count() == 2


def test_the_history_tab_tells_who_did_what_when_and_why(at_work, sluice, keeper) -> None:
    gate = moves.move(sluice(), "turn_up", by=Actor(Door.ADMIN, keeper, request_id="req-1"), note="Spring tide")
    page = at_work.get(f"{page_of(gate)}?tab=history").content.decode()
    assert "keeper.anna" in page and "Turn up" in page and "shut → open" in page
    assert "Spring tide" in page and "req-1" in page
    assert 'aria-current="page">History' in page


def test_djangos_history_address_leads_to_the_tab(at_work, sluice) -> None:
    gate = sluice()
    response = at_work.get(f"/admin/charts/sluice/{gate.pk}/history/")
    assert response["Location"] == f"{page_of(gate)}?tab=history"


def test_a_records_history_includes_its_parts(at_work, person, keeper) -> None:
    team = moves.create(Team(slug="menders", name="Menders"), by=BEA)
    moves.create(Membership(team=team, user=keeper), by=BEA)
    page = at_work.get(f"/admin/accounts/team/{team.pk}/change/?tab=history").content.decode()
    assert "Membership menders/keeper.anna" in page


def inline_form(team: Team, rows: list[dict[str, object]], initial: int) -> dict[str, object]:
    filled = {
        "slug": team.slug,
        "name": team.name,
        "record_version": team.version,
        "memberships-TOTAL_FORMS": len(rows),
        "memberships-INITIAL_FORMS": initial,
    }
    for place, row in enumerate(rows):
        filled |= {f"memberships-{place}-{name}": value for name, value in row.items()}
    return filled


def test_parts_are_added_changed_and_removed_through_the_write_path(at_work, keeper, person) -> None:
    team = moves.create(Team(slug="menders", name="Menders"), by=BEA)
    url = f"/admin/accounts/team/{team.pk}/change/"
    bo = person("bo")
    at_work.post(url, inline_form(team, [{"user": keeper.pk}, {"user": bo.pk}], 0))
    assert Membership.objects.count() == 2
    one, two = Membership.objects.order_by("pk")
    rows = [
        {"id": one.pk, "team": team.pk, "user": keeper.pk, "is_lead": "on", "record_version": one.version},
        {"id": two.pk, "team": team.pk, "user": bo.pk, "record_version": two.version, "DELETE": "on"},
    ]
    assert at_work.post(url, inline_form(team, rows, 2)).status_code == 302
    assert Membership.objects.get().is_lead
    verbs = AuditEntry.objects.filter(subject_type="accounts.membership").values_list("event", flat=True)
    assert sorted(verb.split(".")[-1] for verb in verbs) == ["change", "create", "create", "remove"]


def test_a_part_changed_by_somebody_else_is_not_overwritten(at_work, keeper) -> None:
    team = moves.create(Team(slug="menders", name="Menders"), by=BEA)
    row = moves.create(Membership(team=team, user=keeper), by=BEA)
    moves.change(row, {"is_lead": True}, by=BEA)
    rows = [{"id": row.pk, "team": team.pk, "user": keeper.pk, "record_version": 1}]
    response = at_work.post(f"/admin/accounts/team/{team.pk}/change/", inline_form(team, rows, 1))
    assert response.status_code == 412
    assert "was changed by somebody else" in response.content.decode()
    assert Membership.objects.get().is_lead


def exported(client, query: str = "") -> list[list[str]]:
    response = client.get(f"/admin/accounts/team/export/{query}")
    assert response["Content-Type"].startswith("text/csv") and "attachment" in response["Content-Disposition"]
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " ="])
def test_an_exported_cell_is_never_a_formula(at_work, start) -> None:
    text = f"{start}HYPERLINK('x')"
    moves.create(Team(slug="menders", name="Menders", description=text), by=BEA)
    assert exported(at_work)[1] == ["menders", "Menders", f"'{text}"]


def test_the_export_is_the_list_as_searched(at_work) -> None:
    for slug in ("menders", "painters"):
        moves.create(Team(slug=slug, name=slug.title()), by=BEA)
    assert [row[0] for row in exported(at_work, "?q=paint")] == ["Slug", "painters"]


def test_the_export_shows_badges_as_words(at_work, sluice) -> None:
    sluice()
    response = at_work.get("/admin/charts/sluice/export/")
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert rows[1] == ["SL-1", "Shut", "yes", ""]


def test_relations_are_looked_up_not_listed(at_work, sluice) -> None:
    for number in range(30):
        sluice(f"SL-{number:02}")
    page = at_work.get("/admin/charts/sluice/add/").content.decode()
    assert "SL-07" not in page and "admin-autocomplete" in page


def test_moments_are_shown_in_the_readers_zone_with_the_zone(at_work, sluice, time_machine) -> None:
    time_machine.move_to("2026-07-01T12:00:00Z", tick=False)
    page = at_work.get(f"{page_of(sluice())}?tab=history").content.decode()
    assert "Wed 1 Jul 2026, 14:00 CEST" in page
