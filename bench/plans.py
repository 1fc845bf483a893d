"""Fill a database with releases that move items at times, and one item that everything moves: `python -m bench.plans N HUB`."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from random import Random

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from apps.accounts.models import User  # noqa: E402
from apps.cmdb.models import ConfigurationItem, Environment, Relationship, RelationshipType  # noqa: E402
from apps.core import moves  # noqa: E402
from apps.core.clock import now  # noqa: E402
from apps.releases.models import Component, Release, ReleaseDependency, Task  # noqa: E402
from apps.schedule import actions as schedule  # noqa: E402
from bench.fill import HERE, a_token, fill_items  # noqa: E402

ITEMS, PARTS, ASKED_PARTS = 20_000, 3, 5
DAYS = 1000
ASKED, AT_HUB = "REL-2020-ASKED", "REL-2020-HUB"


def main() -> None:
    count, hub = (int(one) for one in sys.argv[1:3])
    fill_items(ITEMS)
    token = a_token()
    places = [moves.create(Environment(slug=f"place-{n}", name=f"Place {n}", order=n), by=HERE) for n in range(4)]
    fill_plans(count, hub, places, User.objects.get(username="rosa"))
    fill_schedule(places)
    print(token)


def fill_plans(count: int, hub: int, places: list[Environment], manager: User) -> None:
    """Windows of an hour, evenly over a thousand days around now; three items each, and the hub in the first `hub`."""
    chance, items = Random(11), list(ConfigurationItem.objects.order_by("id").values_list("pk", flat=True))
    first = now().replace(minute=0, second=0, microsecond=0) - timedelta(days=DAYS / 2)
    gap = timedelta(days=DAYS) / count
    rows = [
        _release(f"REL-2020-{n:07d}", first + n * gap, items[n % 1000], places[n % 4], manager) for n in range(count)
    ]
    soon = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    rows += [_release(key, soon, items[0], places[0], manager) for key in (ASKED, AT_HUB)]
    made = Release.objects.bulk_create(rows, batch_size=2000)
    Component.objects.bulk_create(_parts(made, items, hub, chance), batch_size=5000)
    asked = next(one for one in made if one.key == ASKED)
    _surroundings(asked, made, manager)


def _release(key: str, start, subject: int, place: Environment, manager: User) -> Release:
    return Release(
        key=key,
        title=f"Release {key}",
        release_version="1",
        subject_id=subject,
        environment=place,
        release_manager=manager,
        risk="medium",
        planned_start=start,
        planned_end=start + timedelta(hours=1),
    )


def _parts(made: list[Release], items: list[int], hub: int, chance: Random):
    centre = items[-1]
    for number, one in enumerate(made):
        wanted = chance.sample(items[:-1], ASKED_PARTS if one.key == ASKED else PARTS)
        is_hub = one.key == AT_HUB or number % max(1, (len(made) - 2) // hub) == 0
        for item in [*wanted, centre] if is_hub and one.key != ASKED else wanted:
            yield Component(
                release=one, ci_id=item, to_version="1", busy_from=one.planned_start, busy_until=one.planned_end
            )


def _surroundings(asked: Release, made: list[Release], manager: User) -> None:
    """Something of each kind gets in its way."""
    beside = [one for one in made if one.planned_start < asked.planned_end and asked.planned_start < one.planned_end]
    same_place = [one for one in beside if one.environment_id == asked.environment_id and one.pk != asked.pk]
    taken = asked.components.order_by("id").values_list("ci", flat=True)
    depends = RelationshipType.objects.get(slug="depends-on")
    for other in same_place[:3]:
        Component.objects.get_or_create(
            release=other,
            ci_id=taken[0],
            defaults={"to_version": "1", "busy_from": other.planned_start, "busy_until": other.planned_end},
        )
        theirs = other.components.order_by("id").first()
        if theirs.ci_id != taken[1]:
            Relationship.objects.get_or_create(source_id=taken[1], target_id=theirs.ci_id, type=depends)
        ReleaseDependency.objects.create(release=asked, number=other.pk, needs=other)
    for number, one in enumerate([asked, *same_place[:3]]):
        Task.objects.create(
            release=one,
            slug=f"t{number}",
            title="Deploy",
            assignee=manager,
            planned_start=one.planned_start,
            planned_end=one.planned_end,
        )


def fill_schedule(places: list[Environment]) -> None:
    """Twenty windows and twenty freezes that recur, and two hundred single freezes."""
    start = now().replace(minute=0, second=0, microsecond=0) - timedelta(days=30)
    for n in range(20):
        span = {"starts_at": start + timedelta(hours=n), "ends_at": start + timedelta(hours=n + 2), "by": HERE}
        schedule.create_window(name=f"Window {n}", rrule="FREQ=WEEKLY", environments=[places[n % 4]], **span)
        schedule.create_freeze(
            name=f"Freeze {n}", kind="information", rrule="FREQ=MONTHLY", environments=[places[n % 4]], **span
        )
    for n in range(200):
        day = start + timedelta(days=n)
        schedule.create_freeze(
            name=f"Day {n}", kind="information", starts_at=day, ends_at=day + timedelta(hours=3), by=HERE
        )


if __name__ == "__main__":
    main()
