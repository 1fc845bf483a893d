"""Filters, search, ordering and trimming: what is not understood is refused, never ignored."""

from __future__ import annotations

import pytest

from apps.accounts.actions import add_member
from apps.accounts.models import Team

from .conftest import SYSTEM, Caller, person, problem


@pytest.fixture(autouse=True)
def _teams(db: None) -> None:
    for slug, name in [("payments", "Payments"), ("billing", "Billing and payments"), ("ops", "Operations")]:
        Team.objects.create(slug=slug, name=name)


def slugs(caller: Caller, query: str) -> list[str]:
    answer = caller.get(f"teams/?{query}")
    assert answer.status_code == 200, answer.content
    return [row["slug"] for row in answer.json()["results"]]


def test_filters_narrow(ada: Caller) -> None:
    assert slugs(ada, "slug=ops") == ["ops"]
    assert slugs(ada, "slug=ops&name=Payments") == []
    assert slugs(ada, "slug=") == ["billing", "ops", "payments"]


def test_a_filter_over_a_relation(ada: Caller) -> None:
    add_member(team=Team.objects.get(slug="ops"), user=person("mia"), by=SYSTEM)
    assert slugs(ada, "member=mia") == ["ops"]
    assert slugs(ada, "member=nobody") == []


def test_search_takes_every_word(ada: Caller) -> None:
    assert slugs(ada, "search=payments") == ["billing", "payments"]
    assert slugs(ada, "search=payments+billing") == ["billing"]
    assert slugs(ada, "search=%22and+payments%22") == ["billing"]


def test_a_typing_mistake_never_answers_with_everything(ada: Caller) -> None:
    told = problem(ada.get("teams/?slgu=ops&nmae=x"), 400)
    assert {error["pointer"] for error in told["errors"]} == {"?slgu", "?nmae"}
    assert "slug" in told["errors"][0]["detail"]


@pytest.mark.parametrize("path", ["teams/ops/?slug=ops", "teams/ops/members/?search=x", "audit/?subjct=x"])
def test_every_endpoint_knows_its_own_parameters(ada: Caller, path: str) -> None:
    assert problem(ada.get(path), 400)["errors"][0]["code"] == "unknown_parameter"


def test_a_write_takes_no_parameters(ada: Caller) -> None:
    problem(ada.post("teams/?dry_run=true", {"slug": "a", "name": "A"}), 400)
    assert Team.objects.count() == 3


@pytest.mark.parametrize(
    "query",
    ["updated_after=yesterday", "search=%00", "slug=%00", "name=a%00b", "search=" + "x" * 201, "fields=%00", "a%00b=1"],
)
def test_an_unusable_value_is_refused(ada: Caller, query: str) -> None:
    told = problem(ada.get(f"teams/?{query}"), 400)
    assert told["errors"][0]["pointer"].startswith("?")


@pytest.mark.parametrize("query", ["door=window", "since=1", "until=2026-13-01", "since=9999999999999"])
def test_an_unknown_choice_or_time_is_refused(ada: Caller, query: str) -> None:
    told = problem(ada.get(f"audit/?{query}"), 400)
    assert told["errors"][0]["pointer"] == "?" + query.partition("=")[0]


def test_fields_trim_the_answer(ada: Caller) -> None:
    assert ada.get("teams/ops/?fields=name,slug").json() == {"slug": "ops", "name": "Operations"}
    rows = ada.get("teams/?fields=slug").json()["results"]
    assert rows == [{"slug": "billing"}, {"slug": "ops"}, {"slug": "payments"}]
    told = problem(ada.get("teams/?fields=slug,password"), 400)
    assert told["errors"][0]["pointer"] == "?fields" and "slug" in told["errors"][0]["detail"]


def test_the_list_costs_the_same_for_one_and_for_many(ada: Caller, django_assert_num_queries) -> None:
    Team.objects.bulk_create(Team(slug=f"t{number}", name="N") for number in range(100))
    ada.get("teams/")
    for size in (1, 100):
        with django_assert_num_queries(2):
            ada.get(f"teams/?page_size={size}")
