"""Backstage catalogs: how real files hang together, what is left out, what is refused, and in which order they come."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.accounts.models import Team, User
from apps.cmdb.models import ConfigurationItem, Relationship, UnresolvedReference, ValueStream
from apps.core.errors import Invalid
from tests.cmdb.conftest import figures

ENTERPRISE = [
    f"enterprise-sample/enterprise/enterprise-catalog-{name}.override.yaml"
    for name in ("ai-dataeng", "apis", "data", "devops-security", "foundations", "frameworks", "platform")
]


def picture() -> dict[str, list]:
    """All that an import may write, apart from when it was last seen."""
    return {
        "items": list(ConfigurationItem.objects.order_by("pk").values()),
        "edges": list(
            Relationship.objects.order_by("pk").values("source", "type", "target", "missing_since", "version")
        ),
        "teams": list(Team.objects.order_by("pk").values()),
        "streams": list(ValueStream.objects.order_by("pk").values()),
        "open": list(UnresolvedReference.objects.order_by("pk").values()),
    }


def test_the_upstream_examples_hang_together_across_files(take, backstage_files: Path) -> None:
    """Forty files one after another: whatever comes first, in the end every relation between them stands."""
    for file in sorted((backstage_files / "backstage-examples-2021").rglob("*.yaml")):
        run = take(file.read_bytes())
        assert run.rejected_count == 0, file.name

    lookup = ConfigurationItem.objects.get(key="artist-lookup")
    assert lookup.ci_type.slug == "service"
    assert lookup.owner.slug == "psapi"
    portal = ConfigurationItem.objects.get(key="artist-engagement-portal")
    assert [stream.slug for stream in portal.value_streams.all()] == ["artists"]
    tied = lookup.outgoing.values_list("type__slug", "target__key")
    assert ("part-of", "artist-engagement-portal") in tied
    assert ("depends-on", "artists-db") in tied
    assert ConfigurationItem.objects.get(key="artists-db").ci_type.slug == "data-store"


def test_a_catalog_makes_no_accounts(take, backstage_files: Path) -> None:
    people = User.objects.count()
    run = take((backstage_files / "create-app" / "org.yaml").read_bytes())
    assert User.objects.count() == people
    assert not Team.objects.get(slug="guests").members.exists()
    assert [line.record for line in run.skipped] == ["user:default/guest"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("giantswarm/importer-team-bigmac.yaml", "this file has none"),
        ("invalid/rhdh-skeleton.yaml", "line 1, column 2"),
    ],
)
def test_what_is_no_catalog_is_refused_whole(take, backstage_files: Path, name: str, said: str) -> None:
    before = picture()
    with pytest.raises(Invalid, match=said):
        take((backstage_files / name).read_bytes())
    assert picture() == before


def test_skeletons_are_rejected_one_by_one_with_their_place(take, backstage_files: Path) -> None:
    run = take((backstage_files / "invalid" / "cnoe-basic-skeleton.yaml").read_bytes())
    lines = list(run.rejected)
    assert [line.location for line in lines] == ["document 1, line 1", "document 2, line 21"]
    assert all("template expression" in line.reason for line in lines)


def test_duplicates_inside_one_file_are_reported_and_the_first_counts(take, backstage_files: Path) -> None:
    run = take((backstage_files / "giantswarm" / "charts.yaml").read_bytes())
    assert run.rejected.first().reason == (
        "This entity stands in the file twice; the first one (document 2, line 30) counts."
    )


def test_owners_that_come_later_are_found(take, backstage_files: Path) -> None:
    """charts.yaml names owners that only groups.yaml has."""
    take((backstage_files / "giantswarm" / "charts.yaml").read_bytes())
    assert not ConfigurationItem.objects.filter(owner__isnull=False).exists()
    open_before = UnresolvedReference.objects.filter(meaning="owner").count()

    run = take((backstage_files / "giantswarm" / "groups.yaml").read_bytes())

    assert run.resolved > 0
    assert ConfigurationItem.objects.filter(owner__isnull=False).count() == run.resolved
    assert UnresolvedReference.objects.filter(meaning="owner").count() == open_before - run.resolved


def test_the_enterprise_sample_in_any_order_gives_the_same_map(take, backstage_files: Path) -> None:
    for name in ENTERPRISE:
        take((backstage_files / name).read_bytes(), source="forwards")
    for name in reversed(ENTERPRISE):
        take((backstage_files / name).read_bytes(), source="backwards")
    forwards, backwards = edges_of("forwards"), edges_of("backwards")
    assert forwards
    assert forwards == backwards


def edges_of(source: str) -> set[tuple[str, str, str]]:
    """The relationships of one source, by the names that the source uses."""
    known = dict(
        ConfigurationItem.objects.filter(identifiers__source=source).values_list("pk", "identifiers__external_id")
    )
    rows = Relationship.objects.filter(origin=source).values_list("source", "type__slug", "target")
    return {(known[one], kind, known[other]) for one, kind, other in rows}


def test_a_rehearsal_reports_the_same_and_changes_nothing(take, backstage_files: Path) -> None:
    content = (backstage_files / "create-app" / "entities.yaml").read_bytes()
    before = picture()
    rehearsed = take(content, dry_run=True)
    assert picture() == before
    assert rehearsed.dry_run
    real = take(content)
    assert figures(rehearsed) == figures(real) == {"created": 3}
    assert [line.record for line in rehearsed.lines.all()] == [line.record for line in real.lines.all()]
