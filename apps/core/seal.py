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
from django.db.models import Exists, OuterRef, QuerySet

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
    entries = list(_not_sealed().order_by("id").values(*COLUMNS)[:batch])
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


def _not_sealed() -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(~Exists(AuditLeaf.objects.filter(entry_id=OuterRef("pk"))))


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
    fault = _fault_of_leaves(seals, entries)
    return Verdict(not fault, entries, seals, 0 if fault else _not_sealed().count(), previous, fault)


def _fault_of_leaves(seals: int, entries: int) -> str:
    """Whether each leaf is in a seal. The sealer may work meanwhile: seals made since then are not judged here."""
    leaves = AuditLeaf.objects.filter(seal_number__lte=seals).count()
    if leaves != entries:
        return f"There are {leaves} leaves for {entries} sealed entries."
    stray = AuditLeaf.objects.filter(~Exists(AuditSeal.objects.filter(number=OuterRef("seal_number")))).first()
    return f"Entry {stray.entry_id} has a leaf in seal {stray.seal_number}, which is missing." if stray else ""


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
