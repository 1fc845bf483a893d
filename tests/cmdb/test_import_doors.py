"""Imports in the background over HTTP and in the admin: what is answered, what the pages show, who may call off."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.cmdb import actions
from apps.cmdb.actions import import_pulse
from apps.cmdb.models import ConfigurationItem, ImportProgress, ImportRun
from tests.cmdb.test_admin import upload
from tests.cmdb.test_api import CATALOG, IMPORT, send
from tests.cmdb.test_background_imports import Killed, before_batch
from tests.core.api.conftest import Caller, problem
from tests.people import SYSTEM, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def ida(db: None) -> Caller:
    return Caller(person("ida"), scopes=["read", "imports:write"])


@pytest.fixture
def rosa(db: None) -> Client:
    return at("rosa")


def at(name: str) -> Client:
    client = Client()
    client.force_login(person(name))
    return client


def page(run: ImportRun, tab: str = "") -> str:
    return reverse("admin:cmdb_importrun_change", args=[run.pk]) + (f"?tab={tab}" if tab else "")


def broken_off(monkeypatch: pytest.MonkeyPatch, run: ImportRun) -> None:
    """Carried out as far as its records are about to be written."""

    def die() -> None:
        raise Killed

    with monkeypatch.context() as patch:
        before_batch(patch, 1, die)
        with pytest.raises(Killed):
            actions.carry_out_import(run_id=run.pk)


def test_whoever_prefers_not_to_wait_is_told_where_to_look(ida: Caller) -> None:
    answer = send(ida, Prefer="respond-async, wait=10")
    assert answer.status_code == 202, answer.content
    told = answer.json()
    assert (told["status"], told["created"]) == ("waiting", 0)
    assert told["progress"] == {"done": 0, "total": 0, "percent": None}
    assert answer["Location"] == f"/api/v1/imports/{told['id']}/"
    assert (answer["Preference-Applied"], answer["Retry-After"]) == ("respond-async", "2")
    assert not ConfigurationItem.objects.exists()

    actions.carry_out_import(run_id=told["id"])

    done = ida.get(f"imports/{told['id']}/").json()
    assert (done["status"], done["created"], done["failure"]) == ("finished", 2, "")
    assert (done["progress"]["percent"], len(done["rejected"])) == (100, 1)
    assert ida.get("imports/?status=finished").json()["results"][0]["id"] == told["id"]
    assert "Preference-Applied" not in send(ida)


def test_a_large_file_is_imported_in_the_background_whatever_is_preferred(ida: Caller, monkeypatch) -> None:
    monkeypatch.setattr(actions, "LARGEST_AT_ONCE", len(CATALOG) - 1)
    answer = send(ida)
    assert (answer.status_code, answer.json()["status"]) == (202, "waiting")
    assert "Preference-Applied" not in answer


def test_the_same_key_keeps_one_file(ida: Caller) -> None:
    first, again = (send(ida, Prefer="respond-async", Idempotency_Key="once") for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["id"] == first.json()["id"]
    assert ImportRun.objects.count() == 1


def test_a_tool_calls_off_what_it_began(ida: Caller) -> None:
    run = send(ida, Prefer="respond-async").json()["id"]
    (step,) = ida.get(f"imports/{run}/transitions/").json()
    assert (step["name"], step["allowed"]) == ("call_off", True)
    answer = ida("post", f"imports/{run}/transitions/", {"name": "call_off", "comment": "The wrong file."})
    assert (answer.status_code, answer.json()["status"]) == (200, "called_off")
    problem(ida("post", f"imports/{run}/transitions/", {"name": "call_off"}), 409)
    assert actions.carry_out_import(run_id=run) is None


def test_while_one_is_under_way_another_of_the_source_is_refused_in_words(ida: Caller, monkeypatch) -> None:
    run = ImportRun.objects.get(pk=send(ida, Prefer="respond-async").json()["id"])
    broken_off(monkeypatch, run)
    told = problem(send(ida), 409)
    assert told["detail"].startswith(f"Import {run.pk} of “catalog” is under way")
    assert send(ida, Prefer="respond-async").status_code == 202
    assert send(ida, path=IMPORT.replace("=catalog", "=another")).status_code == 201


def test_the_page_of_a_run_shows_how_far_it_is(rosa: Client, monkeypatch, query_budget) -> None:
    answer = rosa.post(reverse("admin:cmdb_importrun_add"), upload(in_background="on"), follow=True)
    text = answer.content.decode()
    assert "imported in the background. You may leave this page." in text
    assert "It waits for its turn" in text
    run = ImportRun.objects.get()
    broken_off(monkeypatch, run)
    ImportProgress.objects.update(done=1, total=4, figures={"created": 1})

    with query_budget("admin.cmdb.importrun.running"):
        text = rosa.get(page(run)).content.decode()

    assert "The records are being written" in text
    assert '<progress max="4" value="1">25 %</progress>' in text
    assert "<dt>Created</dt><dd>1</dd>" in text
    assert "look-again.js" in text and 'data-look-again="2"' in text
    assert "<script>" not in text.partition("tg-running")[2].partition("</section>")[0]
    assert "25 %" in rosa.get(reverse("admin:cmdb_importrun_changelist")).content.decode()


def test_a_person_calls_off_by_a_button(rosa: Client, monkeypatch) -> None:
    run = actions.accept_import(source="catalog", format="backstage", content=CATALOG, by=SYSTEM)
    url = reverse("admin:cmdb_importrun_step", args=[run.pk, "call_off"])
    assert url in rosa.get(page(run)).content.decode()
    assert at("audrey").post(url, {}).status_code == 403
    assert rosa.post(url, {"note": "Wrong."}).status_code == 302
    run.refresh_from_db()
    assert run.status == "called_off"
    text = rosa.get(page(run)).content.decode()
    assert "It was called off before anything was written." in text
    assert "look-again.js" not in text
    assert url not in text


def test_a_failed_run_says_why(rosa: Client, ida: Caller) -> None:
    run = actions.accept_import(source="catalog", format="backstage", content=b"a: [1\nb: 2", by=SYSTEM)
    actions.carry_out_import(run_id=run.pk)
    assert "It is not YAML" in rosa.get(page(run)).content.decode()
    told = ida.get(f"imports/{run.pk}/").json()
    assert (told["status"], "line 2, column 2" in told["failure"]) == ("failed", True)


def test_a_large_file_of_the_form_goes_to_the_background(rosa: Client, monkeypatch) -> None:
    monkeypatch.setattr(actions, "LARGEST_AT_ONCE", len(CATALOG) - 1)
    rosa.post(reverse("admin:cmdb_importrun_add"), upload())
    run = ImportRun.objects.get()
    assert (run.status, run.imported_by.username) == ("waiting", "rosa")
    assert bytes(run.pieces.get().body) == CATALOG
    assert import_pulse.LEASE.total_seconds() > 60  # it is not sent for again before the worker had a chance
