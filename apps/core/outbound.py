"""HTTP to the outside, safely: the one client by which the house calls an address that somebody typed in.

The name is resolved once, every address that is not public is refused (loopback, private, link-local, metadata, and
their disguises inside IPv6), and the connection goes to the very address that was judged: a name that changes its mind
in between gains nothing. No redirects are followed, no proxy or netrc of the environment is used, the whole exchange
has one deadline, and the answer one size limit. `TIDEGATE_OUTBOUND_ALLOW` lists networks (10.1.0.0/16) and host names
that may be called although they are not public.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import httpcore
import httpx
from django.conf import settings

SCHEMES = ("https", "http")
MAX_BYTES = 1024 * 1024
MAX_URL = 2000
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
IPV4_COMPATIBLE = ipaddress.ip_network("::/96")
SPECIAL = tuple(ipaddress.ip_network(one) for one in ("192.88.99.0/24", "192.0.0.0/24", "2001::/23", "5f00::/16"))


class OutboundError(Exception):
    """The call did not end in an answer; the text says why, in words fit for a log that people read."""

    code = "unreachable"


class AddressRefused(OutboundError):
    """The address is one that this house does not call. Trying again will not help."""

    code = "address_refused"


class TimedOut(OutboundError):
    """The whole exchange took longer than it was given."""

    code = "timed_out"


class AnswerTooLarge(OutboundError):
    """The answer is larger than the caller was prepared to read."""

    code = "answer_too_large"


@dataclass(frozen=True)
class Answer:
    """What came back: any status at all is an answer, also 500."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    address: str = ""
    text: str = field(init=False, default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.body.decode("utf-8", errors="replace"))

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def fetch(
    method: str,
    url: str,
    *,
    content: bytes = b"",
    headers: Mapping[str, str] | None = None,
    timeout: float = 15.0,
    max_bytes: int = MAX_BYTES,
    schemes: Iterable[str] = SCHEMES,
) -> Answer:
    """One request, one answer. Raises OutboundError when there is none."""
    target = checked_url(url, schemes=schemes)
    call = _Call(deadline=time.monotonic() + timeout)
    started = time.monotonic()
    sent = {
        "Host": target.netloc.decode("ascii"),
        "User-Agent": "Tidegate",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Content-Length": str(len(content)),
        **(headers or {}),
    }
    request = httpcore.Request(
        method.encode("ascii"),
        httpcore.URL(scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path),
        headers=[(name.encode("ascii"), value.encode("utf-8")) for name, value in sent.items()],
        content=content,
        extensions={"timeout": {"connect": timeout, "read": timeout, "write": timeout, "pool": timeout}},
    )
    status, received, body = _exchange(call, request, max_bytes)
    return Answer(status, received, body, round(time.monotonic() - started, 3), call.address)


def checked_url(url: str, *, schemes: Iterable[str] = SCHEMES) -> httpx.URL:
    """The address taken apart, if it is one we would call at all. Says nothing yet about where its name points."""
    allowed = tuple(schemes)
    if len(url) > MAX_URL or any(ord(character) <= 32 or ord(character) == 127 for character in url):
        raise AddressRefused("The address is too long or contains blanks or control characters.")
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise AddressRefused(f"This is not a web address: {error}") from error
    if parsed.scheme not in allowed:
        raise AddressRefused(f"The address must begin with {' or '.join(f'{one}://' for one in allowed)}.")
    if not parsed.host:
        raise AddressRefused("The address names no host.")
    if parsed.userinfo:
        raise AddressRefused("The address must not carry a user name or password.")
    if parsed.port is not None and not 0 < parsed.port < 65536:
        raise AddressRefused("The port is not one.")
    literal = _literal(parsed.host)
    if literal is not None and not may_call(literal, parsed.host):
        raise AddressRefused(f"{parsed.host} is not a public address.")
    return parsed


def may_call(address: Address, host: str = "") -> bool:
    """Public, or allowed by name or network."""
    return is_public(address) or _is_allowed(address, host)


def is_public(address: Address) -> bool:
    """Whether an address, and any IPv4 address hidden inside it, belongs to the public internet."""
    inner = _hidden_ipv4(address)
    if inner is not None:
        return is_public(inner)
    if address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False):
        return False
    return address.is_global and not any(
        address in network for network in SPECIAL if network.version == address.version
    )


def _hidden_ipv4(address: Address) -> ipaddress.IPv4Address | None:
    if address.version == 4:
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address in IPV4_COMPATIBLE or any(address in network for network in NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _is_allowed(address: Address, host: str) -> bool:
    for entry in settings.TIDEGATE_OUTBOUND_ALLOW:
        network = _network(entry)
        if network is None:
            if host and entry.lower() == host.lower().rstrip("."):
                return True
        elif network.version == address.version and address in network:
            return True
    return False


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def resolve(host: str, port: int) -> list[str]:
    """Every address the name has now. Also turns 2130706433 and 0x7f.1 into what they mean."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutboundError(f"The host {host} cannot be resolved.") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def pinned_address(host: str, port: int) -> str:
    """The address to connect to: the first that may be called."""
    addresses = resolve(host, port)
    for address in addresses:
        if may_call(ipaddress.ip_address(address.split("%")[0]), host):
            return address
    raise AddressRefused(f"{host} points to an address that is not public.")


@dataclass
class _Call:
    """One exchange under way: until when, and where it really went."""

    deadline: float
    address: str = ""

    def remaining(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimedOut("The answer took too long.")
        return left


class _GuardedNetwork(httpcore.NetworkBackend):
    """Opens connections only to the address that was judged."""

    def __init__(self, call: _Call) -> None:
        self.call = call
        self.inner = httpcore.SyncBackend()

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.call.address = pinned_address(host, port)
        stream = self.inner.connect_tcp(self.call.address, port, self.call.remaining(), local_address, socket_options)
        return _TimedStream(stream, self.call)

    def connect_unix_socket(self, path, timeout=None, socket_options=None):
        raise AddressRefused("Sockets of this machine are not called.")

    def sleep(self, seconds: float) -> None:
        raise TimedOut("The connection could not be opened at once.")


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every read and write counts against the one deadline: a drip of bytes cannot hold us."""

    def __init__(self, inner: httpcore.NetworkStream, call: _Call) -> None:
        self.inner = inner
        self.call = call

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, self.call.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, self.call.remaining())

    def close(self) -> None:
        self.inner.close()

    def start_tls(self, ssl_context, server_hostname=None, timeout=None) -> httpcore.NetworkStream:
        return _TimedStream(self.inner.start_tls(ssl_context, server_hostname, self.call.remaining()), self.call)

    def get_extra_info(self, info: str):
        return self.inner.get_extra_info(info)


def _exchange(call: _Call, request: httpcore.Request, max_bytes: int) -> tuple[int, dict[str, str], bytes]:
    pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(trust_env=False), network_backend=_GuardedNetwork(call), max_connections=1
    )
    try:
        with pool:
            response = pool.handle_request(request)
            try:
                body = _read(response, max_bytes)
            finally:
                response.close()
    except httpcore.TimeoutException as error:
        raise TimedOut("The answer took too long.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError) as error:
        raise OutboundError(f"The call failed: {error}") from error
    received = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    return response.status, received, body


def _read(response: httpcore.Response, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_stream():
        size += len(part)
        if size > max_bytes:
            raise AnswerTooLarge(f"The answer is larger than {max_bytes} bytes.")
        parts.append(part)
    return b"".join(parts)
