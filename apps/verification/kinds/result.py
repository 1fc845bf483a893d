"""What came of a check: four different things, and a reason in words for each.

passed        it was looked at, and it is as it should be
failed        it was looked at, and it is not
error         it could not be looked at: the tool broke, the address did not answer
inconclusive  it was looked at, and it does not tell
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

PASSED, FAILED, ERROR, INCONCLUSIVE = "passed", "failed", "error", "inconclusive"
NO_DATA = "no_data"
# The worst of several parts decides: a fault that was seen outweighs one that could not be looked for.
GRAVITY = (FAILED, ERROR, INCONCLUSIVE, NO_DATA, PASSED)


@dataclass(frozen=True)
class Result:
    """One verdict. `retry_after` asks for another attempt in so many seconds before this verdict counts,
    numbered `next_attempt` where that is not simply the next one.

    `no_data` says that there was nothing to look at; what that means, the definition of the check says.
    """

    status: str
    detail: str
    output: dict[str, Any] = field(default_factory=dict)
    evidence: tuple[int, ...] = ()
    retry_after: float | None = None
    next_attempt: int | None = None

    @property
    def is_no_data(self) -> bool:
        return self.status == NO_DATA


def passed(detail: str, *, evidence: Iterable[int] = (), **output: Any) -> Result:
    return Result(PASSED, detail, output, tuple(evidence))


def failed(detail: str, *, evidence: Iterable[int] = (), **output: Any) -> Result:
    return Result(FAILED, detail, output, tuple(evidence))


def error(detail: str, *, evidence: Iterable[int] = (), **output: Any) -> Result:
    return Result(ERROR, detail, output, tuple(evidence))


def inconclusive(detail: str, *, evidence: Iterable[int] = (), **output: Any) -> Result:
    return Result(INCONCLUSIVE, detail, output, tuple(evidence))


def no_data(detail: str, **output: Any) -> Result:
    return Result(NO_DATA, detail, output)


def together(results: dict[str, Result]) -> Result:
    """One verdict over several components: the gravest, in the words of all that share it."""
    if not results:
        return no_data("There is nothing in the release that this check looks at.")
    status = next(one for one in GRAVITY if any(result.status == one for result in results.values()))
    told = [result for result in results.values() if result.status == status]
    evidence = tuple(dict.fromkeys(pk for result in results.values() for pk in result.evidence))
    return Result(status, " ".join(result.detail for result in told), {"parts": _outputs(results)}, evidence)


def _outputs(results: dict[str, Result]) -> dict[str, Any]:
    return {key: {"status": result.status, "detail": result.detail, **result.output} for key, result in results.items()}
