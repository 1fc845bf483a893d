"""What a tool's names mean here: which configuration item, which environment, which version."""

from __future__ import annotations

from django.db.models import Q

from apps.cmdb.models import ConfigurationItem, Environment, Identifier
from apps.integrations.models import HookEndpoint
from apps.releases.models import Component

ANNOTATION = "attributes__annotations__github.com/project-slug"


class Miss(Exception):
    """A name that means nothing here, or too much; the text says how to mend it."""


def item_of(source: str, facts: dict[str, str]) -> ConfigurationItem:
    """The item that was deployed: named by the pipeline, by identifier, by Backstage annotation, or by equal name."""
    if facts.get("component"):
        return _only(ConfigurationItem.objects.filter(key=facts["component"]), f"the key “{facts['component']}”")
    repository = facts.get("repository") or ""
    if not repository:
        raise Miss("The event names neither a repository nor a component.")
    for found in (_identified(source, repository), _annotated(repository), _called(repository)):
        if found:
            return _only(found, f"the repository {repository}")
    raise Miss(
        f"No configuration item is known for the repository {repository}. "
        f"Give one the identifier “{source}: {repository}”, then match again."
    )


def _identified(source: str, repository: str) -> list[ConfigurationItem]:
    rows = Identifier.objects.filter(source=source, external_id__iexact=repository).select_related("ci")
    return [identifier.ci for identifier in rows[:2]]


def _annotated(repository: str) -> list[ConfigurationItem]:
    return list(ConfigurationItem.objects.filter(**{f"{ANNOTATION}__iexact": repository})[:2])


def _called(repository: str) -> list[ConfigurationItem]:
    name = repository.rpartition("/")[2]
    return list(ConfigurationItem.objects.filter(Q(key__iexact=name) | Q(name__iexact=name))[:2])


def _only(found, what: str) -> ConfigurationItem:
    items = list(found[:2])
    if not items:
        raise Miss(f"No configuration item has {what}.")
    if len(items) > 1:
        keys = " and ".join(item.key for item in items)
        raise Miss(f"Several configuration items go by {what}: {keys}. Let the pipeline name one as “component”.")
    return items[0]


def environment_of(endpoint: HookEndpoint, name: str) -> Environment:
    """The environment, by the endpoint's table of names, else by its own slug or name."""
    wanted = str(endpoint.environments.get(name) or name)
    found = Environment.objects.filter(Q(slug__iexact=wanted) | Q(name__iexact=wanted)).order_by("pk").first()
    if found is None:
        raise Miss(
            f"No environment is called “{wanted}”. Add it, or name it in the endpoint's table; then match again."
        )
    return found


def spelled_version(item: ConfigurationItem, version: str) -> str:
    """The version as releases of this item spell it: a tag's leading v is dropped or added where they do."""
    bare = version[1:] if version[:1] in ("v", "V") else version
    spellings = [version, bare, f"v{bare}"]
    known = set(Component.objects.filter(ci=item, to_version__in=spellings).values_list("to_version", flat=True))
    return next((one for one in spellings if one in known), version)
