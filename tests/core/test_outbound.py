"""What the house calls outside, and what it refuses to call."""

import ipaddress
import threading
import time

import pytest

from apps.core import outbound
from tests.outside import outside_server

NOT_PUBLIC = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "192.88.99.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "fe80::1",
    "fec0::1",
    "fd00:ec2::254",
    "fc00::1",
    "ff02::1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001::1",
    "2001:db8::1",
    "100::1",
    "5f00::1",
]
PUBLIC = ["8.8.8.8", "93.184.216.34", "172.32.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.fixture
def outside():
    with outside_server() as server:
        yield server


@pytest.fixture
def open_house(settings):
    settings.TIDEGATE_OUTBOUND_ALLOW = ["127.0.0.0/8"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address, settings):
    settings.TIDEGATE_OUTBOUND_ALLOW = []
    assert not outbound.may_call(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address, settings):
    settings.TIDEGATE_OUTBOUND_ALLOW = []
    assert outbound.may_call(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://169.254.169.254/latest/meta-data/",
        "http://①②⑦.⓪.⓪.①/",
    ],
)
def test_no_spelling_of_this_machine_gets_through(url, settings):
    settings.TIDEGATE_OUTBOUND_ALLOW = []
    with pytest.raises(outbound.OutboundError):
        outbound.fetch("GET", url, timeout=2)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://example.org/",
        "ftp://example.org/",
        "javascript:alert(1)",
        "//example.org/",
        "example.org",
        "",
        "http://",
        "http:///path",
        "http://user:secret@example.org/",
        "http://example.org/a b",
        "http://example.org/\r\nHost: other",
        "http://example.org:99999/",
        "http://[::1/",
        "https://example.org/" + "a" * 3000,
    ],
)
def test_an_address_of_another_kind_is_refused_before_any_lookup(url, monkeypatch):
    monkeypatch.setattr(outbound, "resolve", lambda host, port: pytest.fail("looked up"))
    with pytest.raises(outbound.AddressRefused):
        outbound.fetch("GET", url)


def test_schemes_can_be_narrowed(monkeypatch):
    monkeypatch.setattr(outbound, "resolve", lambda host, port: pytest.fail("looked up"))
    with pytest.raises(outbound.AddressRefused, match="https://"):
        outbound.fetch("GET", "http://example.org/", schemes=["https"])


def test_an_allowed_network_answers(outside, open_house):
    answer = outbound.fetch("POST", f"{outside.url}/hook?a=1", content=b"body", headers={"X-Test": "yes"})
    assert (answer.status, answer.body, answer.text, answer.is_success) == (200, b"ok", "ok", True)
    heard = outside.heard[0]
    assert (heard.method, heard.path, heard.body, heard.headers["x-test"]) == ("POST", "/hook?a=1", b"body", "yes")
    assert heard.headers["host"] == outside.url.removeprefix("http://")


def test_a_host_is_allowed_by_its_name_alone(outside, settings):
    settings.TIDEGATE_OUTBOUND_ALLOW = ["localhost"]
    answer = outbound.fetch("GET", outside.url.replace("127.0.0.1", "localhost"))
    assert answer.status == 200
    with pytest.raises(outbound.AddressRefused):
        outbound.fetch("GET", outside.url)


def test_a_redirect_is_an_answer_and_is_not_followed(outside, open_house):
    outside.status, outside.headers = 302, {"Location": f"{outside.url}/inside"}
    answer = outbound.fetch("GET", f"{outside.url}/door")
    assert (answer.status, answer.headers["location"]) == (302, f"{outside.url}/inside")
    assert [heard.path for heard in outside.heard] == ["/door"]


def test_the_connection_goes_to_the_address_that_was_judged(outside, settings, monkeypatch):
    """A name that answers differently the second time (DNS rebinding) gains nothing: it is asked once."""
    settings.TIDEGATE_OUTBOUND_ALLOW = ["127.0.0.1"]
    answers = [["127.0.0.1"], ["127.0.0.2"]]
    monkeypatch.setattr(outbound, "resolve", lambda host, port: answers.pop(0))
    answer = outbound.fetch("GET", outside.url.replace("127.0.0.1", "rebinding.example"))
    assert answer.address == "127.0.0.1"
    assert len(answers) == 1
    with pytest.raises(outbound.AddressRefused):
        outbound.fetch("GET", outside.url.replace("127.0.0.1", "rebinding.example"))
    assert len(outside.heard) == 1


def test_of_several_addresses_only_a_public_one_is_used(monkeypatch, settings):
    settings.TIDEGATE_OUTBOUND_ALLOW = []
    monkeypatch.setattr(outbound, "resolve", lambda host, port: ["10.0.0.1", "::1", "93.184.216.34"])
    assert outbound.pinned_address("example.org", 443) == "93.184.216.34"
    monkeypatch.setattr(outbound, "resolve", lambda host, port: ["10.0.0.1", "::1"])
    with pytest.raises(outbound.AddressRefused):
        outbound.pinned_address("example.org", 443)


def test_the_whole_exchange_has_one_deadline(outside, open_house):
    gone = threading.Event()

    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        while not gone.wait(0.05):
            handler.wfile.write(b".")

    outside.answer = drip
    started = time.monotonic()
    try:
        with pytest.raises(outbound.TimedOut):
            outbound.fetch("GET", outside.url, timeout=0.4)
    finally:
        gone.set()
    assert time.monotonic() - started < 2


def test_a_drip_of_headers_is_cut_off_too(outside, open_house):
    gone = threading.Event()

    def drip(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not gone.wait(0.05):
            handler.wfile.write(b".")

    outside.answer = drip
    try:
        with pytest.raises(outbound.TimedOut):
            outbound.fetch("GET", outside.url, timeout=0.4)
    finally:
        gone.set()


def test_an_answer_has_a_size_limit(outside, open_house):
    outside.body = b"x" * 5000
    assert len(outbound.fetch("GET", outside.url, max_bytes=5000).body) == 5000
    with pytest.raises(outbound.AnswerTooLarge):
        outbound.fetch("GET", outside.url, max_bytes=4999)


def test_a_port_where_nobody_listens_is_an_error_in_words(open_house, outside):
    url = outside.url
    with outside_server() as other:
        closed = other.url
    assert closed != url
    with pytest.raises(outbound.OutboundError, match="The call failed"):
        outbound.fetch("GET", closed, timeout=2)


def test_a_header_cannot_smuggle_a_second_one(outside, open_house):
    with pytest.raises(outbound.OutboundError):
        outbound.fetch("GET", outside.url, headers={"X-Test": "a\r\nX-Other: b"})
    assert outside.heard == []


def test_an_answer_that_is_not_http_is_an_error_in_words(outside, open_house):
    outside.answer = lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH_9\r\n\r\n")
    with pytest.raises(outbound.OutboundError, match="The call failed"):
        outbound.fetch("GET", outside.url, timeout=2)
