"""Recorded query budgets: how many queries each page and endpoint may ask, kept in tests/query_budgets.json.

A page that asks more fails with the queries it asked; a page without a budget fails until one is recorded with
`make test ARGS='--record-budgets -n0 …'` and reviewed in the diff.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext


class Budgets:
    def __init__(self, path: Path, *, record: bool) -> None:
        self.path, self.record = path, record
        self.known: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}

    @contextmanager
    def watch(self, name: str, connection: Any) -> Iterator[None]:
        with CaptureQueriesContext(connection) as asked:
            yield
        self.judge(name, [query["sql"] for query in asked.captured_queries])

    def judge(self, name: str, queries: list[str]) -> None:
        if self.record:
            self._write(name, len(queries))
            return
        if name not in self.known:
            pytest.fail(f"“{name}” has no recorded query budget; it asked {len(queries)}. Record it: --record-budgets")
        if len(queries) > self.known[name]:
            listed = "\n".join(f"  {sql[:200]}" for sql in queries)
            pytest.fail(f"“{name}” may ask {self.known[name]} queries and asked {len(queries)}:\n{listed}")

    def _write(self, name: str, count: int) -> None:
        self.known[name] = count
        self.path.write_text(json.dumps(dict(sorted(self.known.items())), indent=2) + "\n")
