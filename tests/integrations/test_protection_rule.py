"""GitHub's deployment_protection_rule: understood, matched to a release, and answered when the gate opens or closes."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
import time_machine
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from jsonschema import Draft7Validator

from apps.cmdb.models import Identifier
from apps.core import moves
from apps.core.clock import now
from apps.integrations import actions
from apps.integrations.adapters.github import read_protection_rule
from apps.integrations.models import HookDelivery
from apps.integrations.signatures import github_app_token
from apps.releases import actions as releases
from tests.factories import approve, fresh, payments_api, production, release_in
from tests.outside import outside_server
from tests.people import SYSTEM, acting

pytestmark = pytest.mark.django_db


@pytest.fixture
def github(settings):
    settings.TIDEGATE_OUTBOUND_ALLOW = ["127.0.0.1"]
    settings.TIDEGATE_GITHUB_TOKEN = "ghs_test"
    with outside_server() as server:
        settings.TIDEGATE_GITHUB_HOSTS = [server.url.removeprefix("http://")]
        server.status, server.body = 204, b""
        yield server


def asked(url: str, **more) -> dict:
    deployment = {"id": 77, "sha": "f" * 40, "ref": "v2.0.0", "environment": "production", "payload": {}}
    return {
        "action": "requested",
        "environment": "production",
        "event": "push",
        "deployment_callback_url": f"{url}/repos/acme/payments-api/actions/runs/5/deployment_protection_rule",
        "deployment": deployment,
        "pull_requests": [],
        "repository": {"full_name": "acme/payments-api"},
        "sender": {"login": "octocat"},
        "installation": {"id": 42},
        **more,
    }


def deliver(payload: dict, number: str = "d1") -> HookDelivery:
    if not Identifier.objects.exists():
        moves.create(Identifier(ci=payments_api(), source="github", external_id="acme/payments-api"), by=SYSTEM)
    endpoint, _secret = actions.create_endpoint(slug=f"gh-{number}", by=acting("ivan"))
    delivery, _new = actions.receive_delivery(
        endpoint=endpoint, delivery_id=number, event="deployment_protection_rule", payload=payload
    )
    return delivery


def told(github) -> list[dict]:
    return [json.loads(heard.body) for heard in github.heard]


def again(delivery: HookDelivery) -> HookDelivery:
    return HookDelivery.objects.get(pk=delivery.pk)


def test_the_closed_gate_is_explained_once_and_the_open_one_approves(github, drain):
    release = release_in("awaiting_approval")
    delivery = deliver(asked(github.url))
    drain()
    (first,) = told(github)
    assert "state" not in first
    assert first["environment_name"] == "production"
    assert "awaiting approval, not releasing" in first["comment"]
    assert github.heard[0].headers["authorization"] == "Bearer ghs_test"
    assert again(delivery).release == release
    approve(release)
    drain()
    releases.start_release(release=fresh(release), by=acting("rosa"))
    drain()
    drain()
    last = told(github)[-1]
    assert (last["state"], release.key in last["comment"]) == ("approved", True)
    assert [one.get("state") for one in told(github)].count("approved") == 1
    assert again(delivery).gate_answer == "approved"
    assert len({json.dumps(one) for one in told(github)}) == len(told(github)), "the same was told twice"


def test_a_release_that_is_called_off_rejects(github, drain):
    release = release_in("awaiting_approval")
    delivery = deliver(asked(github.url))
    drain()
    releases.cancel_release(release=release, by=acting("rosa"), reason="not_needed", note="No more.")
    drain()
    assert told(github)[-1]["state"] == "rejected"
    assert again(delivery).gate_answer == "rejected"


def test_the_message_that_comes_twice_is_answered_once(github, drain):
    release_in("releasing")
    delivery = deliver(asked(github.url))
    drain()
    actions.answer_gate(delivery_id=delivery.pk)
    actions.answer_gate(delivery_id=delivery.pk)
    assert [one["state"] for one in told(github)] == ["approved"]


def test_github_is_told_again_when_it_could_not_be_told(github, drain):
    github.status = 502
    release_in("releasing")
    with time_machine.travel(now(), tick=False) as clock:
        delivery = deliver(asked(github.url))
        drain()
        assert again(delivery).gate_answer == ""
        github.status = 204
        clock.shift(timedelta(seconds=11))
        drain()
    assert (again(delivery).gate_answer, len(github.heard)) == ("approved", 2)


@pytest.mark.parametrize("url", ["http://169.254.169.254", "https://api.github.com.evil.example", "http://127.0.0.1:1"])
def test_no_other_address_is_ever_called(github, drain, url):
    release_in("releasing")
    delivery = deliver(asked(url))
    drain()
    assert (again(delivery).status, github.heard) == ("unmatched", [])
    assert "TIDEGATE_GITHUB_HOSTS" in again(delivery).result


def test_without_a_release_it_waits_in_the_inbox_and_is_matched_again(github, drain):
    production()
    delivery = deliver(asked(github.url))
    drain()
    assert again(delivery).status == "unmatched"
    assert "No open release" in again(delivery).result
    release_in("releasing")
    actions.rematch_delivery(delivery=again(delivery), by=acting("ivan"))
    drain()
    assert told(github)[-1]["state"] == "approved"


def test_the_app_asks_for_a_token_with_its_own_key(github, drain, settings):
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    settings.TIDEGATE_GITHUB_TOKEN = ""
    settings.TIDEGATE_GITHUB_APP_ID, settings.TIDEGATE_GITHUB_APP_KEY = "123", pem
    github.status, github.body = 201, b'{"token": "ghs_made"}'
    release_in("releasing")
    deliver(asked(github.url))
    drain()
    paths = [(heard.path, heard.headers["authorization"]) for heard in github.heard]
    assert paths[0][0] == "/app/installations/42/access_tokens"
    assert paths[1] == ("/repos/acme/payments-api/actions/runs/5/deployment_protection_rule", "Bearer ghs_made")


def test_the_token_of_the_app_is_what_github_wants():
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    moment = now()
    signed, _dot, signature = github_app_token("123", pem, moment).rpartition(".")
    padded = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))  # noqa: E731
    key.public_key().verify(padded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    head, body = (json.loads(padded(part)) for part in signed.split("."))
    assert (head["alg"], body["iss"]) == ("RS256", "123")
    assert body["iat"] < moment.timestamp() < body["exp"] <= moment.timestamp() + 600


def test_whatever_the_schema_leaves_out_is_borne(shared_data):
    schema = json.loads(
        (shared_data / "01-github-webhooks/_schemas/deployment_protection_rule/requested.schema.json").read_text()
    )
    required = {"action": "requested", "repository": {"full_name": "a/b"}, "sender": {}}
    assert set(schema["required"]) == set(required)
    assert read_protection_rule(required) == {}
    whole = asked("https://api.github.com")
    assert set(whole) <= set(schema["properties"])
    assert not list(Draft7Validator({"required": schema["required"]}).iter_errors(whole))
    for name in schema["properties"]:
        facts = read_protection_rule({key: value for key, value in whole.items() if key != name})
        assert all(isinstance(value, str) for value in facts.values())
