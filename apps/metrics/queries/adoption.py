"""M2 and M3: how much goes through the practice, and whether partners and consumers go along."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import Max, Q

from apps.cmdb.models import ConfigurationItem, ServiceRelationship
from apps.compliance.controls import MATCHED_WITHIN, is_redeployment, production_deployments
from apps.compliance.models import BreakGlass, Control, Finding
from apps.metrics.figures import Row
from apps.metrics.queries.ground import Question, Releases, Rows, dimensions, page, streams_of, streams_of_items
from apps.release_models.content import Scope
from apps.release_models.models import Communication
from apps.release_models.queries import IN_SCOPE_TYPES, PublishedModels
from apps.releases.lifecycle.words import CheckStatus, TaskStatus
from apps.releases.models import Check, Deployment, Task

RESOLUTION = timedelta(microseconds=1)


def rows_of_adoption(question: Question) -> Rows:
    """Every part of M2."""
    return {"coverage": _coverage(question), "use": _use(question), "depth": _depth(question)}


def _coverage(question: Question) -> list[Row]:
    """Services that are to be release managed, and whether a published version applies to each. As it is now."""
    services = ConfigurationItem.objects.filter(
        ci_type__slug__in=IN_SCOPE_TYPES, lifecycle=ConfigurationItem.Lifecycle.LIVE, release_managed=True
    )
    streams = streams_of(Q(pk__in=services.values("pk")))
    serving = PublishedModels()
    rows = []
    columns = ("pk", "key", "name", "ci_type__slug", "criticality", "owner__slug")
    for pk, key, name, kind, criticality, team in services.order_by("pk").values_list(*columns):
        models = serving.bound(
            Scope(subject_type=kind, value_streams=tuple(streams.get(pk, ())), criticality=criticality)
        )
        rows.append(
            Row(
                key,
                name,
                question.end - RESOLUTION,
                numerator=int(bool(models)),
                url=page("cmdb_configurationitem", pk),
                note=", ".join(models) or "no published model applies",
                dimensions=dimensions(product=key, streams=streams.get(pk, ()), team=team) | {"model": tuple(models)},
            )
        )
    return rows


def _use(question: Question) -> list[Row]:
    """Production releases under a model without break-glass, beside the shadow releases."""
    releases = Releases(question.within("started_at") & Q(environment__is_production=True))
    broken = set(BreakGlass.objects.filter(release__in=releases.pks).values_list("release_id", flat=True))
    rows = []
    for fact in releases:
        under_model = fact.model is not None and fact.pk not in broken
        note = "" if under_model else "break-glass" if fact.pk in broken else "no model"
        rows.append(releases.row(fact, fact.started_at, numerator=int(under_model), note=note))
    return rows + _shadows(question)


def _shadows(question: Question) -> list[Row]:
    """Production deployments that match no release; those too young to tell and redeployments are shown aside.

    What was found to be a bypass stays one, whether a release was linked to it or the item left the scope afterwards.
    """
    since, until = question.period.start, question.end
    findings = Finding.objects.filter(control=Control.SHADOW_RELEASE, occurred_at__gte=since, occurred_at__lt=until)
    unmatched = production_deployments(since, until).filter(releases__isnull=True).values("pk")
    either = Deployment.objects.filter(Q(pk__in=unmatched) | Q(key__in=findings.values("subject_key")))
    found = list(either.select_related("ci__owner", "environment").order_by("pk"))
    streams = streams_of_items({one.ci_id for one in found})
    return [_shadow(one, question, streams) for one in found]


def _shadow(one: Deployment, question: Question, streams: dict[int, tuple[str, ...]]) -> Row:
    at = one.finished_at or one.at
    excluded = "same_digest" if is_redeployment(one) else ""
    if not excluded and at > question.as_of - MATCHED_WITHIN:
        excluded = "within_a_day"
    team = one.ci.owner.slug if one.ci.owner_id else None
    return Row(
        one.key,
        f"{one.ci.key} {one.deployed_version} → {one.environment.slug}",
        at,
        numerator=0,
        excluded=excluded,
        url=page("releases_deployment", one.pk),
        note="shadow release",
        dimensions=dimensions(product=one.ci.key, streams=streams.get(one.ci_id, ()), team=team),
    )


def _depth(question: Question) -> list[Row]:
    """Of each closed release: mandatory tasks done and required checks passed, as a share of them all."""
    closed = Releases(question.within("closed_at") & ~Q(outcome=""))
    done: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    tasks = Task.objects.filter(release__in=closed.pks, mandatory=True).exclude(phase="back_out")
    for release, status in tasks.values_list("release_id", "status"):
        done[release][0] += status == TaskStatus.DONE
        done[release][1] += 1
    checks = Check.objects.filter(release__in=closed.pks, required=True)
    for release, status, proven in checks.values_list("release_id", "status", "proven_at"):
        done[release][0] += status == CheckStatus.PASSED or (status == CheckStatus.EXPIRED and proven is not None)
        done[release][1] += 1
    rows = []
    for fact in closed:
        really, required = done[fact.pk]
        rows.append(
            closed.row(
                fact,
                fact.closed_at,
                value=really / required if required else None,
                excluded="" if required else "nothing_required",
                note=f"{really} of {required}",
            )
        )
    return rows


def rows_of_alignment(question: Question) -> Rows:
    """Every part of M3."""
    return {"acknowledged": _acknowledged(question), "notice": _notice(question)}


def _acknowledged(question: Question) -> list[Row]:
    """Every party that was asked about a model version, and whether it had acknowledged by the due date."""
    due = Q(due_at__gte=question.period.start, due_at__lt=question.period.end, asked_at__lte=question.as_of)
    asked = Communication.objects.filter(due).select_related("party", "model_version__model__owner").order_by("pk")
    return [_acknowledgement(one, question) for one in asked]


def _acknowledgement(asked: Communication, question: Question) -> Row:
    acknowledged, objected = question.known(asked.acknowledged_at), question.known(asked.objected_at)
    closed = question.known(asked.closed_at)
    excluded = ""
    if closed and closed <= asked.due_at and not objected:
        excluded = "replaced"
    elif asked.due_at > question.as_of and not acknowledged and not objected:
        excluded = "not_due"
    model = asked.model_version.model
    return Row(
        key=asked.key,
        label=str(asked),
        at=asked.due_at,
        numerator=int(acknowledged is not None and acknowledged <= asked.due_at),
        excluded=excluded,
        url=page("release_models_communication", asked.pk),
        note=asked.statement if objected else "",
        dimensions=dimensions(model=model.slug, team=model.owner.slug if model.owner else None),
    )


def _notice(question: Question) -> list[Row]:
    """Started releases of services with parties: was the date fixed early enough for each, and did none object?"""
    relations = ServiceRelationship.objects.order_by().values_list("service").annotate(hours=Max("notice_hours"))
    promised: dict[int, int] = dict(relations)
    started = Releases(question.within("started_at") & Q(subject__in=list(promised)))
    objections = _objections(started)
    rows = []
    for fact in started:
        hours = promised[fact.subject_id]
        given = _hours_between(fact.approved_at, fact.started_at)
        against = [
            one for one in objections[fact.subject_id, fact.model_version] if one.has_open_objection_at(fact.started_at)
        ]
        rows.append(
            started.row(
                fact,
                fact.started_at,
                numerator=int(given is not None and given >= hours and not against),
                excluded="" if hours or against else "no_notice_agreed",
                note="; ".join(
                    [f"{given or 0:.0f} h given, {hours} h agreed", *(f"{one.party} objected" for one in against)]
                ),
            )
        )
    return rows


def _objections(started: Releases) -> dict[tuple[int, int | None], list[Communication]]:
    """Every objection there ever was to the versions of these releases, by (service of the party, version)."""
    versions = {fact.model_version for fact in started} - {None}
    raised = Communication.objects.filter(model_version__in=versions, objected_at__isnull=False)
    of_party: dict[int, list[Communication]] = defaultdict(list)
    for one in raised.select_related("party"):
        of_party[one.party_id].append(one)
    ties = ServiceRelationship.objects.filter(party__in=of_party).values_list("service", "party").distinct()
    found: dict[tuple[int, int | None], list[Communication]] = defaultdict(list)
    for service, party in ties:
        for one in of_party[party]:
            found[service, one.model_version_id].append(one)
    return found


def _hours_between(first: datetime | None, last: datetime | None) -> float | None:
    return (last - first).total_seconds() / 3600 if first and last and last >= first else None
