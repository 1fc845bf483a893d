"""Integrations through the API and the admin: secrets shown once, the inbox sorted, nothing changed by looking."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.models import AuditEntry
from apps.integrations import actions
from apps.integrations.models import CalendarFeed, HookDelivery, HookEndpoint, WebhookDelivery, WebhookSubscription
from apps.releases.models import Deployment
from tests.core.api.world import Caller
from tests.factories import ci, draft_release, production
from tests.integrations.conftest import GitHub
from tests.people import SYSTEM, person

pytestmark = pytest.mark.django_db
PING = b'{"zen": "Keep it logically awesome."}'


def api(name: str) -> Caller:
    return Caller(person(name))


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(person(name))
    return client


def page(kind: str, row, *rest: str) -> str:
    return reverse(f"admin:integrations_{kind}", args=[row.pk, *rest])


# --- hook endpoints --------------------------------------------------------------------------------------------------


def test_the_secret_of_an_endpoint_is_shown_once():
    made = api("rosa")("post", "/api/v1/hook-endpoints/", {"slug": "main"})
    assert (made.status_code, made["Cache-Control"]) == (201, "no-store")
    told = made.json()["secret"]
    assert GitHub(HookEndpoint.objects.get(), told).deliver("ping", PING).status_code == 202
    for path in ("/api/v1/hook-endpoints/main/", "/api/v1/hook-endpoints/", "/api/v1/audit/"):
        assert told not in api("rosa")("get", path).content.decode()


def test_changing_the_secret_over_the_api():
    rosa = api("rosa")
    first = rosa("post", "/api/v1/hook-endpoints/", {"slug": "main"}).json()["secret"]
    second = rosa("post", "/api/v1/hook-endpoints/main/rotate_secret/", {}).json()["secret"]
    endpoint = HookEndpoint.objects.get()
    assert GitHub(endpoint, first).deliver("ping", PING, delivery="1").status_code == 202
    assert rosa("post", "/api/v1/hook-endpoints/main/drop_previous_secret/").status_code == 200
    assert GitHub(endpoint, first).deliver("ping", PING, delivery="2").status_code == 401
    assert GitHub(endpoint, second).deliver("ping", PING, delivery="3").status_code == 202
    assert rosa("post", "/api/v1/hook-endpoints/main/rotate_secret/", {"secret": "short"}).status_code == 400


@pytest.mark.parametrize("path", ["hook-endpoints", "hook-deliveries", "webhooks"])
@pytest.mark.parametrize(
    ("name", "status"), [("carl", 403), ("ida", 403), ("adam", 403), ("audrey", 200), ("ivan", 200)]
)
def test_who_sees_what_is_connected(path, name, status):
    assert api(name)("get", f"/api/v1/{path}/").status_code == status


def test_an_endpoint_that_was_used_is_disabled_and_not_removed(github):
    github.deliver("ping", PING)
    assert api("rosa")("delete", "/api/v1/hook-endpoints/github-main/").status_code == 409
    assert api("rosa")("patch", "/api/v1/hook-endpoints/github-main/", {"is_enabled": False}).status_code == 200
    assert github.deliver("ping", PING, delivery="later").status_code == 410


def test_the_admin_shows_a_new_secret_on_one_page_only():
    rosa = signed_in("rosa")
    sent = {"slug": "main", "name": "GitHub", "kind": "github", "is_enabled": "on", "environments": "{}"}
    answer = rosa.post(reverse("admin:integrations_hookendpoint_add"), sent)
    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)
    told = re.search(r'id="shown-secret"[^>]*value="([^"]+)"', answer.content.decode())[1]
    endpoint = HookEndpoint.objects.get()
    assert endpoint.secrets() == [told]
    assert "/hooks/main/" in answer.content.decode()
    shown = rosa.get(page("hookendpoint_change", endpoint)).content.decode()
    assert told not in shown
    assert endpoint.locked_secret not in shown
    assert told not in rosa.get(page("hookendpoint_change", endpoint) + "?tab=history").content.decode()


def test_the_admin_changes_the_secret_by_asking(github):
    rosa = signed_in("rosa")
    where = page("hookendpoint_deed", github.endpoint, "rotate")
    before = AuditEntry.objects.count()
    offered = re.search(r'name="secret"[^>]*value="([^"]+)"', rosa.get(where).content.decode())[1]
    assert AuditEntry.objects.count() == before
    rosa.post(where, {"secret": offered})
    github.endpoint.refresh_from_db()
    assert github.endpoint.secrets()[0] == offered
    assert github.deliver("ping", PING).status_code == 202


# --- the inbox -------------------------------------------------------------------------------------------------------


def test_the_inbox_is_sorted_over_the_api(github, drain, payload):
    production()
    github.deliver("deployment_status", payload("deployment_status/payload.json"))
    drain()
    rosa = api("rosa")
    (row,) = rosa("get", "/api/v1/hook-deliveries/?status=unmatched").json()["results"]
    assert row["facts"]["repository"] == "Codertocat/Hello-World"
    where = f"/api/v1/hook-deliveries/{row['id']}/transitions/"
    assert {step["name"] for step in rosa("get", where).json()} == {"rematch", "set_aside"}
    ci("hello-world")
    assert rosa("post", where, {"name": "rematch"}).json()["status"] == "received"
    drain()
    done = rosa("get", f"/api/v1/hook-deliveries/{row['id']}/").json()
    assert (done["status"], done["deployment"]) == ("processed", Deployment.objects.get().key)
    assert rosa("post", where, {"name": "rematch"}).status_code == 409


def test_the_inbox_is_sorted_in_the_admin(github, drain, payload):
    production()
    github.deliver("deployment_status", payload("deployment_status/payload.json"))
    drain()
    delivery = HookDelivery.objects.get()
    rosa = signed_in("rosa")
    shown = rosa.get(page("hookdelivery_change", delivery)).content.decode()
    assert "Match again" in shown
    assert "Give one the identifier" in shown
    ci("hello-world")
    step = page("hookdelivery_step", delivery, "rematch")
    rosa.get(step)
    assert HookDelivery.objects.get().status == "unmatched"
    rosa.post(step, {"note": ""})
    drain()
    assert HookDelivery.objects.get().status == "processed"


def test_who_may_not_see_the_button_may_not_send_its_request_either(github, drain, payload):
    github.deliver("deployment", payload("deployment/payload.json"))
    drain()
    delivery = HookDelivery.objects.get()
    audrey = signed_in("audrey")
    assert audrey.post(page("hookdelivery_step", delivery, "set_aside"), {"note": "Away."}).status_code == 403
    assert HookDelivery.objects.get().status == "unmatched"


# --- webhooks --------------------------------------------------------------------------------------------------------


def test_subscribing_sending_and_sending_again_over_the_api(outside, drain):
    rosa = api("rosa")
    made = rosa(
        "post", "/api/v1/webhooks/", {"name": "Chat", "url": outside.url, "events": ["releases.release.create"]}
    )
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    key = made.json()["key"]
    assert "secret" not in rosa("get", f"/api/v1/webhooks/{key}/").json()
    assert rosa("post", f"/api/v1/webhooks/{key}/test/").status_code == 201
    draft_release()
    drain()
    listed = rosa("get", f"/api/v1/webhooks/{key}/deliveries/?event=releases.release.create").json()["results"]
    assert [(one["status"], one["attempts"]) for one in listed] == [("delivered", 1)]
    again = rosa("post", f"/api/v1/webhooks/{key}/deliveries/{listed[0]['key']}/redeliver/")
    assert (again.status_code, again.json()["message_id"]) == (201, listed[0]["message_id"])
    drain()
    assert len(outside.heard) == 3
    assert rosa("delete", f"/api/v1/webhooks/{key}/").status_code == 204
    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "http://169.254.169.254/"}, "/url"),
        ({"url": "javascript:alert(1)"}, "/url"),
        ({"events": ["not an event"]}, "/events"),
        ({"events": []}, "/events"),
        ({"secret": "mine"}, "/secret"),
    ],
)
def test_a_bad_subscription_is_refused_with_the_place(change, pointer):
    body = {"name": "Chat", "url": "https://example.org/", "events": ["releases.*"], **change}
    answer = api("rosa")("post", "/api/v1/webhooks/", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)
    assert not WebhookSubscription.objects.exists()


def test_the_admin_subscribes_and_sends_a_test(outside, drain):
    rosa = signed_in("rosa")
    sent = {"name": "Chat", "url": outside.url, "events": json.dumps(["releases.*"]), "is_enabled": "on"}
    answer = rosa.post(reverse("admin:integrations_webhooksubscription_add"), sent)
    assert "whsec_" in answer.content.decode()
    subscription = WebhookSubscription.objects.get()
    rosa.post(page("webhooksubscription_deed", subscription, "test"), {})
    drain()
    delivery = WebhookDelivery.objects.get()
    assert delivery.status == "delivered"
    rosa.post(page("webhookdelivery_deed", delivery, "redeliver"), {})
    drain()
    assert len(outside.heard) == 2


# --- calendar feeds --------------------------------------------------------------------------------------------------


def test_the_address_of_a_feed_is_shown_once_and_only_to_its_owner():
    made = api("carl")("post", "/api/v1/calendar-feeds/", {"name": "Mine", "is_mine_only": True})
    assert made.status_code == 201
    address = made.json()["address"]
    assert Client().get(address[address.index("/calendar/") :]).status_code == 200
    key = made.json()["key"]
    assert "address" not in api("carl")("get", f"/api/v1/calendar-feeds/{key}/").json()
    assert api("rosa")("get", f"/api/v1/calendar-feeds/{key}/").status_code == 404
    assert api("rosa")("get", "/api/v1/calendar-feeds/").json()["results"] == []
    assert api("rosa")("delete", f"/api/v1/calendar-feeds/{key}/").status_code == 404
    assert api("ivan")("get", f"/api/v1/calendar-feeds/{key}/").status_code == 200
    assert api("carl")("delete", f"/api/v1/calendar-feeds/{key}/").status_code == 204
    assert Client().get(address[address.index("/calendar/") :]).status_code == 404


def test_a_feed_in_the_admin():
    carl = signed_in("carl")
    answer = carl.post(reverse("admin:integrations_calendarfeed_add"), {"name": "Mine"})
    address = re.search(r'value="[^"]*(/calendar/[^"]+\.ics)"', answer.content.decode())[1]
    assert Client().get(address).status_code == 200
    feed = CalendarFeed.objects.get()
    assert feed.owner == person("carl")
    assert signed_in("rosa").get(page("calendarfeed_change", feed)).status_code == 302
    signed_in("rosa").post(page("calendarfeed_deed", feed, "revoke"), {})
    assert CalendarFeed.objects.get().is_live
    carl.post(page("calendarfeed_deed", feed, "revoke"), {})
    assert Client().get(address).status_code == 404


def test_housekeeping_forgets_what_is_done_and_keeps_what_waits(github, drain, payload):
    import time_machine

    from apps.integrations.tasks import forget_deliveries

    with time_machine.travel("2026-01-01T00:00:00Z"):
        github.deliver("ping", PING)
        github.deliver("deployment", payload("deployment/payload.json"))
        drain()
    with time_machine.travel("2026-01-30T00:00:00Z"):
        forget_deliveries()
        assert HookDelivery.objects.count() == 2
    with time_machine.travel("2026-02-01T00:00:00Z"):
        forget_deliveries()
    assert HookDelivery.objects.get().status == "unmatched"
    assert actions.create_endpoint(slug="x", by=SYSTEM)
