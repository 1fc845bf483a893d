"""Keys and slugs from names that people and tools chose."""

from __future__ import annotations

import re
import unicodedata

LONGEST_KEY = 100
LONGEST_SLUG = 80
UNUSUAL = re.compile(r"[^a-z0-9._]+")
OUTSIDE_SLUG = re.compile(r"[^a-z0-9_]+")


def key_from(name: str) -> str:
    """“Payments API (v2)” gives `payments-api-v2`. Empty when nothing usable is left."""
    return UNUSUAL.sub("-", _folded(name)).strip("-._")[:LONGEST_KEY].rstrip("-._")


def slug_from(name: str) -> str:
    """As a key, with only what a slug may hold."""
    return OUTSIDE_SLUG.sub("-", _folded(name)).strip("-_")[:LONGEST_SLUG].rstrip("-_")


def _folded(name: str) -> str:
    """Lower case, accents taken off: “Überweisung” gives “uberweisung”."""
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).lower()
