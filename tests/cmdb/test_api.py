"""The CMDB over HTTP: the contract of the import and of impact, the rest of the map, and who may do what."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.accounts.permissions import Role
from apps.cmdb import actions
from apps.cmdb.models import ConfigurationItem, ImportRun, Party, Relationship
from apps.core.models import AuditEntry
from tests.core.api.conftest import Caller, problem
from tests.people import SYSTEM, person

CATALOG = b"""
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: shop}
spec: {type: service, lifecycle: production, owner: web, dependsOn: [component:payments]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: payments}
spec: {type: service, lifecycle: production, owner: web}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: "${{ values.name }}"}
spec: {type: service, lifecycle: production, owner: web}
"""
IMPORT = "imports/?source=catalog&format=backstage"


@pytest.fixture
def rosa(db: None) -> Caller:
    return Caller(person("rosa"))


@pytest.fixture
def ida(db: None) -> Caller:
    """A tool."""
    return Caller(person("ida"), scopes=["read", "imports:write"])


@pytest.fixture
def audrey(db: None) -> Caller:
    return Caller(person("audrey"))


def send(caller: Caller, body: bytes = CATALOG, path: str = IMPORT, **headers: str):
    return caller("post", path, body, Content_Type="application/yaml", **headers)


def test_a_raw_body_is_imported_and_every_record_answered_for(ida: Caller) -> None:
    answer = send(ida)
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert {name: told[name] for name in ("created", "updated", "unchanged")} == {
        "created": 2,
        "updated": 0,
        "unchanged": 0,
    }
    assert told["rejected"] == [
        {
            "record": "Component:${{ values.name }}",
            "location": "document 3, line 11",
            "reason": "metadata.name is a template expression that was never filled in: ${{ values.name }}",
        }
    ]
    assert ida.get(f"imports/{told['id']}/").json() == told
    assert answer["Location"] == f"/api/v1/imports/{told['id']}/"


def test_a_second_time_changes_nothing(ida: Caller) -> None:
    send(ida)
    told = send(ida).json()
    assert (told["created"], told["updated"], told["unchanged"]) == (0, 0, 2)


def test_a_multipart_file_is_imported_too(ida: Caller) -> None:
    part = SimpleUploadedFile("catalog-info.yaml", CATALOG)
    headers = {"Authorization": f"Bearer {ida.secret}"}
    answer = ida.client.post(f"/api/v1/{IMPORT}", {"file": part}, headers=headers)
    assert answer.status_code == 201, answer.content
    assert answer.json()["file_name"] == "catalog-info.yaml"


def test_a_dry_run_reports_and_changes_nothing(ida: Caller) -> None:
    told = send(ida, path=f"{IMPORT}&dry_run=true").json()
    assert (told["created"], told["dry_run"]) == (2, True)
    assert not ConfigurationItem.objects.exists()
    lines = ida.get(f"imports/{told['id']}/lines/?outcome=created").json()["results"]
    assert [line["record"] for line in lines] == ["component:default/shop", "component:default/payments"]


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (b"a: [1\nb: 2", "malformed_yaml", "line 2"),
        (b"- just\n- a list", "no_entities", "this file has none"),
        (b"", "required", "Send the file as the body"),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_written(ida: Caller, body: bytes, code: str, said: str) -> None:
    before = AuditEntry.objects.count()
    told = problem(send(ida, body), 400)
    assert told["errors"][0]["code"] == code
    assert said in told["errors"][0]["detail"]
    assert not ImportRun.objects.exists()
    assert AuditEntry.objects.count() == before


def test_the_parameters_of_an_import_are_checked(ida: Caller) -> None:
    told = problem(send(ida, path="imports/?source=catalog"), 400)
    assert told["errors"][0]["pointer"] == "?format"
    told = problem(send(ida, path="imports/?source=catalog&format=word"), 400)
    assert "Use one of: archimate, backstage, csv, cyclonedx" in told["errors"][0]["detail"]
    problem(send(ida, path=f"{IMPORT}&force=true"), 400)
    problem(send(ida, path="imports/?source=purl&format=backstage"), 400)


def test_only_importers_import(audrey: Caller, rosa: Caller) -> None:
    problem(send(audrey), 403)
    reader = Caller(person("ida"), scopes=["read"])
    assert problem(send(reader), 403)["type"].endswith("scope-missing")
    assert send(rosa).status_code == 201


def test_the_same_idempotency_key_gives_the_same_answer(ida: Caller) -> None:
    first = send(ida, Idempotency_Key="nightly-1")
    again = send(ida, Idempotency_Key="nightly-1")
    assert again.json() == first.json()
    assert ImportRun.objects.count() == 1
    problem(send(ida, CATALOG + b"\n# more", Idempotency_Key="nightly-1"), 422)


def test_impact_in_both_directions(ida: Caller) -> None:
    send(ida)
    told = ida.get("configuration-items/payments/impact/").json()
    assert told["root"] == "payments"
    (node,) = told["nodes"]
    assert {name: node[name] for name in ("key", "name", "ci_type", "criticality", "distance")} == {
        "key": "shop",
        "name": "shop",
        "ci_type": "service",
        "criticality": 3,
        "distance": 1,
    }
    assert (node["via"], node["via_type"]) == ("payments", "depends-on")
    assert told["weight"] == 2
    assert told["edges"] == [{"source": "shop", "target": "payments", "type": "depends-on"}]
    assert told["truncated"] is False
    assert told["confidence"]["stale_share"] == 0.0
    told = ida.get("configuration-items/shop/impact/?direction=dependencies&depth=1").json()
    assert [node["key"] for node in told["nodes"]] == ["payments"]


def test_impact_refuses_what_it_cannot_answer(ida: Caller) -> None:
    send(ida)
    problem(ida.get("configuration-items/payments/impact/?direction=sideways"), 400)
    problem(ida.get("configuration-items/payments/impact/?depth=-1"), 400)
    problem(ida.get("configuration-items/ghost/impact/"), 404)


def test_reach_names_whom_to_ask_and_to_inform(rosa: Caller, item: Callable, tie: Callable) -> None:
    tie("shop", "depends-on", "payments")
    stream = actions.create_value_stream(slug="order-to-cash", name="Order to cash", by=SYSTEM)
    actions.change_ci(ci=item("shop"), value_streams=[stream], by=SYSTEM)
    party = actions.create_party(slug="acme", name="Acme", by=SYSTEM)
    actions.create_service_relationship(party=party, service=item("shop"), notice_hours=48, by=SYSTEM)
    told = rosa.get("configuration-items/payments/reach/").json()
    assert [one["key"] for one in told["services"]] == ["payments", "shop"]
    assert told["value_streams"] == [{"key": "order-to-cash", "name": "Order to cash"}]
    assert [(one["party"], one["service"]) for one in told["parties"]] == [("acme", "shop")]
    assert told["longest_notice_hours"] == 48


def test_an_item_from_its_creation_to_its_removal(rosa: Caller) -> None:
    body = {
        "name": "Web shop",
        "ci_type": "service",
        "criticality": 1,
        "attributes": {"tier": 1},
        "identifiers": [{"source": "crm", "external_id": "4711"}],
    }
    answer = rosa.post("configuration-items/", body)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made["key"] == "web-shop"
    assert made["identifiers"] == [{"source": "crm", "external_id": "4711", "missing_since": None}]
    changed = rosa.patch("configuration-items/web-shop/", {"lifecycle": "retired", "identifiers": []}).json()
    assert (changed["lifecycle"], changed["identifiers"]) == ("retired", [])
    problem(rosa.patch("configuration-items/web-shop/", {"name": "x"}, If_Match='"1-aaaa"'), 412)
    assert rosa.delete("configuration-items/web-shop/").status_code == 204
    problem(rosa.get("configuration-items/web-shop/"), 404)


def test_value_streams_are_set_together(rosa: Caller, item: Callable) -> None:
    item("shop")
    for slug in ("order-to-cash", "hire-to-retire"):
        actions.create_value_stream(slug=slug, name=slug, by=SYSTEM)
    body = {"value_streams": ["order-to-cash", "hire-to-retire"]}
    assert sorted(rosa.patch("configuration-items/shop/", body).json()["value_streams"]) == sorted(
        body["value_streams"]
    )
    told = problem(rosa.patch("configuration-items/shop/", {"value_streams": ["ghost"]}), 400)
    assert "ghost" in told["errors"][0]["detail"]


def test_attributes_are_checked_against_the_schema_of_the_type(rosa: Caller) -> None:
    schema = {"type": "object", "properties": {"cores": {"type": "integer"}}, "required": ["cores"]}
    assert rosa.post("ci-types/", {"slug": "blade", "name": "Blade", "attribute_schema": schema}).status_code == 201
    told = problem(rosa.post("configuration-items/", {"name": "b1", "ci_type": "blade"}), 400)
    assert told["errors"][0]["pointer"] == "/attributes"
    body = {"name": "b1", "ci_type": "blade", "attributes": {"cores": 8}}
    assert rosa.post("configuration-items/", body).status_code == 201


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array"},
        {"type": "object", "properties": {"a": {"type": "elephant"}}},
        {"type": "object", "properties": {"a": {"$ref": "http://169.254.169.254/latest"}}},
    ],
)
def test_a_schema_that_is_none_or_reaches_outside_is_refused(rosa: Caller, schema: dict) -> None:
    told = problem(rosa.post("ci-types/", {"slug": "odd", "name": "Odd", "attribute_schema": schema}), 400)
    assert told["errors"][0]["pointer"] == "/attribute_schema"


def test_relationships_are_made_confirmed_and_removed(rosa: Caller, item: Callable) -> None:
    item("shop")
    item("payments")
    body = {"source": "shop", "type": "depends on", "target": "payments"}
    made = rosa.post("relationships/", body).json()
    assert made["type"] == "depends-on"
    told = problem(rosa.post("relationships/", body), 400)
    assert "related in this way already" in told["errors"][0]["detail"]
    told = problem(rosa.post("relationships/", {**body, "target": "shop"}), 400)
    assert "cannot be related to itself" in told["errors"][0]["detail"]
    assert rosa.post(f"relationships/{made['id']}/confirm/").status_code == 200
    assert [one["id"] for one in rosa.get("relationships/?target=payments").json()["results"]] == [made["id"]]
    assert rosa.delete(f"relationships/{made['id']}/").status_code == 204
    assert not Relationship.objects.exists()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("environments/", {"slug": "prod", "name": "Production", "is_production": True}),
        ("value-streams/", {"slug": "order-to-cash", "name": "Order to cash"}),
        ("parties/", {"slug": "acme", "name": "Acme", "kind": "partner"}),
        ("ci-types/", {"slug": "robot", "name": "Robot"}),
        ("relationship-types/", {"slug": "guards", "name": "guards", "reverse_name": "is guarded by"}),
        ("import-sources/", {"slug": "crm", "rank": 10, "field_ranks": {"owner": 1}}),
    ],
)
def test_the_rest_of_the_map_is_kept_by_those_who_may(rosa: Caller, audrey: Caller, path: str, body: dict) -> None:
    problem(audrey.post(path, body), 403)
    answer = rosa.post(path, body)
    assert answer.status_code == 201, answer.content
    slug = body["slug"]
    assert rosa.get(f"{path}{slug}/").json()["slug"] == slug
    problem(rosa.post(path, body), 400)
    named = "rank" if path == "import-sources/" else "name"
    assert rosa.patch(f"{path}{slug}/", {named: 7 if named == "rank" else "Other"}).status_code == 200
    if path != "import-sources/":
        assert rosa.delete(f"{path}{slug}/").status_code == 204


def test_a_type_in_use_stays(rosa: Caller, item: Callable) -> None:
    item("shop")
    assert problem(rosa.delete("ci-types/service/"), 409)["blockers"][0]["code"] == "in_use"


def test_service_relationships(rosa: Caller, item: Callable) -> None:
    item("shop")
    actions.create_party(slug="acme", name="Acme", kind=Party.Kind.PARTNER, by=SYSTEM)
    body = {"party": "acme", "service": "shop", "role": "reseller", "notice_hours": 24}
    made = rosa.post("service-relationships/", body).json()
    assert rosa.get("service-relationships/?party=acme").json()["results"] == [made]
    changed = rosa.patch(f"service-relationships/{made['id']}/", {"notice_hours": 72}).json()
    assert changed["notice_hours"] == 72
    problem(rosa.post("service-relationships/", body), 400)
    assert rosa.delete(f"service-relationships/{made['id']}/").status_code == 204


def test_filters_of_the_item_list(rosa: Caller, ida: Caller, item: Callable) -> None:
    send(ida)
    item("lonely", criticality=1)

    def keys(query: str) -> list[str]:
        return [one["key"] for one in rosa.get(f"configuration-items/?{query}").json()["results"]]

    assert keys("source=catalog") == ["payments", "shop"]
    assert keys("external_id=component:default/shop") == ["shop"]
    assert keys("health=orphans") == ["lonely"]
    assert keys("criticality_max=2") == ["lonely"]
    assert keys("search=pay") == ["payments"]
    assert keys("has_owner=false&ordering=-name") == ["shop", "payments", "lonely"]
    problem(rosa.get("configuration-items/?colour=red"), 400)


LISTS = [
    "configuration-items",
    "relationships",
    "ci-types",
    "relationship-types",
    "environments",
    "value-streams",
    "parties",
    "service-relationships",
    "imports",
    "import-sources",
    "installed-versions",
]


@pytest.mark.parametrize("path", LISTS)
def test_every_list_asks_a_constant_number_of_queries(rosa: Caller, ida: Caller, query_budget, item, path: str) -> None:
    """Twice as many rows, the same queries: the budget is the same for both."""
    rosa.get("ci-types/")  # notes that her token was used
    for number in range(2):
        send(ida, CATALOG.replace(b"shop", b"shop%d" % number).replace(b"payments", b"payments%d" % number))
        ci = item(f"by-hand-{number}")
        party = actions.create_party(slug=f"p{number}", name="P", by=SYSTEM)
        actions.create_service_relationship(party=party, service=ci, by=SYSTEM)
        place = actions.create_environment(slug=f"e{number}", name="E", by=SYSTEM)
        stream = actions.create_value_stream(slug=f"v{number}", name="V", owner=None, by=SYSTEM)
        actions.change_ci(ci=ci, value_streams=[stream], by=SYSTEM)
        at = ci.created_at
        actions.note_installed(ci=ci, environment=place, version="1", digest="", at=at, by=SYSTEM)
        with query_budget(f"api.{path}.list"):
            assert rosa.get(f"{path}/").json()["results"]


def test_impact_asks_the_same_however_many_stand_on_a_level(rosa: Caller, tie: Callable, query_budget) -> None:
    rosa.get("ci-types/")
    for number in range(5):
        tie(f"s{number + 1}", "depends-on", "s0")
        with query_budget("api.configuration-items.impact"):
            assert len(rosa.get("configuration-items/s0/impact/").json()["nodes"]) == number + 1


def test_installed_versions_of_an_item(rosa: Caller, item: Callable) -> None:
    ci = item("shop")
    place = actions.create_environment(slug="prod", name="Production", is_production=True, by=SYSTEM)
    actions.note_installed(ci=ci, environment=place, version="1.2", digest="", at=ci.created_at, by=SYSTEM)
    (row,) = rosa.get("configuration-items/shop/installed-versions/").json()["results"]
    assert (row["environment"], row["version"], row["release"]) == ("prod", "1.2", "")
    assert rosa.get("configuration-items/shop/installed-versions/prod/").json() == row


def test_nobody_without_a_role_sees_the_map(db: None) -> None:
    nora = Caller(person("nora"))
    for path in LISTS:
        problem(nora.get(f"{path}/"), 403)
    assert Role.AUDITOR in person("audrey").roles
