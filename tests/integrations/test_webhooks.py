"""Telling subscribers outside: signed, repeated for days, never sent where it must not go."""

import json
from datetime import timedelta

import pytest
import time_machine
from standardwebhooks import Webhook

from apps.core.clock import now
from apps.core.errors import Invalid, NotPermitted
from apps.core.models import OutboxDelivery, OutboxEvent
from apps.integrations import actions
from apps.integrations.actions.outbound import PAUSES
from apps.integrations.models import WebhookDelivery, WebhookSubscription
from apps.integrations.tasks import sweep_webhooks
from apps.releases import actions as releases
from tests.factories import draft_release
from tests.outside import outside_server
from tests.people import SYSTEM, acting

pytestmark = pytest.mark.django_db


def subscribe(url: str, *events: str) -> tuple[WebhookSubscription, str]:
    return actions.subscribe(name="Receiver", url=url, events=list(events or ["releases.release.*"]), by=SYSTEM)


def only() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


def test_an_event_arrives_signed_and_thin(outside, drain):
    _subscription, secret = subscribe(f"{outside.url}/in", "releases.release.create")
    release = draft_release()
    drain()
    (heard,) = outside.heard
    said = json.loads(heard.body)
    Webhook(secret).verify(heard.body.decode(), heard.headers)
    event = OutboxEvent.objects.get(name="releases.release.create")
    assert (heard.method, heard.path, heard.headers["webhook-id"]) == ("POST", "/in", f"evt_{event.pk}")
    assert heard.headers["content-type"] == "application/json"
    assert said["type"] == "releases.release.create"
    assert said["data"]["key"] == release.key
    assert said["data"]["url"].endswith(f"/api/v1/releases/{release.key}/")
    assert "changes" not in said["data"]
    assert len(heard.body) < 20_000
    assert (only().status, only().attempts, only().http_status) == ("delivered", 1, 200)


def test_only_what_was_asked_for_is_told(outside, drain):
    subscribe(outside.url, "releases.release.cancel")
    subscribe(f"{outside.url}/all", "releases.release.*")
    release = draft_release()
    releases.cancel_release(release=release, by=acting("rosa"), reason="not_needed", note="No.")
    drain()
    told = sorted((heard.path, json.loads(heard.body)["type"]) for heard in outside.heard)
    assert ("/", "releases.release.cancel") in told
    assert ("/", "releases.release.create") not in told
    assert {("/all", "releases.release.cancel"), ("/all", "releases.release.create")} <= set(told)


def test_what_is_internal_is_told_to_nobody(outside, drain):
    subscribe(outside.url, "*")
    subscribe(f"{outside.url}/b", "integrations.*", "accounts.*", "core.*")
    acting("carl")
    drain()
    assert outside.heard == []


def test_a_disabled_subscription_is_told_nothing(outside, drain):
    subscription, _ = subscribe(outside.url)
    actions.change_subscription(subscription=subscription, is_enabled=False, by=SYSTEM)
    draft_release()
    drain()
    assert (outside.heard, WebhookDelivery.objects.count()) == ([], 0)


def test_what_waits_for_a_subscription_that_was_disabled_is_withdrawn(outside, drain):
    subscription, _ = subscribe(outside.url, "releases.release.create")
    draft_release()
    actions.fan_out(event=OutboxEvent.objects.get(name="releases.release.create"))
    actions.change_subscription(subscription=subscription, is_enabled=False, by=SYSTEM)
    actions.attempt_delivery(delivery_id=only().pk)
    assert (only().status, outside.heard) == ("withdrawn", [])


def test_a_receiver_that_is_down_is_told_later_under_the_same_id(outside, drain):
    _, secret = subscribe(outside.url, "releases.release.create")
    outside.status = 503
    with time_machine.travel(now(), tick=False) as clock:
        draft_release()
        drain()
        assert (only().status, only().attempts, only().http_status) == ("pending", 1, 503)
        drain()
        assert len(outside.heard) == 1
        outside.status = 200
        clock.shift(timedelta(seconds=10))
        drain()
    assert (only().status, only().attempts) == ("delivered", 2)
    first, second = outside.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    Webhook(secret).verify(second.body.decode(), second.headers)


@pytest.mark.parametrize(("status", "headers"), [(301, {"Location": "http://169.254.169.254/"}), (404, {}), (500, {})])
def test_anything_but_a_yes_is_tried_again(outside, drain, status, headers):
    subscribe(outside.url, "releases.release.create")
    outside.status, outside.headers = status, headers
    draft_release()
    drain()
    assert (only().status, only().http_status, len(outside.heard)) == ("pending", status, 1)


def test_it_is_tried_for_three_days_and_then_given_up(outside, drain):
    subscribe(outside.url, "releases.release.create")
    outside.status = 500
    with time_machine.travel(now(), tick=False) as clock:
        draft_release()
        began = now()
        drain()
        while only().status == "pending":
            clock.move_to(only().next_attempt_at)
            drain()
        took = now() - began
    assert only().status == "failed"
    assert len(outside.heard) == len(PAUSES) + 1
    assert timedelta(days=2) < took < timedelta(days=5)


@pytest.mark.parametrize(
    ("asked", "least", "most"), [("120", 120, 121), ("9999999", 86400, 86401), ("nonsense", 4, 6), ("-5", 4, 6)]
)
def test_retry_after_is_honoured_up_to_a_day(outside, drain, asked, least, most):
    subscribe(outside.url, "releases.release.create")
    outside.status, outside.headers = 429, {"Retry-After": asked}
    with time_machine.travel(now(), tick=False):
        draft_release()
        drain()
        assert timedelta(seconds=least) <= only().next_attempt_at - now() <= timedelta(seconds=most)


def test_410_ends_the_subscription(outside, drain):
    subscription, _ = subscribe(outside.url, "releases.release.create")
    outside.status = 410
    draft_release()
    drain()
    subscription.refresh_from_db()
    assert (subscription.is_enabled, only().status) == (False, "failed")
    assert "410" in subscription.disabled_reason
    draft_release()
    drain()
    assert len(outside.heard) == 1
    actions.change_subscription(subscription=subscription, is_enabled=True, by=SYSTEM)
    assert WebhookSubscription.objects.get().disabled_reason == ""


def test_a_worker_killed_after_sending_sends_the_same_id_again(outside, drain, monkeypatch):
    class Killed(BaseException):
        """The worker is gone before it can take down what happened."""

    def die(*args, **kwargs):
        raise Killed

    subscribe(outside.url, "releases.release.create")
    draft_release()
    with monkeypatch.context() as patch:
        patch.setattr("apps.integrations.actions.outbound._settle", die)
        with pytest.raises(Killed):
            drain()
    OutboxDelivery.objects.filter(done_at__isnull=True).update(available_at=now())
    drain()
    assert len({heard.headers["webhook-id"] for heard in outside.heard}) == 1
    assert (len(outside.heard), only().status, only().attempts) == (2, "delivered", 1)


def test_fanning_out_twice_addresses_once(outside, drain):
    subscribe(outside.url, "releases.release.create")
    draft_release()
    drain()
    OutboxDelivery.objects.filter(consumer="integrations.send").update(done_at=None, available_at=now())
    drain()
    assert (len(outside.heard), WebhookDelivery.objects.count()) == (1, 1)


def test_sending_again_by_hand(outside, drain):
    subscription, _ = subscribe(outside.url, "releases.release.create")
    draft_release()
    drain()
    again = actions.redeliver(delivery=only(), by=acting("rosa"))
    drain()
    assert len(outside.heard) == 2
    assert outside.heard[0].headers["webhook-id"] == outside.heard[1].headers["webhook-id"]
    assert outside.heard[0].body == outside.heard[1].body
    assert again.key.endswith("-2")
    assert subscription.deliveries.count() == 2


def test_a_test_message(outside, drain):
    subscription, secret = subscribe(outside.url)
    actions.send_test(subscription=subscription, by=acting("rosa"))
    actions.send_test(subscription=subscription, by=acting("rosa"))
    drain()
    assert [json.loads(heard.body)["type"] for heard in outside.heard] == ["tidegate.test"] * 2
    assert len({heard.headers["webhook-id"] for heard in outside.heard}) == 2
    Webhook(secret).verify(outside.heard[0].body.decode(), outside.heard[0].headers)


def test_after_a_change_of_secret_both_verify(outside, drain):
    subscription, old = subscribe(outside.url)
    _, new = actions.rotate_subscription_secret(subscription=subscription, by=SYSTEM)
    actions.send_test(subscription=WebhookSubscription.objects.get(), by=SYSTEM)
    drain()
    (heard,) = outside.heard
    for secret in (old, new):
        Webhook(secret).verify(heard.body.decode(), heard.headers)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/latest/",
        "ftp://example.org/",
        "https://user:pass@example.org/",
        "example.org",
        "",
        "https://example.org/" + "x" * 3000,
    ],
)
def test_an_address_that_must_not_be_called_is_refused_at_once(settings, url):
    settings.TIDEGATE_OUTBOUND_ALLOW = []
    with pytest.raises(Invalid):
        subscribe(url)
    assert not WebhookSubscription.objects.exists()


def test_a_name_that_turns_out_to_point_inside_is_refused_when_sending(settings, drain):
    settings.TIDEGATE_OUTBOUND_ALLOW = []
    with outside_server() as inside:
        subscribe(inside.url.replace("127.0.0.1", "localhost"), "releases.release.create")
        draft_release()
        drain()
    assert (inside.heard, only().status) == ([], "failed")
    assert "not public" in only().detail


@pytest.mark.parametrize("events", [[], ["Release Started"], ["a.b.c.d"], ["x" * 5, "!"], ["a"] * 51])
def test_events_are_names_or_patterns(events):
    with pytest.raises(Invalid):
        actions.subscribe(name="x", url="https://example.org/", events=events, by=SYSTEM)


@pytest.mark.parametrize("name", ["carl", "adam", "audrey", "ida", "nora"])
def test_who_may_not_subscribe(name):
    with pytest.raises(NotPermitted):
        actions.subscribe(name="x", url="https://example.org/", events=["releases.*"], by=acting(name))


def test_the_sweep_sends_for_a_message_whose_event_was_lost(outside, drain):
    subscribe(outside.url, "releases.release.create")
    draft_release()
    actions.fan_out(event=OutboxEvent.objects.get(name="releases.release.create"))
    OutboxEvent.objects.all().delete()
    drain()
    assert outside.heard == []
    with time_machine.travel(now() + timedelta(hours=2)):
        sweep_webhooks()
        sweep_webhooks()
        drain()
    assert (len(outside.heard), only().status) == (1, "delivered")
