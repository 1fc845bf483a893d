"""Pages by value: every row once, whatever is inserted meanwhile, in any order and both directions."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs, urlparse

import pytest
from django.core.exceptions import FieldDoesNotExist
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import Team
from apps.core.api.pagination import after, terms_of
from tests.charts.models import Sluice

from .conftest import Caller, problem


@pytest.fixture
def teams(db: None) -> list[str]:
    Team.objects.bulk_create(Team(slug=f"team-{number:03}", name=f"N{number % 3}") for number in range(25))
    return [f"team-{number:03}" for number in range(25)]


def walk(caller: Caller, path: str, link: str = "next") -> list[list[str]]:
    pages = []
    while path:
        told = caller.get(path).json()
        pages.append([row["slug"] for row in told["results"]])
        path = told[link] and told[link].removeprefix("http://testserver")
    return pages


def test_all_rows_once_forwards_and_backwards(ada: Caller, teams: list[str]) -> None:
    pages = walk(ada, "teams/?page_size=10")
    assert [len(page) for page in pages] == [10, 10, 5]
    assert sum(pages, []) == teams
    last = ada.get(f"teams/?page_size=10&cursor={cursor_of(ada, 2)}").json()
    back = walk(ada, last["previous"].removeprefix("http://testserver"), "previous")
    assert back == [pages[1], pages[0]]


def cursor_of(caller: Caller, pages: int) -> str:
    path = "teams/?page_size=10"
    for _ in range(pages):
        path = caller.get(path).json()["next"].removeprefix("http://testserver")
    return parse_qs(urlparse(path).query)["cursor"][0]


def test_the_first_and_last_page_have_ends(ada: Caller, teams: list[str]) -> None:
    told = ada.get("teams/?page_size=25").json()
    assert told["next"] is told["previous"] is None and len(told["results"]) == 25
    told = ada.get("teams/?page_size=24").json()
    told = ada.get(told["next"].removeprefix("http://testserver")).json()
    assert told["next"] is None and told["previous"] and len(told["results"]) == 1


def test_rows_inserted_and_deleted_meanwhile_shift_nothing(ada: Caller, teams: list[str]) -> None:
    first = ada.get("teams/?page_size=10").json()
    Team.objects.bulk_create([Team(slug="team-000a", name="before"), Team(slug="team-009a", name="right after")])
    Team.objects.filter(slug="team-009").delete()
    second = ada.get(first["next"].removeprefix("http://testserver")).json()
    assert [row["slug"] for row in second["results"]][:2] == ["team-009a", "team-010"]
    back = ada.get(second["previous"].removeprefix("http://testserver")).json()
    assert [row["slug"] for row in back["results"]][-1] == "team-008"


@pytest.mark.parametrize("ordering", ["slug", "-slug", "name", "-name", "name,-slug", "-created_at", "updated_at"])
def test_every_order_gives_every_row_once(ada: Caller, teams: list[str], ordering: str) -> None:
    pages = walk(ada, f"teams/?page_size=7&ordering={ordering}")
    assert sorted(sum(pages, [])) == teams
    words = ordering.split(",")
    rows = list(
        Team.objects.order_by(*words, "-pk" if words[-1].startswith("-") else "pk").values_list("slug", flat=True)
    )
    assert sum(pages, []) == rows


def test_pages_keep_their_filter(ada: Caller, teams: list[str]) -> None:
    pages = walk(ada, "teams/?page_size=3&name=N1")
    assert sum(pages, []) == teams[1::3]


def test_a_page_costs_no_count_and_no_offset(ada: Caller, teams: list[str], django_assert_num_queries) -> None:
    path = f"teams/?page_size=5&cursor={cursor_of(ada, 2)}"
    ada.get(path)
    with django_assert_num_queries(2) as asked:
        ada.get(path)
    sql = asked.captured_queries[-1]["sql"]
    assert "COUNT" not in sql and "OFFSET" not in sql and '"slug" >=' in sql


@pytest.mark.parametrize(
    "query",
    [
        "page_size=0", "page_size=501", "page_size=-1", "page_size=x", "page_size=1.5", "page_size=99999999999999999999",
        "ordering=version", "ordering=-", "ordering=slug,password", "ordering=%00", "cursor=x", "cursor=%00", "cursor=W10",
        "cursor=é", "cursor=" + "A" * 5000,
    ],
)  # fmt: skip
def test_an_unusable_page_is_refused(ada: Caller, teams: list[str], query: str) -> None:
    told = problem(ada.get(f"teams/?{query}"), 400)
    assert told["errors"][0]["pointer"] == "?" + query.partition("=")[0]


@pytest.mark.parametrize(
    "values",
    [["slug", ["a"], False], ["-slug", ["a"], False], ["slug", [], False], ["slug", [{"a": 1}], False], ["slug", ["a", 1], False],
     ["slug", ["\0"], False], ["slug", ["a"], "yes"], {"a": 1}, 7, None, ["created_at,pk", ["never", 1], False],
     ["created_at,pk", [10**30, 10**30], False]],
    ids=str,
)  # fmt: skip
def test_a_forged_cursor_never_breaks_the_server(ada: Caller, teams: list[str], values: object) -> None:
    forged = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    for order in ("", "&ordering=created_at"):
        answer = ada.get(f"teams/?cursor={forged}{order}")
        assert answer.status_code == 200 or problem(answer, 400)


def test_a_cursor_belongs_to_its_order(ada: Caller, teams: list[str]) -> None:
    assert (
        problem(ada.get(f"teams/?ordering=-slug&cursor={cursor_of(ada, 1)}"), 400)["errors"][0]["code"]
        == "unknown_cursor"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words", [["upstream__turns"], ["-upstream__turns"], ["upstream__turns", "-weeds"], ["-weeds", "turns"]]
)
@given(
    rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.booleans()), max_size=9), size=st.integers(1, 4)
)
def test_ties_and_nulls_lose_and_repeat_nothing(words: list[str], rows: list, size: int) -> None:
    Sluice.objects.update(upstream=None)
    Sluice.objects.all().delete()
    sources = [Sluice.objects.create(key=f"s{turns}", turns=turns) for turns in range(3)]
    made = [
        Sluice.objects.create(key=f"k{at}", turns=turns, weeds=weeds, upstream=sources[turns] if has else None)
        for at, (turns, weeds, has) in enumerate(rows)
    ]
    wanted = {one.pk for one in [*sources, *made]}
    terms = terms_of(Sluice, words)
    everything = list(Sluice.objects.select_related("upstream").order_by(*(term.expression(False) for term in terms)))
    assert {one.pk for one in everything} == wanted
    for at, row in enumerate(everything):
        values = [term.value_of(row) for term in terms]
        ahead = Sluice.objects.filter(after(terms, values, False)).order_by(*(term.expression(False) for term in terms))
        assert [one.pk for one in ahead] == [one.pk for one in everything[at + 1 :]]
        behind = Sluice.objects.filter(after(terms, values, True)).order_by(*(term.expression(True) for term in terms))
        assert [one.pk for one in behind] == [one.pk for one in everything[:at][::-1]]


def test_a_unique_column_needs_no_tie_break() -> None:
    assert [term.word for term in terms_of(Team, ["slug"])] == ["slug"]
    assert [term.word for term in terms_of(Team, ["name"])] == ["name", "pk"]
    assert [term.word for term in terms_of(Team, ["-name"])] == ["-name", "-pk"]
    with pytest.raises(FieldDoesNotExist):
        terms_of(Sluice, ["upstream"])


@pytest.mark.django_db
def test_a_page_before_the_first_row_is_empty(ada: Caller, teams: list[str]) -> None:
    first = ada.get("teams/?page_size=10").json()
    second = ada.get(first["next"].removeprefix("http://testserver")).json()
    Team.objects.filter(slug__lt="team-010").delete()
    told = ada.get(second["previous"].removeprefix("http://testserver")).json()
    assert told == {"next": None, "previous": None, "results": []}
