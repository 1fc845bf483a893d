"""A database of the bench's own, filled to size."""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg

NAME = "tidegate_bench"


def url_of(base: str) -> str:
    """The bench's database on the server that DATABASE_URL names."""
    return urlunsplit(urlsplit(base)._replace(path=f"/{NAME}"))


def empty(base: str) -> None:
    """Drop it, and create it with nothing in it."""
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {NAME}")


def make(base: str, sizes: str) -> str:
    """Drop, create, migrate and fill (`items,releases`). Returns an API token."""
    empty(base)
    environment = {**os.environ, "DATABASE_URL": url_of(base)}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True, env=environment)
    fill = [sys.executable, "-m", "bench.fill", sizes]
    token = subprocess.run(fill, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout.strip()
    with psycopg.connect(url_of(base), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return token
