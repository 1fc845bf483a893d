"""Which figures moved, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

SHOWN = ("value", "numerator", "denominator", "n")


def moved(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """One line for every metric that says something else than before."""
    still = 0
    for name, row in after.items():
        old = before.get(name, {})
        if all(old.get(part) == row.get(part) for part in SHOWN):
            still += 1
            continue
        yield f"{name} {row['title']}: {_said(old)} → {_said(row)}"
    yield f"{still} others stayed as they were"


def _said(row: dict[str, Any]) -> str:
    value = row.get("value")
    if value is None:
        return "no data"
    unit = row["unit"]
    shown = f"{value * 100:.0f} %" if unit == "share" else f"{value:.1f} {unit}"
    if row.get("denominator"):
        return f"{shown} ({row['numerator']:.4g} of {row['denominator']:.4g})"
    return shown
