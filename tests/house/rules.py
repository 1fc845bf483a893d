"""The rules of the house, read from the syntax tree. Each rule takes a room and its tree and names every breach.

A rule yields sentences; an empty answer means the file keeps it. `test_rules.py` runs every rule over every file, and
shows each rule a snippet that breaks it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

DOORS = {"admin", "api", "views", "tasks", "management", "urls", "forms"}
DOMAIN = {"actions", "queries", "models", "lifecycle", "permissions"}
ROOMS = DOORS | DOMAIN | {"apps", "migrations", "templatetags", "__init__"}

# Rooms that only one app has, each because it holds an idea that the usual rooms have no place for. They keep the rules
# of the domain: no writes, no doors.
OWN_ROOMS = {
    "approvals": {
        "people",  # who a rule means, and who may answer for whom
        "rules",  # quorum arithmetic, pure
    },
    "releases": {
        "planning",  # the arithmetic of a plan: graphs, schedule, forecast; pure
        "risk",  # the factors of a release's risk and their points, pure
    },
    "schedule": {
        "recurrence",  # RFC 5545 rules on the wall clock of a time zone, pure
        "icalendars",  # an iCalendar file as time spans, pure
    },
    "cmdb": {
        "formats",  # each file format that an import reads, as plain records
        "naming",  # how a key is made from a name
        "described",  # the attributes of a type as rows, and the JSON Schema that they stand for, pure
        "picture",  # where each item of an impact stands in its picture, pure
    },
    "release_models": {
        "content",  # the JSON Schema of a version's content, and its reading
        "library",  # the models that Tidegate brings along
    },
    "verification": {
        "kinds",  # how each kind of check is carried out
        "registry",
        "evidence",  # what each kind of evidence says
    },
    "integrations": {
        "adapters",  # what each outside tool says, in our words
        "signatures",  # how each tool proves that it is the sender
        "vault",  # secrets that must be read back, encrypted at rest
    },
    "compliance": {"controls"},  # what each control looks for; it only looks
    "notifications": {
        "rendering",  # an event in words: subject, text, HTML
        "routes",  # which event is told to whom
    },
    "discovery": {"judgement"},  # how surely two things come together more often than by chance, pure
    "metrics": {
        "definitions",  # the nine metrics and DORA's five, one class each
        "figures",  # what a figure says beside its value
        "periods",  # half-open periods in the organisation's time zone
        "statistics",  # intervals and medians
    },
    "desk": {
        "demo",  # the demo organisation, told through real actions
        "walkthrough",  # the main job once through the API of a running server
    },
}
OWN_DOORS = {
    "desk": {
        "home",  # the first page of the admin
        "navigation",  # the sidebar with its counts
        "search",  # one search over every app
    },
}

WRITES = {
    "save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create",
    "acreate", "asave", "aupdate", "adelete",
}  # fmt: skip
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
LONGEST_FILE = 400


@dataclass(frozen=True)
class Room:
    """Where a file stands: the app it belongs to and its room in it."""

    app: str
    room: str

    @classmethod
    def of(cls, path: Path) -> Room:
        """`apps/releases/actions/plan.py` is in the room `actions` of `releases`."""
        parts = path.with_suffix("").parts
        below = parts[parts.index("apps") + 1 :]
        return cls(below[0], below[1] if len(below) > 1 else "__init__")


def _own_rooms(where: Room) -> set[str]:
    return OWN_ROOMS.get(where.app, set()) | OWN_DOORS.get(where.app, set())


Rule = Callable[[Room, ast.Module], Iterator[str]]


def _imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every imported dotted name: `from a.b import c` counts as `a.b` and `a.b.c`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def _is_within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def only_actions_import_moves(where: Room, tree: ast.Module) -> Iterator[str]:
    """Only `actions` and the kits of `core` import `core.moves`."""
    if where.app == "core" or where.room == "actions":
        return
    for name, line in _imports(tree):
        if name == "apps.core.moves":
            yield f"line {line}: only actions and the kits of core import core.moves"


def doors_and_queries_never_write(where: Room, tree: ast.Module) -> Iterator[str]:
    """Doors and queries never save, create, update or delete: they call an action."""
    if where.app == "core" or where.room not in DOORS | {"queries"} | _own_rooms(where):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            if node.func.attr == "update" and node.args:
                continue  # a dict, a set, a hash: rows are updated by keyword
            yield f"line {node.lineno}: .{node.func.attr}() in a door or query; call an action"


def no_status_is_set_by_hand(where: Room, tree: ast.Module) -> Iterator[str]:
    """No `.status = …`, `update(status=…)`: a status changes only by a step of its chart."""
    if where.app == "core" or where.room == "migrations":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(one, ast.Attribute) and one.attr == "status" for one in targets):
                yield f"line {node.lineno}: a status is assigned by hand"
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"update", "change_many"}
            and any(word.arg == "status" for word in node.keywords)
        ):
            yield f"line {node.lineno}: a status is written past its chart"


def no_imports_inside_functions(where: Room, tree: ast.Module) -> Iterator[str]:
    """Imports stand at the top, where the stairs can be read."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    yield f"line {inner.lineno}: an import inside {node.name}()"


def no_signals(where: Room, tree: ast.Module) -> Iterator[str]:
    """No signals: who reacts to an event stands in tasks.py, as a consumer of the outbox."""
    for name, line in _imports(tree):
        if _is_within(name, "django.dispatch", "django.db.models.signals", "django_fsm.signals", "blinker") or (
            name.endswith(("_logged_in", "_logged_out"))
        ):
            yield f"line {line}: {name} is a signal"


def no_thread_locals(where: Room, tree: ast.Module) -> Iterator[str]:
    """`by` is a parameter, never ambient. The request id of the log lines (core) is the one context variable."""
    for name, line in _imports(tree):
        if name in {"threading.local", "asgiref.local"} or _is_within(name, "asgiref.local"):
            yield f"line {line}: {name} is ambient state"
        if _is_within(name, "contextvars") and where.app != "core":
            yield f"line {line}: {name} is ambient state"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "local" and getattr(node.value, "id", "") == "threading":
            yield f"line {node.lineno}: threading.local is ambient state"


def no_generic_foreign_keys(where: Room, tree: ast.Module) -> Iterator[str]:
    """A reference says what it refers to."""
    for name, line in _imports(tree):
        if _is_within(name, "django.contrib.contenttypes.fields"):
            yield f"line {line}: a generic foreign key"


def domain_knows_no_door(where: Room, tree: ast.Module) -> Iterator[str]:
    """The domain (actions and below) never imports rest_framework or celery."""
    if where.room not in DOMAIN | OWN_ROOMS.get(where.app, set()):
        return
    for name, line in _imports(tree):
        if _is_within(name, "rest_framework", "celery", "kombu", "unfold", "django.contrib.admin"):
            yield f"line {line}: the domain imports {name}"


def apps_never_import_config(where: Room, tree: ast.Module) -> Iterator[str]:
    for name, line in _imports(tree):
        if _is_within(name, "config"):
            yield f"line {line}: an app imports {name}"


def every_room_has_a_known_name(where: Room, tree: ast.Module) -> Iterator[str]:
    """The same rooms in every app; a room of its own is declared above with its reason. `core` is the ground itself."""
    if where.app == "core":
        return
    if where.room not in ROOMS | _own_rooms(where):
        yield f"“{where.room}” is not a room of an app (CONTRIBUTING.md)"


def only_core_knows_the_library(where: Room, tree: ast.Module) -> Iterator[str]:
    """django-fsm-2 stands behind `core.lifecycle`: its own call, admin mixin and log ask no permission (see ADRs)."""
    if where.app == "core" or where.room == "migrations":
        return
    for name, line in _imports(tree):
        if _is_within(name, "django_fsm"):
            yield f"line {line}: {name} is imported past core.lifecycle"


RULES: list[Rule] = [
    only_actions_import_moves,
    doors_and_queries_never_write,
    no_status_is_set_by_hand,
    no_imports_inside_functions,
    no_signals,
    no_thread_locals,
    no_generic_foreign_keys,
    domain_knows_no_door,
    apps_never_import_config,
    every_room_has_a_known_name,
    only_core_knows_the_library,
]


def breaches(path: Path, source: str, rules: list[Rule] | None = None) -> list[str]:
    """Every breach in one file, each named with the rule that it breaks."""
    tree = ast.parse(source, filename=str(path))
    where = Room.of(path)
    return [f"{path}: {said} [{rule.__name__}]" for rule in rules or RULES for said in rule(where, tree)]
