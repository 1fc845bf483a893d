"""Whether the process lives, whether the house is ready to work, and its figures for Prometheus."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.core import heartbeat, readiness
from apps.core.api.json import encode
from apps.core.api.problems import answer
from apps.core.clock import now
from apps.core.lifecycle import Lifecycle, status_field
from apps.core.models import OutboxDelivery, OutboxEvent, label_of

log = logging.getLogger(__name__)

COUNTS_HOLD_FOR = 30  # seconds


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives. Asks nobody else."""
    return HttpResponse(b'{"alive":true}', content_type="application/json")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, migrations, broker and worker; 503 names what is not ready. Details are for the log."""
    findings = readiness.ask()
    missing = [one for one in findings if not one.ok]
    for one in missing:
        log.warning("Not ready: %s: %s", one.part, one.said)
    body = {
        "ready": not missing,
        "not_ready": [one.part for one in missing],
        "parts": [{"part": one.part, "ok": one.ok, "remedy": "" if one.ok else one.remedy} for one in findings],
    }
    response = HttpResponse(encode(body), status=503 if missing else 200, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def prometheus(request: HttpRequest) -> HttpResponse:
    """Figures in the text format, for the addresses in TIDEGATE_PROMETHEUS_ALLOW."""
    if not _is_allowed(request):
        detail = "This address may not read the figures. Add its network to TIDEGATE_PROMETHEUS_ALLOW."
        return answer(request, status=403, code="not_permitted", title="Not permitted", detail=detail)
    text = "\n".join([*_outbox(), *_worker(), *_records()]) + "\n"
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _is_allowed(request: HttpRequest) -> bool:
    """The caller and every proxy it says it came through: a forged header can only close the door."""
    told = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",") if one.strip()]
    networks = [ip_network(one, strict=False) for one in settings.TIDEGATE_PROMETHEUS_ALLOW]
    try:
        addresses = [ip_address(one) for one in [request.META.get("REMOTE_ADDR", ""), *told]]
    except ValueError:
        return False
    return all(any(address in network for network in networks) for address in addresses)


def _outbox() -> Iterator[str]:
    waiting = OutboxEvent.objects.filter(expanded_at__isnull=True, available_at__lte=now())
    told = waiting.aggregate(count=Count("pk"), since=Min("available_at"))
    lag = (now() - told["since"]).total_seconds() if told["since"] else 0
    yield from _gauge("tidegate_outbox_waiting", "Events that are due and not yet on their way", told["count"])
    yield from _gauge("tidegate_outbox_lag_seconds", "Age of the oldest of them", round(lag, 3))
    undone = OutboxDelivery.objects.filter(done_at__isnull=True)
    open_ones = undone.filter(dead_at__isnull=True).count()
    yield from _gauge("tidegate_outbox_deliveries_open", "Deliveries that are not done yet", open_ones)
    dead = undone.filter(dead_at__isnull=False).count()
    yield from _gauge("tidegate_outbox_dead_letters", "Deliveries that were given up", dead)


def _worker() -> Iterator[str]:
    since = heartbeat.age(heartbeat.WORKER)
    if since is not None:
        age = round(since.total_seconds(), 3)
        yield from _gauge("tidegate_worker_heartbeat_age_seconds", "Since the worker was last alive", age)


def _records() -> Iterator[str]:
    """Every record with a lifecycle, by status. Counted at most twice a minute."""
    counted = cache.get_or_set("prometheus:records", _count_records, COUNTS_HOLD_FOR)
    yield "# HELP tidegate_records Records by kind and status"
    yield "# TYPE tidegate_records gauge"
    for kind, status, count in counted:
        yield f'tidegate_records{{kind="{kind}",status="{status}"}} {count}'


def _count_records() -> list[tuple[str, str, int]]:
    found = []
    for model in apps.get_models():
        if issubclass(model, Lifecycle):
            name = status_field(model).attname
            rows = model._base_manager.order_by().values_list(name).annotate(count=Count("pk"))
            found += [(label_of(model), status, count) for status, count in rows.order_by(name)]
    return found


def _gauge(name: str, told: str, value: Any) -> Iterator[str]:
    yield f"# HELP {name} {told}"
    yield f"# TYPE {name} gauge"
    yield f"{name} {value}"
