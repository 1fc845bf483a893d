"""The risk from stated factors: each gives what its docstring says, and the sum is taken over by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import NotNow, NotPermitted
from apps.core.models import AuditEntry
from apps.releases import actions
from apps.releases.queries import risk_of
from apps.releases.risk import FACTORS, LEVELS, History, Known, assess
from tests.core.api.conftest import Caller
from tests.factories import ci, component, fresh, release_in
from tests.people import acting, person

EXPLANATION = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "risk.md"
TUESDAY_NOON = datetime(2026, 3, 3, 12)  # noqa: DTZ001 (on the organisation's clock)
NOTHING = Known(change_kind="code", has_back_out_tasks=True, is_roll_back_proven=True, starts_at=TUESDAY_NOON)


def points(**known: object) -> dict[str, int]:
    return {one.name: one.points for one in assess(replace(NOTHING, **known)).factors if one.points}


def test_what_has_nothing_risky_about_it_is_low() -> None:
    found = assess(NOTHING)
    assert (found.risk, found.points, found.top) == ("low", 0, ())
    assert len(found.factors) == 11, "those without points say what was looked at"


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"services_reached": 3}, {"impact": 1}),
        ({"services_reached": 11}, {"impact": 2}),
        ({"vital_reached": 1}, {"impact": 2}),
        ({"vital_reached": 3}, {"impact": 3}),
        ({"map_has_holes": True}, {"map": 1}),
        ({"criticality": 2}, {"criticality": 1}),
        ({"criticality": 1}, {"criticality": 2}),
        ({"components": 3}, {}),
        ({"components": 4}, {"size": 1}),
        ({"components": 11}, {"size": 2}),
        ({"is_first_of_service": True}, {"novelty": 1}),
        ({"is_first_of_service": True, "is_first_under_model": True, "first_components": 7}, {"novelty": 3}),
        ({"service_history": History(4, 4)}, {}),
        ({"service_history": History(10, 1)}, {}),
        ({"service_history": History(10, 2)}, {"history_service": 1}),
        ({"service_history": History(10, 3)}, {"history_service": 2}),
        ({"team_history": History(10, 6)}, {"history_team": 3}),
        ({"change_kind": "data"}, {"kind": 2}),
        ({"change_kind": "configuration"}, {"kind": 1}),
        ({"change_kind": "not_stated"}, {"kind": 1}),
        ({"has_back_out_tasks": False}, {"way_back": 3}),
        ({"is_roll_back_proven": False}, {"way_back": 1}),
        ({"waivers": 5}, {"waivers": 2}),
        ({"starts_at": TUESDAY_NOON.replace(hour=17)}, {"time": 1}),
        ({"starts_at": TUESDAY_NOON.replace(hour=7)}, {"time": 1}),
        ({"starts_at": TUESDAY_NOON + timedelta(days=3)}, {"time": 1}),
        ({"starts_at": None}, {}),
    ],
)
def test_each_factor_gives_what_it_says(known: dict[str, object], expected: dict[str, int]) -> None:
    assert points(**known) == expected


@given(st.integers(0, 3), st.integers(1, 4), st.integers(0, 20), st.booleans(), st.integers(0, 9), st.integers(0, 9))
def test_the_sum_is_the_sum_and_the_level_the_first_that_it_reaches(
    vital, criticality, size, new, waivers, bad
) -> None:
    found = assess(
        replace(
            NOTHING,
            vital_reached=vital,
            criticality=criticality,
            components=size,
            is_first_of_service=new,
            waivers=waivers,
            service_history=History(9, bad),
        )
    )
    assert found.points == sum(one.points for one in found.factors)
    assert found.risk == ("high" if found.points >= 9 else "medium" if found.points >= 4 else "low")
    assert [one.points for one in found.factors] == sorted((one.points for one in found.factors), reverse=True)


def test_the_explanation_says_what_the_code_does() -> None:
    text = EXPLANATION.read_text()
    for look in FACTORS:
        assert look.__doc__.split(": ", 1)[1].split("\n")[0].rstrip(".") in text, look.__name__
    for level, least in LEVELS:
        assert f"{level} from {least} points" in text


@pytest.mark.django_db
class TestOfARelease:
    def test_it_is_read_from_the_plan_the_map_and_the_past(self) -> None:
        found = {one.name: one for one in risk_of(release_in("planning")).factors}
        assert found["criticality"].points == 1
        assert found["novelty"].points == 3
        assert found["way_back"].points == 1
        assert "too few to judge by" in found["history_service"].why

    def test_releases_that_did_not_end_well_count(self) -> None:
        for number in range(5):
            item = ci(f"part-{number}")
            one = release_in("released", components=[component(ci=item)])
            if number < 2:
                actions.back_out(release=one, by=acting("rosa"), note="Refunds fail.")
        release = release_in("planning", components=[component(ci=ci("ledger"))])
        found = {one.name: one for one in risk_of(release).factors}
        assert (found["history_service"].points, found["history_team"].points) == (2, 2)
        assert "Of the last 5 releases of this service 2 did not end well" in found["history_service"].why

    def test_taken_over_it_stands_on_record_with_its_factors(self) -> None:
        release = actions.assess_risk(release=release_in("planning"), by=acting("rosa"))
        assert release.risk == risk_of(release).risk == "medium"
        entry = AuditEntry.objects.filter(event="releases.release.assess_risk").get()
        assert entry.changes == {"risk": ["not_assessed", "medium"]}
        assert {one["factor"] for one in entry.data["factors"]} >= {"impact", "way_back", "time"}

    def test_what_nobody_stated_is_taken_over_when_verification_begins(self) -> None:
        assert release_in("verifying").risk == "medium"
        stated = release_in("planning", risk="low", components=[component(ci=ci("ledger"))])
        assert actions.start_verification(release=stated, by=acting("rosa")).risk == "low", "what is stated stands"

    def test_only_who_may_edit_and_only_while_it_may_be_edited(self) -> None:
        with pytest.raises(NotPermitted):
            actions.assess_risk(release=release_in("planning"), by=acting("carl"))
        with pytest.raises(NotNow):
            actions.assess_risk(release=release_in("scheduled"), by=acting("rosa"))

    def test_by_the_page_and_by_the_api(self) -> None:
        release = release_in("planning", risk="low")
        client = Client()
        client.force_login(person("rosa"))
        page = client.get(f"/admin/releases/release/{release.pk}/change/?tab=risk").content.decode()
        assert "The risk is stated lower than the factors give." in page
        assert "The way back is planned, and was not proven." in page
        told = Caller(person("audrey")).get(f"releases/{release.key}/risk/").json()
        assert (told["stated"], told["assessed"]) == ("low", "medium")
        assert told["points"] == sum(one["points"] for one in told["factors"])
        assert client.post(f"/admin/releases/release/{release.pk}/do/assess-risk/", {}).status_code == 302
        assert fresh(release).risk == "medium"
        again = Caller(person("rosa")).post(f"releases/{release.key}/risk/assess/", {})
        assert again.json()["stated"] == "medium"

    def test_the_brief_tells_the_weightiest_factors(self, drain) -> None:
        release = release_in("awaiting_approval", risk="low")
        client = Client()
        client.force_login(person("adam"))
        page = client.get(f"/admin/releases/release/{release.pk}/do/answer/").content.decode()
        assert "assessed: medium" in page
        assert risk_of(fresh(release)).top[0].why in page
