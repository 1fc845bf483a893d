"""From GitHub's deployment events to deployments: matched, left in the inbox, matched again; in any order, any number of times."""

import itertools

import pytest

from apps.cmdb.models import Identifier
from apps.core import moves
from apps.core.errors import Invalid, NotPermitted
from apps.core.models import AuditEntry
from apps.integrations import actions
from apps.integrations.models import HookDelivery
from apps.integrations.tasks import process_delivery
from apps.releases.models import Deployment
from apps.verification.models import PipelineRun
from tests.factories import check, ci, component, content_with, payments_api, production, release_in, staging
from tests.integrations.conftest import CODERTOCAT
from tests.people import SYSTEM, acting

pytestmark = pytest.mark.django_db
SHA = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"


def known_as(item, external_id: str = CODERTOCAT, source: str = "github") -> None:
    moves.create(Identifier(ci=item, source=source, external_id=external_id), by=SYSTEM)


@pytest.fixture
def service():
    production()
    staging()
    item = payments_api()
    known_as(item)
    return item


def test_the_real_events_become_one_deployment(github, drain, payload, service):
    github.deliver("deployment", payload("deployment/payload.json"))
    drain()
    deployment = Deployment.objects.get()
    assert (deployment.ci, deployment.environment.slug, deployment.status) == (service, "production", "pending")
    assert (deployment.source, deployment.external_id) == ("github", "145988746")
    github.deliver("deployment_status", payload("deployment_status/payload.json"))
    drain()
    deployment = Deployment.objects.get()
    assert (deployment.status, deployment.deployed_version) == ("success", SHA)
    assert deployment.finished_at.isoformat() == "2019-05-15T15:20:55+00:00"
    assert set(HookDelivery.objects.values_list("status", flat=True)) == {"processed"}
    assert HookDelivery.objects.first().deployment == deployment


def test_a_deployment_is_linked_to_its_release_and_changes_nothing_of_it(github, drain, payload, service):
    release = release_in("scheduled")
    told = payload("deployment_status/payload.json")
    told["deployment"]["payload"] = {"version": "2.0.0"}
    github.deliver("deployment_status", told)
    drain()
    assert list(Deployment.objects.get().releases.all()) == [release]
    release.refresh_from_db()
    assert release.status == "scheduled"


@pytest.mark.parametrize(
    ("ref", "told", "version"),
    [
        ("refs/tags/v2.0.0", {}, "2.0.0"),
        ("v2.0.0", {}, "2.0.0"),
        ("2.0.0", {}, "2.0.0"),
        ("main", {"version": "2.0.0"}, "2.0.0"),
        ("main", '{"version": "v2.0.0"}', "2.0.0"),
        ("main", "not json", SHA),
        ("main", None, SHA),
        ("v3.1.0-rc.1", {}, "v3.1.0-rc.1"),
        ("release-2.0", {}, SHA),
    ],
)
def test_which_version_a_deployment_is_of(github, drain, payload, service, ref, told, version):
    """Where a release of this item spells the version without the tag's v, so does the deployment."""
    release_in("planning")
    event = payload("deployment/payload.json")
    event["deployment"] |= {"ref": ref, "payload": told}
    github.deliver("deployment", event)
    drain()
    assert Deployment.objects.get().deployed_version == version


def states(payload, *names: str) -> list[dict]:
    """Status events of one deployment, a minute apart."""
    made = []
    for minute, name in enumerate(names):
        event = payload("deployment_status/payload.json")
        event["deployment_status"] |= {"state": name, "created_at": f"2026-03-02T12:{minute:02}:00Z"}
        made.append(event)
    return made


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_events_in_any_order_end_the_same(github, drain, payload, service, order):
    events = states(payload, "queued", "in_progress", "success")
    for at in order:
        github.deliver("deployment_status", events[at])
        github.deliver("deployment_status", events[at])
        drain()
    deployment = Deployment.objects.get()
    assert (deployment.status, deployment.at.minute, deployment.finished_at.minute) == ("success", 0, 2)


@pytest.mark.parametrize(
    "state", ["pending", "queued", "waiting", "in_progress", "success", "failure", "error", "inactive"]
)
def test_every_state_of_github_is_understood(github, drain, payload, service, state):
    github.deliver("deployment_status", states(payload, state)[0])
    drain()
    assert HookDelivery.objects.get().status == "processed"


def test_a_state_that_github_may_invent_is_ignored(github, drain, payload, service):
    github.deliver("deployment_status", states(payload, "levitating")[0])
    drain()
    assert HookDelivery.objects.get().status == "ignored"
    assert not Deployment.objects.exists()


def test_previews_are_ignored(github, drain, payload, service):
    event = payload("deployment/payload.json")
    event["deployment"]["transient_environment"] = True
    github.deliver("deployment", event)
    drain()
    assert HookDelivery.objects.get().status == "ignored"


def test_processing_twice_has_one_effect(github, drain, payload, service):
    github.deliver("deployment", payload("deployment/payload.json"))
    drain()
    delivery = HookDelivery.objects.get()
    entries = AuditEntry.objects.count()
    process_delivery(type("Event", (), {"subject_id": str(delivery.pk)}))
    actions.process_delivery(delivery=delivery)
    assert AuditEntry.objects.count() == entries
    assert Deployment.objects.count() == 1


def test_a_crash_while_processing_leaves_nothing_half_done(github, drain, payload, service, monkeypatch):
    class Killed(BaseException):
        """The worker is gone."""

    def die(*args, **kwargs):
        raise Killed

    github.deliver("deployment", payload("deployment/payload.json"))
    with monkeypatch.context() as patch:
        patch.setattr("apps.integrations.actions.inbound.moves.move", die)
        with pytest.raises(Killed):
            actions.process_delivery(delivery=HookDelivery.objects.get())
    assert not Deployment.objects.exists()
    drain()
    assert (Deployment.objects.count(), HookDelivery.objects.get().status) == (1, "processed")


# --- matching --------------------------------------------------------------------------------------------------------


def annotated(key: str, slug: str):
    return ci(key, attributes={"annotations": {"github.com/project-slug": slug}})


@pytest.mark.parametrize(
    ("what", "make"),
    [
        ("an identifier", lambda: known_as(ci("one"), CODERTOCAT)),
        ("an identifier in other letters", lambda: known_as(ci("one"), CODERTOCAT.lower())),
        ("a Backstage annotation", lambda: annotated("one", CODERTOCAT)),
        ("the key", lambda: ci("hello-world", name="One")),
        ("the name", lambda: ci("one", name="Hello-World")),
    ],
)
def test_how_an_item_is_found(github, drain, payload, what, make):
    production()
    make()
    github.deliver("deployment", payload("deployment/payload.json"))
    drain()
    assert HookDelivery.objects.get().status == "processed", what


def test_an_identifier_comes_before_an_equal_name(github, drain, payload, service):
    ci("hello-world")
    github.deliver("deployment", payload("deployment/payload.json"))
    drain()
    assert Deployment.objects.get().ci == service


def test_the_pipeline_may_name_the_component(github, drain, payload, service):
    event = payload("deployment/payload.json")
    event["deployment"]["payload"] = {"component": ci("worker").key}
    github.deliver("deployment", event)
    drain()
    assert Deployment.objects.get().ci.key == "worker"


def test_several_items_of_that_name_are_left_to_a_person(github, drain, payload):
    production()
    ci("hello-world", name="One")
    ci("two", name="Hello-World")
    github.deliver("deployment", payload("deployment/payload.json"))
    drain()
    delivery = HookDelivery.objects.get()
    assert delivery.status == "unmatched"
    assert "Several configuration items" in delivery.result


def test_environments_are_found_by_the_endpoints_table(github, drain, payload, service):
    event = payload("deployment/payload.json")
    event["deployment"]["environment"] = "prod-eu-1"
    github.deliver("deployment", event)
    drain()
    delivery = HookDelivery.objects.get()
    assert (delivery.status, "prod-eu-1" in delivery.result) == ("unmatched", True)
    actions.change_endpoint(endpoint=github.endpoint, environments={"prod-eu-1": "production"}, by=SYSTEM)
    actions.rematch_delivery(delivery=delivery, by=acting("rosa"))
    drain()
    assert HookDelivery.objects.get().status == "processed"
    assert Deployment.objects.get().environment.slug == "production"


def test_what_was_not_matched_waits_visibly_and_is_matched_again(github, drain, payload):
    production()
    github.deliver("deployment_status", payload("deployment_status/payload.json"))
    drain()
    delivery = HookDelivery.objects.get()
    assert delivery.status == "unmatched"
    assert "Give one the identifier “github: Codertocat/Hello-World”" in delivery.result
    actions.rematch_delivery(delivery=delivery, by=acting("rosa"))
    drain()
    assert HookDelivery.objects.get().status == "unmatched"
    known_as(ci("one"))
    actions.rematch_delivery(delivery=HookDelivery.objects.get(), by=acting("rosa"))
    drain()
    assert (HookDelivery.objects.get().status, Deployment.objects.get().status) == ("processed", "success")


def test_setting_aside_needs_a_reason(github, drain, payload):
    github.deliver("deployment", payload("deployment/payload.json"))
    drain()
    delivery = HookDelivery.objects.get()
    with pytest.raises(Invalid):
        actions.set_delivery_aside(delivery=delivery, by=acting("rosa"))
    assert actions.set_delivery_aside(delivery=delivery, by=acting("rosa"), note="A toy.").status == "ignored"


@pytest.mark.parametrize("name", ["carl", "audrey", "ida", "nora"])
def test_who_may_not_sort_the_inbox(github, drain, payload, name):
    github.deliver("deployment", payload("deployment/payload.json"))
    drain()
    with pytest.raises(NotPermitted):
        actions.rematch_delivery(delivery=HookDelivery.objects.get(), by=acting(name))


def test_a_clock_that_runs_ahead_is_not_believed(github, drain, payload, service):
    event = states(payload, "success")[0]
    event["deployment_status"]["created_at"] = "2099-01-01T00:00:00Z"
    github.deliver("deployment_status", event)
    drain()
    assert Deployment.objects.get().finished_at.year < 2099


# --- pipelines -------------------------------------------------------------------------------------------------------


def workflow(payload, conclusion: str | None, *, action: str = "completed", attempt: int = 1, minute: int = 0) -> dict:
    event = payload("workflow_run/completed.payload.json")
    event["action"] = action
    event["repository"]["full_name"] = CODERTOCAT
    event["workflow_run"] |= {
        "name": "build",
        "conclusion": conclusion,
        "run_attempt": attempt,
        "updated_at": f"2026-03-02T12:{minute:02}:00Z",
    }
    return event


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_end_of_the_last_attempt_is_what_stays(github, drain, payload, service, order):
    events = [
        workflow(payload, None, action="requested", minute=0),
        workflow(payload, "failure", minute=1),
        workflow(payload, None, action="in_progress", attempt=2, minute=2),
        workflow(payload, "success", attempt=2, minute=3),
    ]
    for at in order:
        github.deliver("workflow_run", events[at])
        github.deliver("workflow_run", events[at])
    drain()
    run = PipelineRun.objects.get()
    assert (run.ci, run.conclusion, run.attempt, run.at.minute) == (service, "success", 2, 3)


def test_a_conclusion_counts_only_when_the_run_is_completed(github, drain, payload, service):
    event = payload("workflow_run/requested.with-conclusion.payload.json")
    event["repository"]["full_name"] = CODERTOCAT
    github.deliver("workflow_run", event)
    drain()
    assert PipelineRun.objects.get().conclusion == ""


def test_pipelines_of_strangers_are_not_kept(github, drain, payload):
    github.deliver("workflow_run", payload("workflow_run/completed.payload.json"))
    drain()
    assert HookDelivery.objects.get().status == "ignored"
    assert not PipelineRun.objects.exists()


def test_a_pipeline_that_turns_green_is_news_for_the_release(github, drain, payload, service):
    sha = payload("workflow_run/completed.payload.json")["workflow_run"]["head_sha"]
    content = content_with(checks=[check("green", kind="pipeline_green", on_no_data="inconclusive")])
    release = release_in("verifying", content=content, components=[component(to_version=sha)])
    drain()
    assert release.checks.get().status == "inconclusive"
    github.deliver("workflow_run", workflow(payload, "failure", minute=1))
    drain()
    assert release.checks.get().status == "failed"
    github.deliver("workflow_run", workflow(payload, "success", attempt=2, minute=2))
    drain()
    assert release.checks.get().status == "passed"
