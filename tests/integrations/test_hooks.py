"""Inbound hooks: every real GitHub payload is taken in, and nothing unsigned leaves a trace."""

import json
from urllib.parse import urlencode

import pytest

from apps.core.models import AuditEntry, OutboxEvent
from apps.integrations import actions
from apps.integrations.models import HookDelivery
from tests.conftest import SHARED_DATA
from tests.integrations.conftest import SECRET, GitHub
from tests.people import SYSTEM

pytestmark = pytest.mark.django_db
FOLDER = SHARED_DATA / "01-github-webhooks"
PING = b'{"zen": "Keep it logically awesome."}'


def real_payloads() -> list:
    found = sorted(FOLDER.glob("[a-z]*/*.json")) if FOLDER.is_dir() else []
    return [pytest.param(path, id=f"{path.parent.name}/{path.name}") for path in found]


def nothing_was_written(before: tuple[int, int, int]) -> bool:
    return before == written()


def written() -> tuple[int, int, int]:
    return HookDelivery.objects.count(), AuditEntry.objects.count(), OutboxEvent.objects.count()


@pytest.mark.parametrize("path", real_payloads())
def test_every_real_payload_is_taken_in_and_comes_to_rest(github, drain, path):
    answer = github.deliver(path.parent.name, path.read_bytes())
    assert answer.status_code == 202
    assert answer.json() == {"delivery": "d-1", "event": path.parent.name, "duplicate": False}
    drain()
    expected = "unmatched" if path.parent.name in ("deployment", "deployment_status") else "ignored"
    assert HookDelivery.objects.get().status == expected


def test_a_repeat_is_answered_with_200_and_has_no_second_effect(github, drain):
    first = github.deliver("ping", PING, delivery="same")
    before = written()
    again = github.deliver("ping", PING, delivery="same")
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["duplicate"] is True
    assert nothing_was_written(before)


def test_the_same_body_under_another_id_is_another_delivery(github):
    assert github.deliver("ping", PING).status_code == 202
    assert github.deliver("ping", PING).status_code == 202
    assert HookDelivery.objects.count() == 2


@pytest.mark.parametrize(
    "signature", ["sha256=" + "0" * 64, "", "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709", "nonsense"]
)
def test_a_wrong_signature_is_refused_and_nothing_is_written(github, signature):
    before = written()
    answer = github.deliver("ping", PING, signature=signature or " ")
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert nothing_was_written(before)


@pytest.mark.parametrize("place", [0, 7, len(PING) - 1])
def test_a_body_changed_by_one_byte_is_refused(github, place):
    signature = github.sign(PING)
    changed = bytes(byte ^ 1 if at == place else byte for at, byte in enumerate(PING))
    before = written()
    assert github.deliver("ping", changed, signature=signature).status_code == 401
    assert nothing_was_written(before)


def test_the_signature_is_looked_at_before_the_body(github):
    assert github.deliver("ping", b"{ not json", signature="sha256=" + "0" * 64).status_code == 401
    assert github.deliver("ping", b"{ not json").status_code == 400


def test_two_secrets_count_while_one_is_changed(github):
    _, new = actions.rotate_endpoint_secret(endpoint=github.endpoint, by=SYSTEM)
    renewed = GitHub(github.endpoint, new)
    assert github.deliver("ping", PING, delivery="old").status_code == 202
    assert renewed.deliver("ping", PING, delivery="new").status_code == 202
    actions.drop_previous_secret(endpoint=github.endpoint, by=SYSTEM)
    assert github.deliver("ping", PING, delivery="old2").status_code == 401
    assert renewed.deliver("ping", PING, delivery="new2").status_code == 202


def test_nobody_at_home_and_gone(github):
    github.endpoint.slug = "elsewhere"
    assert github.deliver("ping", PING).status_code == 404
    github.endpoint.refresh_from_db()
    actions.change_endpoint(endpoint=github.endpoint, is_enabled=False, by=SYSTEM)
    answer = github.deliver("ping", PING)
    assert (answer.status_code, answer["Content-Type"]) == (410, "application/problem+json")
    assert not HookDelivery.objects.exists()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_change_nothing(github, method):
    answer = github.client.generic(method, "/hooks/github-main/")
    assert answer.status_code in (200, 405)
    assert not HookDelivery.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"delivery": ""}, 400),
        ({"delivery": "x" * 201}, 400),
        ({"delivery": "ü"}, 400),
        ({"X_GitHub_Event": "e" * 101}, 400),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/xml"}, 415),
    ],
)
def test_what_is_missing_or_malformed_is_named(github, headers, status):
    before = written()
    answer = github.deliver("ping", PING, **headers)
    assert answer.status_code == status
    assert nothing_was_written(before)


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"[]",
        b'"text"',
        b"null",
        b"{",
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b"[" * 100_000,
        b'{"a": NaN}',
        b"\xff\xfe\x00{",
    ],
)
def test_a_body_that_is_no_object_is_refused(github, body):
    before = written()
    answer = github.deliver("ping", body)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert nothing_was_written(before)


def test_a_body_that_is_too_large_is_refused_unread(github, monkeypatch):
    monkeypatch.setattr("apps.integrations.views.LARGEST", 1000)
    assert github.deliver("ping", b'{"a": "' + b"x" * 1000 + b'"}').status_code == 413
    assert not HookDelivery.objects.exists()


def test_the_form_that_github_can_send_is_read_too(github, drain):
    body = urlencode({"payload": PING.decode()}).encode()
    assert github.deliver("ping", body, content_type="application/x-www-form-urlencoded").status_code == 202
    assert github.deliver("ping", b"a=b", content_type="application/x-www-form-urlencoded").status_code == 400


def test_characters_that_no_column_holds_do_no_harm(github, drain):
    deployment = {"id": 1, "environment": "a\x00b\ud800", "payload": {}, "sha": "s", "ref": "main", "created_at": 5}
    body = json.dumps({"deployment": deployment, "repository": {"full_name": "a/b"}}).encode()
    assert github.deliver("deployment", body).status_code == 202
    drain()
    kept = HookDelivery.objects.get()
    assert (kept.status, kept.facts["environment"], kept.facts["at"]) == ("unmatched", "a\ufffdb\ufffd", "")


def test_of_a_payload_only_the_facts_are_kept(github, payload):
    deployed = payload("deployment/payload.json")
    deployed["deployment"]["payload"] = {"token": "hunter2", "version": "1.0"}
    github.deliver("deployment", deployed)
    kept = HookDelivery.objects.get()
    assert "hunter2" not in json.dumps(kept.facts)
    assert kept.facts["version"] == "1.0"
    assert not any("hunter2" in str(event.payload) for event in OutboxEvent.objects.all())
    assert SECRET not in str(kept.facts)
