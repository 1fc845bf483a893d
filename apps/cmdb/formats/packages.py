"""Package URLs as identities: the package whatever its version, so that the next version updates the same item."""

from __future__ import annotations

from typing import Any

from packageurl import PackageURL

from apps.cmdb.formats.records import LONGEST_IDENTITY

KEPT_QUALIFIERS = ("classifier", "type")


def package_of(purl: Any) -> str:
    """The package that a package URL names, without version; empty when there is none or it cannot be read."""
    if not isinstance(purl, str) or not purl:
        return ""
    try:
        parsed = PackageURL.from_string(purl.strip())
    except ValueError:
        return ""
    qualifiers = {name: value for name, value in parsed.qualifiers.items() if name in KEPT_QUALIFIERS}
    package = PackageURL(parsed.type, parsed.namespace, parsed.name, None, qualifiers or None, parsed.subpath)
    text = package.to_string()
    return text if len(text) <= LONGEST_IDENTITY else ""
