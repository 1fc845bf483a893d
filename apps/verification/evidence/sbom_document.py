"""A bill of materials, whichever format it came in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.verification.evidence.names import Thing


@dataclass(frozen=True)
class Sbom:
    """What the document is about (`root`, where it says so) and everything it lists."""

    format: str
    format_version: str
    root: Thing | None
    things: tuple[Thing, ...]
    created_at: str = ""
    serial_number: str = ""
    also_about: tuple[Thing, ...] = ()

    @property
    def subjects(self) -> tuple[Thing, ...]:
        return ((self.root,) if self.root else ()) + self.also_about

    def summary(self) -> dict[str, Any]:
        """What is kept beside the stored file and shown to people."""
        about = self.root.label if self.root else "a product it does not name"
        return {
            "format": self.format.lower(),
            "format_version": self.format_version,
            "subject": None
            if self.root is None
            else {
                "name": self.root.name,
                "version": self.root.version,
                "purl": self.root.purl,
                "digests": sorted(self.root.digests),
            },
            "components": len(self.things),
            "created_at": self.created_at,
            "serial_number": self.serial_number,
            "summary": f"{self.format} {self.format_version} of {about}, listing {len(self.things)} components",
        }
