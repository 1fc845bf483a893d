"""What the release needs is live where it goes."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.verification.evidence.ranges import is_range, is_within
from apps.verification.kinds import result
from apps.verification.kinds.kind import Kind
from apps.verification.kinds.result import Result
from apps.verification.kinds.subject import Subject


class DependenciesLive(Kind):
    slug = "dependencies_live"
    title = _("Dependencies live")
    help = _("The versions that this release needs of other configuration items are live in its environment.")
    params = {
        "type": "object",
        "required": ["needs"],
        "additionalProperties": False,
        "properties": {
            "needs": {
                "type": "object",
                "minProperties": 1,
                "maxProperties": 50,
                "additionalProperties": {"type": "string", "maxLength": 100},
                "description": "Key of a configuration item and the versions that will do: {“auth”: “>=2.1, <3”}.",
            }
        },
    }
    reads = ("deployment",)

    def judge(self, subject: Subject) -> Result:
        if not subject.environment:
            return result.error("The release names no environment in which to look.")
        needs = subject.params["needs"]
        unclear = [f"“{wanted}”" for wanted in needs.values() if not is_range(wanted)]
        if unclear:
            return result.error(f"Not a range of versions: {', '.join(unclear)}. Write such as >=2.1, <3.")
        live = {key: subject.installed.get(key, "") for key in needs}
        wrong = [
            f"{key} is live in {live[key]}, not {wanted}"
            for key, wanted in needs.items()
            if live[key] and not is_within(live[key], wanted)
        ]
        missing = [key for key in needs if not live[key]]
        where = subject.environment
        if wrong:
            return result.failed(f"In {where}: {'; '.join(wrong)}.", live=live)
        if missing:
            return result.no_data(
                f"It is not known which version of {', '.join(missing)} is live in {where}.", live=live
            )
        return result.passed(
            f"In {where}, {', '.join(f'{key} {version}' for key, version in live.items())} live.", live=live
        )
