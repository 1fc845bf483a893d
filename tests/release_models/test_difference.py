"""What a version changes, in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.release_models.content import complete, difference
from apps.release_models.queries import diff
from tests.release_models.models import APPROVER, draft, model, small

OWNER = {"name": "Service owner", "who": {"service_owner": True}}
STAGES = [{"name": "canary", "percentage": 5, "bake_minutes": 10}]


def task(slug: str, title: str = "", **fields):
    return {"slug": slug, "title": title or slug.capitalize(), **fields}


CASES = {
    "approval added": (small(), small(approvals={"groups": [APPROVER, OWNER]}), ["approval by “Service owner” added"]),
    "approval removed": (
        small(approvals={"groups": [APPROVER, OWNER]}),
        small(),
        ["approval by “Service owner” removed"],
    ),
    "bake time": (
        small(rollout={"stages": STAGES}),
        small(rollout={"stages": [{**STAGES[0], "bake_minutes": 30}]}),
        ["rollout stage “canary”: bake time (minutes) 10 → 30"],
    ),
    "quorum": (
        small(),
        small(approvals={"groups": [{**APPROVER, "mode": "n", "n": 2}]}),
        ["approval by “Change authority”: mode any → n", "approval by “Change authority”: number needed 1 → 2"],
    ),
    "task added and depended upon": (
        small(),
        small(tasks=[task("announce"), task("deploy", depends_on=["announce"])]),
        ["task “Announce” added", "task “Deploy”: depends on with announce"],
    ),
    "check becomes advisory": (
        small(),
        small(checks=[{"slug": "tests", "title": "Tests", "kind": "junit", "required": False}]),
        ["check “Tests”: required yes → no"],
    ),
    "applies to": (
        small(),
        small(applies={"release_types": ["minor"], "criticality": {"min": 1, "max": 2}}),
        ["applies to: criticality none → min 1, max 2", "applies to: release types with minor"],
    ),
    "window": (small(), small(window={"required": False}), ["window: required yes → no"]),
    "early life": (small(), small(early_life_hours=48), ["early-life support (hours) 24 → 48"]),
    "pre-authorised": (small(), small(pre_authorised=True), ["pre-authorised no → yes"]),
    "after the fact": (
        small(),
        small(after_the_fact={"approve_within_hours": 24}),
        ["approval after the fact none → approval within (hours) 24"],
    ),
    "order of tasks": (
        small(tasks=[task("a"), task("b")]),
        small(tasks=[task("b"), task("a")]),
        ["task: listed in another order"],
    ),
    "renamed task": (
        small(),
        small(tasks=[task("deploy", "Deploy gently")]),
        ["task “Deploy gently”: title Deploy → Deploy gently"],
    ),
    "barred": (
        small(),
        small(approvals={"groups": [APPROVER], "bar": ["requester", "author"]}),
        ["approvals: barred by segregation of duties with author and without release_manager, implementer"],
    ),
}


@pytest.mark.parametrize("name", list(CASES))
def test_a_change_is_said_in_words(name):
    old, new, words = CASES[name]
    assert difference(old, new) == words


@pytest.mark.parametrize("name", list(CASES))
def test_equal_contents_differ_in_nothing(name):
    old, new, _words = CASES[name]
    assert difference(old, old) == difference(new, complete(new)) == []


@given(st.sampled_from(sorted(CASES)), st.sampled_from(sorted(CASES)))
def test_there_are_words_exactly_when_the_contents_differ(one, other):
    old, new = CASES[one][0], CASES[other][1]
    assert bool(difference(old, new)) == (complete(old) != complete(new))


@pytest.mark.django_db
def test_versions_are_compared_from_old_to_new():
    normal = model()
    first, second = draft(normal), draft(normal, small(early_life_hours=48))
    assert diff(first, second) == ["early-life support (hours) 24 → 48"]
    assert diff(second, first) == ["early-life support (hours) 48 → 24"]
