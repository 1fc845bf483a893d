"""Steps in the admin: GET shows, POST acts, and who may not is told so."""

from __future__ import annotations

import pytest

from apps.core.models import AuditEntry, OutboxEvent
from tests.charts.models import Sluice


def step_of(gate: Sluice, step: str = "turn_up") -> str:
    return f"/admin/charts/sluice/{gate.pk}/step/{step}/"


def page_of(gate: Sluice) -> str:
    return f"/admin/charts/sluice/{gate.pk}/change/"


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_at_a_step_changes_nothing(at_work, sluice, method) -> None:
    gate = sluice()
    entries, events = AuditEntry.objects.count(), OutboxEvent.objects.count()
    response = getattr(at_work, method)(step_of(gate))
    assert response.status_code == 200
    gate.refresh_from_db()
    assert gate.status == "shut"
    assert (AuditEntry.objects.count(), OutboxEvent.objects.count()) == (entries, events)


def test_the_page_of_a_step_says_what_will_happen(at_work, sluice) -> None:
    page = at_work.get(step_of(sluice())).content.decode()
    assert "Let the water through." in page
    assert "Will become" in page and ">Open<" in page
    assert 'method="post"' in page and "csrfmiddlewaretoken" in page


def test_posting_takes_the_step_once_and_tells_who_did_it(at_work, keeper, sluice) -> None:
    gate = sluice()
    response = at_work.post(step_of(gate), {"note": "Spring tide", "how_far": "3"})
    assert response.status_code == 302 and response["Location"] == page_of(gate)
    gate.refresh_from_db()
    assert (gate.status, gate.turns) == ("open", 3)
    entry = AuditEntry.objects.get(event="charts.sluice.turn_up")
    assert (entry.door, entry.actor, entry.note) == ("admin", keeper, "Spring tide")
    assert "turn up. It is now open." in at_work.get(page_of(gate)).content.decode()


def test_a_hidden_buttons_request_by_someone_without_the_permission_is_refused(person, sign_in, sluice) -> None:
    gate = sluice()
    stranger = sign_in(person("rob", "release_manager"))
    response = stranger.post(step_of(gate), {"note": "let me"})
    assert response.status_code == 403
    assert "Only a keeper may turn a sluice." in response.content.decode()
    gate.refresh_from_db()
    assert gate.status == "shut"
    assert stranger.get(step_of(gate)).status_code == 403


def test_a_superuser_without_a_role_may_do_nothing(person, sign_in, sluice) -> None:
    gate = sluice()
    root = sign_in(person("keeper.root", is_superuser=True))
    assert root.post(step_of(gate)).status_code == 403
    assert root.get("/admin/charts/sluice/").status_code == 403
    gate.refresh_from_db()
    assert gate.status == "shut"


def test_a_step_that_is_not_possible_shows_every_reason(at_work, sluice) -> None:
    gate = sluice(oiled=False, weeds=2)
    for response in (at_work.get(step_of(gate)), at_work.post(step_of(gate), {"note": "now"})):
        page = response.content.decode()
        assert response.status_code == 409
        assert "Oil it first." in page
        assert "Remove the weed at bar 0." in page and "Remove the weed at bar 1." in page
        assert "Can be lifted by the gardener." in page
    gate.refresh_from_db()
    assert gate.status == "shut"


def test_the_records_page_greys_the_blocked_step_with_each_reason_in_plain_sight(at_work, sluice) -> None:
    page = at_work.get(page_of(sluice(oiled=False, weeds=1))).content.decode()
    assert 'aria-disabled="true">Turn up' in page
    assert "Oil it first." in page and "Remove the weed at bar 0." in page
    assert "step/turn_up" not in page


def test_an_open_step_is_a_link_to_the_page_that_asks_never_a_deed(at_work, sluice) -> None:
    gate = sluice()
    page = at_work.get(page_of(gate)).content.decode()
    assert f'href="{step_of(gate)}"' in page


def test_a_late_click_is_told_the_state_before_the_permission(person, sign_in, sluice, at_work) -> None:
    gate = sluice()
    at_work.post(step_of(gate))
    response = sign_in(person("rob", "release_manager")).post(step_of(gate))
    assert response.status_code == 409
    assert "needs the sluice to be shut; it is open" in response.content.decode()


def test_a_step_that_asks_why_is_not_taken_without_a_reason(at_work, sluice) -> None:
    gate = sluice()
    at_work.post(step_of(gate))
    response = at_work.post(step_of(gate, "turn_down"), {"note": "  "})
    assert response.status_code == 400
    assert "This field is required." in response.content.decode()
    gate.refresh_from_db()
    assert gate.status == "open"


def test_a_refusal_of_one_field_stands_at_that_field(at_work, sluice) -> None:
    gate = sluice()
    response = at_work.post(step_of(gate), {"how_far": "99"})
    assert response.status_code == 400
    assert "Nine turns at most." in response.content.decode()
    gate.refresh_from_db()
    assert (gate.status, gate.turns) == ("shut", 0)


@pytest.mark.parametrize("step", ["rust_through", "delete", "no_such_step"])
def test_consequences_and_unknown_steps_have_no_page(at_work, sluice, step) -> None:
    gate = sluice()
    assert at_work.get(step_of(gate, step)).status_code == 404
    assert at_work.post(step_of(gate, step)).status_code == 404
    gate.refresh_from_db()
    assert gate.status == "shut"


def test_a_record_that_is_gone_has_no_steps(at_work, sluice) -> None:
    gate = sluice()
    url = step_of(gate)
    Sluice.objects.filter(pk=gate.pk).delete()
    assert at_work.post(url).status_code == 404


def test_a_step_leads_back_where_it_came_from_but_never_to_another_house(at_work, sluice) -> None:
    one, two = sluice("SL-1"), sluice("SL-2")
    back = at_work.post(step_of(one), {"next": "/admin/charts/sluice/?q=SL"})
    assert back["Location"] == "/admin/charts/sluice/?q=SL"
    away = at_work.post(step_of(two), {"next": "https://evil.example/"})
    assert away["Location"] == page_of(two)


def test_nobody_signed_in_is_asked_to_sign_in(client, sluice) -> None:
    gate = sluice()
    response = client.post(step_of(gate))
    assert response.status_code == 302 and "/admin/login/" in response["Location"]
    gate.refresh_from_db()
    assert gate.status == "shut"


def test_a_post_without_the_forms_token_is_refused(keeper, sluice) -> None:
    from django.test import Client

    gate = sluice()
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(keeper)
    assert careful.post(step_of(gate)).status_code == 403
    gate.refresh_from_db()
    assert gate.status == "shut"


def test_the_stepper_shows_where_it_has_been_is_and_goes(at_work, sluice) -> None:
    gate = sluice()
    page = at_work.get(page_of(gate)).content.decode()
    assert 'data-state="current" aria-current="step"' in page and 'data-state="next"' in page
    at_work.post(step_of(gate))
    page = at_work.get(page_of(gate)).content.decode()
    assert 'data-state="done"' in page and 'data-state="done current" aria-current="step"' in page


def test_a_record_off_the_usual_road_shows_the_road_it_took(at_work, sluice, keeper) -> None:
    from apps.core import moves
    from apps.core.actor import Actor, Door

    gate = moves.move(sluice(), "rust_through", by=Actor(Door.JOB))
    page = at_work.get(page_of(gate)).content.decode()
    assert "Scrapped" in page
    assert page.count('class="tg-stop"') == 2  # it was shut and was scrapped; it was never open
