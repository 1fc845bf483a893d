"""A person looks, and signs."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.verification.kinds import result
from apps.verification.kinds.kind import Kind, object_of
from apps.verification.kinds.result import Result
from apps.verification.kinds.subject import Subject


class Manual(Kind):
    slug = "manual"
    title = _("Manual check")
    help = _("A person follows the instructions and signs what they saw.")
    params = object_of(instructions={"type": "string", "description": "What to look at, and what is good enough."})
    is_by_hand = True

    def judge(self, subject: Subject) -> Result:
        return result.no_data("This check waits for a person's signature.")
