"""Refusals: the only exceptions a door catches, each with a sentence for the person and a code for the program.

The API turns them into RFC 9457 problem details, the admin into messages, a command into an exit code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _

from apps.core.blockers import Blocker


class Refusal(Exception):
    """Something was asked that will not be done. Nothing was written."""

    status = 400
    code = "refused"
    title = _("Refused")

    def __init__(self, detail: str = "", *, code: str = "") -> None:
        self.detail = str(detail or self.title)
        self.code = code or self.code
        super().__init__(self.detail)


class NotPermitted(Refusal):
    """The actor's roles do not allow this."""

    status, code, title = 403, "not_permitted", _("Not permitted")


class Unauthorised(Refusal):
    """Nobody is known to be asking, or the proof does not hold."""

    status, code, title = 401, "unauthorised", _("Not signed in")


class NotFound(Refusal):
    status, code, title = 404, "not_found", _("Not found")


class Gone(Refusal):
    status, code, title = 410, "gone", _("No longer available")


class Stale(Refusal):
    """The caller acted on a version that is no longer the current one."""

    status, code, title = 412, "stale", _("It changed in the meantime")


class Conflict(Refusal):
    status, code, title = 409, "conflict", _("Conflict")


class TooLarge(Refusal):
    status, code, title = 413, "too_large", _("Too large")


class Unprocessable(Refusal):
    status, code, title = 422, "unprocessable", _("Cannot be processed")


class NotNow(Refusal):
    """The step is not possible from here; every blocker is named."""

    status, code, title = 409, "blocked", _("Not possible now")

    def __init__(self, blockers: Iterable[Blocker], detail: str = "") -> None:
        self.blockers = list(blockers)
        super().__init__(detail or " ".join(str(blocker.message) for blocker in self.blockers))


@dataclass(frozen=True)
class FieldError:
    """One fault in the input: `pointer` is a field name or a JSON Pointer (RFC 6901) into the body."""

    pointer: str
    code: str
    detail: str


class Invalid(Refusal):
    """The input is at fault; each fault says where and how to mend it."""

    status, code, title = 400, "invalid", _("The input is not valid")

    def __init__(self, errors: Iterable[FieldError], detail: str = "") -> None:
        self.errors = list(errors)
        super().__init__(detail or " ".join(str(error.detail) for error in self.errors))

    @classmethod
    def field(cls, pointer: str, code: str, detail: str) -> Invalid:
        return cls([FieldError(pointer, code, str(detail))])

    @classmethod
    def from_validation(cls, error: ValidationError) -> Invalid:
        """Translate Django's ValidationError, field by field."""
        if not hasattr(error, "error_dict"):
            return cls([FieldError("", item.code or "invalid", " ".join(item.messages)) for item in error.error_list])
        return cls(
            FieldError("" if name == NON_FIELD_ERRORS else name, item.code or "invalid", " ".join(item.messages))
            for name, items in error.error_dict.items()
            for item in items
        )
