"""A content as people read it: rules as sentences, choices by their names."""

from __future__ import annotations

from typing import Any

from apps.accounts.permissions import Role
from apps.release_models.content.asking import when_in_words

PHASES = {"prepare": "Prepare", "execute": "Execute", "back_out": "Back out"}
GROUPS = {"component": "Component", "procedure": "Procedure", "release": "Released service"}
STRATEGIES = {"all_at_once": "All at once", "phased": "Phased", "dark": "Deployed dark, released later"}
NO_DATA = {"fail": "fails", "inconclusive": "is inconclusive", "pass": "passes"}
CHANGE_KINDS = {
    "code": "Code",
    "configuration": "Configuration",
    "data": "Data or its structure",
    "infrastructure": "Infrastructure",
    "content": "Texts and documents",
}
SURVEYED = {"service_owner": "Service owners", "consumer": "Consumers", "partner": "Partners"}
RISKS = {"low": "Low", "medium": "Medium", "high": "High"}
BARRED = {
    "requester": "who asks for the approval",
    "release_manager": "the release manager",
    "implementer": "who carries out the release",
    "author": "the authors of the changes",
    "builder": "who built the artifacts",
}


def role_in_words(role: str) -> str:
    return str(Role(role).label) if role in Role.values else role


def minutes_in_words(minutes: int) -> str:
    """90 → 1 h 30 min."""
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    parts = [f"{days} d"] * bool(days) + [f"{hours} h"] * bool(hours) + [f"{left} min"] * bool(left)
    return " ".join(parts) or "0 min"


def _words(values: list[str]) -> str:
    return ", ".join(value.replace("_", " ") for value in values)


def applies_in_words(applies: dict[str, Any]) -> list[str]:
    """Each rule that is given, as a sentence; one sentence when none is."""
    sentences = []
    for name, noun in (
        ("subject_types", "Type of subject"),
        ("release_types", "Type of release"),
        ("change_kinds", "Kind of change"),
        ("risks", "Risk"),
        ("value_streams", "Value stream"),
        ("environments", "Environment"),
    ):
        if applies.get(name):
            sentences.append(f"{noun}: {_words(applies[name])}")
    bounds = applies["criticality"]
    if bounds:
        sentences.append(f"Criticality of the subject: {bounds['min']} to {bounds['max']} (1 is the highest)")
    if applies["max_components"]:
        sentences.append(f"At most {applies['max_components']} component(s)")
    return sentences or ["Anything: no rule is given."]


def who_in_words(who: dict[str, Any]) -> str:
    if "role" in who:
        return f"Role: {role_in_words(who['role'])}"
    if "team" in who:
        return f"Team: {who['team']}"
    if "people" in who:
        return f"People: {', '.join(who['people'])}"
    if "impacted_service_owners" in who:
        return "The owners of each service it reaches"
    return "The service’s owners"


def share_in_words(group: dict[str, Any]) -> str:
    """How many of the group must approve, and how many objections it bears."""
    share = {
        "all": "everybody asked",
        "any": "anyone",
        "n": f"{group['n']} people",
        "percent": f"{group['n']} % of those asked",
    }[group["mode"]]
    bears = group["max_objections"]
    return f"{share}, bearing {bears} objection(s)" if bears else f"{share}, no objection"


def tasks_in_words(content: dict[str, Any]) -> list[dict[str, Any]]:
    titles = {task["slug"]: task["title"] for task in content["tasks"]}
    return [
        {
            **task,
            "phase": PHASES[task["phase"]],
            "role": role_in_words(task["role"]),
            "duration": minutes_in_words(task["duration_minutes"]),
            "after": ", ".join(titles.get(slug, slug) for slug in task["depends_on"]),
        }
        for phase in PHASES
        for task in content["tasks"]
        if task["phase"] == phase
    ]


def checks_in_words(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            **check,
            "group": GROUPS[check["group"]],
            "kind": check["kind"].replace("_", " "),
            "waivable": ", ".join(role_in_words(role) for role in check["waivable_by"]) or "nobody",
            "stale": f"{check['stale_after_hours']} h" if check["stale_after_hours"] else "never",
            "no_data": NO_DATA[check["on_no_data"]],
            "parameters": ", ".join(f"{name}: {value}" for name, value in check["params"].items()),
        }
        for group in GROUPS
        for check in content["checks"]
        if check["group"] == group
    ]


def groups_in_words(content: dict[str, Any]) -> list[dict[str, Any]]:
    groups = sorted(content["approvals"]["groups"], key=lambda group: group["order"])
    return [
        {
            **group,
            "whom": who_in_words(group["who"]),
            "share": share_in_words(group),
            "only": when_in_words(group.get("when")),
        }
        for group in groups
    ]


def approval_facts(content: dict[str, Any]) -> list[str]:
    """What holds for the approval as a whole."""
    approvals, after = content["approvals"], content["after_the_fact"]
    facts = []
    if content["pre_authorised"]:
        facts.append("Pre-authorised: publishing this version approves every release within its limits.")
    if after:
        facts.append(f"Approved after the fact, within {after['approve_within_hours']} h.")
    if approvals["groups"]:
        one_each = "counts for one group only" if approvals["distinct_people"] else "may count for several groups"
        facts.append(f"One person {one_each}.")
        facts.append(f"There are {approvals['expires_after_hours']} h to answer.")
        by_code = "is proof enough" if approvals["email_code"] else "is not enough: approvers sign in"
        facts.append(f"The code in the e-mail {by_code}.")
    if approvals["bar"]:
        facts.append(f"Not approved by {', '.join(BARRED[one] for one in approvals['bar'])}.")
    return facts


def course_facts(content: dict[str, Any]) -> list[tuple[str, str]]:
    """Everything else the version lays down, as (name, words)."""
    rollout, window, review = content["rollout"], content["window"], content["review"]
    tolerance = minutes_in_words(window["tolerance_minutes"])
    communication = content["communication"]
    notice = communication["notice_hours"]
    whom = f"parties that are {_words(communication['roles'])}" if communication["roles"] else "every party concerned"
    told = f"{whom}, to acknowledge within {communication['acknowledge_within_days']} days"
    return [
        ("Rollout", STRATEGIES[rollout["strategy"]]),
        ("Start", "by itself at its time" if content["start"]["automatic"] else "by a person"),
        ("Way back", "of each step" if content.get("back_out", {}).get("every_step") else "as a whole"),
        ("Window", _window_in_words(window)),
        ("On time", f"up to {tolerance} after the planned end"),
        ("Early-life support", f"{content['early_life_hours']} h"),
        ("Notice to consumers and partners", f"{notice} h" if notice else "none laid down"),
        ("New versions are told to", told),
        ("Review", f"due within {review['due_within_days']} days, {_survey_in_words(review)}"),
    ]


def _window_in_words(window: dict[str, Any]) -> str:
    if not window["required"]:
        return "at any time"
    keys = window.get("keys")
    return f"within {', '.join(keys)}" if keys else "a release window is needed"


def _survey_in_words(review: dict[str, Any]) -> str:
    if not review["survey"]:
        return "without survey"
    groups = [SURVEYED[one].lower() for one in review.get("survey_to", ())]
    return f"with a survey of {' and '.join(groups) or 'everybody concerned'}"
