"""import_cis and export_cis: what they print, how they end, and that the round trip changes nothing."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.cmdb.management.commands import import_cis
from apps.cmdb.models import ConfigurationItem, ImportRun, ImportSource, Relationship
from apps.core.models import AuditEntry
from tests.cmdb.test_api import CATALOG
from tests.cmdb.test_backstage_files import ENTERPRISE, picture

pytestmark = pytest.mark.django_db


def run(name: str, *arguments: object, **options: object) -> str:
    out = StringIO()
    call_command(name, *map(str, arguments), stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    file = tmp_path / "catalog-info.yaml"
    file.write_bytes(CATALOG)
    return file


def test_an_import_says_what_became_of_the_records(catalog: Path) -> None:
    said = run("import_cis", catalog, "--source", "catalog", "--format", "backstage")
    assert "2 created, 1 rejected." in said
    assert "(document 3, line 11): metadata.name is a template expression" in said
    assert "2 unchanged, 1 rejected." in run("import_cis", catalog, "--source", "catalog", "--format", "backstage")


def test_the_answer_for_programs(catalog: Path) -> None:
    answer = json.loads(run("import_cis", catalog, "--source", "catalog", "--format", "backstage", "--json"))
    assert (answer["created"], answer["relationships_created"]) == (2, 1)
    assert answer["rejected"][0]["location"] == "document 3, line 11"


def test_a_dry_run_changes_nothing(catalog: Path) -> None:
    said = run("import_cis", catalog, "--source", "catalog", "--format", "backstage", "--dry-run")
    assert said.startswith("Dry run, nothing was changed: 2 created")
    assert not ConfigurationItem.objects.exists()


def test_the_diff_of_a_dry_run_leaves_nothing_but_its_report(catalog: Path) -> None:
    arguments = (catalog, "--source", "catalog", "--format", "backstage")
    run("import_cis", *arguments)
    changed = CATALOG.replace(b", dependsOn: [component:payments]", b"").replace(b"name: payments", b"name: ledger")
    catalog.write_bytes(changed.replace(b"lifecycle: production", b"lifecycle: experimental", 1))
    before = picture(), list(ImportSource.objects.values_list("version"))
    entries = AuditEntry.objects.count()

    said = run("import_cis", *arguments, "--dry-run", "--diff", "--complete")

    assert "+ ledger  (component:default/ledger)" in said
    assert '    lifecycle: "live" → "planned"' in said
    assert '    attributes.lifecycle: "production" → "experimental"' in said
    assert "    - shop depends-on payments" in said
    assert "- payments  (component:default/payments)" in said
    assert (picture(), list(ImportSource.objects.values_list("version"))) == before
    report = ImportRun.objects.latest("id")
    told = AuditEntry.objects.order_by("id")[entries:]
    assert {(one.subject_type, one.subject_id) for one in told} == {("cmdb.importrun", str(report.pk))}
    answer = json.loads(run("import_cis", *arguments, "--dry-run", "--diff", "--json"))
    assert {one["outcome"] for one in answer["diff"]} == {"created", "updated"}


def test_what_cannot_be_read_ends_with_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [1\nb: 2")
    with pytest.raises(CommandError, match="It is not YAML: .* \\(line 2, column 2\\)"):
        run("import_cis", broken, "--source", "x", "--format", "backstage")
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run("import_cis", tmp_path / "none.yaml", "--source", "x", "--format", "backstage")
    assert not ImportRun.objects.exists()


def test_an_export_read_back_changes_nothing(
    take, backstage_files: Path, cyclonedx_files: Path, tmp_path: Path
) -> None:
    for name in ENTERPRISE:
        take((backstage_files / name).read_bytes())
    bridge = cyclonedx_files / "bom-examples/SBOM/proton-bridge/proton-bridge-v1.6.3.bom.json"
    take(bridge.read_bytes(), "cyclonedx", source="sbom")
    file = tmp_path / "cmdb.json"
    run("export_cis", "--output", file)
    before = picture()

    answer = json.loads(run("import_cis", file, "--source", "backup", "--format", "tidegate", "--json"))

    assert (answer["created"], answer["updated"], answer["rejected"]) == (0, 0, [])
    assert answer["unchanged"] >= ConfigurationItem.objects.count()
    assert answer["relationships_created"] == 0
    assert picture() == before
    assert run("export_cis") == file.read_text()


@pytest.mark.drawn_by_hand
def test_an_export_fills_an_empty_map(take, backstage_files: Path, tmp_path: Path) -> None:
    for name in ENTERPRISE:
        take((backstage_files / name).read_bytes())
    first = run("export_cis")
    file = tmp_path / "cmdb.json"
    file.write_text(first)
    Relationship.objects.all().delete()
    ConfigurationItem.objects.all().delete()

    run("import_cis", file, "--source", "backup", "--format", "tidegate")

    assert run("export_cis") == first


def test_an_export_of_one_source_holds_only_what_it_knows(take) -> None:
    take(CATALOG, source="one")
    take(CATALOG.replace(b"shop", b"desk").replace(b"payments", b"ledger"), source="other")
    keys = [one["key"] for one in json.loads(run("export_cis", "--source", "one"))["items"]]
    assert keys == ["payments", "shop"]


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar_and_a_log_gets_lines(catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("import_cis", catalog, "--source", "catalog", "--format", "backstage")
    screen, quiet, log = Terminal(), StringIO(), StringIO()
    run(*arguments, stderr=screen)
    assert screen.getvalue().startswith("\rwriting [........................................] 0 of 4")
    assert f"\rwriting [{'#' * 40}] 4 of 4\x1b[K\n" in screen.getvalue()
    run(*arguments, stderr=quiet)
    assert quiet.getvalue() == ""
    monkeypatch.setitem(import_cis.WORTH_TELLING, "writing", 1)
    run(*arguments, stderr=log)
    assert log.getvalue().splitlines() == ["writing: 0 of 4", "writing: 2 of 4", "writing: 4 of 4"]
