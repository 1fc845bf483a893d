"""How verification stands, in words and colours."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

STANDING = {
    "passed": (_("verified"), "good"),
    "passed_with_waiver": (_("verified with a waiver"), "warn"),
    "failed": (_("verification failed"), "bad"),
    "not_ready": (_("not verified yet"), "idle"),
    "not_verified": (_("not verified: no check is required"), "warn"),
}
