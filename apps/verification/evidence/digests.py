"""Digests in the one form in which they are compared: `sha256:<hex>`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

HEX = re.compile(r"[0-9a-f]+")
LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
BY_LENGTH = {length: name for name, length in LENGTHS.items()}
CHECKSUM_LINE = re.compile(r"^\\?(?P<digest>[0-9a-fA-F]{64,128})[ \t]+[ *]?(?P<name>\S.*)$")
BSD_LINE = re.compile(r"^(?P<algorithm>SHA\d{3}) ?\((?P<name>.+)\) = (?P<digest>[0-9a-fA-F]+)$")


def normal(text: str) -> str:
    """`SHA-256:ABC…`, `sha256=abc…` or bare hex as `sha256:abc…`; blank when it is not a strong digest."""
    algorithm, separator, digest = text.strip().lower().replace("=", ":", 1).rpartition(":")
    algorithm = algorithm.replace("-", "").rpartition("@")[2]
    if not separator:
        algorithm = BY_LENGTH.get(len(digest), "")
    if LENGTHS.get(algorithm) != len(digest) or not HEX.fullmatch(digest):
        return ""
    return f"{algorithm}:{digest}"


def normal_set(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, map(normal, texts)))


def sha256_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def listed_checksums(content: bytes) -> dict[str, str]:
    """`{file name: digest}` of a checksum list as sha256sum or BSD write it; empty when it is not one."""
    try:
        lines = content[: 256 * 1024].decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return {}
    found = {}
    for line in filter(str.strip, lines):
        match = CHECKSUM_LINE.match(line) or BSD_LINE.match(line)
        digest = normal(match["digest"]) if match else normal(line)
        if not digest:
            return {}
        found[match["name"].strip() if match else ""] = digest
    return found
