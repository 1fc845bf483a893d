"""Faults of a content, each with its place; completion; digest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from apps.accounts.permissions import Role
from apps.core.errors import Invalid
from apps.release_models.content import SCHEMA, complete, digest_of, faults_of
from apps.release_models.content.sense import _cycle
from apps.release_models.models import ModelKind
from apps.release_models.queries import ready_made
from apps.schedule.models import MODEL_KINDS
from tests.people import person
from tests.release_models.models import APPROVER, draft, small

PUBLISHED_SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "reference" / "model-content.schema.json"


def task(slug: str, **fields):
    return {"slug": slug, "title": slug, **fields}


def group(**fields):
    return {**APPROVER, **fields}


FAULTS = {
    "unknown name": (small(taks=[]), "/content", "additionalProperties"),
    "wrong kind": (small(tasks={}), "/content/tasks", "type"),
    "missing title": (small(tasks=[{"slug": "a"}]), "/content/tasks/0", "required"),
    "blank title": (small(tasks=[task("a") | {"title": " "}]), "/content/tasks/0/title", "pattern"),
    "bad slug": (small(tasks=[task("Not a slug")]), "/content/tasks/0/slug", "pattern"),
    "unknown role": (small(tasks=[task("a", role="wizard")]), "/content/tasks/0/role", "enum"),
    "unknown phase": (small(tasks=[task("a", phase="later")]), "/content/tasks/0/phase", "enum"),
    "negative duration": (
        small(tasks=[task("a", duration_minutes=-1)]),
        "/content/tasks/0/duration_minutes",
        "minimum",
    ),
    "duplicate task": (small(tasks=[task("a"), task("a")]), "/content/tasks/1/slug", "duplicate"),
    "unknown dependency": (small(tasks=[task("a", depends_on=["b"])]), "/content/tasks/0/depends_on/0", "unknown_task"),
    "self dependency": (small(tasks=[task("a", depends_on=["a"])]), "/content/tasks/0/depends_on", "cycle"),
    "cycle": (
        small(tasks=[task("a", depends_on=["b"]), task("b", depends_on=["c"]), task("c", depends_on=["a"])]),
        "/content/tasks/0/depends_on",
        "cycle",
    ),
    "preparation after execution": (
        small(tasks=[task("a", phase="prepare", depends_on=["b"]), task("b", phase="execute")]),
        "/content/tasks/0/depends_on/0",
        "phase",
    ),
    "back out mixed in": (
        small(tasks=[task("a", phase="back_out", depends_on=["b"]), task("b")]),
        "/content/tasks/0/depends_on/0",
        "phase",
    ),
    "duplicate check": (
        small(checks=[{"slug": "a", "title": "A", "kind": "x"}] * 2),
        "/content/checks/1/slug",
        "duplicate",
    ),
    "unknown check group": (
        small(checks=[{"slug": "a", "title": "A", "kind": "x", "group": "other"}]),
        "/content/checks/0/group",
        "enum",
    ),
    "nobody approves": (small(approvals={"groups": []}), "/content/approvals/groups", "nobody"),
    "who is empty": (small(approvals={"groups": [group(who={})]}), "/content/approvals/groups/0/who", "minProperties"),
    "who is two": (
        small(approvals={"groups": [group(who={"role": "approver", "team": "a"})]}),
        "/content/approvals/groups/0/who",
        "maxProperties",
    ),
    "unknown team": (
        small(approvals={"groups": [group(who={"team": "nowhere"})]}),
        "/content/approvals/groups/0/who/team",
        "unknown_team",
    ),
    "unknown person": (
        small(approvals={"groups": [group(who={"people": ["adam", "nobody"]})]}),
        "/content/approvals/groups/0/who/people/1",
        "unknown_person",
    ),
    "more than there are": (
        small(approvals={"groups": [group(who={"people": ["adam"]}, mode="n", n=2)]}),
        "/content/approvals/groups/0/n",
        "too_many",
    ),
    "two groups of one name": (
        small(approvals={"groups": [APPROVER, APPROVER]}),
        "/content/approvals/groups/1/name",
        "duplicate",
    ),
    "bounds reversed": (
        small(applies={"criticality": {"min": 3, "max": 1}}),
        "/content/applies/criticality/min",
        "range",
    ),
    "phased without stages": (small(rollout={"strategy": "phased"}), "/content/rollout/stages", "required"),
    "shrinking stages": (
        small(rollout={"stages": [{"name": "a", "percentage": 50}, {"name": "b", "percentage": 10}]}),
        "/content/rollout/stages/1/percentage",
        "shrinks",
    ),
    "example that fails": (
        small(
            applies={"release_types": ["minor"]},
            examples=[{"title": "a major", "scope": {"release_type": "major"}, "applies": True}],
        ),
        "/content/examples/0",
        "example",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(FAULTS))
def test_a_fault_is_named_with_its_place(name):
    content, pointer, code = FAULTS[name]
    person("adam")
    assert (pointer, code) in [(one.pointer, one.code) for one in faults_of(complete(content))]


@pytest.mark.django_db
def test_every_fault_at_once():
    content = small(tasks=[task("a"), task("a", depends_on=["x"])], approvals={"groups": []})
    with pytest.raises(Invalid) as refused:
        draft(content=content)
    assert len(refused.value.errors) == 3


@pytest.mark.django_db
@pytest.mark.parametrize("content", [None, [], "text", 5, {}])
def test_what_is_no_content_at_all_is_a_fault_and_never_a_crash(content):
    assert faults_of(complete(content))


@pytest.mark.parametrize("entry", ready_made(), ids=lambda entry: entry["slug"])
@pytest.mark.django_db
def test_every_ready_made_model_is_sound_and_shows_examples(entry):
    assert faults_of(complete(entry["content"])) == []
    assert {example["applies"] for example in entry["content"]["examples"]} == {True, False}


def test_the_published_schema_is_the_one_in_the_code():
    assert json.loads(PUBLISHED_SCHEMA.read_text(encoding="utf-8")) == json.loads(json.dumps(SCHEMA))
    Draft202012Validator.check_schema(SCHEMA)


def test_the_kinds_of_model_are_the_ones_the_schedule_knows():
    assert set(MODEL_KINDS) == set(ModelKind.values)


def test_completion_is_idempotent_and_leaves_its_input_alone():
    given_content = small()
    once = complete(given_content)
    assert complete(once) == once
    assert given_content == small()


def test_the_digest_does_not_depend_on_the_order_of_names():
    assert digest_of({"a": 1, "b": [1, 2]}) == digest_of({"b": [1, 2], "a": 1})
    assert digest_of({"b": [1, 2]}) != digest_of({"b": [2, 1]})


@given(st.dictionaries(st.sampled_from("abcdefg"), st.lists(st.sampled_from("abcdefg"), max_size=4), max_size=7))
def test_a_circle_is_found_exactly_when_there_is_one(edges):
    edges = {node: [one for one in needs if one in edges] for node, needs in edges.items()}
    circle = _cycle(edges)
    remaining = dict(edges)
    while free := [node for node, needs in remaining.items() if not set(needs) & set(remaining)]:
        for node in free:
            del remaining[node]
    assert bool(circle) == bool(remaining)
    if circle:
        assert circle[0] == circle[-1]
        assert all(after in edges[before] for before, after in zip(circle, circle[1:], strict=False))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["applies", "tasks", "checks", "approvals", "groups", "rollout", "examples", "slug", "scope"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=15,
    )
)
def test_no_document_breaks_completion_or_the_schema(document):
    full = complete(document)
    assert isinstance(Draft202012Validator(SCHEMA).is_valid(full), bool)


def test_roles_of_the_schema_are_the_roles_there_are():
    assert set(SCHEMA["properties"]["tasks"]["items"]["properties"]["role"]["enum"]) == set(Role.values)
