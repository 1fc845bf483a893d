"""Bills of materials of every format that is read."""

from __future__ import annotations

from apps.core.documents import read_json_object
from apps.core.errors import FieldError, Invalid
from apps.verification.evidence.cyclonedx import is_cyclonedx, read_cyclonedx
from apps.verification.evidence.sbom_document import Sbom
from apps.verification.evidence.spdx import is_spdx, is_tag_value, read_spdx, read_tag_value


def read_sbom(content: bytes) -> Sbom:
    """CycloneDX JSON, SPDX JSON or SPDX tag-value. Raises Invalid, with the place of each fault."""
    if is_tag_value(content):
        return read_tag_value(content)
    if content.lstrip().startswith(b"<"):
        raise _unknown("It is XML. Send the bill of materials in its JSON form.")
    document = read_json_object(content)
    if is_cyclonedx(document):
        return read_cyclonedx(document)
    if is_spdx(document):
        return read_spdx(document)
    raise _unknown("It is neither CycloneDX (bomFormat) nor SPDX (spdxVersion).")


def _unknown(detail: str) -> Invalid:
    return Invalid([FieldError("", "unknown_format", detail)])
