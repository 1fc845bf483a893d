"""Improvement actions and benefits."""

from __future__ import annotations

import pytest

from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.reviews import actions
from apps.reviews.models import Benefit, ImprovementAction
from tests.factories import publish_model, release_in
from tests.people import acting, person


def opened(name: str = "rosa", **fields) -> ImprovementAction:
    return actions.open_improvement_action(by=acting(name), **{"title": "Rehearse the restore", **fields})


def test_an_improvement_reaches_the_model_version_that_carries_it(db):
    version = publish_model()
    action = opened(kind="model", release_model=version.model)
    action = actions.start_improvement_action(action=action, by=acting("sven"))
    assert (action.status, action.owner) == ("in_progress", person("sven"))
    action = actions.finish_improvement_action(action=action, by=acting("sven"), answered_by=version)
    assert (action.status, action.answered_by) == ("done", version)
    assert action.ended_at is not None


def test_a_version_of_another_model_does_not_answer_it(db):
    normal, other = publish_model(), publish_model("other")
    action = actions.start_improvement_action(action=opened(release_model=normal.model), by=acting("rosa"))
    with pytest.raises(Invalid):
        actions.finish_improvement_action(action=action, by=acting("rosa"), answered_by=other)
    with pytest.raises(Invalid):
        opened(release_model=normal.model, answered_by=other)


def test_dropping_needs_a_reason_and_keeps_it(db):
    action = opened()
    with pytest.raises(Invalid):
        actions.drop_improvement_action(action=action, by=acting("rosa"), note="")
    action = actions.drop_improvement_action(action=action, by=acting("rosa"), note="The restore is gone.")
    assert (action.status, action.drop_reason) == ("dropped", "The restore is gone.")
    with pytest.raises(NotNow):
        actions.start_improvement_action(action=action, by=acting("rosa"))
    with pytest.raises(NotNow):
        actions.change_improvement_action(action=action, by=acting("rosa"), title="Another")


def test_an_owner_of_any_role_moves_their_own_action(db):
    action = opened(owner=person("carl"))
    assert actions.start_improvement_action(action=action, by=acting("carl")).status == "in_progress"


@pytest.mark.parametrize("name", ["carl", "adam", "audrey", "ida", "nora"])
def test_who_owns_nothing_moves_nothing(db, name):
    with pytest.raises(NotPermitted):
        opened(name)
    with pytest.raises(NotPermitted):
        actions.start_improvement_action(action=opened(), by=acting(name))


def test_an_owner_without_any_role_passes_nothing(db):
    action = opened(owner=person("nora"))
    with pytest.raises(NotPermitted):
        actions.start_improvement_action(action=action, by=acting("nora"))


def test_keys_count_up(db):
    first, second = opened(), opened()
    assert first.key[:-4] == second.key[:-4]
    assert int(second.key[-4:]) == int(first.key[-4:]) + 1


def benefit() -> Benefit:
    return actions.state_benefit(
        release=release_in("draft"), by=acting("rosa"), expected="Fewer calls", measure="Calls a week", target="< 10"
    )


def test_a_benefit_is_stated_and_measured(db):
    stated = benefit()
    assert (stated.number, stated.measured_at, stated.is_met) == (1, None, None)
    measured = actions.change_benefit(benefit=stated, by=acting("sven"), measured_value="7", is_met=True)
    assert (measured.measured_value, measured.is_met) == ("7", True)
    assert measured.measured_at is not None


def test_a_measured_benefit_stays(db):
    stated = benefit()
    measured = actions.change_benefit(benefit=stated, by=acting("rosa"), measured_value="30", is_met=False)
    with pytest.raises(NotNow):
        actions.remove_benefit(benefit=measured, by=acting("rosa"))
    actions.remove_benefit(benefit=benefit(), by=acting("rosa"))
    assert Benefit.objects.count() == 1


def test_benefits_are_numbered_within_their_release(db):
    first = benefit()
    second = actions.state_benefit(release=first.release, by=acting("rosa"), expected="x", measure="y")
    assert second.number == 2
    assert benefit().number == 1


def test_who_may_not_state_benefits_is_refused(db):
    release = release_in("draft")
    with pytest.raises(NotPermitted):
        actions.state_benefit(release=release, by=acting("carl"), expected="x", measure="y")
    with pytest.raises(Invalid):
        actions.change_benefit(benefit=benefit(), by=acting("rosa"), measured_at=None)
