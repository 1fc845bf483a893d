"""Faults of a content: first its shape (JSON Schema), then its sense (what a schema cannot say)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from apps.accounts.models import Team, User
from apps.core.errors import FieldError
from apps.release_models.content.applicability import judge, scope_of
from apps.release_models.content.schema import SCHEMA
from apps.schedule.models import Window

VALIDATOR = Draft202012Validator(SCHEMA)
PHASES = ("prepare", "execute", "back_out")


def faults_of(content: Any, pointer: str = "/content") -> list[FieldError]:
    """Every fault at once, each with a JSON Pointer into the content. Of a wrong shape, only the shape is told."""
    shape = [
        FieldError("/".join([pointer, *map(_escaped, error.absolute_path)]), str(error.validator), _in_words(error))
        for error in sorted(VALIDATOR.iter_errors(content), key=lambda error: list(map(str, error.absolute_path)))
    ]
    if shape:
        return shape
    return [
        FieldError(f"{pointer}/{place}", code, detail)
        for rule in (
            _task_faults,
            _back_out_faults,
            _check_faults,
            _approval_faults,
            _range_faults,
            _window_faults,
            _rollout_faults,
            _example_faults,
        )
        for place, code, detail in rule(content)
    ]


def _escaped(name: str | int) -> str:
    """A step of a JSON Pointer (RFC 6901)."""
    return str(name).replace("~", "~0").replace("/", "~1")


Fault = tuple[str, str, str]


def _in_words(error: Any) -> str:
    words = {
        "required": "Something is missing here",
        "additionalProperties": "There is a name here that is not known",
        "enum": "This word is not one of those allowed",
        "type": "This is of the wrong kind",
        "pattern": "This is not written as it should be",
    }
    lead = words.get(str(error.validator), "This is not valid")
    message = error.message if len(error.message) <= 300 else f"{error.message[:300]}…"
    return f"{lead}: {message}"


def _repeated(items: list[dict[str, Any]], name: str) -> Iterator[tuple[int, str]]:
    counts = Counter(item[name] for item in items)
    seen: set[str] = set()
    for index, item in enumerate(items):
        if counts[item[name]] > 1 and item[name] in seen:
            yield index, item[name]
        seen.add(item[name])


def _task_faults(content: dict[str, Any]) -> Iterator[Fault]:
    tasks = content["tasks"]
    for index, slug in _repeated(tasks, "slug"):
        yield f"tasks/{index}/slug", "duplicate", f"Two tasks are called “{slug}”."
    by_slug = {task["slug"]: task for task in tasks}
    for index, task in enumerate(tasks):
        for position, needed in enumerate(task["depends_on"]):
            place = f"tasks/{index}/depends_on/{position}"
            if needed not in by_slug:
                yield place, "unknown_task", f"“{task['slug']}” depends on “{needed}”, which is not a task here."
            elif not _may_follow(task, by_slug[needed]):
                yield place, "phase", _phase_in_words(task, by_slug[needed])
    cycle = _cycle({task["slug"]: [one for one in task["depends_on"] if one in by_slug] for task in tasks})
    if cycle:
        index = next(number for number, task in enumerate(tasks) if task["slug"] == cycle[0])
        yield f"tasks/{index}/depends_on", "cycle", f"The tasks wait for each other in a circle: {' → '.join(cycle)}."


def _back_out_faults(content: dict[str, Any]) -> Iterator[Fault]:
    """What is taken back is a step of the execution; where each needs a way back, each has one."""
    tasks = content["tasks"]
    phases = {task["slug"]: task["phase"] for task in tasks}
    for index, task in enumerate(tasks):
        if task["takes_back"] and task["phase"] != "back_out":
            detail = f"“{task['slug']}” is no back-out task, so it takes nothing back."
            yield f"tasks/{index}/takes_back", "phase", detail
        for position, slug in enumerate(task["takes_back"]):
            if phases.get(slug) != "execute":
                detail = f"“{task['slug']}” takes back “{slug}”, which is no step of the execution here."
                yield f"tasks/{index}/takes_back/{position}", "unknown_task", detail
    taken_back = {slug for task in tasks for slug in task["takes_back"]}
    for index, task in enumerate(tasks):
        if content["back_out"]["every_step"] and task["phase"] == "execute" and task["slug"] not in taken_back:
            yield f"tasks/{index}/slug", "no_way_back", f"Nothing takes back “{task['slug']}”, and every step needs it."


def _may_follow(task: dict[str, Any], needed: dict[str, Any]) -> bool:
    """Backing out stands alone; execution may wait for preparation, never the other way round."""
    if "back_out" in (task["phase"], needed["phase"]):
        return task["phase"] == needed["phase"]
    return PHASES.index(needed["phase"]) <= PHASES.index(task["phase"])


def _phase_in_words(task: dict[str, Any], needed: dict[str, Any]) -> str:
    return (
        f"“{task['slug']}” ({task['phase'].replace('_', ' ')}) cannot wait for “{needed['slug']}” "
        f"({needed['phase'].replace('_', ' ')})."
    )


def _cycle(edges: dict[str, list[str]]) -> list[str]:
    """One circle in the graph, first and last the same; empty when there is none."""
    done: set[str] = set()
    for start in edges:
        path: list[str] = []
        stack = [(start, iter(edges[start]))] if start not in done else []
        path.extend(node for node, _rest in stack)
        while stack:
            node, rest = stack[-1]
            following = next((one for one in rest if one not in done), None)
            if following is None:
                done.add(node)
                stack.pop()
                path.pop()
            elif following in path:
                return [*path[path.index(following) :], following]
            else:
                stack.append((following, iter(edges[following])))
                path.append(following)
    return []


def _check_faults(content: dict[str, Any]) -> Iterator[Fault]:
    for index, slug in _repeated(content["checks"], "slug"):
        yield f"checks/{index}/slug", "duplicate", f"Two checks are called “{slug}”."


def _approval_faults(content: dict[str, Any]) -> Iterator[Fault]:
    groups = content["approvals"]["groups"]
    for index, name in _repeated(groups, "name"):
        yield f"approvals/groups/{index}/name", "duplicate", f"Two groups are called “{name}”."
    teams = {group["who"]["team"] for group in groups if "team" in group["who"]}
    people = {name for group in groups for name in group["who"].get("people", ())}
    known_teams = set(Team.objects.filter(slug__in=teams).values_list("slug", flat=True)) if teams else set()
    known_people = set()
    if people:
        known_people = set(User.objects.filter(username__in=people, is_active=True).values_list("username", flat=True))
    for index, group in enumerate(groups):
        place = f"approvals/groups/{index}"
        team = group["who"].get("team")
        if team and team not in known_teams:
            yield f"{place}/who/team", "unknown_team", f"There is no team “{team}”."
        for position, name in enumerate(group["who"].get("people", ())):
            if name not in known_people:
                yield f"{place}/who/people/{position}", "unknown_person", f"There is no active person “{name}”."
        yield from _share_faults(group, place)
    if not groups and not content["pre_authorised"] and content["after_the_fact"] is None:
        detail = "Nobody approves. Name a group, or say that the model is pre-authorised."
        yield "approvals/groups", "nobody", detail


def _share_faults(group: dict[str, Any], place: str) -> Iterator[Fault]:
    people = group["who"].get("people")
    if group["mode"] == "n" and people and group["n"] > len(people):
        yield f"{place}/n", "too_many", f"{group['n']} of {len(people)} people can never be reached."


def _range_faults(content: dict[str, Any]) -> Iterator[Fault]:
    bounds = content["applies"]["criticality"]
    if bounds and bounds["min"] > bounds["max"]:
        yield "applies/criticality/min", "range", "The lowest number is above the highest."
    told = content["communication"]
    if told["remind_after_days"] >= told["acknowledge_within_days"]:
        yield "communication/remind_after_days", "range", "The reminder would come when the answer is already due."


def _window_faults(content: dict[str, Any]) -> Iterator[Fault]:
    keys = content["window"]["keys"]
    known = set(Window.objects.filter(key__in=keys).values_list("key", flat=True)) if keys else set()
    for index, key in enumerate(keys):
        if key not in known:
            yield f"window/keys/{index}", "unknown_window", f"There is no release window “{key}”."


def _rollout_faults(content: dict[str, Any]) -> Iterator[Fault]:
    rollout = content["rollout"]
    stages = rollout["stages"]
    if rollout["strategy"] == "phased" and not stages:
        yield "rollout/stages", "required", "A phased rollout needs stages."
    for index, name in _repeated(stages, "name"):
        yield f"rollout/stages/{index}/name", "duplicate", f"Two stages are called “{name}”."
    for index in range(1, len(stages)):
        if stages[index]["percentage"] < stages[index - 1]["percentage"]:
            detail = "A later stage reaches fewer people than the one before."
            yield f"rollout/stages/{index}/percentage", "shrinks", detail


def _example_faults(content: dict[str, Any]) -> Iterator[Fault]:
    for index, example in enumerate(content["examples"]):
        verdict = judge(content["applies"], scope_of(example["scope"]))
        if verdict.applies != example["applies"]:
            meant = "should apply" if example["applies"] else "should not apply"
            because = " ".join(verdict.misses) or "Every rule matches."
            yield f"examples/{index}", "example", f"To “{example['title']}” the model {meant}. {because}"
