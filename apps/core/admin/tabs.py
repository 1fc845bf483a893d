"""The tabs of a record's page: links, not scripts, so that each is an address of its own and works everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Tab:
    """One tab: `context(admin, request, obj)` gives what its template shows.

    The template is rendered inside the record page. `shown(admin, request, obj)` may leave the tab out.
    """

    slug: str
    label: Any
    template: str = ""
    context: Callable[[Any, Any, Any], dict[str, Any]] = lambda admin, request, obj: {}
    shown: Callable[[Any, Any, Any], bool] = lambda admin, request, obj: True


@dataclass(frozen=True)
class Section:
    """A part of a lower app's tab that a higher app fills: `context(request, obj, known)` gives what its template shows.

    `known` is what the tab itself knows already. None leaves the section out.
    """

    template: str
    context: Callable[[Any, Any, dict[str, Any]], dict[str, Any] | None]


FORM = Tab("form", _("Details"))
HISTORY_SLUG = "history"

_offered: dict[str, list[Tab]] = {}
_sections: dict[tuple[str, str], list[Section]] = {}


def offer_tab(label: str, tab: Tab) -> None:
    """Let a higher app show what it knows about a lower app's record: `offer_tab("releases.release", Tab(...))`.

    Called from the higher app's admin module, so that imports keep running downhill.
    """
    known = _offered.setdefault(label.lower(), [])
    if all(one.slug != tab.slug for one in known):
        known.append(tab)


def tabs_offered(label: str) -> list[Tab]:
    return _offered.get(label, [])


def offer_section(label: str, tab: str, section: Section) -> None:
    """Let a higher app add to a lower app's tab: `offer_section("cmdb.configurationitem", "impact", Section(...))`.

    The tab's template says where the `sections` go.
    """
    known = _sections.setdefault((label.lower(), tab), [])
    if section not in known:
        known.append(section)


def sections_offered(label: str, tab: str, request: Any, obj: Any, known: dict[str, Any]) -> list[dict[str, Any]]:
    """What higher apps have to say on this tab, each with the template that shows it."""
    told = [(one.template, one.context(request, obj, known)) for one in _sections.get((label, tab), [])]
    return [{"template": template, **facts} for template, facts in told if facts is not None]
