"""Signatures against published vectors, and secrets at rest."""

import json
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from standardwebhooks import Webhook, WebhookVerificationError

from apps.core.errors import Conflict
from apps.core.models import AuditEntry, OutboxEvent
from apps.integrations import actions
from apps.integrations.models import HookEndpoint, WebhookSubscription
from apps.integrations.signatures import is_signed_by_github, new_webhook_secret, standard_headers
from apps.integrations.vault import lock_anew, lock_up, take_out
from tests.conftest import SHARED_DATA
from tests.people import SYSTEM


def vectors(name: str) -> dict:
    path = SHARED_DATA / "10-signatures" / name
    return json.loads(path.read_text("utf-8")) if path.is_file() else {"cases": []}


@pytest.mark.parametrize("case", vectors("x-hub-signature-256-vectors.json")["cases"], ids=lambda case: case["name"])
def test_github_vectors(case):
    accepted = is_signed_by_github(case["body"].encode(), case["signature"], [case["secret"]])
    assert accepted is case["expect"].startswith("accept")


def test_one_changed_byte_is_noticed_wherever_it_is():
    body, secret = b"Hello, World!", "It's a Secret to Everybody"
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert is_signed_by_github(body, signature, ["another", secret])
    for place in range(len(body)):
        changed = bytes(byte ^ 1 if at == place else byte for at, byte in enumerate(body))
        assert not is_signed_by_github(changed, signature, [secret])
    for place in range(len(signature)):
        changed = signature[:place] + ("0" if signature[place] != "0" else "1") + signature[place + 1 :]
        assert not is_signed_by_github(body, changed, [secret])


@pytest.mark.parametrize("header", ["", "sha256=", "sha1=abc", "ü", "sha256=" + "0" * 64, "\ud800"])
def test_a_header_that_is_no_signature_is_refused(header):
    assert not is_signed_by_github(b"body", header, ["secret"])


def test_no_secret_lets_nothing_through():
    assert not is_signed_by_github(b"body", "sha256=", [])


def test_standard_webhooks_are_signed_as_the_vectors_say():
    known = vectors("standard-webhooks-vectors.json")
    case = next(case for case in known["cases"] if case["name"] == "valid")["headers"]
    at = datetime.fromtimestamp(int(case["webhook-timestamp"]), UTC)
    secret = known["test_secret_published_in_the_specification_repository"]
    assert standard_headers(case["webhook-id"], at, known["body"].encode(), [secret]) == case


def test_while_a_secret_is_changed_both_verify():
    old, new = new_webhook_secret(), new_webhook_secret()
    headers = standard_headers("evt_1", datetime.now(UTC), b"{}", [new, old])
    for secret in (old, new):
        Webhook(secret).verify("{}", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_webhook_secret()).verify("{}", headers)


# --- secrets at rest -------------------------------------------------------------------------------------------------


def test_a_secret_at_rest_is_not_readable_and_comes_back(settings):
    locked = lock_up("open sesame")
    assert "sesame" not in locked
    assert take_out(locked) == "open sesame"
    assert lock_up("open sesame") != locked


def test_the_key_can_be_changed(settings):
    settings.TIDEGATE_SECRET_KEYS = ["first passphrase, long and random"]
    locked = lock_up("open sesame")
    settings.TIDEGATE_SECRET_KEYS = [Fernet.generate_key().decode(), "first passphrase, long and random"]
    assert take_out(locked) == "open sesame"
    anew = lock_anew(locked)
    settings.TIDEGATE_SECRET_KEYS = settings.TIDEGATE_SECRET_KEYS[:1]
    assert take_out(anew) == "open sesame"
    with pytest.raises(Conflict):
        take_out(locked)


@pytest.mark.django_db
def test_the_command_locks_everything_anew(settings, capsys):
    settings.TIDEGATE_SECRET_KEYS = ["old"]
    _endpoint, first = actions.create_endpoint(slug="a", by=SYSTEM)
    _subscription, second = actions.subscribe(name="b", url="https://example.org/", events=["releases.*"], by=SYSTEM)
    settings.TIDEGATE_SECRET_KEYS = ["new", "old"]
    call_command("rotate_secrets")
    assert "2 records" in capsys.readouterr().out
    settings.TIDEGATE_SECRET_KEYS = ["new"]
    assert HookEndpoint.objects.get().secrets() == [first]
    assert WebhookSubscription.objects.get().secrets() == [second]


@pytest.mark.django_db
def test_no_secret_reaches_the_trail_or_the_outbox():
    endpoint, first = actions.create_endpoint(slug="a", by=SYSTEM)
    _, second = actions.rotate_endpoint_secret(endpoint=endpoint, by=SYSTEM)
    _, third = actions.subscribe(name="b", url="https://example.org/", events=["releases.*"], by=SYSTEM)
    kept = [str(entry.changes) + str(entry.data) for entry in AuditEntry.objects.all()]
    kept += [str(event.payload) for event in OutboxEvent.objects.all()]
    locked = [endpoint.locked_secret, *WebhookSubscription.objects.values_list("locked_secret", flat=True)]
    for secret in (first, second, third, *locked):
        assert not any(secret in text for text in kept)
