"""Fill the bench's database: items in layers with three edges each, releases over three years, a token, a flow of plans."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from random import Random

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from apps.accounts import actions as accounts  # noqa: E402
from apps.accounts.models import User  # noqa: E402
from apps.cmdb.models import CIType, ConfigurationItem, Relationship, RelationshipType  # noqa: E402
from apps.core.actor import Actor, Door  # noqa: E402
from apps.core.clock import now  # noqa: E402
from apps.releases.models import Release  # noqa: E402

HERE = Actor(Door.COMMAND, name="bench")
LAYERS, NEIGHBOURS, HUBS = 12, 200, 0.02


def main() -> None:
    items, releases = (int(one) for one in sys.argv[1].split(","))
    fill_items(items)
    token = a_token()
    fill_releases(releases, User.objects.get(username="rosa"))
    print(token)


def a_token() -> str:
    """A token of rosa's, who may do all that is measured."""
    rosa = User.objects.create(username="rosa", email="rosa@example.org")
    for role in ("release_manager", "contributor", "administrator"):
        accounts.grant_role(user=rosa, role=role, by=HERE)
    _, secret = accounts.issue_token(user=rosa, name="bench", scopes=["*"], by=HERE)
    return secret


def fill_items(count: int) -> None:
    kind = CIType.objects.get(slug="service")
    rows = (
        ConfigurationItem(key=f"ci-{n}", name=f"Item {n:07d}", ci_type=kind, criticality=1 + n % 4, attributes={"n": n})
        for n in range(count)
    )
    ConfigurationItem.objects.bulk_create(rows, batch_size=2000)
    ids = list(ConfigurationItem.objects.order_by("id").values_list("pk", flat=True))
    _tie_layers(ids)


def _tie_layers(ids: list[int]) -> None:
    """Each item of a layer depends on three of its neighbourhood in the next; one in fifty of these is a hub."""
    depends, width, chance = RelationshipType.objects.get(slug="depends-on"), max(len(ids) // LAYERS, 1), Random(7)

    def edges():
        for at in range(len(ids) - width):
            layer, place = (at // width + 1) * width, at % width
            home = place - place % NEIGHBOURS
            for _ in range(3):
                hub = chance.random() < HUBS
                below = layer + (home if hub else min(home + chance.randrange(NEIGHBOURS), width - 1))
                yield Relationship(
                    source_id=ids[at], target_id=ids[min(below, len(ids) - 1)], type=depends, origin="bench"
                )

    Relationship.objects.bulk_create(edges(), batch_size=2000, ignore_conflicts=True)


def fill_releases(count: int, manager: User) -> None:
    subjects = list(ConfigurationItem.objects.order_by("id").values_list("pk", flat=True)[:1000])
    start = now() - timedelta(days=1000)
    rows = (
        Release(
            key=f"REL-2020-{n:07d}",
            title=f"Release {n}",
            release_version=f"1.{n}",
            subject_id=subjects[n % len(subjects)],
            type="minor",
            release_manager=manager,
            planned_start=start + timedelta(minutes=15 * n % 1440000),
            planned_end=start + timedelta(minutes=15 * n % 1440000 + 60),
        )
        for n in range(count)
    )
    Release.objects.bulk_create(rows, batch_size=2000)


if __name__ == "__main__":
    main()
