"""The charts of a check and of its runs.

    pending → running → passed | failed | error | inconclusive
    pending, running → inconclusive (called off; not a manual check)
    failed, error, inconclusive → waived (by whom the model says; reason and expiry)
    passed, waived → expired* (age, or its subject changed)
    any → pending, as a new check run

A check run is one attempt; attempts are appended, never overwritten. Only the newest run moves its check.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.blockers import Blocker
from apps.core.lifecycle import Lifecycle, StatusField, transition
from apps.releases.lifecycle.places import page_of
from apps.releases.lifecycle.words import CheckStatus, RunStatus, Status
from apps.releases.permissions import may_prove, may_sign_off, may_waive

MANUAL = "manual"
PROVEN = (CheckStatus.PASSED, CheckStatus.WAIVED)
WAIVABLE = (CheckStatus.FAILED, CheckStatus.ERROR, CheckStatus.INCONCLUSIVE)


def is_release_open(check: Any) -> Iterator[Blocker]:
    """Checks are carried out from planning until the release is closed."""
    if check.release.status in (Status.DRAFT, Status.CLOSED, Status.CANCELLED):
        yield Blocker(
            "release_not_open",
            _("Checks rest while the release is %(status)s.") % {"status": check.release.get_status_display().lower()},
            url=page_of(check.release),
        )


def is_manual(check: Any) -> bool:
    """Only a manual check is signed off by a person; this one is carried out by a tool."""
    return check.kind == MANUAL


def is_of_a_tool(check: Any) -> bool:
    """A manual check waits for a person; there is nothing to call off."""
    return check.kind != MANUAL


class CheckLifecycle(Lifecycle):
    status = StatusField(CheckStatus, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(
        status,
        CheckStatus.values,
        CheckStatus.PENDING,
        conditions=[is_release_open],
        permission=may_prove,
        label=_("Run"),
    )
    def request(self):
        """Obtain the proof, or obtain it again: a new check run."""

    @transition(status, CheckStatus.PENDING, CheckStatus.RUNNING)
    def begin(self):
        """The newest run has begun."""

    @transition(
        status,
        CheckStatus.RUNNING,
        CheckStatus.PASSED,
        conditions=[is_manual, is_release_open],
        permission=may_sign_off,
        note="required",
    )
    def sign_off(self):
        """I looked, and it is as it should be: say what you saw."""

    @transition(
        status,
        CheckStatus.RUNNING,
        CheckStatus.FAILED,
        conditions=[is_manual, is_release_open],
        permission=may_sign_off,
        note="required",
        label=_("Find wanting"),
    )
    def find_wanting(self):
        """I looked, and it is not as it should be: say what you saw."""

    @transition(status, CheckStatus.RUNNING, CheckStatus.PASSED)
    def succeed(self):
        """The newest run passed."""

    @transition(status, CheckStatus.RUNNING, CheckStatus.FAILED)
    def fail(self):
        """The newest run found that it is not as it should be."""

    @transition(status, CheckStatus.RUNNING, CheckStatus.ERROR)
    def break_off(self):
        """The newest run could not be carried out."""

    @transition(status, CheckStatus.RUNNING, CheckStatus.INCONCLUSIVE)
    def leave_open(self):
        """The newest run could not tell."""

    @transition(
        status,
        [CheckStatus.PENDING, CheckStatus.RUNNING],
        CheckStatus.INCONCLUSIVE,
        conditions=[is_of_a_tool],
        permission=may_prove,
        label=_("Call off"),
    )
    def cancel(self):
        """Stop looking: the run under way counts no longer."""

    @transition(
        status,
        WAIVABLE,
        CheckStatus.WAIVED,
        conditions=[is_release_open],
        permission=may_waive,
        note="required",
    )
    def waive(self):
        """Go on without this proof until the waiver ends, for a reason."""

    @transition(status, PROVEN, CheckStatus.EXPIRED)
    def expire(self):
        """The proof is too old, its waiver ended, or what it proved has changed."""


class CheckRunLifecycle(Lifecycle):
    status = StatusField(RunStatus, verbose_name=_("status"))

    class Meta:
        abstract = True

    @transition(status, RunStatus.PENDING, RunStatus.RUNNING)
    def begin(self):
        """Somebody or something is looking."""

    @transition(status, RunStatus.RUNNING, RunStatus.PASSED)
    def succeed(self):
        """It is as it should be."""

    @transition(status, RunStatus.RUNNING, RunStatus.FAILED)
    def fail(self):
        """It is not as it should be."""

    @transition(status, RunStatus.RUNNING, RunStatus.ERROR)
    def break_off(self):
        """It could not be carried out."""

    @transition(status, RunStatus.RUNNING, RunStatus.INCONCLUSIVE)
    def leave_open(self):
        """It could not tell."""

    @transition(status, [RunStatus.PENDING, RunStatus.RUNNING], RunStatus.INCONCLUSIVE)
    def cancel(self):
        """It was called off before it came to an end."""


VERDICTS = {
    RunStatus.PASSED: "succeed",
    RunStatus.FAILED: "fail",
    RunStatus.ERROR: "break_off",
    RunStatus.INCONCLUSIVE: "leave_open",
}
