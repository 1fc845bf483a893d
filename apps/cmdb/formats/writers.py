"""The formats that the map can be written in: those that can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.cmdb.formats.archimate_out import write_archimate
from apps.cmdb.formats.backstage_out import write_backstage
from apps.cmdb.formats.cyclonedx_out import write_cyclonedx
from apps.cmdb.formats.spdx_out import write_spdx
from apps.cmdb.formats.tables_out import write_csv, write_xlsx
from apps.cmdb.formats.tidegate_out import write_tidegate
from apps.core.errors import FieldError, Invalid

# a writer takes the map, for a table its layout too, and yields the pieces of the file
WRITERS: dict[str, Callable[..., Any]] = {
    "archimate": write_archimate,
    "backstage": write_backstage,
    "csv": write_csv,
    "cyclonedx": write_cyclonedx,
    "spdx": write_spdx,
    "tidegate": write_tidegate,
    "xlsx": write_xlsx,
}
# what the file is called, and what it is
ENDINGS = {
    "archimate": ".xml",
    "backstage": ".yaml",
    "csv": ".csv",
    "cyclonedx": ".cdx.json",
    "spdx": ".spdx.json",
    "tidegate": ".json",
    "xlsx": ".xlsx",
}
CONTENT_TYPES = {
    "archimate": "application/xml",
    "backstage": "application/yaml",
    "csv": "text/csv; charset=utf-8",
    "cyclonedx": "application/vnd.cyclonedx+json; version=1.6",
    "spdx": "application/spdx+json",
    "tidegate": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def writer_of(format: str) -> Callable[..., Any]:
    writer = WRITERS.get(format)
    if writer is None:
        detail = f"The format “{format[:40]}” is not known. Known: {', '.join(WRITERS)}."
        raise Invalid([FieldError("?format", "unknown_format", detail)])
    return writer
