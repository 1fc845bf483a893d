"""Fill the bench's database: items in layers with three edges each, releases over three years, a token, a flow of plans."""

from __future__ import annotations

import os
import sys
from datetime import timedelta

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
LAYERS, NEIGHBOURS = 12, 200


def main() -> None:
    items, releases = (int(one) for one in sys.argv[1].split(","))
    rosa = User.objects.create(username="rosa", email="rosa@example.org")
    for role in ("release_manager", "contributor", "administrator"):
        accounts.grant_role(user=rosa, role=role, by=HERE)
    fill_items(items)
    fill_releases(releases, rosa)
    _, secret = accounts.issue_token(user=rosa, name="bench", scopes=["*"], by=HERE)
    print(secret)


def fill_items(count: int) -> None:
    kind = CIType.objects.get(slug="service")
    rows = (
        ConfigurationItem(key=f"ci-{n}", name=f"Item {n:07d}", ci_type=kind, criticality=1 + n % 4, attributes={"n": n})
        for n in range(count)
    )
    ConfigurationItem.objects.bulk_create(rows, batch_size=2000)
    ids = list(ConfigurationItem.objects.order_by("id").values_list("pk", flat=True))
    depends = RelationshipType.objects.get(slug="depends-on")
    width = max(count // LAYERS, 1)

    def edges():
        for at in range(count - width):
            for k in range(3):
                below = min((at // width + 1) * width + (at % width + 7 * k + at * k) % NEIGHBOURS, count - 1)
                yield Relationship(source_id=ids[at], target_id=ids[below], type=depends, origin="bench")

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
