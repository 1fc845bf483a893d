"""Seals over the audit trail: tamper evidence, made after the fact so that writers never wait for it.

Each seal takes entries that have no leaf yet, writes their SHA-256 digests as leaves, and chains a digest over them to
the seal before. A changed, missing or reordered entry no longer gives the digest that was sealed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from django.db import transaction
from django.db.models import Exists, OuterRef

from apps.core.models import AuditEntry, AuditLeaf, AuditSeal

GENESIS = "0" * 64
COLUMNS = (
    "id",
    "at",
    "event",
    "door",
    "actor_id",
    "actor_name",
    "token_name",
    "subject_type",
    "subject_id",
    "subject_key",
    "root_type",
    "root_key",
    "before",
    "after",
    "changes",
    "data",
    "note",
    "request_id",
)


def digest_of(values: dict) -> str:
    """SHA-256 over the entry's columns as canonical JSON (sorted keys, UTC times in microseconds)."""
    values = {**values, "at": values["at"].isoformat()}
    return hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()


def chain(previous: str, number: int, root: str) -> str:
    return hashlib.sha256(f"{number}:{previous}:{root}".encode()).hexdigest()


def root_of(digests: list[str]) -> str:
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def seal_entries(batch: int = 1000) -> int:
    """Seal everything that is not sealed yet. Returns how many entries were sealed."""
    sealed = 0
    while count := _seal_batch(batch):
        sealed += count
    return sealed


@transaction.atomic
def _seal_batch(batch: int) -> int:
    last = AuditSeal.objects.select_for_update().order_by("-number").first()
    has_leaf = Exists(AuditLeaf.objects.filter(entry_id=OuterRef("pk")))
    entries = list(AuditEntry.objects.filter(~has_leaf).order_by("id").values(*COLUMNS)[:batch])
    if not entries:
        return 0
    number = last.number + 1 if last else 1
    previous = last.digest if last else GENESIS
    digests = [digest_of(entry) for entry in entries]
    root = root_of(digests)
    AuditSeal(
        number=number,
        count=len(entries),
        first_entry=entries[0]["id"],
        last_entry=entries[-1]["id"],
        root=root,
        previous=previous,
        digest=chain(previous, number, root),
    ).save(force_insert=True)
    AuditLeaf.objects.bulk_create(
        AuditLeaf(entry_id=entry["id"], seal_number=number, position=position, digest=digest)
        for position, (entry, digest) in enumerate(zip(entries, digests, strict=True))
    )
    return len(entries)


@dataclass(frozen=True)
class Verdict:
    """Whether the trail is whole; `broken` names the first fault in words."""

    whole: bool
    entries: int
    seals: int
    unsealed: int
    head: str
    broken: str = ""


def verify() -> Verdict:
    """Recompute every seal and every link from the entries themselves."""
    previous, seals, entries = GENESIS, 0, 0
    for seal in AuditSeal.objects.order_by("number").iterator():
        seals += 1
        fault = _fault(seal, seals, previous)
        if fault:
            return Verdict(False, entries, seals, 0, previous, fault)
        previous, entries = seal.digest, entries + seal.count
    leaves = AuditLeaf.objects.count()
    if leaves != entries:
        return Verdict(False, entries, seals, 0, previous, f"There are {leaves} leaves for {entries} sealed entries.")
    return Verdict(True, entries, seals, AuditEntry.objects.count() - entries, previous)


def _fault(seal: AuditSeal, expected: int, previous: str) -> str:
    if seal.number != expected:
        return f"Seal {expected} is missing."
    if seal.previous != previous:
        return f"Seal {seal.number} does not follow the seal before it."
    digests = []
    for leaf, actual in _leaves(seal):
        if actual is None:
            return f"Entry {leaf.entry_id}, sealed in {seal.number}, is missing."
        if actual != leaf.digest:
            return f"Entry {leaf.entry_id}, sealed in {seal.number}, was changed."
        digests.append(actual)
    if len(digests) != seal.count or root_of(digests) != seal.root:
        return f"Seal {seal.number} does not match its entries: one is missing or they were reordered."
    if chain(previous, seal.number, seal.root) != seal.digest:
        return f"Seal {seal.number} was changed."
    return ""


def _leaves(seal: AuditSeal) -> Iterator[tuple[AuditLeaf, str | None]]:
    leaves = list(AuditLeaf.objects.filter(seal_number=seal.number).order_by("position"))
    found = {
        entry["id"]: digest_of(entry)
        for entry in AuditEntry.objects.filter(pk__in=[leaf.entry_id for leaf in leaves]).order_by().values(*COLUMNS)
    }
    for leaf in leaves:
        yield leaf, found.get(leaf.entry_id)
