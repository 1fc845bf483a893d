"""Publishing asks every concerned party to acknowledge or object; who is silent is reminded once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from apps.core import moves
from apps.core.actor import job
from apps.core.clock import now
from apps.core.errors import Invalid, NotFound, NotNow, NotPermitted
from apps.core.lifecycle import steps_of
from apps.core.models import AuditEntry, OutboxEvent
from apps.release_models import actions
from apps.release_models.lifecycle import CommunicationStatus
from apps.release_models.models import AcknowledgementLink, Communication, ModelVersion
from apps.release_models.queries import resolve_link
from tests.core.api.conftest import Caller, problem
from tests.people import ROLES, SYSTEM, acting, person
from tests.release_models.models import draft, model, publish, small
from tests.release_models.parties import party, service, to, told

pytestmark = pytest.mark.django_db
CHART = {
    ("asked", "acknowledge"): "acknowledged",
    ("asked", "object"): "objected",
    ("asked", "close"): "closed",
    ("objected", "acknowledge"): "acknowledged",
    ("objected", "settle"): "settled",
    ("objected", "close"): "closed",
}


def parties_of(version: ModelVersion) -> list[str]:
    return sorted(version.communications.values_list("party__slug", flat=True))


def communication_in(status: str) -> Communication:
    told()
    asked = to("bank")
    if status == "acknowledged":
        return actions.acknowledge_version(communication=asked, by=acting("rosa"))
    if status in ("objected", "settled"):
        asked = actions.object_to_version(communication=asked, by=acting("rosa"), note="Too short a notice.")
    if status == "settled":
        return actions.settle_objection(communication=asked, by=acting("rosa"), note="Two days now.")
    if status == "closed":
        actions.retire_version(version=asked.model_version, by=acting("rosa"), note="No longer.")
        return to("bank")
    return asked


# --- whom a version is told to ----------------------------------------------------------------------------------------


def test_every_party_of_a_service_it_applies_to_is_asked_and_no_other():
    version = told()
    assert parties_of(version) == ["bank", "shop", "tax-office"]
    asked = to("bank")
    assert (asked.due_at - asked.asked_at, asked.remind_at - asked.asked_at) == (timedelta(days=14), timedelta(days=7))
    events = OutboxEvent.objects.filter(name="release_models.communication.ask")
    assert events.count() == 3


@pytest.mark.parametrize(
    ("applies", "expected"),
    [
        ({}, ["bank", "farm", "spare"]),
        ({"subject_types": ["product"]}, ["farm"]),
        ({"criticality": {"min": 1, "max": 2}}, ["bank"]),
        ({"value_streams": ["order-to-cash"]}, ["bank"]),
        ({"value_streams": ["elsewhere"]}, []),
        ({"release_types": ["major"], "environments": ["production"]}, ["bank", "farm", "spare"]),
    ],
)
def test_the_rules_of_the_version_say_whom_it_concerns(applies, expected):
    payments = service("payments", criticality=1, stream="order-to-cash")
    party("bank", payments)
    party("bank", payments, role="auditor")
    party("farm", service("catalogue", type="product"))
    party("spare", service("search"))
    party("past", service("fax", lifecycle="retired"))
    assert parties_of(publish(draft(model(), small(applies=applies)))) == expected


def test_only_the_named_roles_are_told():
    payments = service("payments")
    party("bank", payments)
    party("partner", payments, role="supplier")
    version = publish(draft(model(), small(communication={"roles": ["supplier"]})))
    assert parties_of(version) == ["partner"]


def test_a_new_version_is_told_anew_and_the_old_question_is_closed():
    first = told()
    actions.acknowledge_version(communication=to("shop"), by=acting("rosa"))
    second = publish(draft(first.model))
    assert parties_of(second) == ["bank", "farm", "shop", "tax-office"], "it applies to products as well"
    statuses = dict(first.communications.values_list("party__slug", "status"))
    assert statuses == {"bank": "closed", "shop": "acknowledged", "tax-office": "closed"}


def test_telling_again_asks_nobody_twice():
    version = told()
    party("newcomer", service("refunds"))
    assert [one.party.slug for one in actions.tell_parties(version=version, by=SYSTEM)] == ["newcomer"]


# --- the chart ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", CommunicationStatus.values)
@pytest.mark.parametrize("step", [step.name for step in steps_of(Communication)])
def test_every_cell_of_the_chart(status, step):
    communication = communication_in(status)
    assert communication.status == status
    if step == "close" and communication.model_version.status == "published":
        moves.move(communication.model_version, "retire", by=SYSTEM, note="For the test.")
    communication = Communication.objects.get(pk=communication.pk)
    before = AuditEntry.objects.count(), OutboxEvent.objects.count()
    times = {"acknowledge": "acknowledged_at", "object": "objected_at", "settle": "settled_at", "close": "closed_at"}
    change = {times[step]: now(), "statement": "Said."}
    target = CHART.get((status, step))
    if target is None:
        with pytest.raises(NotNow) as refused:
            moves.move(communication, step, by=SYSTEM, note="because", change=change)
        assert [one.code for one in refused.value.blockers] == ["wrong_state"]
        assert (AuditEntry.objects.count(), OutboxEvent.objects.count()) == before
    else:
        assert moves.move(communication, step, by=SYSTEM, note="because", change=change).status == target
        entry = AuditEntry.objects.first()
        assert (entry.event, entry.before, entry.after) == (f"release_models.communication.{step}", status, target)
        assert (entry.root_type, entry.root_key) == ("release_models.releasemodel", "normal")


def test_while_the_version_serves_nothing_is_closed():
    with pytest.raises(NotNow, match="the party is still asked"):
        moves.move(communication_in("asked"), "close", by=SYSTEM)


@pytest.mark.parametrize("name", [name for name in ROLES if name not in ("rosa", "rolf", "sven")])
def test_who_may_not_record_what_a_party_said(name):
    asked = communication_in("asked")
    with pytest.raises(NotPermitted):
        actions.acknowledge_version(communication=asked, by=acting(name))
    with pytest.raises(NotPermitted):
        actions.object_to_version(communication=asked, by=acting(name), note="No.")


def test_a_service_owner_records_and_does_not_settle():
    told()
    objected = actions.object_to_version(communication=to("bank"), by=acting("sven"), note="No.")
    with pytest.raises(NotPermitted):
        actions.settle_objection(communication=objected, by=acting("sven"), note="Never mind.")


def test_aligned_is_acknowledged_by_the_due_date_and_nothing_else():
    told()
    late, objecting = to("shop"), to("tax-office")
    assert actions.acknowledge_version(communication=to("bank"), by=acting("rosa")).is_aligned
    with time_machine.travel(late.due_at + timedelta(seconds=1), tick=False):
        assert not actions.acknowledge_version(communication=late, by=acting("rosa")).is_aligned
    objecting = actions.object_to_version(communication=objecting, by=acting("rosa"), note="No.")
    assert not objecting.is_aligned
    assert not actions.settle_objection(communication=objecting, by=acting("rosa"), note="Yes.").is_aligned


def test_a_party_that_comes_round_keeps_the_moment_of_its_first_answer():
    told()
    objected = actions.object_to_version(communication=to("bank"), by=acting("rosa"), note="No.")
    round_again = actions.acknowledge_version(communication=objected, by=acting("rosa"), note="All right then.")
    assert round_again.answered_at == objected.objected_at
    assert round_again.is_aligned


def test_an_objection_is_open_until_somebody_answers_it():
    told()
    start = now()
    with time_machine.travel(start, tick=False) as clock:
        objected = actions.object_to_version(communication=to("bank"), by=acting("rosa"), note="No.")
        clock.shift(timedelta(days=1))
        settled = actions.settle_objection(communication=objected, by=acting("rosa"), note="Two days now.")
    moments = [start - timedelta(seconds=1), start, start + timedelta(hours=23), start + timedelta(days=1)]
    assert [settled.has_open_objection_at(at) for at in moments] == [False, True, True, False]
    assert objected.has_open_objection_at(start + timedelta(days=900))


# --- reminders ----------------------------------------------------------------------------------------------------


def test_one_acknowledges_one_objects_and_the_silent_one_is_reminded_once():
    told()
    actions.acknowledge_version(communication=to("bank"), by=acting("rosa"))
    actions.object_to_version(communication=to("shop"), by=acting("rosa"), note="Too short a notice.")
    silent = to("tax-office")
    assert actions.remind_parties(at=silent.remind_at - timedelta(seconds=1), by=job()) == []
    assert actions.remind_parties(at=silent.remind_at, by=job()) == [silent]
    assert actions.remind_parties(at=silent.due_at, by=job()) == []
    assert OutboxEvent.objects.filter(name="release_models.communication.remind").count() == 1


# --- the link -----------------------------------------------------------------------------------------------------


def link_to(slug: str = "bank") -> tuple[str, str]:
    return actions.issue_acknowledgement_link(communication=to(slug), by=SYSTEM)


def post(token: str, **said: str):
    return Client().post(f"/acknowledge/{token}/", {"decision": "acknowledge", "statement": "", **said})


def test_a_party_acknowledges_behind_its_link():
    told()
    token, code = link_to()
    shown = Client().get(f"/acknowledge/{token}/")
    assert shown.status_code == 200
    assert "How we release: Normal, version 1" in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    answer = post(token, code=code)
    assert answer.status_code == 200
    assert "Thank you" in answer.content.decode()
    communication = to("bank")
    assert (communication.status, communication.is_aligned) == ("acknowledged", True)
    entry = AuditEntry.objects.get(event="release_models.communication.acknowledge")
    assert (entry.door, entry.actor_name) == ("email", "party bank")


def test_a_party_objects_behind_its_link_and_says_why():
    told()
    token, code = link_to()
    assert "Say what you object to" in post(token, decision="object", code=code).content.decode()
    assert to("bank").status == "asked"
    answer = post(token, decision="object", statement="We need two days of notice.", code=code)
    assert "will answer it" in answer.content.decode()
    assert (to("bank").status, to("bank").statement) == ("objected", "We need two days of notice.")


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(method):
    told()
    token, _code = link_to()
    before = AuditEntry.objects.count(), AcknowledgementLink.objects.values().get()
    for _time in range(3):
        assert getattr(Client(), method)(f"/acknowledge/{token}/").status_code == 200
    assert (AuditEntry.objects.count(), AcknowledgementLink.objects.values().get()) == before
    assert to("bank").status == "asked"


@pytest.mark.parametrize("code", ["", "12", "abcdef"])
def test_a_form_submitted_without_the_code_changes_nothing(code):
    told()
    token, _code = link_to()
    assert post(token, code=code).status_code == 400
    assert to("bank").status == "asked"


def test_after_five_wrong_codes_the_link_is_locked():
    told()
    token, code = link_to()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _time in range(5):
        with pytest.raises(Invalid, match="not the code"):
            actions.answer_by_link(token=token, code=wrong, decision="acknowledge")
    with pytest.raises(NotNow, match="Too many wrong codes"):
        actions.answer_by_link(token=token, code=code, decision="acknowledge")
    assert to("bank").status == "asked"


def test_a_link_answers_once():
    told()
    token, code = link_to()
    post(token, code=code)
    again = post(token, decision="object", statement="After all.", code=code)
    assert again.status_code == 409
    assert to("bank").status == "acknowledged"


def test_a_second_link_does_not_answer_what_was_answered():
    told()
    first, second = link_to(), link_to()
    post(first[0], code=first[1])
    with pytest.raises(NotNow, match="answered"):
        actions.answer_by_link(token=second[0], code=second[1], decision="object", statement="No.")


def test_a_link_does_not_outlive_its_question_or_its_time():
    version = told()
    token, code = link_to()
    with time_machine.travel(now() + timedelta(days=91), tick=False), pytest.raises(NotNow, match="expired"):
        actions.answer_by_link(token=token, code=code, decision="acknowledge")
    actions.retire_version(version=version, by=acting("rosa"), note="No longer.")
    with pytest.raises(NotNow, match="No answer is needed"):
        actions.answer_by_link(token=token, code=code, decision="acknowledge")
    assert "No answer is needed" in Client().get(f"/acknowledge/{token}/").content.decode()


def test_an_unknown_link_leads_nowhere():
    assert Client().get("/acknowledge/nothing/").status_code == 404
    assert post("nothing", code="123456").status_code == 404
    with pytest.raises(NotFound):
        resolve_link("nothing")


def test_only_digests_of_the_secrets_are_kept():
    told()
    token, code = link_to()
    kept = [str(one.__dict__) for one in (*AcknowledgementLink.objects.all(), *AuditEntry.objects.all())]
    assert not any(token in one or f"'{code}'" in one for one in kept)


# --- doors --------------------------------------------------------------------------------------------------------


def test_communications_over_the_api():
    told()
    path = "release-models/normal/versions/1/communications/"
    rosa = Caller(person("rosa"))
    assert [row["party"] for row in rosa.get(f"{path}?status=asked").json()["results"]] == [
        "bank",
        "shop",
        "tax-office",
    ]
    one = f"{path}{to('bank').key}/transitions/"
    answered = rosa.post(one, {"name": "object", "comment": "By telephone: too short."})
    assert (answered.json()["status"], answered.json()["statement"]) == ("objected", "By telephone: too short.")
    problem(Caller(person("carl")).post(one, {"name": "settle", "comment": "x"}), 403)
    problem(rosa.get("release-models/other/versions/1/communications/"), 404)


def test_who_has_not_answered_is_visible_in_the_admin():
    version = told()
    actions.acknowledge_version(communication=to("bank"), by=acting("rosa"))
    client = Client()
    client.force_login(person("audrey"))
    page = client.get(f"/admin/release_models/modelversion/{version.pk}/change/", {"tab": "parties"}).content.decode()
    assert all(name in page for name in ("Bank", "Shop", "Tax-office", "Acknowledged"))
    silent = client.get("/admin/release_models/communication/", {"status__exact": "asked"}).content.decode()
    assert "Shop" in silent
    assert "/admin/release_models/communication/%s/" % to("bank").pk not in silent  # noqa: UP031
