"""“No model fits” is an answer: on record, with what comes closest, and something to be done better."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.core.errors import Invalid, NotNow, NotPermitted
from apps.core.models import AuditEntry
from apps.releases import actions
from apps.reviews.models import ImprovementAction
from tests.core.api.conftest import Caller, problem
from tests.factories import CONTENT, publish_model, release_in
from tests.people import acting, person

pytestmark = pytest.mark.django_db
REASON = "It must go live country by country."


def entries() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(event="releases.release.note_no_model"))


def test_it_is_on_record_and_becomes_an_improvement_action_once(drain) -> None:
    publish_model("majors", content={**CONTENT, "applies": {"release_types": ["major"]}})
    release = release_in("draft")
    actions.note_no_model(release=release, by=acting("rosa"), reason=REASON)
    drain()
    drain()
    (entry,) = entries()
    assert (entry.note, entry.subject_key) == (REASON, release.key)
    action = ImprovementAction.objects.get()
    assert (action.kind, action.status) == ("model", "open")
    assert release.subject.name in action.title
    assert REASON in action.detail
    assert "majors/1: The model is for the type of release major; here it is minor." in action.detail


def test_a_release_with_a_model_has_its_answer() -> None:
    with pytest.raises(NotNow, match="A model is chosen already: the release is planning"):
        actions.note_no_model(release=release_in("planning"), by=acting("rosa"), reason=REASON)
    assert entries() == []


def test_it_needs_a_reason() -> None:
    with pytest.raises(Invalid, match="what a fitting model would be like"):
        actions.note_no_model(release=release_in("draft"), by=acting("rosa"), reason=" ")


@pytest.mark.parametrize("name", ["adam", "carl", "audrey", "ida", "nora"])
def test_only_release_managers_say_so(name: str) -> None:
    release = release_in("draft")
    with pytest.raises(NotPermitted):
        actions.note_no_model(release=release, by=acting(name), reason=REASON)
    assert entries() == []


def test_the_same_by_api_and_by_the_button(drain) -> None:
    release = release_in("draft")
    assert Caller(person("rosa")).post(f"releases/{release.key}/no-model-fits/", {"reason": REASON}).status_code == 200
    problem(Caller(person("audrey")).post(f"releases/{release.key}/no-model-fits/", {"reason": REASON}), 403)
    client = Client()
    client.force_login(person("rosa"))
    deed = f"/admin/releases/release/{release.pk}/do/no-model/"
    assert deed in client.get(f"/admin/releases/release/{release.pk}/change/").content.decode()
    assert client.get(deed).status_code == 200
    assert len(entries()) == 1
    assert client.post(deed, {"reason": REASON}).status_code == 302
    assert len(entries()) == 2
    drain()
    assert ImprovementAction.objects.count() == 2
