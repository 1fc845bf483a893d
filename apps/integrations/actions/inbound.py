"""What tools deliver: taken in at once, understood afterwards, matched again when what was missing is there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime

from apps.core import moves
from apps.core.actor import Actor, Door
from apps.core.clock import now
from apps.core.errors import Invalid, Refusal
from apps.integrations.actions.gating import take_question
from apps.integrations.adapters import ADAPTERS
from apps.integrations.adapters.facts import Adapter
from apps.integrations.adapters.github import GATE, PIPELINE
from apps.integrations.lifecycle import HookStatus
from apps.integrations.models import HookDelivery, HookEndpoint
from apps.integrations.queries import Miss, environment_of, item_of, spelled_version
from apps.releases import actions as releases
from apps.releases.models import Deployment
from apps.verification import actions as verification


def receive_delivery(
    *, endpoint: HookEndpoint, delivery_id: str, event: str, payload: dict[str, Any]
) -> tuple[HookDelivery, bool]:
    """Keep the facts of an event whose signature was found right. Returns the delivery, and whether it is new."""
    known = _known(endpoint, delivery_id)
    if known is not None:
        return known, False
    reader = ADAPTERS[endpoint.kind].readers.get(event)
    facts = reader(payload) if reader else {}
    row = HookDelivery(endpoint=endpoint, delivery_id=delivery_id, event=event, facts=facts)
    try:
        return moves.create(row, by=actor_of(endpoint), verb="receive"), True
    except Invalid:
        known = _known(endpoint, delivery_id)  # the same delivery came in at the same moment
        if known is None:
            raise
        return known, False


@transaction.atomic
def process_delivery(*, delivery: HookDelivery) -> HookDelivery:
    """Take down what a delivery says. Called again for one that is done, it changes nothing."""
    delivery = moves.lock(delivery)
    if delivery.status != HookStatus.RECEIVED:
        return delivery
    by = actor_of(delivery.endpoint)
    if not delivery.facts:
        return moves.move(delivery, "ignore", by=by, change={"result": "It says nothing that is used here."})
    if delivery.facts["kind"] == PIPELINE:
        return _process_pipeline(delivery, by)
    if delivery.facts["kind"] == GATE:
        return take_question(delivery, by)
    try:
        with transaction.atomic():
            deployment = _record(delivery, by)
    except (Miss, Refusal) as missed:
        return moves.move(delivery, "leave", by=by, change={"result": str(missed)})
    found = f"{deployment.key}: {deployment.ci.key} {deployment.deployed_version} to {deployment.environment.slug}"
    return moves.move(delivery, "process", by=by, change={"result": found, "deployment": deployment})


def rematch_delivery(*, delivery: HookDelivery, by: Actor, note: str = "") -> HookDelivery:
    """Look again whether what the delivery is about is known by now."""
    return moves.move(delivery, "rematch", by=by, note=note)


def set_delivery_aside(*, delivery: HookDelivery, by: Actor, note: str = "") -> HookDelivery:
    """It will not be matched, for a reason."""
    return moves.move(delivery, "set_aside", by=by, note=note)


def forget_deliveries(*, before: datetime) -> int:
    """Delete what came in before a moment and needs no hand any more. Repeats are known for as long as this is kept."""
    old = HookDelivery.objects.filter(created_at__lt=before)
    count, _ = old.filter(status__in=(HookStatus.PROCESSED, HookStatus.IGNORED)).delete()
    return count


def actor_of(endpoint: HookEndpoint) -> Actor:
    """A tool asserts facts; it is nobody who could approve, waive or close."""
    return Actor(Door.HOOK, name=f"{endpoint.kind}/{endpoint.slug}")


def _known(endpoint: HookEndpoint, delivery_id: str) -> HookDelivery | None:
    return HookDelivery.objects.filter(endpoint=endpoint, delivery_id=delivery_id).first()


def _record(delivery: HookDelivery, by: Actor) -> Deployment:
    facts, adapter = delivery.facts, _adapter(delivery)
    item = item_of(adapter.source, facts)
    return releases.record_deployment(
        ci=item,
        environment=environment_of(delivery.endpoint, facts["environment"]),
        version=spelled_version(item, facts["version"]),
        digest=facts["digest"],
        status=facts["state"],
        source=adapter.source,
        external_id=facts["external_id"],
        at=_moment(delivery),
        url=facts["url"],
        by=by,
    )


def _process_pipeline(delivery: HookDelivery, by: Actor) -> HookDelivery:
    """Most repositories of an organisation are nobody's item: their pipelines are not worth a place in the inbox."""
    facts, source = delivery.facts, _adapter(delivery).source
    try:
        with transaction.atomic():
            run = verification.note_pipeline_run(
                ci=item_of(source, facts),
                source=source,
                external_id=facts["external_id"],
                name=facts["name"],
                commit=facts["commit"],
                ref=facts["ref"],
                conclusion=facts["conclusion"],
                attempt=int(facts["attempt"]),
                at=_moment(delivery),
                url=facts["url"],
                author=facts.get("author", ""),
                started_by=facts.get("started_by", ""),
                by=by,
            )
    except (Miss, Refusal, ValueError) as missed:
        return moves.move(delivery, "ignore", by=by, change={"result": str(missed)})
    return moves.move(delivery, "process", by=by, change={"result": f"{run}: {run.conclusion or 'running'}"})


def _moment(delivery: HookDelivery) -> datetime:
    """When it happened, as the tool says; a clock that runs ahead is not believed."""
    told = parse_datetime(delivery.facts["at"]) if delivery.facts["at"] else None
    return min(told or delivery.created_at, now())


def _adapter(delivery: HookDelivery) -> Adapter:
    return ADAPTERS[delivery.endpoint.kind]
