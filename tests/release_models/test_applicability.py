"""Each kind of rule shown matching and missing, in words; the ranking of models."""

from __future__ import annotations

import pytest

from apps.release_models import actions
from apps.release_models.content import Scope, complete, judge
from apps.release_models.queries import rank_models
from tests.people import SYSTEM
from tests.release_models.models import draft, model, publish, small

SCOPE = Scope(
    subject_type="service",
    release_type="minor",
    value_streams=("order-to-cash",),
    environments=("production",),
    criticality=2,
    component_count=3,
)
RULES = {
    "subject type matches": ({"subject_types": ["service"]}, True, "The type of subject is service"),
    "subject type misses": (
        {"subject_types": ["product", "api"]},
        False,
        "The model is for the type of subject product, api; here it is service.",
    ),
    "release type matches": ({"release_types": ["minor", "patch"]}, True, "The type of release is minor"),
    "release type misses": ({"release_types": ["major"]}, False, "The model is for the type of release major"),
    "value stream matches": ({"value_streams": ["order-to-cash"]}, True, "serves the value stream order-to-cash"),
    "value stream misses": ({"value_streams": ["hire-to-retire"]}, False, "the subject serves order-to-cash"),
    "environment matches": ({"environments": ["production"]}, True, "may release into production"),
    "environment misses": ({"environments": ["staging"]}, False, "not into production"),
    "criticality matches": ({"criticality": {"min": 1, "max": 2}}, True, "Criticality 2 is within"),
    "criticality misses": ({"criticality": {"min": 3, "max": 4}}, False, "the subject has criticality 2"),
    "exact criticality misses": ({"criticality": {"min": 1, "max": 1}}, False, "The model is for criticality 1;"),
    "size matches": ({"max_components": 3}, True, "3 component(s) are within the model's limit of 3"),
    "size misses": ({"max_components": 2}, False, "at most 2 component(s); here are 3"),
}


@pytest.mark.parametrize("name", list(RULES))
def test_each_rule_says_whether_it_matches_in_words(name):
    applies, matches, words = RULES[name]
    verdict = judge(applies, SCOPE)
    assert verdict.applies == matches
    assert any(words in sentence for sentence in (verdict.matches if matches else verdict.misses))
    assert verdict.score == int(matches)
    assert len(verdict.matches) + len(verdict.misses) == 6, "every rule has its verdict"


@pytest.mark.parametrize(
    ("applies", "words"),
    [
        ({"subject_types": ["service"]}, "here it is unknown"),
        ({"environments": ["production"]}, "no environment is chosen yet"),
        ({"value_streams": ["order-to-cash"]}, "the subject serves none"),
        ({"criticality": {"min": 1, "max": 4}}, "is unknown"),
    ],
)
def test_what_is_unknown_does_not_match_and_is_said(applies, words):
    verdict = judge(applies, Scope())
    assert not verdict.applies
    assert words in verdict.misses[0]


def test_no_rules_match_everything():
    verdict = judge(complete({})["applies"], SCOPE)
    assert (verdict.applies, verdict.score) == (True, 0)


@pytest.mark.django_db
def test_models_that_apply_come_first_the_most_specific_before():
    publish(draft(model("anything")))
    publish(draft(model("minors"), small(applies={"release_types": ["minor"]})))
    publish(draft(model("minor-services"), small(applies={"release_types": ["minor"], "subject_types": ["service"]})))
    publish(draft(model("majors"), small(applies={"release_types": ["major"], "subject_types": ["product"]})))
    publish(draft(model("patches"), small(applies={"release_types": ["patch"]})))
    draft(model("unpublished"))
    ranked = rank_models(SCOPE)
    assert [one.model_version.model.slug for one in ranked] == [
        "minor-services",
        "minors",
        "anything",
        "patches",
        "majors",
    ]
    assert [one.applies for one in ranked] == [True, True, True, False, False]
    assert [len(one.misses) for one in ranked] == [0, 0, 0, 1, 2]


@pytest.mark.django_db
def test_the_ranking_asks_one_query(django_assert_num_queries):
    actions.load_library(by=SYSTEM)
    with django_assert_num_queries(1):
        assert len(rank_models(SCOPE)) == 5
