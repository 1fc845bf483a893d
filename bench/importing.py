"""One import, measured in this process: `python -m bench.importing FORMAT FILE rehearse|import|again` prints “seconds | MiB”."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from apps.cmdb import actions  # noqa: E402 - needs the setup
from apps.cmdb.models import ColumnMapping, ImportSource  # noqa: E402
from apps.core.actor import job  # noqa: E402
from bench.catalogs import COLUMNS  # noqa: E402

BENCH = job("bench")


def main() -> None:
    format, file, mode = sys.argv[1:]
    mapping = _mapping() if format in ("csv", "xlsx") else ""
    list(ImportSource.objects.all())
    opened_file = Path(file).open("rb")  # noqa: SIM115 - until this process ends
    idle, began = _resident("VmRSS"), time.perf_counter()
    run = actions.import_catalog(
        source="bench",
        format=format.partition("-")[0],
        content=opened_file,
        mapping=mapping,
        dry_run=mode == "rehearse",
        by=BENCH,
    )
    taken, peak = time.perf_counter() - began, _resident("VmHWM")
    done = run.unchanged if mode == "again" else run.created
    assert done == run.records, f"{done} of {run.records}: {run.rejected[:1].values()}"
    print(f"{taken:.0f} | {(peak - idle) / 1024:.0f}")


def _mapping() -> str:
    if not ColumnMapping.objects.filter(slug="bench").exists():
        actions.create_mapping(slug="bench", name="Bench", columns=COLUMNS, by=BENCH)
    return "bench"


def _resident(which: str) -> int:
    """KiB, as Linux tells them."""
    return int(re.search(rf"{which}:\s+(\d+)", Path("/proc/self/status").read_text())[1])


if __name__ == "__main__":
    main()
