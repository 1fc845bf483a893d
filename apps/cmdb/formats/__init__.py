"""The files that can be imported, each read into the same records. Pure: no database, no network.

A reader is a function of a file, or of its bytes, that yields `Record`, `Links`, `Extra`, `Rejected` and `Skipped`, in any order
that suits the format. It raises `Invalid`, with the place, when the file as a whole cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from django.utils.translation import gettext_lazy as _

from apps.cmdb.formats.archimate import read_archimate
from apps.cmdb.formats.backstage import read_backstage
from apps.cmdb.formats.columns import Layout
from apps.cmdb.formats.cyclonedx import read_cyclonedx
from apps.cmdb.formats.files import Content
from apps.cmdb.formats.records import Item
from apps.cmdb.formats.spdx import read_spdx
from apps.cmdb.formats.tables import read_csv, read_xlsx
from apps.cmdb.formats.tidegate import read_tidegate
from apps.core.errors import FieldError, Invalid

Reader = Callable[[Content], Iterator[Item]]
TableReader = Callable[[Content, Layout], Iterator[Item]]

READERS: dict[str, Reader] = {
    "archimate": read_archimate,
    "backstage": read_backstage,
    "cyclonedx": read_cyclonedx,
    "spdx": read_spdx,
    "tidegate": read_tidegate,
}
TABLES: dict[str, TableReader] = {"csv": read_csv, "xlsx": read_xlsx}  # read by a saved mapping of their columns
PASSES = {
    "archimate": 3,
    "cyclonedx": 3,
    "spdx": 3,
    "tidegate": 2,
}  # how often a reader goes through the file, if not once
KNOWN = tuple(sorted([*READERS, *TABLES]))

FORMATS = [  # as people choose them
    ("backstage", _("Backstage catalog (YAML)")),
    ("cyclonedx", _("CycloneDX bill of materials (JSON or XML)")),
    ("spdx", _("SPDX bill of materials (2.x, JSON)")),
    ("archimate", _("ArchiMate model (Open Group exchange format)")),
    ("csv", _("Table (CSV), by a column mapping")),
    ("xlsx", _("Workbook (XLSX), by a column mapping")),
    ("tidegate", _("Export of a Tidegate CMDB (JSON)")),
]


def reader_of(format: str, layout: Callable[[], Layout]) -> Reader:
    """The reader of this format; `layout` is asked where the format is a table. Raises Invalid when there is none."""
    if format in TABLES:
        return partial(TABLES[format], layout=layout())
    reader = READERS.get(format)
    if reader is None:
        detail = f"The format “{format[:40]}” is not known. Known: {', '.join(KNOWN)}."
        raise Invalid([FieldError("?format", "unknown_format", detail)])
    return reader
