"""Whether two descriptions mean the same component and the same version of it."""

from __future__ import annotations

from dataclasses import dataclass

from packageurl import PackageURL


@dataclass(frozen=True)
class Thing:
    """A component as a document names it."""

    name: str = ""
    version: str = ""
    purl: str = ""
    digests: frozenset[str] = frozenset()
    licenses: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.name} {self.version}".strip() or self.purl or "something without a name"


def same_version(one: str, other: str) -> bool:
    """Equal, apart from a leading `v`. Two blanks are not a version."""
    return bool(plain_version(one)) and plain_version(one) == plain_version(other)


def plain_version(version: str) -> str:
    text = version.strip()
    return text[1:] if len(text) > 1 and text[0] in "vV" and text[1].isdigit() else text


def parsed_purl(text: str) -> PackageURL | None:
    try:
        return PackageURL.from_string(text) if text else None
    except ValueError:
        return None


def same_package(one: str, other: str) -> bool:
    """The same package by purl: type, namespace and name. Version, qualifiers and subpath say which one, not what."""
    left, right = parsed_purl(one), parsed_purl(other)
    if left is None or right is None:
        return False
    return (left.type, left.namespace, left.name) == (right.type, right.namespace, right.name)


def version_in_purl(text: str) -> str:
    parsed = parsed_purl(text)
    return (parsed.version or "") if parsed else ""


def same_name(one: str, others: tuple[str, ...]) -> bool:
    """Names are compared without regard to case; `group/name` and `@scope/name` also by their last part."""
    folded = one.strip().casefold()
    known = {name.strip().casefold() for name in others if name.strip()}
    return bool(folded) and (folded in known or folded.rpartition("/")[2] in known)
