"""Why something is not possible now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Blocker:
    """One reason, in words: what stands in the way, until when, who can lift it, and where."""

    code: str
    message: str
    who_can_lift: str = ""
    until: datetime | None = None
    url: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": str(self.message),
            "who_can_lift": str(self.who_can_lift),
            "until": self.until,
            "url": self.url,
        }
