"""Whatever went round a rule with leave is listed where the findings are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from apps.compliance.queries import ways_round
from apps.core.clock import now
from apps.releases import actions
from tests.factories import check, content_with, fresh, release_in
from tests.people import acting, person

pytestmark = pytest.mark.django_db


def test_a_waiver_is_listed_with_its_reason_although_the_check_was_run_again():
    definition = check("inspected", waivable_by=["release_manager"])
    release = release_in("verifying", content=content_with(checks=[definition]))
    assert ways_round(release) == []
    one = release.checks.get()
    actions.find_check_wanting(check=one, by=acting("carl"), note="A dent.")
    actions.waive_check(check=one, by=acting("rosa"), until=now() + timedelta(days=1), note="It is only a dent.")
    actions.request_check(check=one, by=acting("carl"))
    (entry,) = ways_round(fresh(release))
    assert (entry.event, entry.actor_name) == ("releases.check.waive", "rosa")
    client = Client()
    client.force_login(person("audrey"), backend="django.contrib.auth.backends.ModelBackend")
    shown = client.get(f"/admin/releases/release/{release.pk}/change/?tab=findings").content.decode()
    assert "It is only a dent." in shown
    assert "Waived" in shown
