"""Steps through the API: what is possible and why not, and taking one with the form of the admin's button."""

from __future__ import annotations

import pytest

from apps.core.models import AuditEntry, IdempotencyRecord
from tests.charts.models import Sluice

from .conftest import Caller, person, problem

pytestmark = pytest.mark.urls("tests.core.api.sluices")
UP = {"name": "turn_up", "turns": 3}


@pytest.fixture
def keeper(db: None) -> Caller:
    return Caller(person("keeper", "contributor"))


@pytest.fixture
def sluice(db: None) -> Sluice:
    return Sluice.objects.create(key="north")


def steps(caller: Caller) -> dict[str, dict]:
    answer = caller.get("sluices/north/transitions/")
    assert answer.status_code == 200
    return {step["name"]: step for step in answer.json()}


def test_a_step_that_is_free(keeper: Caller, sluice: Sluice) -> None:
    assert steps(keeper) == {
        "turn_up": {
            "name": "turn_up", "label": "Turn up", "to": "open", "allowed": True, "blockers": [],
            "comment": "optional", "help": "Let the water through.",
        }
    }  # fmt: skip


def test_a_blocked_step_says_every_reason_at_once(keeper: Caller, sluice: Sluice) -> None:
    Sluice.objects.filter(pk=sluice.pk).update(oiled=False, weeds=2)
    step = steps(keeper)["turn_up"]
    assert step["allowed"] is False
    assert [blocker["message"] for blocker in step["blockers"]] == [
        "Oil it first.", "Remove the weed at bar 0.", "Remove the weed at bar 1.",
    ]  # fmt: skip
    assert set(step["blockers"][0]) == {"code", "message", "who_can_lift", "until", "url"}
    assert step["blockers"][1]["who_can_lift"] == "the gardener"
    told = problem(keeper.post("sluices/north/transitions/", UP), 409)
    assert told["blockers"] == step["blockers"]
    assert "errors" not in told


def test_whoever_may_not_is_told_so(ravi: Caller, sluice: Sluice) -> None:
    step = steps(ravi)["turn_up"]
    assert step["allowed"] is False
    assert step["blockers"][0]["code"] == "not_permitted"
    assert step["blockers"][0]["message"] == "Only a keeper may turn a sluice."
    assert problem(ravi.post("sluices/north/transitions/", UP), 403)["detail"] == "Only a keeper may turn a sluice."
    assert Sluice.objects.get().status == "shut"


def test_taking_a_step_answers_with_the_resource_after_it(keeper: Caller, sluice: Sluice) -> None:
    answer = keeper.post("sluices/north/transitions/", {**UP, "comment": "high tide", "why": ["flood"]})
    assert answer.status_code == 200
    assert answer.json() == {"key": "north", "status": "open", "turns": 3, "upstream": None, "version": 2}
    assert answer["ETag"] == keeper.get("sluices/north/")["ETag"]
    entry = AuditEntry.objects.get(event="charts.sluice.turn_up")
    assert (entry.door, entry.note, entry.before, entry.after) == ("api", "high tide", "shut", "open")
    assert entry.data == {"why": ["flood"]}


def test_related_records_are_named_by_key(keeper: Caller, sluice: Sluice) -> None:
    Sluice.objects.create(key="south")
    assert keeper.post("sluices/north/transitions/", {**UP, "upstream": "south"}).json()["upstream"] == "south"


def test_a_late_click_is_a_conflict_before_it_is_a_question_of_permission(ravi: Caller, sluice: Sluice) -> None:
    told = problem(ravi.post("sluices/north/transitions/", {"name": "turn_down", "comment": "x"}), 409)
    assert told["blockers"][0]["code"] == "wrong_state"
    told = problem(ravi.post("sluices/north/transitions/", {"name": "turn_down"}), 409)
    assert told["blockers"][0]["code"] == "wrong_state"


def test_permission_is_asked_before_the_form(ravi: Caller, sluice: Sluice) -> None:
    problem(ravi.post("sluices/north/transitions/", {"name": "turn_up", "turns": "many"}), 403)


@pytest.mark.parametrize("name", ["fly", "", None, 7, ["turn_up"], {"a": 1}, "rust_through", "x" * 9000])
def test_an_unknown_step_is_answered_with_the_known_ones(keeper: Caller, sluice: Sluice, name: object) -> None:
    told = problem(keeper.post("sluices/north/transitions/", {"name": name}), 400)
    assert told["errors"][0]["pointer"] == "/name"
    assert "turn_up, turn_down" in told["detail"] and "rust_through, " not in told["detail"]


@pytest.mark.parametrize("body", [[], "turn_up", None, {}, 7])
def test_a_body_that_names_no_step(keeper: Caller, sluice: Sluice, body: object) -> None:
    problem(keeper.post("sluices/north/transitions/", b"null" if body is None else body), 400)


@pytest.mark.parametrize(
    ("given", "pointer", "code"),
    [
        ({}, "/turns", "required"),
        ({"turns": 0}, "/turns", "min_value"),
        ({"turns": "many"}, "/turns", "invalid"),
        ({"turns": [3]}, "/turns", "invalid"),
        ({"turns": {"a": 3}}, "/turns", "invalid"),
        ({"turns": 3, "why": ["whim"]}, "/why", "invalid_choice"),
        ({"turns": 3, "why": "flood"}, "/why", "invalid_list"),
        ({"turns": 3, "at": "soon"}, "/at", "invalid"),
        ({"turns": 3, "upstream": "nowhere"}, "/upstream", "invalid_choice"),
        ({"turns": 3, "colour": "red"}, "/colour", "unknown_field"),
        ({"turns": 3, "note": "x"}, "/note", "unknown_field"),
        ({"turns": 3, "comment": "x" * 4001}, "/comment", "max_length"),
        ({"turns": 3, "comment": ["x"]}, "/comment", "invalid"),
        ({"turns": 8}, "/turns", "odd_day"),
    ],
)
def test_a_fault_in_what_the_step_asks_for(
    keeper: Caller, sluice: Sluice, given: dict, pointer: str, code: str
) -> None:
    told = problem(keeper.post("sluices/north/transitions/", {"name": "turn_up", **given}), 400)
    assert (told["errors"][0]["pointer"], told["errors"][0]["code"]) == (pointer, code)
    sluice.refresh_from_db()
    assert (sluice.status, sluice.version) == ("shut", 1)


def test_a_comment_that_is_required(keeper: Caller, sluice: Sluice) -> None:
    keeper.post("sluices/north/transitions/", UP)
    told = problem(keeper.post("sluices/north/transitions/", {"name": "turn_down"}), 400)
    assert told["errors"][0]["pointer"] == "/comment"
    assert keeper.post("sluices/north/transitions/", {"name": "turn_down", "comment": "ebb"}).json()["status"] == "shut"


def test_a_step_against_a_stale_copy_is_refused(keeper: Caller, sluice: Sluice) -> None:
    tag = keeper.get("sluices/north/")["ETag"]
    Sluice.objects.filter(pk=sluice.pk).update(version=2)
    problem(keeper.post("sluices/north/transitions/", UP, If_Match=tag), 412)


def test_a_repeated_step_is_taken_once(keeper: Caller, sluice: Sluice) -> None:
    first = keeper.post("sluices/north/transitions/", UP, Idempotency_Key="k")
    again = keeper.post("sluices/north/transitions/", UP, Idempotency_Key="k")
    assert first.status_code == again.status_code == 200 and first.content == again.content
    problem(keeper.post("sluices/north/transitions/", UP), 409)


def test_a_read_token_takes_no_step(db: None, sluice: Sluice) -> None:
    keeper = Caller(person("keeper", "contributor"), ["read"])
    assert keeper.get("sluices/north/transitions/").status_code == 200
    problem(keeper.post("sluices/north/transitions/", UP), 403)


def test_a_resource_without_hooks_takes_no_other_writes(keeper: Caller, sluice: Sluice) -> None:
    problem(keeper.post("sluices/", {"key": "x"}), 405)
    problem(keeper.patch("sluices/north/", {"turns": 1}), 405)
    problem(keeper.delete("sluices/north/"), 405)


def test_an_action_parses_its_own_parameters(keeper: Caller, sluice: Sluice) -> None:
    assert keeper.get("sluices/north/soundings/").json() == {"name": "north", "size": 3}
    assert keeper.get("sluices/north/soundings/?depth=5").json()["size"] == 5
    for wrong in ("depth=6", "depth=0", "depth=x", "depth=1e9", "depth=9999999999999999999", "deep=1", "depth=%00"):
        problem(keeper.get(f"sluices/north/soundings/?{wrong}"), 400)


def test_an_action_pages_a_list_of_its_own(keeper: Caller, sluice: Sluice) -> None:
    Sluice.objects.bulk_create(Sluice(key=f"s{number}", upstream=sluice) for number in range(5))
    told = keeper.get("sluices/north/below/?page_size=3").json()
    assert [row["key"] for row in told["results"]] == ["s0", "s1", "s2"]
    told = keeper.get(told["next"].removeprefix("http://testserver")).json()
    assert [row["key"] for row in told["results"]] == ["s3", "s4"]
    problem(keeper.get("sluices/north/below/?search=x"), 400)


def multipart(content: bytes, name: str = "file") -> tuple[bytes, str]:
    body = b'--xx\r\nContent-Disposition: form-data; name="%s"; filename="sbom.json"\r\n\r\n%s\r\n--xx--\r\n'
    return body % (name.encode(), content), "multipart/form-data; boundary=xx"


def test_a_file_comes_raw_or_as_a_part(keeper: Caller, sluice: Sluice) -> None:
    raw = keeper.post("sluices/north/load/", b"12345", Content_Type="application/octet-stream")
    assert (raw.status_code, raw.json()) == (201, {"name": "", "size": 5})
    assert keeper.post("sluices/north/load/", b"{", Content_Type="application/json").json()["size"] == 1
    body, kind = multipart(b"1234567")
    assert keeper.post("sluices/north/load/", body, Content_Type=kind).json() == {"name": "sbom.json", "size": 7}


def test_a_repeated_upload_may_draw_its_boundary_anew(keeper: Caller, sluice: Sluice) -> None:
    body, kind = multipart(b"1234567")
    first = keeper.post("sluices/north/load/", body, Content_Type=kind, Idempotency_Key="k")
    body, kind = body.replace(b"xx", b"yyyy"), kind.replace("xx", "yyyy")
    again = keeper.post("sluices/north/load/", body, Content_Type=kind, Idempotency_Key="k")
    assert again["Idempotent-Replayed"] == "true" and again.content == first.content


def test_a_file_that_is_missing_empty_or_too_large(keeper: Caller, sluice: Sluice) -> None:
    problem(keeper.post("sluices/north/load/", b"x" * 1001, Content_Type="application/octet-stream"), 413)
    body, kind = multipart(b"x" * 1001)
    problem(keeper.post("sluices/north/load/", body, Content_Type=kind), 413)
    problem(keeper.post("sluices/north/load/", b"", Content_Type="application/octet-stream"), 400)
    body, kind = multipart(b"x", name="other")
    problem(keeper.post("sluices/north/load/", body, Content_Type=kind), 400)
    problem(keeper.post("sluices/north/load/", b"--xx\r\nbroken", Content_Type="multipart/form-data; boundary=xx"), 400)
    problem(keeper.post("sluices/north/load/", b"x", Content_Type="multipart/form-data"), 400)


@pytest.mark.parametrize("headers", [{}, {"Idempotency_Key": "k"}])
def test_an_error_that_is_answered_writes_nothing_either(keeper: Caller, headers: dict) -> None:
    assert keeper.post("closed/", {}, **headers).status_code == 423
    assert not Sluice.objects.exists()


def test_a_view_without_a_scope_is_written_by_full_tokens_only(db: None) -> None:
    problem(Caller(person("keeper", "contributor"), ["sluices:write"]).post("closed/", {}), 403)


def test_a_secret_is_answered_once_and_never_kept(keeper: Caller, sluice: Sluice) -> None:
    first = keeper.post("sluices/north/combination/", Idempotency_Key="k")
    assert first.json()["name"] == "open-sesame"
    told = problem(keeper.post("sluices/north/combination/", Idempotency_Key="k"), 409)
    assert told["type"].endswith("answered-once") and "shown once" in told["detail"]
    assert b"sesame" not in bytes(IdempotencyRecord.objects.get().body)
    assert AuditEntry.objects.filter(event="charts.sluice.change").count() == 1
