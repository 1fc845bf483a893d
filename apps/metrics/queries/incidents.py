"""M7: how many incidents do releases cause?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from django.db.models import QuerySet

from apps.incidents.models import CausalLink, Incident
from apps.metrics.figures import Row
from apps.metrics.queries.ground import Question, Releases, Rows, dimensions, page, streams_of_items

CONFIRMED, SUSPECTED = "confirmed", "suspected"


def rows_of_incidents(question: Question) -> Rows:
    """Every part of M7."""
    rows: Rows = {"confirmed": [], "confirmed_or_suspected": [], "coverage": []}
    for row, words in _incidents(question):
        rows["confirmed"].append(_flagged(row, CONFIRMED in words))
        rows["confirmed_or_suspected"].append(_flagged(row, bool(words & {CONFIRMED, SUSPECTED})))
        rows["coverage"].append(_flagged(row, bool(words)))
    return rows | _releases(question)


def _flagged(row: Row, flag: bool) -> Row:
    return replace(row, numerator=int(flag))


def _incidents(question: Question) -> list[tuple[Row, set[str]]]:
    """Incidents on release-managed services, each with what is known of its causes."""
    opened = Incident.objects.filter(question.within("opened_at"), services__release_managed=True).distinct()
    found = list(opened.order_by("pk").values_list("pk", "key", "title", "opened_at"))
    links = CausalLink.objects.filter(incident__in=opened.values("pk"), created_at__lte=question.as_of)
    words: dict[int, set[str]] = defaultdict(set)
    causes: dict[int, set[str]] = defaultdict(set)
    for incident, status, key in links.values_list("incident", "status", "release__key"):
        words[incident].add(status)
        causes[incident].add(f"{key} ({status})")
    services = _services(opened)
    return [
        (
            Row(
                key=key,
                label=title,
                at=at,
                url=page("incidents_incident", pk),
                note=", ".join(sorted(causes[pk])),
                dimensions=services.get(pk, dimensions()),
            ),
            words[pk],
        )
        for pk, key, title, at in found
    ]


def _services(opened: QuerySet) -> dict[int, dict[str, tuple[str, ...]]]:
    """The dimensions of each incident: those of the services it is on."""
    pairs = opened.order_by().values_list("pk", "services", "services__key", "services__owner__slug")
    listed = list(pairs)
    streams = streams_of_items({ci for _, ci, _, _ in listed})
    found: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for pk, ci, key, team in listed:
        if ci:
            found[pk]["product"].add(key)
            found[pk]["team"].update({team} - {None})
            found[pk]["value_stream"].update(streams.get(ci, ()))
    return {pk: {name: tuple(sorted(values)) for name, values in named.items()} for pk, named in found.items()}


def _releases(question: Question) -> Rows:
    """Executed releases, each once however many incidents it caused."""
    executed = Releases(question.within("started_at"))
    links = CausalLink.objects.filter(release__in=executed.pks, created_at__lte=question.as_of)
    words: dict[int, set[str]] = defaultdict(set)
    for release, status in links.values_list("release", "status"):
        words[release].add(status)
    rows: Rows = {"releases_confirmed": [], "releases_confirmed_or_suspected": []}
    for fact in executed:
        known = words[fact.pk]
        rows["releases_confirmed"].append(executed.row(fact, fact.started_at, numerator=int(CONFIRMED in known)))
        flag = int(bool(known & {CONFIRMED, SUSPECTED}))
        rows["releases_confirmed_or_suspected"].append(executed.row(fact, fact.started_at, numerator=flag))
    return rows
