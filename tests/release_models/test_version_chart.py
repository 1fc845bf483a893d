"""Every (status × step) cell of the version's chart, and who may take each step."""

from __future__ import annotations

import pytest

from apps.core import moves
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.core.lifecycle import available_steps, steps_of
from apps.core.models import AuditEntry, OutboxEvent
from apps.release_models import actions
from apps.release_models.forms import MODEL_VERSION_STEPS
from apps.release_models.lifecycle import VersionStatus
from apps.release_models.models import ModelVersion
from tests.people import ROLES, SYSTEM, acting, person
from tests.release_models.models import draft, publish, version_in

pytestmark = pytest.mark.django_db
STEPS = [step.name for step in steps_of(ModelVersion)]
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
    assert version.status == status
    before = AuditEntry.objects.count(), OutboxEvent.objects.count()
    change = {"published_at": now()} if step == "publish" else {}
    target = CHART.get((status, step))
    if target is None:
        with pytest.raises(NotNow) as refused:
            moves.move(version, step, by=SYSTEM, note="because", change=change)
        assert [one.code for one in refused.value.blockers] == ["wrong_state"]
        assert (AuditEntry.objects.count(), OutboxEvent.objects.count()) == before
        assert ModelVersion.objects.get(pk=version.pk).status == status
    else:
        assert moves.move(version, step, by=SYSTEM, note="because", change=change).status == target
        entry = AuditEntry.objects.first()
        assert (entry.event, entry.before, entry.after) == (f"release_models.modelversion.{step}", status, target)
        assert (entry.root_type, entry.root_key) == ("release_models.releasemodel", "normal")
        assert OutboxEvent.objects.last().name == entry.event


@pytest.mark.parametrize("name", [name for name in ROLES if name not in ("rosa", "rolf")])
@pytest.mark.parametrize(("status", "step"), [cell for cell in CHART if cell[1] != "supersede"])
def test_only_a_release_manager_takes_a_step(name, status, step):
    version = version_in(status)
    take = MODEL_VERSION_STEPS[step].action
    with pytest.raises(NotPermitted):
        take(version=version, by=acting(name), note="because")


def test_the_author_does_not_publish():
    version = version_in("in_review")
    with pytest.raises(NotPermitted, match="did not write any of it"):
        actions.publish_version(version=version, by=acting("rosa"))
    assert actions.publish_version(version=version, by=acting("rolf")).published_by == person("rolf")


def test_whoever_edited_the_draft_does_not_publish_either():
    version = actions.change_draft(version=draft(), summary="Better said.", by=acting("rolf"))
    version = actions.submit_version(version=version, by=acting("rosa"))
    with pytest.raises(NotPermitted):
        actions.publish_version(version=version, by=acting("rolf"))


def test_a_refused_publication_leaves_the_serving_version_alone():
    serving = version_in("published")
    version = actions.submit_version(version=draft(serving.model), by=acting("rosa"))
    with pytest.raises(NotPermitted):
        actions.publish_version(version=version, by=acting("rosa"))
    assert ModelVersion.objects.get(pk=serving.pk).status == "published"


def test_publishing_supersedes_the_version_before():
    first = version_in("published")
    second = publish(draft(first.model))
    assert second.status == "published"
    assert ModelVersion.objects.get(pk=first.pk).status == "superseded"
    assert ModelVersion.objects.published().count() == 1


@pytest.mark.parametrize("step", ["request_changes", "retire"])
def test_steps_that_need_a_reason(step):
    version = version_in("in_review" if step == "request_changes" else "published")
    with pytest.raises(Invalid, match="needs a reason"):
        MODEL_VERSION_STEPS[step].action(version=version, by=acting("rosa"))


def test_a_version_without_a_summary_is_not_submitted():
    version = actions.change_draft(version=draft(), summary=" ", by=acting("rosa"))
    with pytest.raises(NotNow, match="Say in a summary"):
        actions.submit_version(version=version, by=acting("rosa"))


def test_buttons_follow_the_person():
    version = version_in("in_review")
    allowed = {name: {one.name for one in available_steps(version, person(name)) if one.allowed} for name in ROLES}
    assert allowed["rosa"] == {"request_changes", "withdraw"}
    assert allowed["rolf"] == {"publish", "request_changes", "withdraw"}
    assert all(not allowed[name] for name in ROLES if name not in ("rosa", "rolf"))


def test_from_every_state_an_end_is_reached_and_no_end_is_left():
    onward = {
        status: {target for (source, _step), target in CHART.items() if source == status}
        for status in VersionStatus.values
    }
    ends = {status for status, targets in onward.items() if not targets}
    assert ends == {"superseded", "retired", "withdrawn"}

    def reaches_an_end(status, seen=()):
        return status in ends or any(
            reaches_an_end(target, (*seen, status)) for target in onward[status] if target not in seen
        )

    assert all(reaches_an_end(status) for status in VersionStatus.values)
