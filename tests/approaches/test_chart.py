"""Every (status × step) cell of the chart of an approach's version, and who may take each step."""

from __future__ import annotations

import pytest

from apps.approaches import actions
from apps.approaches.forms import VERSION_STEPS
from apps.approaches.lifecycle import VersionStatus
from apps.approaches.models import ApproachVersion
from apps.core import moves
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.core.lifecycle import steps_of
from apps.core.models import AuditEntry, OutboxEvent
from tests.approaches.approaches import approach, draft, publish, version_in
from tests.factories import value_stream
from tests.people import ROLES, SYSTEM, acting, person

pytestmark = pytest.mark.django_db
STEPS = [step.name for step in steps_of(ApproachVersion)]
CHART = {
    ("draft", "submit"): "in_review",
    ("draft", "withdraw"): "withdrawn",
    ("in_review", "publish"): "published",
    ("in_review", "request_changes"): "draft",
    ("in_review", "withdraw"): "withdrawn",
    ("published", "retire"): "retired",
    ("published", "supersede"): "superseded",
}


@pytest.mark.parametrize("status", VersionStatus.values)
@pytest.mark.parametrize("step", STEPS)
def test_every_cell_of_the_chart(status, step):
    version = version_in(status)
    before = AuditEntry.objects.count(), OutboxEvent.objects.count()
    change = {"published_at": now()} if step == "publish" else {}
    target = CHART.get((status, step))
    if target is None:
        with pytest.raises(NotNow) as refused:
            moves.move(version, step, by=SYSTEM, note="because", change=change)
        assert [one.code for one in refused.value.blockers] == ["wrong_state"]
        assert (AuditEntry.objects.count(), OutboxEvent.objects.count()) == before
    else:
        assert moves.move(version, step, by=SYSTEM, note="because", change=change).status == target
        entry = AuditEntry.objects.first()
        assert (entry.event, entry.before, entry.after) == (f"approaches.approachversion.{step}", status, target)
        assert (entry.root_type, entry.root_key) == ("approaches.approach", "company")


@pytest.mark.parametrize("name", [name for name in ROLES if name not in ("rosa", "rolf")])
@pytest.mark.parametrize(("status", "step"), [cell for cell in CHART if cell[1] != "supersede"])
def test_only_a_release_manager_takes_a_step(name, status, step):
    version = version_in(status)
    with pytest.raises(NotPermitted):
        VERSION_STEPS[step].action(version=version, by=acting(name), note="because")


def test_whoever_wrote_any_of_it_does_not_publish():
    with pytest.raises(NotPermitted, match="did not write any of it"):
        actions.publish_version(version=version_in("in_review"), by=acting("rosa"))


def test_whoever_changed_only_the_scope_does_not_publish_either():
    version = actions.change_draft(version=draft(), value_streams=[value_stream()], by=acting("rolf"))
    version = actions.submit_version(version=version, by=acting("rosa"))
    with pytest.raises(NotPermitted):
        actions.publish_version(version=version, by=acting("rolf"))


def test_publishing_supersedes_and_sets_the_day_of_the_first_review():
    first = version_in("published")
    second = publish(draft(first.approach))
    assert ApproachVersion.objects.get(pk=first.pk).status == "superseded"
    assert second.published_by == person("rolf")
    days = (second.approach.next_review_on - first.published_at.date()).days
    assert days == second.approach.review_every_days


def test_a_new_version_begins_with_what_is_in_force():
    first = version_in("published")
    second = actions.draft_version(approach=first.approach, by=acting("rosa"), note="Faster.")
    assert (second.principles, second.summary) == ("Small and often.", "Faster.")
    assert list(second.release_models.all()) == list(first.release_models.all())


def test_an_empty_draft_is_told_everything_that_it_lacks():
    version = actions.draft_version(approach=approach(), by=acting("rosa"))
    with pytest.raises(NotNow) as refused:
        actions.submit_version(version=version, by=acting("rosa"))
    assert len(refused.value.blockers) == 3


def test_what_no_version_says_cannot_be_written():
    with pytest.raises(Invalid, match="cannot be edited"):
        actions.change_draft(version=draft(), published_at=now(), by=acting("rosa"))
