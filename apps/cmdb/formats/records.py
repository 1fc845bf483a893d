"""What every format is read into: records of things, how they hang together, and what could not be taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ITEM, TEAM, VALUE_STREAM = "item", "team", "value_stream"
LONGEST_IDENTITY = 500
LONGEST_NAME = 250
LONGEST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Link:
    """One relationship that a record names: `meaning` is the slug of a relationship type.

    Read backwards (`reverse`) the record is the target: “is needed by”.
    """

    meaning: str
    target: str
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One thing as its source describes it. None means: the source says nothing about it.

    `links` is None where the format names relationships apart from records, as `Links`.
    """

    identity: str
    location: str
    name: str
    thing: str = ITEM
    ci_type: str = ""
    key: str = ""
    also_known_as: tuple[tuple[str, str], ...] = ()
    description: str | None = None
    lifecycle: str | None = None
    criticality: int | None = None
    owner: str | None = None
    release_managed: bool | None = None
    redundancy: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    value_streams: tuple[str, ...] | None = None
    links: tuple[Link, ...] | None = None


@dataclass(frozen=True, slots=True)
class Links:
    """Relationships that the file names apart from the record they belong to."""

    identity: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Extra:
    """Attributes that were found later in the file, to be laid over those of the record."""

    identity: str
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that cannot be taken, with the reason and how to mend it. The rest of the file stands."""

    record: str
    location: str
    reason: str
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that is understood and left out on purpose."""

    record: str
    location: str
    reason: str


Item = Record | Links | Extra | Rejected | Skipped


class Faulty(Exception):
    """This record is at fault; the reader turns it into a `Rejected`."""
