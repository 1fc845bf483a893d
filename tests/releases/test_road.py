"""Every status of a release is reached by real actions."""

import pytest

from apps.releases.lifecycle.words import Status
from tests.factories import release_in


@pytest.mark.django_db
@pytest.mark.parametrize("status", Status.values)
def test_the_road_leads_to_every_status(status: str) -> None:
    assert release_in(status).status == status
