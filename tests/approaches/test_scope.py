"""What an approach covers, and what one version changes against another."""

from __future__ import annotations

import pytest

from apps.approaches.queries import approaches_covering, diff, in_force, services_of
from apps.cmdb.actions import change_ci, create_relationship
from apps.cmdb.models import ConfigurationItem, RelationshipType
from tests.approaches.approaches import approach, draft, publish
from tests.core.api.conftest import Caller
from tests.factories import ci, publish_model, value_stream
from tests.people import SYSTEM, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def estate():
    """A product with a part, a service of a value stream, one on its own; a host, a retired and an unmanaged service."""
    product = ci("suite", type="product")
    part = ci("booking", type="service")
    kind = RelationshipType.objects.get(slug="part-of")
    create_relationship(source=part, type=kind, target=product, by=SYSTEM)
    change_ci(ci=ci("billing", type="service"), value_streams=[value_stream()], by=SYSTEM)
    ci("alone", type="service")
    ci("rack", type="host")
    ci("gone", type="service", lifecycle="retired")
    ci("toy", type="service", release_managed=False)
    return product


def keys(version) -> set[str]:
    return {one.key for one in services_of(version)}


def test_without_a_scope_it_is_for_everything_that_is_to_be_managed(estate):
    assert keys(draft()) == {"booking", "billing", "alone"}


def test_a_product_stands_for_its_parts_and_a_stream_for_its_services(estate):
    assert keys(draft(items=[estate])) == {"booking"}
    assert keys(draft(items=[estate], value_streams=[value_stream()])) == {"booking", "billing"}
    assert keys(draft(items=[ConfigurationItem.objects.get(key="rack")], value_streams=[])) == set()


def test_only_what_is_in_force_covers(estate):
    booking, alone = (ConfigurationItem.objects.get(key=key) for key in ("booking", "alone"))
    draft(approach("draft"))
    publish(draft(approach("suite"), items=[estate]))
    assert approaches_covering([booking.pk, alone.pk], in_force()) == {booking.pk: ("suite",)}


def test_the_difference_is_said_in_words(estate):
    old = publish(draft(principles="Small and often. Proven first."))
    new = draft(
        old.approach,
        principles="Small and weekly. Proven first.",
        exceptions="None.",
        items=[estate],
        release_models=[publish_model("other").model],
    )
    assert diff(old, new) == [
        "principles: “often.” → “weekly.”",
        "exceptions: “None.” added",
        f"products and services in scope: with {estate}",
        "release models that apply: without For-company",
        "release models that apply: with Other",
    ]
    assert diff(old, old) == []


def test_the_api_tells_the_scope_and_the_difference(estate):
    publish(draft(items=[estate]))
    call = Caller(person("audrey"))
    found = call("get", "approaches/company/versions/1/scope/").json()
    assert ([one["key"] for one in found["services"]], found["everything"]) == (["booking"], False)
    assert call("get", "approaches/company/versions/1/diff/1/").json()["changes"] == []
    assert call("get", "approaches/company/").json()["published_version"] == 1
