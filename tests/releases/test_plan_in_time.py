"""The plan of a release in time: measured in the past, fitting its window or not, with a way back of each step, and people."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts import actions as accounts
from apps.core.clock import now
from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.releases import actions
from apps.releases.lifecycle.scope import scope_content
from apps.releases.models import Release, Task
from apps.releases.queries import critical_path, plan_of, what_if
from tests.core.api.conftest import Caller, problem
from tests.factories import ci, component, content_with, fresh, publish_model, release_in, task, team
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def past(minutes: int, *, times: int = 3, slug: str = "deploy", subject: str = "payments") -> None:
    """Released so many times, the step having taken that long."""
    for _n in range(times):
        item = ci(f"part-{Release.objects.count()}")
        one = release_in("released", subject=ci(subject, type="service"), components=[component(ci=item)])
        done = one.tasks.get(slug=slug)
        Task.objects.filter(pk=done.pk).update(finished_at=done.started_at + minutes * MINUTE)


def rows(release: Release) -> dict[str, Any]:
    return {one.task.slug: one for one in plan_of(fresh(release)).tasks}


def blocked(release: Release) -> dict[str, str]:
    with pytest.raises(NotNow) as refused:
        actions.start_verification(release=fresh(release), by=acting("rosa"))
    return {one.code: one.message for one in refused.value.blockers}


class TestSchedule:
    def test_marks_and_slack_agree_in_every_phase(self) -> None:
        found = rows(release_in("planning"))
        slack = {slug: one.placed.slack for slug, one in found.items()}
        assert slack == {"announce": 0, "deploy": 0, "smoke-test": 0, "tidy": 30, "restore": 0}
        critical = [slug for slug, one in found.items() if one.is_critical]
        assert sorted(critical) == ["announce", "deploy", "smoke-test"]

    def test_a_long_preparation_does_not_unmark_the_execution(self) -> None:
        tasks = [
            task("paperwork", phase="prepare", duration_minutes=5000),
            task("short", phase="prepare", duration_minutes=5),
            task("deploy", needs=["short"], duration_minutes=5),
        ]
        release = release_in("planning", content=content_with(tasks=tasks))
        assert [one.slug for one in critical_path(release)] == ["paperwork", "deploy"]

    def test_an_offset_holds_a_task_back_and_moves_with_the_window(self) -> None:
        tasks = [
            task("invite", phase="prepare", duration_minutes=30, offset_minutes=-2880),
            task("deploy"),
            task("tell", offset_minutes=120),
        ]
        release = release_in("planning", content=content_with(tasks=tasks))
        begin = release.planned_start
        assert release.tasks.get(slug="invite").planned_start == begin - 2880 * MINUTE
        assert release.tasks.get(slug="tell").planned_start == begin + 120 * MINUTE
        later = begin + timedelta(hours=1)
        actions.change_release(
            release=release, by=acting("rosa"), planned_start=later, planned_end=later + timedelta(hours=4)
        )
        assert release.tasks.get(slug="tell").planned_start == later + 120 * MINUTE


class TestMeasured:
    def test_a_step_done_often_enough_is_reckoned_by_its_past(self) -> None:
        past(90, times=2)
        release = release_in("planning", components=[component(ci=ci("ledger"))])
        assert rows(release)["deploy"].measured is None, "twice is not enough"
        past(120, times=1)
        measured = rows(release)["deploy"].measured
        assert (measured.times, measured.median, measured.p85, measured.is_of_subject) == (3, 90, 120, True)
        plan = plan_of(fresh(release))
        assert (plan.schedule.work, plan.rehearsed.work, plan.fit.work) == (60, 90, 90), "smoke-test took no minute"

    def test_other_services_count_until_the_service_has_a_past_of_its_own(self) -> None:
        past(50, subject="search")
        release = release_in("planning", components=[component(ci=ci("ledger"))])
        measured = rows(release)["deploy"].measured
        assert (measured.median, measured.is_of_subject) == (50, False)
        past(20)
        measured = rows(release)["deploy"].measured
        assert (measured.median, measured.is_of_subject) == (20, True)

    def test_work_that_does_not_fit_its_window_blocks_with_the_figures(self) -> None:
        past(300)
        release = release_in("planning", components=[component(ci=ci("ledger"))])
        sentence = blocked(release)["work_does_not_fit"]
        assert sentence.startswith(
            "The work takes 300 minutes, as rehearsed or, where it never was, as planned; the window has 240."
        )
        assert "60 minutes longer, or shorten one of: deploy" in sentence
        shorter = what_if(fresh(release), release.planned_start, release.planned_start + timedelta(hours=6))
        assert "work_does_not_fit" not in [one.code for one in shorter.blockers]
        longer = release.planned_start + timedelta(hours=6)
        actions.change_release(release=release, by=acting("rosa"), planned_end=longer)
        assert actions.start_verification(release=fresh(release), by=acting("rosa")).status == "verifying"

    def test_a_point_of_no_return_before_the_end_of_the_work_warns_and_does_not_block(self) -> None:
        past(230)
        release = release_in("planning", components=[component(ci=ci("ledger"))])
        plan = plan_of(fresh(release))
        assert (plan.fit.missing_for_work, plan.fit.missing) == (0, 20)
        assert plan.fit.point_of_no_return == release.planned_end - 30 * MINUTE
        client = Client()
        client.force_login(person("rosa"))
        shown = client.get(f"/admin/releases/release/{release.pk}/change/?tab=plan").content.decode()
        assert "The point of no return comes before the work is done" in shown
        assert "took 230 in 3 releases of this service" in shown
        assert actions.start_verification(release=fresh(release), by=acting("rosa")).status == "verifying"

    def test_the_forecast_stands_against_the_window(self) -> None:
        past(200)
        release = release_in("planning", components=[component(ci=ci("ledger"))])
        plan = plan_of(fresh(release))
        assert plan.forecast.minutes[50] == 200
        assert plan.forecast.chance == 1.0
        assert plan.finish(85) == release.planned_start + 200 * MINUTE
        assert plan_of(fresh(release)).forecast == plan.forecast

    def test_under_way_the_forecast_keeps_to_what_has_happened(self, time_machine) -> None:
        release = release_in("releasing")
        actions.skip_task(task=release.tasks.get(slug="announce"), by=acting("rosa"), note="They know.")
        begun = release.tasks.get(slug="deploy")
        actions.start_task(task=begun, by=acting("carl"))
        time_machine.move_to(now() + 200 * MINUTE, tick=False)
        assert plan_of(fresh(release)).forecast.minutes[50] >= 200

    def test_however_long_the_plan_the_queries_are_as_many(self, django_assert_max_num_queries) -> None:
        tasks = [task(f"step-{n}", needs=[f"step-{n - 1}"] if n else []) for n in range(30)]
        release = release_in("planning", content=content_with(tasks=tasks))
        with django_assert_max_num_queries(10):
            plan_of(fresh(release))


class TestWayBack:
    CONTENT = content_with(
        tasks=[
            task("migrate"),
            task("deploy", needs=["migrate"]),
            task("restore", phase="back_out", takes_back=["deploy"]),
            task("roll-back", phase="back_out", takes_back=["migrate"]),
        ],
        back_out={"every_step": True},
    )

    def test_the_plan_says_what_takes_a_step_back(self) -> None:
        release = release_in("planning", content=self.CONTENT)
        found = rows(release)
        assert (found["deploy"].taken_back_by, found["migrate"].taken_back_by) == (("Restore",), ("Roll-back",))
        assert scope_content(release)["tasks"]["restore"]["takes_back"] == ["deploy"]
        assert "takes_back" not in scope_content(release)["tasks"]["deploy"], "older digests stay what they were"

    def test_where_the_model_demands_it_a_step_without_way_back_blocks(self) -> None:
        release = release_in("planning", content=self.CONTENT)
        actions.add_task(release=release, slug="warm", title="Warm the cache", role="contributor", by=acting("rosa"))
        assert "Nothing takes back the step “Warm the cache”." in blocked(release)["no_way_back"]
        restore = release.tasks.get(slug="restore")
        actions.change_task(task=restore, takes_back=["deploy", "warm"], by=acting("rosa"))
        assert actions.start_verification(release=fresh(release), by=acting("rosa")).status == "verifying"

    def test_a_model_that_demands_it_has_it(self) -> None:
        lacking = {**self.CONTENT, "tasks": self.CONTENT["tasks"][:3]}
        with pytest.raises(Invalid) as refused:
            publish_model("lacking", content=lacking)
        assert [(one.pointer, one.code) for one in refused.value.errors] == [("/content/tasks/0/slug", "no_way_back")]
        wrong = content_with(tasks=[task("deploy", takes_back=["restore"]), task("restore", phase="back_out")])
        with pytest.raises(Invalid) as refused:
            publish_model("wrong", content=wrong)
        assert {one.code for one in refused.value.errors} == {"phase", "unknown_task"}

    @pytest.mark.parametrize(
        ("slug", "named", "code"), [("deploy", ["migrate"], "phase"), ("restore", ["announce"], "unknown")]
    )
    def test_only_back_out_takes_back_and_only_steps_of_the_execution(self, slug, named, code) -> None:
        release = release_in("planning", content=self.CONTENT)
        with pytest.raises(Invalid) as refused:
            actions.change_task(task=release.tasks.get(slug=slug), takes_back=named, by=acting("rosa"))
        assert [(one.pointer, one.code) for one in refused.value.errors] == [("takes_back", code)]

    def test_over_the_api(self) -> None:
        release = release_in("planning", content=self.CONTENT)
        rosa = Caller(person("rosa"))
        changed = rosa.patch(
            f"releases/{release.key}/tasks/restore/", {"takes_back": ["deploy", "migrate"], "offset_minutes": 5}
        )
        assert changed.json()["takes_back"] == ["deploy", "migrate"]
        assert changed.json()["offset_minutes"] == 5
        refused = rosa.patch(f"releases/{release.key}/tasks/restore/", {"takes_back": ["nothing"]})
        assert problem(refused, 400)["errors"][0]["pointer"] == "/takes_back"


class TestPeople:
    def test_open_tasks_go_to_people_of_the_owning_team_with_the_role(self) -> None:
        team("payments", "carl", "sven")
        release = release_in("planning")
        actions.assign_by_role(release=release, by=acting("rosa"))
        given = {one.slug: one.assignee and one.assignee.username for one in release.tasks.select_related("assignee")}
        assert given["announce"] == "rosa", "the release manager stands for that role"
        assert given["deploy"] == "carl"
        with pytest.raises(NotNow) as refused:
            actions.assign_by_role(release=release, by=acting("rosa"))
        assert [one.code for one in refused.value.blockers] == ["nobody_to_propose"]

    def test_who_has_less_to_do_comes_first(self) -> None:
        second = accounts.create_user(
            username="cora",
            email="cora@example.org",
            password="a tide waits for nobody",
            roles=["contributor"],
            by=SYSTEM,
        )
        owners = team("payments", "carl")
        accounts.add_member(team=owners, user=second, by=SYSTEM)
        other = release_in("planning", components=[component(ci=ci("ledger"))])
        for slug in ("deploy", "smoke-test", "tidy", "restore"):
            actions.change_task(task=other.tasks.get(slug=slug), assignee=person("carl"), by=acting("rosa"))
        release = release_in("planning", components=[component(ci=ci("shop"))])
        actions.assign_by_role(release=release, by=acting("rosa"))
        given = Counter(one.assignee.username for one in release.tasks.filter(role="contributor"))
        assert given == {"cora": 3, "carl": 1}, "with three each, the name decides"

    def test_only_who_may_plan_proposes(self) -> None:
        with pytest.raises(NotPermitted):
            actions.assign_by_role(release=release_in("planning"), by=acting("carl"))

    def test_by_the_page_and_by_the_api(self) -> None:
        team("payments", "carl")
        release = release_in("planning")
        client = Client()
        client.force_login(person("rosa"))
        assert "Propose people" in client.get(f"/admin/releases/release/{release.pk}/change/?tab=plan").content.decode()
        assert client.post(f"/admin/releases/release/{release.pk}/do/propose-people/", {}).status_code == 302
        told = Caller(person("audrey")).get(f"releases/{release.key}/plan/").json()
        assert {one["slug"]: one["assignee"] for one in told["tasks"]}["deploy"] == "carl"
        again = Caller(person("rosa")).post(f"releases/{release.key}/plan/assign/", {})
        assert problem(again, 409)["blockers"][0]["code"] == "nobody_to_propose"
        assert told["work_minutes"] == 60
        assert told["forecast"]["finishes"][1]["per_cent"] == 85
        assert told["tasks"][0] == {
            "slug": "announce", "title": "Announce", "phase": "prepare", "assignee": "rosa", "role": "release_manager",
            "minutes": 30, "start": -30, "end": 0, "slack": 0, "is_critical": True, "depends_on": [], "takes_back": [],
            "measured": None,
        }  # fmt: skip
