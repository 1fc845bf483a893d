"""Texts in the cells of a table that a spreadsheet opens (OWASP, CSV Injection): never taken for a formula."""

from __future__ import annotations

import re

FORMULA = re.compile(r"[' ]*[=+\-@\t\r\n]")


def safe_text(text: str) -> str:
    """The text as a cell that is read as data. `plain_text` is the way back."""
    return f"'{text}" if FORMULA.match(text) else text


def plain_text(cell: str) -> str:
    """What `safe_text` was given."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell[1:]) else cell
