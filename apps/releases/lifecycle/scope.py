"""What exactly is approved: the scope of a release as canonical JSON, its digest, and the difference of two in words."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

WINDOW, COMPONENTS, TASKS, CHECKS = "window", "components", "tasks", "checks"
NAMES = {
    "subject": "the service",
    "release_version": "the version",
    "type": "the type",
    "environment": "the environment",
    "model": "the release model",
    "model_digest": "the content of the release model",
    "rollout": "the rollout",
    "back_out_plan": "the back-out plan",
}
PARTS = {COMPONENTS: "component", TASKS: "task", CHECKS: "check"}


def scope_content(release: Any) -> dict[str, Any]:
    """Everything an approver says yes to. The order of rows in the database does not matter to it."""
    version = release.model_version
    return {
        "release": release.key,
        "subject": release.subject.key,
        "release_version": release.release_version,
        "type": release.type,
        "environment": release.environment.slug if release.environment_id else None,
        "model": f"{version.model.slug}/{version.number}" if version else None,
        "model_digest": version.digest if version else None,
        WINDOW: {"start": _time(release.planned_start), "end": _time(release.planned_end)},
        COMPONENTS: {one.ci.key: _component(one) for one in release.components.select_related("ci")},
        TASKS: {one.slug: _task(one) for one in release.tasks.prefetch_related("depends_on", "takes_back")},
        CHECKS: {one.slug: _check(one) for one in release.checks.select_related("component__ci")},
        "rollout": release.model_content.get("rollout", {}),
        "back_out_plan": release.back_out_plan,
    }


def canonical(content: Any) -> bytes:
    """One byte string for one content: sorted names, no spaces, UTF-8."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(content: Any) -> str:
    return hashlib.sha256(canonical(content)).hexdigest()


def scope_digest(release: Any) -> str:
    """SHA-256 over the canonical JSON of what is, or was, approved."""
    return digest_of(scope_content(release))


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What changed between two scopes, a sentence each."""
    said = [_changed(words, old.get(name), new.get(name)) for name, words in NAMES.items()]
    said.append(_window_changed(old.get(WINDOW) or {}, new.get(WINDOW) or {}))
    for part, word in PARTS.items():
        said.extend(_parts_changed(word, old.get(part) or {}, new.get(part) or {}))
    return [sentence for sentence in said if sentence]


def _component(component: Any) -> dict[str, Any]:
    return {
        "from_version": component.from_version,
        "to_version": component.to_version,
        "purl": component.purl,
        "digest": component.digest,
        "no_digest_reason": component.no_digest_reason,
    }


def _task(task: Any) -> dict[str, Any]:
    """What was not there when older scopes were approved is named only where it says something."""
    later: dict[str, Any] = {} if task.offset_minutes is None else {"offset_minutes": task.offset_minutes}
    taken_back = sorted(one.slug for one in task.takes_back.all())
    if taken_back:
        later["takes_back"] = taken_back
    return later | {
        "title": task.title,
        "phase": task.phase,
        "role": task.role,
        "kind": task.kind,
        "mandatory": task.mandatory,
        "duration_minutes": task.duration_minutes,
        "depends_on": sorted(need.slug for need in task.depends_on.all()),
    }


def _check(check: Any) -> dict[str, Any]:
    return {
        "title": check.title,
        "group": check.group,
        "kind": check.kind,
        "required": check.required,
        "params": check.params,
        "component": check.component.ci.key if check.component_id else None,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None


def _said(value: Any) -> str:
    if value in (None, "", [], {}):
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _changed(what: str, old: Any, new: Any) -> str:
    if old == new:
        return ""
    return f"{what[0].upper()}{what[1:]} changed from {_said(old)} to {_said(new)}."


def _window_changed(old: dict[str, Any], new: dict[str, Any]) -> str:
    if old == new:
        return ""
    return (
        f"The window moved from {_said(old.get('start'))} – {_said(old.get('end'))} "
        f"to {_said(new.get('start'))} – {_said(new.get('end'))}."
    )


def _parts_changed(word: str, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    said = [f"The {word} {name} was added." for name in sorted(new.keys() - old.keys())]
    said += [f"The {word} {name} was removed." for name in sorted(old.keys() - new.keys())]
    for name in sorted(old.keys() & new.keys()):
        for field in sorted(old[name].keys() | new[name].keys()):
            words = f"{field.replace('_', ' ')} of the {word} {name}"
            said.append(_changed(f"the {words}", old[name].get(field), new[name].get(field)))
    return said
