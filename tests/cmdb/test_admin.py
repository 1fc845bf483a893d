"""The map in the admin: an item's page with its tabs, the page that takes a file, and the report."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.cmdb import actions
from apps.cmdb.models import ConfigurationItem, ImportRun, Relationship
from apps.core.models import AuditEntry
from tests.cmdb.test_api import CATALOG
from tests.people import SYSTEM, person


def at(name: str) -> Client:
    client = Client()
    client.force_login(person(name))
    return client


@pytest.fixture
def rosa(db: None) -> Client:
    return at("rosa")


def page(ci: ConfigurationItem, tab: str = "") -> str:
    url = reverse("admin:cmdb_configurationitem_change", args=[ci.pk])
    return f"{url}?tab={tab}" if tab else url


@pytest.fixture
def shop(item: Callable, tie: Callable) -> ConfigurationItem:
    tie("shop", "depends-on", "payments")
    tie("payments", "runs-on", "cluster")
    place = actions.create_environment(slug="prod", name="Production", is_production=True, by=SYSTEM)
    ci = actions.change_ci(ci=item("shop"), attributes={"tier": "gold"}, release_managed=True, by=SYSTEM)
    actions.note_installed(ci=ci, environment=place, version="4.2", digest="", at=ci.created_at, by=SYSTEM)
    party = actions.create_party(slug="acme", name="Acme Corp", by=SYSTEM)
    actions.create_service_relationship(party=party, service=ci, notice_hours=48, by=SYSTEM)
    return ci


@pytest.mark.parametrize(
    ("tab", "shown"),
    [
        ("overview", ["payments", "depends on", "gold", "Acme Corp", "48 hours"]),
        ("impact", ["Nothing else is affected"]),
        ("impact&direction=dependencies", ["cluster", "shop depends on payments, which runs on cluster"]),
        ("installed", ["4.2", "no release brought it"]),
        ("sources", ["entered by hand"]),
        ("form", ["needs at least", "attributes"]),
        ("history", ["rosa"]),
    ],
)
def test_every_tab_of_an_item_shows_what_it_says(rosa: Client, shop, query_budget, tab: str, shown: list[str]) -> None:
    rosa.post(reverse("admin:cmdb_configurationitem_deed", args=[shop.pk, "relate"]), {"kind": "x"})
    if tab == "history":
        by = {"kind": "relates-to", "other": "cluster", "note": "Seen in the racks."}
        rosa.post(reverse("admin:cmdb_configurationitem_deed", args=[shop.pk, "relate"]), by)
    rosa.get(page(shop, tab))
    with query_budget(f"admin.cmdb.item.{tab.replace('&direction=', '.')}"):
        response = rosa.get(page(shop, tab))
    assert response.status_code == 200
    text = response.content.decode()
    for words in shown:
        assert words.lower() in text.lower(), words


def test_the_impact_tab_names_whom_to_ask_and_to_inform(rosa: Client, shop, item: Callable) -> None:
    text = rosa.get(page(item("cluster"), "impact")).content.decode()
    assert "shop depends on payments, which runs on cluster" in text
    assert "Acme Corp" in text


def test_relating_an_item_from_its_page(rosa: Client, shop, item: Callable) -> None:
    url = reverse("admin:cmdb_configurationitem_deed", args=[shop.pk, "relate"])
    before = Relationship.objects.count()
    assert rosa.get(url).status_code == 200
    assert Relationship.objects.count() == before
    response = rosa.post(url, {"kind": "~part-of", "other": "payments"})
    assert response.status_code == 302
    edge = Relationship.objects.order_by("pk").last()
    assert (edge.source.key, edge.type.slug, edge.target.key) == ("payments", "part-of", "shop")
    refused = rosa.post(url, {"kind": "part-of", "other": "ghost"})
    assert refused.status_code == 400
    assert "no item with the key" in refused.content.decode()


def test_an_item_is_changed_in_its_form_and_told_what_is_wrong(rosa: Client, shop) -> None:
    form = {
        "name": "Web shop",
        "ci_type": shop.ci_type.pk,
        "description": "",
        "lifecycle": "live",
        "criticality": 1,
        "attributes": '{"tier": ["gold"]}',
        "record_version": shop.version,
    }
    refused = rosa.post(page(shop), form).content.decode()
    assert "is not of type" in refused
    assert rosa.post(page(shop), {**form, "attributes": "{}"}).status_code == 302
    shop.refresh_from_db()
    assert (shop.name, shop.key, shop.criticality, shop.attributes) == ("Web shop", "shop", 1, {})


def upload(content: bytes = CATALOG, **fields: str) -> dict:
    return {"file": SimpleUploadedFile("c.yaml", content), "source": "catalog", "format": "backstage", **fields}


def test_a_file_is_first_rehearsed_and_then_taken(rosa: Client) -> None:
    url = reverse("admin:cmdb_importrun_add")
    assert "Only show what would happen" in rosa.get(url).content.decode()
    assert not ImportRun.objects.exists()

    rehearsed = rosa.post(url, upload(dry_run="on"), follow=True)
    assert "This was a dry run" in rehearsed.content.decode()
    assert not ConfigurationItem.objects.exists()

    taken = rosa.post(url, upload(), follow=True)
    text = taken.content.decode()
    assert ConfigurationItem.objects.count() == 2
    assert "template expression that was never filled in" in text
    assert "document 3, line 11" in text
    run = ImportRun.objects.latest("pk")
    entry = AuditEntry.objects.filter(event="cmdb.importrun.finish", subject_id=str(run.pk)).get()
    assert (entry.actor_name, entry.door) == ("rosa", "admin")


def test_a_file_that_cannot_be_read_is_refused_in_the_form(rosa: Client) -> None:
    response = rosa.post(reverse("admin:cmdb_importrun_add"), upload(b"a: [1\nb"))
    assert response.status_code == 400
    assert "It is not YAML" in response.content.decode()
    assert not ImportRun.objects.exists()


def test_the_report_lists_each_outcome(rosa: Client, query_budget) -> None:
    rosa.post(reverse("admin:cmdb_importrun_add"), upload())
    run = ImportRun.objects.get()
    url = reverse("admin:cmdb_importrun_change", args=[run.pk])
    rosa.get(url)
    with query_budget("admin.cmdb.importrun.report"):
        text = rosa.get(f"{url}?outcome=created").content.decode()
    item = ConfigurationItem.objects.get(key="shop")
    assert f'<a href="{page(item)}">component:default/shop</a>' in text


@pytest.mark.parametrize(
    "url", ["admin:cmdb_importrun_add", "admin:cmdb_configurationitem_add", "admin:cmdb_environment_add"]
)
def test_an_auditor_looks_and_changes_nothing(shop, url: str) -> None:
    audrey = at("audrey")
    assert audrey.get(reverse(url)).status_code == 403
    assert audrey.post(reverse(url), upload()).status_code == 403
    assert audrey.get(page(shop, "impact")).status_code == 200
    deed = reverse("admin:cmdb_configurationitem_deed", args=[shop.pk, "retire"])
    assert audrey.post(deed, {}).status_code == 403
    shop.refresh_from_db()
    assert shop.lifecycle == "live"


def test_the_health_lists_narrow_the_list_of_items(rosa: Client, shop, item: Callable) -> None:
    item("forgotten")
    text = rosa.get(reverse("admin:cmdb_configurationitem_changelist") + "?health=orphans").content.decode()
    assert "forgotten" in text
    assert ">payments<" not in text
