"""Each kind of rule shown matching and missing, in words, by the judge and on the pages; the ranking of models."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client

from apps.core import moves
from apps.release_models import actions
from apps.release_models.content import Scope, complete, judge
from apps.release_models.content.applicability import RULES
from apps.release_models.content.words import CHANGE_KINDS, RISKS
from apps.release_models.forms import ContentEditor
from apps.release_models.queries import rank_models
from apps.releases.actions import change_release
from apps.releases.lifecycle.words import ChangeKind, Risk
from apps.releases.models import Release
from tests.factories import ci, component, draft_release, payments, value_stream
from tests.people import SYSTEM, acting, person
from tests.release_models.models import draft, model, publish, small

SCOPE = Scope(
    subject_type="service",
    release_type="minor",
    change_kind="configuration",
    risk="medium",
    value_streams=("order-to-cash",),
    environments=("production",),
    criticality=2,
    component_count=2,
)
# kind of rule: (a rule that matches, what is said; a rule that misses, what is said)
ROWS: dict[str, tuple[Any, str, Any, str]] = {
    "subject_types": (
        ["service"],
        "The type of subject is service, as the model asks (service).",
        ["product", "api"],
        "The model is for the type of subject product, api; here it is service.",
    ),
    "release_types": (
        ["minor", "patch"],
        "The type of release is minor, as the model asks (minor, patch).",
        ["major"],
        "The model is for the type of release major; here it is minor.",
    ),
    "change_kinds": (
        ["code", "configuration"],
        "The kind of change is configuration, as the model asks (code, configuration).",
        ["data"],
        "The model is for the kind of change data; here it is configuration.",
    ),
    "risks": (
        ["low", "medium"],
        "The risk is medium, as the model asks (low, medium).",
        ["low"],
        "The model is for the risk low; here it is medium.",
    ),
    "value_streams": (
        ["order-to-cash"],
        "The subject serves the value stream order-to-cash, as the model asks.",
        ["hire-to-retire"],
        "The model is for the value streams hire-to-retire; the subject serves order-to-cash.",
    ),
    "environments": (
        ["production"],
        "The model may release into production.",
        ["staging"],
        "The model releases into staging; not into production.",
    ),
    "criticality": (
        {"min": 1, "max": 2},
        "Criticality 2 is within what the model is for (criticality 1 to 2).",
        {"min": 3, "max": 4},
        "The model is for criticality 3 to 4; the subject has criticality 2.",
    ),
    "max_components": (
        3,
        "2 component(s) are within the model's limit of 3.",
        1,
        "The model takes at most 1 component(s); here are 2.",
    ),
}


def test_every_kind_of_rule_has_its_row():
    assert ROWS.keys() == RULES.keys() == complete({})["applies"].keys()


@pytest.mark.parametrize("kind", RULES)
def test_each_rule_says_in_words_whether_it_matches(kind):
    matching, said, missing, said_otherwise = ROWS[kind]
    matched, missed = judge({kind: matching}, SCOPE), judge({kind: missing}, SCOPE)
    assert (matched.applies, matched.score, said in matched.matches) == (True, 1, True)
    assert (missed.applies, missed.score, missed.misses) == (False, 0, (said_otherwise,))
    assert len(matched.matches) == len(missed.matches) + 1 == len(RULES), "every rule has its verdict"


@pytest.mark.parametrize(
    ("applies", "words"),
    [
        ({"subject_types": ["service"]}, "here it is unknown"),
        ({"environments": ["production"]}, "no environment is chosen yet"),
        ({"value_streams": ["order-to-cash"]}, "the subject serves none"),
        ({"criticality": {"min": 1, "max": 4}}, "is unknown"),
        ({"change_kinds": ["code"]}, "here it is unknown"),
        ({"risks": ["low", "medium", "high"]}, "here it is unknown"),
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
        assert len(rank_models(SCOPE)) == 7


# --- on the pages -------------------------------------------------------------------------------------------------


def stated_release() -> Release:
    """A draft of which everything that rules ask for is stated; it has the scope above."""
    moves.relate(payments(), "value_streams", [value_stream()], by=SYSTEM)
    release = draft_release(components=[component(), component(ci=ci("payments-web"))])
    return change_release(release=release, change_kind="configuration", risk="medium", by=acting("rosa"))


def page(url: str) -> str:
    client = Client()
    client.force_login(person("rosa"))
    return unescape(client.get(url).content.decode())


@pytest.mark.django_db
@pytest.mark.parametrize("kind", RULES)
def test_the_release_says_which_model_fits_and_why(kind):
    matching, said, missing, said_otherwise = ROWS[kind]
    publish(draft(model("fitting"), small(applies={kind: matching})))
    publish(draft(model("other"), small(applies={kind: missing})))
    release = stated_release()
    shown = page(f"/admin/releases/release/{release.pk}/change/?tab=model")
    assert f"<li data-met>{said}</li>" in shown
    assert f"<li>{said_otherwise}</li>" in shown
    step = page(f"/admin/releases/release/{release.pk}/step/apply_model/")
    assert f"Other 1 – {said_otherwise}" in step


@pytest.mark.django_db
@pytest.mark.parametrize("kind", RULES)
def test_the_editor_edits_every_kind_of_rule_and_the_version_says_it(kind):
    matching, _said, _missing, _otherwise = ROWS[kind]
    version = draft(content=small(applies={kind: matching}))
    fields = ContentEditor(version.content, "", 0).applies.fields
    assert {name for name in fields if name.startswith(kind)}, "the editor has a field for it"
    said = page(f"/admin/release_models/modelversion/{version.pk}/change/?tab=content")
    assert "Anything: no rule is given." not in said


def test_the_words_of_rules_are_the_words_of_releases():
    assert set(CHANGE_KINDS) == set(ChangeKind.values) - {"not_stated"}
    assert set(RISKS) == set(Risk.values) - {"not_assessed"}


@pytest.mark.django_db
def test_what_a_release_does_not_state_keeps_a_model_that_asks_for_it_away():
    publish(draft(model("careful"), small(applies={"risks": ["low"], "change_kinds": ["code"]})))
    release = draft_release()
    assert (release.risk, release.change_kind) == ("not_assessed", "not_stated")
    shown = page(f"/admin/releases/release/{release.pk}/change/?tab=model")
    assert "The model is for the risk low; here it is unknown." in shown
    assert "The model is for the kind of change code; here it is unknown." in shown
