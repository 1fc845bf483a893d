"""Real releases as facts: Kubernetes and Python, on the days they were planned for and the days they came.

The ferry line's platform follows both; the platform's release manager keeps their releases in the same record. What was
planned and what happened stands in histories.json with its sources.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from apps.accounts.models import Team
from apps.cmdb import actions as cmdb
from apps.cmdb.models import CIType, RelationshipType
from apps.core.actor import Actor
from apps.core.clock import now
from apps.desk.demo.cast import SEED, Cast
from apps.desk.demo.estate import environment, item
from apps.desk.demo.plots import HOUR, Plan, again, look_back, published
from apps.release_models import actions as release_models
from apps.releases import actions
from apps.releases.models import Release

FOLLOWED = {"kubernetes": ("container-platform", "Kubernetes"), "python": ("python-runtime", "CPython")}
MODEL = "upstream"
AHEAD = timedelta(days=60)
CONTENT: dict[str, Any] = {
    "applies": {"subject_types": ["service"], "value_streams": ["run-the-platform"]},
    "tasks": [
        {"slug": "publish", "title": "Published upstream", "role": "contributor", "phase": "execute",
         "duration_minutes": 30, "depends_on": [], "mandatory": True, "kind": "manual"},
        {"slug": "pull-back", "title": "Pulled back upstream", "role": "contributor", "phase": "back_out",
         "duration_minutes": 30, "depends_on": [], "mandatory": True, "kind": "manual"},
    ],
    "checks": [
        {"slug": "announced", "title": "Upstream announced it", "group": "procedure", "kind": "manual", "required": True},
    ],
    "approvals": {"groups": [], "bar": []},
    "pre_authorised": True,
    "window": {"required": False, "tolerance_minutes": 0},
    "early_life_hours": 0,
    "review": {"due_within_days": 20, "survey": False},
}  # fmt: skip


def publish_model() -> None:
    """A standard model for what others release and we only follow."""
    model = release_models.create_model(
        slug=MODEL,
        name="Upstream",
        kind="standard",
        purpose="Releases of others that the platform follows: when they were planned, and when they came.",
        by=SEED,
    )
    draft = release_models.draft_version(model=model, content=CONTENT, summary="First version.", by=SEED)
    release_models.publish_version(version=release_models.submit_version(version=draft, by=SEED), by=SEED)


def enter_lines(by: Actor) -> None:
    """Each line of a product, such as CPython 3.14, is a component of its own: two may be released on one day."""
    for product, (subject, name) in FOLLOWED.items():
        for line in sorted({line_of(fact["version"]) for fact in known_facts()[product]}):
            part = cmdb.create_ci(
                key=f"{name.lower()}-{line}",
                name=f"{name} {line}",
                ci_type=CIType.objects.get(slug="component"),
                owner=Team.objects.get(slug="platform"),
                by=by,
            )
            needs = RelationshipType.objects.get(slug="depends-on")
            cmdb.create_relationship(source=item(subject), type=needs, target=part, by=by)


def known_facts() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "histories.json").read_text())


def line_of(version: str) -> str:
    """3.15.0 alpha 2 belongs to the line 3.15."""
    return ".".join(version.split(".")[:2])


def moved_on(product: str, fact: dict[str, Any]) -> datetime | None:
    """When a release of the line came before its time, the later ones moved up: the day after is the likely day."""
    line = [other for other in known_facts()[product] if line_of(other["version"]) == line_of(fact["version"])]
    early = [one["actual"] for one in line if one["actual"] and fact["planned_on"] < one["actual"] < one["planned"]]
    return _morning(min(early)) + timedelta(days=1) if early else None


def history_plots(cast: Cast, present: datetime) -> Iterator[Iterator[datetime]]:
    """One plot for every release that came, or is planned for the weeks ahead."""
    for product in FOLLOWED:
        latest: dict[str, str] = {}
        for fact in known_facts()[product]:
            if not (fact["actual"] or present < _morning(fact.get("replanned") or fact["planned"]) < present + AHEAD):
                continue
            line = line_of(fact["version"])
            yield _plot(cast, product, fact, latest.get(line, ""))
            latest[line] = fact["version"] if fact["actual"] else latest.get(line, "")


def _plot(cast: Cast, product: str, fact: dict[str, Any], before: str) -> Iterator[datetime]:
    planned, actual = _morning(fact["planned"]), fact["actual"] and _morning(fact["actual"])
    last_plan = _morning(fact.get("replanned") or fact["planned"])
    known_on = _morning(fact["planned_on"]) if "planned_on" in fact else planned - timedelta(days=14)
    yield known_on
    release = _draft(cast, product, fact["version"], before, planned)
    yield now() + timedelta(days=3)
    _schedule(cast, release)
    if last_plan != planned:
        yield max(now() + HOUR, min(moved_on(product, fact) or last_plan, last_plan - timedelta(days=7)))
        actions.change_release(
            release=again(release),
            planned_start=last_plan,
            planned_end=_end(last_plan),
            note="Upstream moved it.",
            by=cast.rune,
        )
        yield now() + HOUR
        _schedule(cast, release)
    if actual is None:
        return
    yield max(actual, now() + HOUR)
    actions.start_release(release=again(release), by=cast.rune)
    yield now() + HOUR
    for task in release.tasks.filter(phase="execute"):
        actions.start_task(task=task, by=cast.kim)
        task.refresh_from_db()
        actions.finish_task(task=task, by=cast.kim)
    yield from _take_over(cast, release)
    review = Plan(subject="", title="", version="", parts=(), start=now(), well="It came as announced.")
    yield from look_back(cast, review, release, cast.rune)


def _take_over(cast: Cast, release: Release) -> Iterator[datetime]:
    """The platform's mirror brings it to production the same day."""
    yield now() + 3 * HOUR
    for component in release.components.select_related("ci"):
        actions.record_deployment(
            ci=component.ci,
            environment=release.environment,
            status="success",
            source="mirror",
            external_id=f"{release.key}-{component.ci.key}",
            version=component.to_version,
            by=cast.ivan,
        )


def _draft(cast: Cast, product: str, version: str, before: str, planned: datetime) -> Release:
    subject, name = FOLLOWED[product]
    part = f"{name.lower()}-{line_of(version)}"
    release = actions.create_release(
        title=f"{product.capitalize()} {version}",
        release_version=version,
        subject=item(subject),
        type="patch",
        components=[
            {"ci": part, "from_version": before, "to_version": version, "no_digest_reason": "Published by upstream."}
        ],
        environment=environment(),
        planned_start=planned,
        planned_end=_end(planned),
        expected_benefit="Fixes and features that the services build on.",
        back_out_plan="Stay on the version before.",
        by=cast.rune,
    )
    return actions.apply_model(release=release, model_version=published(MODEL), by=cast.rune)


def _schedule(cast: Cast, release: Release) -> None:
    actions.start_verification(release=again(release), by=cast.rune)
    for check in release.checks.filter(kind="manual", status="running"):
        actions.sign_off_check(check=check, note="The schedule of upstream names it.", by=cast.kim)
    actions.request_approval(release=again(release), by=cast.rune)


def _morning(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(8), tzinfo=UTC)


def _end(start: datetime) -> datetime:
    """A plan names a day: the release is on time until that day is over everywhere."""
    return start.replace(hour=23, minute=59)
