"""A small map and the means to import into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apps.cmdb import actions
from apps.cmdb.models import CIType, ConfigurationItem, ImportRun, Relationship, RelationshipType
from tests.cmdb.mirror import map_as_told, map_now
from tests.people import SYSTEM


@pytest.fixture
def take(db: None) -> Callable[..., ImportRun]:
    """`take(content)` imports it as a Backstage catalog from the source “test”."""

    def run(content: bytes | str, format: str = "backstage", source: str = "test", **options: object) -> ImportRun:
        body = content.encode() if isinstance(content, str) else content
        return actions.import_catalog(source=source, format=format, content=body, by=SYSTEM, **options)

    return run


@pytest.fixture
def item(db: None) -> Callable[..., ConfigurationItem]:
    """`item("shop")`: a service, made by hand at its first mention."""

    def make(key: str, type: str = "service", **fields: object) -> ConfigurationItem:
        known = ConfigurationItem.objects.filter(key=key).first()
        if known is not None:
            return known
        ci_type = CIType.objects.get(slug=type)
        return actions.create_ci(key=key, name=str(fields.pop("name", key)), ci_type=ci_type, by=SYSTEM, **fields)

    return make


@pytest.fixture
def tie(item: Callable) -> Callable[..., Relationship]:
    """`tie("shop", "depends-on", "payments")`."""

    def make(source: str, kind: str, target: str) -> Relationship:
        type = RelationshipType.objects.get(slug=kind)
        return actions.create_relationship(source=item(source), type=type, target=item(target), by=SYSTEM)

    return make


@pytest.fixture
def backstage_files(shared_data: Path) -> Path:
    return shared_data / "06-backstage"


@pytest.fixture
def cyclonedx_files(shared_data: Path) -> Path:
    return shared_data / "05a-cyclonedx"


def figures(run: ImportRun) -> dict[str, int]:
    """The figures of a run that are not zero."""
    names = ("created", "updated", "unchanged", "rejected_count", "skipped_count", "missing_count")
    return {name.removesuffix("_count"): value for name in names if (value := getattr(run, name))}


@pytest.fixture(autouse=True)
def _the_past_is_kept(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test that changed the map through the doors, its history says the same as the map."""
    if "db" not in request.fixturenames or request.node.get_closest_marker("drawn_by_hand"):
        yield
        return
    request.getfixturevalue("db")
    yield
    assert map_as_told() == map_now()
