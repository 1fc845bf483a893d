"""Every list of the admin: a recorded number of queries, the same for five rows and for twenty-five."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.desk.rows import rows_of
from tests.people import person

LISTS = sorted(
    (model for model in admin.site._registry if model._meta.app_config.name.startswith("apps.")),
    key=lambda model: model._meta.label,
)


def reader() -> Client:
    """Somebody who may see every list: an administrator who also audits and manages releases."""
    from apps.accounts.models import RoleGrant
    from apps.core import moves
    from tests.people import SYSTEM

    user = person("ivan")
    for role in ("auditor", "release_manager"):
        moves.create(RoleGrant(user=user, role=role), by=SYSTEM)
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label_lower)
def test_a_list_costs_the_same_however_long_it_is(model, query_budget) -> None:
    client = reader()
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    rows_of(model, 5)
    assert client.get(url).status_code == 200  # the first request also fills caches of the process
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    rows_of(model, 20)
    with query_budget(f"admin.{model._meta.label_lower}.list"), CaptureQueriesContext(connection) as many:
        response = client.get(url)
    assert response.status_code == 200
    grown = [query["sql"][:300] for query in many.captured_queries[len(few) :]]
    assert len(many) == len(few), f"{len(few)} queries for few rows, {len(many)} for more:\n" + "\n".join(grown)
