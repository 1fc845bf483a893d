"""GitHub: `deployment`, `deployment_status`, `deployment_protection_rule` and `workflow_run`. Everything else is acknowledged and ignored.

Nothing may be required that GitHub does not always send: `description`, `sender`, `workflow` and even `repository` are
missing in real payloads; `payload` is an object, a JSON text, or empty.
"""

from __future__ import annotations

import json
import re
from typing import Any

from apps.core.clock import moment_of
from apps.core.documents import storable
from apps.integrations.adapters.facts import Adapter
from apps.integrations.signatures import is_signed_by_github

DEPLOYMENT, PIPELINE, GATE = "deployment", "pipeline", "gate"
TAG = re.compile(r"^(refs/tags/.+|[vV]?\d+(\.\d+)+([-+.].*)?)$")
STATES = {
    "queued": "pending",
    "waiting": "pending",
    "requested": "pending",
    "pending": "pending",
    "in_progress": "in_progress",
    "success": "success",
    "failure": "failure",
    "error": "error",
    "inactive": "inactive",
}


def read_deployment(payload: dict[str, Any]) -> dict[str, Any]:
    """A deployment was asked for."""
    return _facts(payload, state="pending", at=_dict(payload.get("deployment")).get("created_at"))


def read_deployment_status(payload: dict[str, Any]) -> dict[str, Any]:
    """A deployment has come to a state."""
    status = _dict(payload.get("deployment_status"))
    state = STATES.get(str(status.get("state") or ""))
    if state is None:
        return {}
    link = status.get("log_url") or status.get("target_url") or ""
    return _facts(payload, state=state, at=status.get("created_at"), environment=status.get("environment"), url=link)


def _facts(payload: dict[str, Any], *, state: str, at: Any, environment: Any = None, url: str = "") -> dict[str, Any]:
    deployment, repository = _dict(payload.get("deployment")), _dict(payload.get("repository"))
    number = deployment.get("id")
    if not number or deployment.get("transient_environment") is True:
        return {}
    told = _told(deployment.get("payload"))
    facts = {
        "kind": DEPLOYMENT,
        "external_id": str(number),
        "repository": repository.get("full_name") or "",
        "component": told.get("component") or "",
        "environment": environment or deployment.get("environment") or "",
        "state": state,
        "at": _moment(at),
        "version": told.get("version") or _tag(deployment.get("ref")) or deployment.get("sha") or "",
        "digest": told.get("digest") or "",
        "commit": deployment.get("sha") or "",
        "url": url or "",
    }
    return storable({name: value if isinstance(value, str) else str(value) for name, value in facts.items()})


def read_workflow_run(payload: dict[str, Any]) -> dict[str, Any]:
    """A pipeline began or ended. Its conclusion counts only with the action `completed`."""
    run, repository = _dict(payload.get("workflow_run")), _dict(payload.get("repository"))
    if not run.get("id") or not run.get("head_sha"):
        return {}
    ended = payload.get("action") == "completed"
    facts = {
        "kind": PIPELINE,
        "external_id": str(run["id"]),
        "repository": repository.get("full_name") or "",
        "name": run.get("name") or _dict(payload.get("workflow")).get("name") or "",
        "commit": run["head_sha"],
        "ref": run.get("head_branch") or "",
        "conclusion": (run.get("conclusion") or "") if ended else "",
        "attempt": str(run.get("run_attempt") or 1),
        "at": _moment(run.get("updated_at")),
        "url": run.get("html_url") or "",
        "author": _dict(_dict(run.get("head_commit")).get("author")).get("email") or "",
        "started_by": _dict(run.get("triggering_actor") or run.get("actor")).get("login") or "",
    }
    return storable({name: value if isinstance(value, str) else str(value) for name, value in facts.items()})


def read_protection_rule(payload: dict[str, Any]) -> dict[str, Any]:
    """A deployment waits for leave. Without an address to answer at, nothing can be done for it."""
    deployment, repository = _dict(payload.get("deployment")), _dict(payload.get("repository"))
    address = payload.get("deployment_callback_url")
    if payload.get("action") != "requested" or not isinstance(address, str) or not payload.get("environment"):
        return {}
    told = _told(deployment.get("payload"))
    facts = {
        "kind": GATE,
        "repository": repository.get("full_name") or "",
        "component": told.get("component") or "",
        "environment": payload["environment"],
        "callback_url": address,
        "installation": _dict(payload.get("installation")).get("id") or "",
        "version": told.get("version") or _tag(deployment.get("ref")) or "",
        "commit": deployment.get("sha") or "",
    }
    return storable({name: value if isinstance(value, str) else str(value) for name, value in facts.items()})


def _told(payload: Any) -> dict[str, str]:
    """What the pipeline wrote into the deployment's own payload: component, version, digest."""
    if isinstance(payload, str):
        try:
            payload = json.loads(payload)
        except (ValueError, RecursionError):
            return {}
    known = _dict(payload)
    return {name: known[name] for name in ("component", "version", "digest") if isinstance(known.get(name), str)}


def _tag(ref: Any) -> str:
    """The ref where it names a version; a branch or a commit does not."""
    return str(ref).removeprefix("refs/tags/") if isinstance(ref, str) and TAG.match(ref) else ""


def _moment(text: Any) -> str:
    moment = moment_of(text)
    return moment.isoformat() if moment is not None else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


ADAPTER = Adapter(
    source="github",
    signature_header="X-Hub-Signature-256",
    event_header="X-GitHub-Event",
    delivery_header="X-GitHub-Delivery",
    is_signed=is_signed_by_github,
    readers={
        "deployment": read_deployment,
        "deployment_status": read_deployment_status,
        "deployment_protection_rule": read_protection_rule,
        "workflow_run": read_workflow_run,
    },
)
