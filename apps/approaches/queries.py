"""What an approach covers, which approaches cover a service, and what one version changes against another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from apps.approaches.lifecycle import CHAPTERS, SCOPE
from apps.approaches.models import Approach, ApproachVersion
from apps.cmdb.models import ConfigurationItem, Relationship
from apps.release_models.queries import IN_SCOPE_TYPES

PART_OF, DEPENDS_ON = "part-of", "depends-on"


def versions_of(approach: Approach) -> QuerySet[ApproachVersion]:
    return approach.versions.select_related("approach", "author", "published_by").order_by("-number")


def in_force() -> list[ApproachVersion]:
    """The published version of every approach, with what it names as its scope."""
    return list(
        ApproachVersion.objects.published()
        .select_related("approach__owner", "published_by")
        .prefetch_related(
            "value_streams", "release_models", Prefetch("items", ConfigurationItem.objects.only("key", "name"))
        )
        .order_by("approach__name")
    )


def services() -> QuerySet[ConfigurationItem]:
    """What can be in scope: live services and applications that are to be release managed."""
    return ConfigurationItem.objects.filter(
        ci_type__slug__in=IN_SCOPE_TYPES, lifecycle=ConfigurationItem.Lifecycle.LIVE, release_managed=True
    )


def services_of(version: ApproachVersion) -> QuerySet[ConfigurationItem]:
    """The services that a version covers: named, part of a product that is named, or of a value stream that is named."""
    return services().filter(_scope_of(version)).distinct() if is_narrowed(version) else services()


def is_narrowed(version: ApproachVersion) -> bool:
    """Whether it names a scope; otherwise it is for everything."""
    return bool(version.value_streams.all() or version.items.all())


def _scope_of(version: ApproachVersion) -> Q:
    named = Q(pk__in=[one.pk for one in version.items.all()])
    streams = Q(value_streams__in=[one.pk for one in version.value_streams.all()])
    wholes = ConfigurationItem.objects.filter(named | streams).values("pk")
    parts = Relationship.objects.filter(target__in=wholes, type__slug=PART_OF, missing_since__isnull=True)
    return named | streams | Q(pk__in=parts.values("source"))


def keys_in_scope(version: ApproachVersion) -> frozenset[str]:
    """The keys of the services that a version covers, and of the components that they directly consist of or depend on."""
    covered = services_of(version)
    ties = Relationship.objects.filter(missing_since__isnull=True)
    inside = ties.filter(type__slug=PART_OF, target__in=covered.values("pk")).values_list("source__key", flat=True)
    below = ties.filter(type__slug=DEPENDS_ON, source__in=covered.values("pk"))
    components = below.exclude(target__ci_type__slug__in=IN_SCOPE_TYPES).values_list("target__key", flat=True)
    return frozenset([*covered.values_list("key", flat=True), *inside, *components])


def version_in_force(slug: str) -> ApproachVersion | None:
    """The published version of an approach."""
    return ApproachVersion.objects.published().select_related("approach").filter(approach__slug=slug).first()


def approaches_covering(among: Iterable[int], versions: Iterable[ApproachVersion]) -> dict[int, tuple[str, ...]]:
    """service → slugs of the approaches that cover it. A query for each version, whatever the services."""
    wanted, found = set(among), defaultdict(list)
    for version in versions if wanted else ():
        for number in services_of(version).values_list("pk", flat=True):
            if number in wanted:
                found[number].append(version.approach.slug)
    return {number: tuple(slugs) for number, slugs in found.items()}


def diff(old: ApproachVersion, new: ApproachVersion) -> list[str]:
    """What version `new` changes against version `old`, in words: its chapters, then its scope."""
    return [*_chapters(old, new), *_scopes(old, new)]


def _chapters(old: ApproachVersion, new: ApproachVersion) -> Iterator[str]:
    for name in CHAPTERS:
        label = str(new._meta.get_field(name).verbose_name)
        before, after = getattr(old, name).split(), getattr(new, name).split()
        for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            was, now_is = " ".join(before[a:b]), " ".join(after[c:d])
            if tag == "replace":
                yield f"{label}: “{was}” → “{now_is}”"
            elif tag == "delete":
                yield _("%(chapter)s: “%(words)s” removed") % {"chapter": label, "words": was}
            elif tag == "insert":
                yield _("%(chapter)s: “%(words)s” added") % {"chapter": label, "words": now_is}


def _scopes(old: ApproachVersion, new: ApproachVersion) -> Iterator[str]:
    for name in SCOPE:
        label = str(new._meta.get_field(name).verbose_name)
        before, after = ({str(one) for one in getattr(version, name).all()} for version in (old, new))
        for gone in sorted(before - after):
            yield _("%(what)s: without %(name)s") % {"what": label, "name": gone}
        for come in sorted(after - before):
            yield _("%(what)s: with %(name)s") % {"what": label, "name": come}
