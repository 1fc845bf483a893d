"""What people send to make one more of a thing: operation → (who, body). `n` makes each one different, `w` is the world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apps.core.clock import now
from tests.factories import CONTENT

Body = Callable[[Any, int], Any]


def at(days: float) -> str:
    return (now() + timedelta(days=days)).isoformat()


def public_key(n: int) -> str:
    """A key of its own for each n, the same in every run."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([n % 256]) * 32).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


LAST = 8  # so many parts, parties and environments are there for others to refer to


def known(word: str, n: int) -> str:
    return f"{word}-{min(n, LAST)}"


def span(first: float, length: float = 0.2) -> dict[str, str]:
    return {"starts_at": at(first), "ends_at": at(first + length)}


DAYS = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:day-%(n)d\r\nSUMMARY:Day %(n)d\r\n"
    b"DTSTART;VALUE=DATE:20301224\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)

SEEDS: dict[str, tuple[str, Body]] = {
    "teams_create": ("ivan", lambda w, n: {"slug": f"team-{n}", "name": f"Team {n}"}),
    "teams_members_create": ("ivan", lambda w, n: {"username": w.extras[n % len(w.extras)]}),
    "ci_types_create": ("ivan", lambda w, n: {"slug": f"kind-{n}", "name": f"Kind {n}"}),
    "relationship_types_create": (
        "ivan",
        lambda w, n: {"slug": f"likes-{n}", "name": f"likes {n}", "reverse_name": f"liked by {n}"},
    ),
    "environments_create": ("ivan", lambda w, n: {"slug": f"env-{n}", "name": f"Env {n}", "order": 10 + n}),
    "value_streams_create": ("ivan", lambda w, n: {"slug": f"stream-{n}", "name": f"Stream {n}"}),
    "parties_create": ("ivan", lambda w, n: {"slug": f"party-{n}", "name": f"Party {n}", "kind": "consumer"}),
    "import_sources_create": ("ivan", lambda w, n: {"slug": f"source-{n}"}),
    "column_mappings_create": (
        "ivan",
        lambda w, n: {
            "slug": f"table-{n}",
            "name": f"Table {n}",
            "columns": [{"meaning": "identity", "header": "id"}, {"meaning": "ci_type", "fallback": "host"}],
        },
    ),
    "configuration_items_create": (
        "ivan",
        lambda w, n: {"key": f"part-{n}", "name": f"Part {n}", "ci_type": "component", "owner": "payments"},
    ),
    "relationships_create": (
        "ivan",
        lambda w, n: {"source": known("part", n), "target": "payments", "type": "likes-1"},
    ),
    "service_relationships_create": ("ivan", lambda w, n: {"party": known("party", n), "service": "payments"}),
    "imports_create": ("ivan", lambda w, n: b"---\n".join(CATALOG % (n, one) for one in range(3))),
    "delegations_create": (
        "adam",
        lambda w, n: {"taker": "anna", "from_at": at(9 * n), "until_at": at(9 * n + 5), "reason": "Away."},
    ),
    "windows_create": ("rosa", lambda w, n: {"name": f"Window {n}", **span(n)}),
    "freezes_create": ("rosa", lambda w, n: {"name": f"Freeze {n}", "kind": "hard", **span(300 + n)}),
    "freezes_import_create": ("rosa", lambda w, n: DAYS % {b"n": n}),
    "freezes_exceptions_create": (
        "rosa",
        lambda w, n: {"release_key": w.release(n), "digest": f"{n:064}", "reason": "It must."},
    ),
    "approaches_create": ("rosa", lambda w, n: {"slug": f"approach-{n}", "name": f"Approach {n}"}),
    "approaches_versions_create": (
        "rosa",
        lambda w, n: {"summary": f"Draft {n}", "items": ["payments"], "value_streams": [], "release_models": []},
    ),
    "release_models_create": ("rosa", lambda w, n: {"slug": f"model-{n}", "name": f"Model {n}"}),
    "release_models_versions_create": ("rosa", lambda w, n: {"summary": f"Draft {n}", "content": CONTENT}),
    "releases_create": ("rosa", lambda w, n: {"title": f"Release {n}", "version": f"3.{n}.0", "subject": "payments"}),
    "releases_tasks_create": ("rosa", lambda w, n: {"slug": f"extra-{n}", "title": f"Extra {n}"}),
    "releases_components_create": (
        "rosa",
        lambda w, n: {"ci": known("part", n), "to_version": "1.0", "no_digest_reason": "A manual."},
    ),
    "releases_dependencies_create": ("rosa", lambda w, n: {"needs": w.release(n), "state": "released"}),
    "releases_holds_create": ("rosa", lambda w, n: {"reason": f"Wait for {n}."}),
    "releases_benefits_create": (
        "rosa",
        lambda w, n: {"expected": "Faster.", "measure": f"Seconds {n}", "target": "1"},
    ),
    "trains_create": (
        "rosa",
        lambda w, n: {"title": f"Train {n}", "planned_start": at(n), "planned_end": at(n + 0.2)},
    ),
    "trains_releases_create": ("rosa", lambda w, n: {"key": w.boarder(n)}),
    "trains_approve_create": (
        "adam",
        lambda w, n: {"releases": [{"release": w.passenger.key, "digest": w.passenger.round.digest}]},
    ),
    "releases_evidence_create": ("ida", lambda w, n: b"evidence %d" % n),
    "deployments_create": (
        "ida",
        lambda w, n: {
            "ci": "part-1",
            "environment": known("env", n),
            "version": f"2.{n}",
            "status": "success",
            "source": "argo",
            "external_id": f"x{n}",
        },
    ),
    "releases_deployments_create": ("rosa", lambda w, n: {"deployment": w.deployment(n)}),
    "releases_approvals_create": ("adam", lambda w, n: {"decision": "approve", "digest": w.digest}),
    "incidents_create": (
        "ida",
        lambda w, n: {"title": f"Refunds fail {n}", "severity": 2, "services": ["payments"], "external_id": f"i{n}"},
    ),
    "incidents_links_create": ("rosa", lambda w, n: {"release": w.release(n), "reason": "It began then."}),
    "findings_create": (
        "audrey",
        lambda w, n: {"control": "internal_audit", "title": f"Finding {n}", "detail": "Seen."},
    ),
    "break_glass_create": (
        "rosa",
        lambda w, n: {"release": w.release(n), "reason": f"It burned {n}.", "passed_over": "two approvals"},
    ),
    "improvement_actions_create": ("rosa", lambda w, n: {"title": f"Do better {n}"}),
    "surveys_create": ("rosa", lambda w, n: {"release": w.release_in("in_review", n), "closes_at": at(14)}),
    "trusted_keys_create": (
        "ivan",
        lambda w, n: {"slug": f"key-{n}", "name": f"Key {n}", "public_key": public_key(n)},
    ),
    "hook_endpoints_create": ("ivan", lambda w, n: {"slug": f"main-{n}", "name": "GitHub", "kind": "github"}),
    "webhooks_create": (
        "ivan",
        lambda w, n: {"name": f"Hook {n}", "url": f"https://hooks.example.org/{n}", "events": ["releases.release.*"]},
    ),
    "calendar_feeds_create": ("rosa", lambda w, n: {"name": f"Feed {n}"}),
}

# Some writes take their particulars in the query.
QUERIES = {
    "freezes_import_create": "?source=days",
    "imports_create": "?source=backstage&format=backstage",
    "releases_evidence_create": "?kind=other",
}

# What a change is, where an empty one would not be asked who makes it.
CHANGES: dict[str, Any] = {
    "releases_partial_update": {"description": "Told anew."},
    "releases_no_model_fits_create": {"reason": "It must go live country by country."},
    "trains_move_create": {"planned_start": at(7), "planned_end": at(8), "reason": "A storm."},
    "trains_releases_leave_create": {"reason": "Not this time."},
    "findings_leave_unmanaged_create": {"note": "A test installation."},
}

# Some are possible in one place only.
PLACES: dict[str, Callable[[Any], str]] = {
    "exports_retrieve": lambda w: "exports/backstage/",
    "trains_approve_create": lambda w: f"trains/{w.train}/approve/",
    "my_approvals_retrieve": lambda w: f"my-approvals/{w.round(1)}/",
    "findings_bring_under_management_create": lambda w: f"findings/{w.bypass}/bring-under-management/",
    "findings_leave_unmanaged_create": lambda w: f"findings/{w.bypass}/leave-unmanaged/",
    "releases_no_model_fits_create": lambda w: f"releases/{w.draft}/no-model-fits/",
    "releases_approvals_create": lambda w: f"releases/{w.release_in('awaiting_approval')}/approvals/",
}

CATALOG = b"""apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: imported-%d-%d
spec:
  type: service
  lifecycle: production
  owner: payments
"""
