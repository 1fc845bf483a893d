"""The HTTP probe against a server of its own: right, wrong, late, gone, and not to be called."""

import threading

import pytest

from apps.verification.kinds import kind_named
from apps.verification.kinds.result import ERROR, FAILED, NO_DATA, PASSED
from tests.outside import outside_server
from tests.verification.factory import subject


@pytest.fixture
def outside(settings):
    settings.TIDEGATE_OUTBOUND_ALLOW = ["127.0.0.1"]
    with outside_server() as server:
        yield server


def probe(url: str, attempt: int = 1, **params):
    params = {"url": url, "attempts": 1, **params}
    return kind_named("http_probe").run(subject(params=params, attempt=attempt, environment="production"))


def test_the_right_answer_passes(outside):
    outside.body = b'{"version": "1.8.0"}'
    verdict = probe(f"{outside.url}/health", body_contains='"version": "{version}"')
    assert verdict.status == PASSED
    assert verdict.output["http_status"] == 200
    assert verdict.output["excerpt"] == '{"version": "1.8.0"}'


def test_the_address_may_name_version_and_environment(outside):
    probe(f"{outside.url}/{{environment}}/{{version}}/{{other}}")
    assert outside.heard[0].path == "/production/1.8.0/%7Bother%7D"


def test_without_an_address_of_its_own_it_looks_where_the_released_item_says(outside):
    looked_at = subject(params={}, health_url=f"{outside.url}/health")
    assert kind_named("http_probe").run(looked_at).status == PASSED
    assert outside.heard[0].path == "/health"


def test_without_any_address_there_is_no_data():
    verdict = kind_named("http_probe").run(subject(params={}))
    assert verdict.status == NO_DATA
    assert "health_url" in verdict.detail


@pytest.mark.parametrize(
    ("wanted", "status"), [(200, FAILED), (503, PASSED), ([200, 503], PASSED), ([200, 204], FAILED)]
)
def test_the_status_must_be_one_that_is_right(outside, wanted, status):
    outside.status = 503
    assert probe(outside.url, expect_status=wanted).status == status


def test_a_missing_text_fails(outside):
    verdict = probe(outside.url, body_contains="welcome")
    assert verdict.status == FAILED
    assert "welcome" in verdict.detail


def test_a_redirect_is_not_followed(outside):
    outside.status, outside.headers = 301, {"Location": "http://169.254.169.254/"}
    assert probe(outside.url).status == FAILED
    assert len(outside.heard) == 1


def test_an_answer_that_comes_too_late_fails(outside):
    released = threading.Event()
    outside.answer = lambda handler: released.wait(5)
    try:
        verdict = probe(outside.url, timeout_seconds=0.2)
    finally:
        released.set()
    assert verdict.status == FAILED
    assert "within 0.2 seconds" in verdict.detail


def test_nobody_there_is_an_error(outside):
    with outside_server() as other:
        gone = other.url
    assert probe(gone).status == ERROR


def test_an_address_that_is_not_public_is_an_error_and_not_tried_again(settings):
    settings.TIDEGATE_OUTBOUND_ALLOW = []
    verdict = probe("http://169.254.169.254/latest/meta-data/", attempts=5)
    assert (verdict.status, verdict.retry_after) == (ERROR, None)
    assert "not a public address" in verdict.detail


def test_it_is_tried_again_before_it_counts(outside):
    outside.status = 500
    first = probe(outside.url, attempts=3, pause_seconds=7)
    assert (first.status, first.retry_after) == (FAILED, 7)
    last = probe(outside.url, attempts=3, attempt=3)
    assert (last.status, last.retry_after) == (FAILED, None)
    assert "(attempt 3 of 3)" in last.detail
    outside.status = 200
    assert probe(outside.url, attempts=3, attempt=2).retry_after is None


@pytest.mark.parametrize(
    "params", [{"url": "ftp://x"}, {"url": "http://x", "headers": {}}, {"url": "http://x", "attempts": 0}]
)
def test_parameters_are_checked(params):
    assert kind_named("http_probe").run(subject(params=params)).status == ERROR
