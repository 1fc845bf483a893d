"""GitHub asks whether a deployment may go on (a custom deployment protection rule); the gate of its release answers.

While the gate is closed, its reasons are told as a comment and the deployment waits; when it opens, it is approved; when
the release is over, it is rejected. Each is sent once, and again when it could not be sent.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.db import transaction

from apps.core import moves, outbound, outbox
from apps.core.actor import Actor, job
from apps.core.clock import now
from apps.core.errors import Refusal
from apps.integrations.models import HookDelivery
from apps.integrations.queries import Miss, environment_of, item_of
from apps.integrations.queries.gating import gate_of, release_for, unanswered
from apps.integrations.signatures import github_app_token
from apps.releases.lifecycle.words import ENDED
from apps.releases.models import Release
from apps.releases.queries import Gate

GATE_DUE = "integrations.hookdelivery.gate_due"
APPROVED, REJECTED = "approved", "rejected"
PAUSES = [timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6)]
KEEPER = job("gate keeper")
TIMEOUT = 20


def take_question(delivery: HookDelivery, by: Actor) -> HookDelivery:
    """Find the release that the deployment belongs to, and have it answered. The delivery is locked by the caller."""
    facts = delivery.facts
    try:
        check_address(facts["callback_url"])
        with transaction.atomic():
            environment = environment_of(delivery.endpoint, facts["environment"])
            release = release_for(item_of("github", facts), environment, facts)
    except (Miss, Refusal, outbound.OutboundError) as missed:
        return moves.move(delivery, "leave", by=by, change={"result": str(missed)})
    change = {"release": release, "result": f"{release.key}: the gate is asked."}
    delivery = moves.move(delivery, "process", by=by, change=change)
    _answer_at_once(delivery)
    return delivery


@transaction.atomic
def ask_gates_of(*, release_key: str) -> int:
    """Something happened to a release: whoever waits at its gate is answered anew. Returns how many wait."""
    waiting = list(unanswered(release_key))
    for delivery in waiting:
        _answer_at_once(delivery)
    return len(waiting)


def answer_gate(*, delivery_id: int) -> HookDelivery | None:
    """Tell GitHub how the gate stands, outside any transaction. Sent twice it is the same answer."""
    delivery = HookDelivery.objects.select_related("endpoint", "release").filter(pk=delivery_id).first()
    if delivery is None or delivery.release is None or delivery.gate_answer:
        return delivery
    found = gate_of(delivery)
    state = _state(delivery.release, found)
    comment = _comment(delivery.release, found, state)
    mark = hashlib.sha256(f"{state}\n{comment}".encode()).hexdigest()
    if mark == delivery.gate_told:
        return delivery
    try:
        answer = _send(delivery, state, comment)
    except outbound.AddressRefused as refusal:
        return _note(delivery, {"result": f"Not answered: {refusal}"[:500]})
    except outbound.OutboundError as problem:
        return _again(delivery, str(problem))
    if answer.status >= 500 or answer.status in (401, 403, 429):
        return _again(delivery, f"GitHub answered {answer.status}.")
    said = f"{delivery.release.key}: {state or 'waiting'}. GitHub answered {answer.status}. {comment}"
    return _note(delivery, {"gate_answer": state, "gate_told": mark, "gate_attempts": 0, "result": said[:2000]})


def check_address(url: str) -> None:
    """Raise unless this is an address of a GitHub that this house was told of."""
    host = urlsplit(url).netloc.lower()
    if host not in settings.TIDEGATE_GITHUB_HOSTS:
        raise outbound.AddressRefused(f"{host or 'This'} is not among TIDEGATE_GITHUB_HOSTS; it is not answered.")
    is_local = host.partition(":")[0] in settings.TIDEGATE_OUTBOUND_ALLOW
    outbound.checked_url(url, schemes=("https", "http") if is_local else ("https",))


def _state(release: Release, found: Gate) -> str:
    if found.open:
        return APPROVED
    is_over = release.status in ENDED or any(reason.code == "not_available" for reason in found.reasons)
    return REJECTED if is_over else ""


def _comment(release: Release, found: Gate, state: str) -> str:
    page = f"{settings.TIDEGATE_BASE_URL}{found.reasons[0].url}" if found.reasons and found.reasons[0].url else ""
    reasons = "\n".join(f"- {reason.message}" for reason in found.reasons)
    head = {APPROVED: "The gate of {} is open.", REJECTED: "{} is over."}.get(state, "The gate of {} is closed.")
    return "\n".join(part for part in (head.format(release.key), reasons, page) if part)[:2000]


def _send(delivery: HookDelivery, state: str, comment: str) -> outbound.Answer:
    url = delivery.facts["callback_url"]
    check_address(url)
    body = {"environment_name": delivery.facts["environment"], "comment": comment}
    return _post(url, {**body, "state": state} if state else body, _token(url, delivery.facts.get("installation", "")))


def _post(url: str, body: dict[str, str], token: str) -> outbound.Answer:
    headers = {
        "Accept": "application/vnd.github+json",
        "Content-Type": "application/json",
        "X-GitHub-Api-Version": "2022-11-28",
        "Authorization": f"Bearer {token}",
    }
    return outbound.fetch("POST", url, content=orjson.dumps(body), headers=headers, timeout=TIMEOUT)


def _token(url: str, installation: str) -> str:
    """The configured token; or one of the App's installation, asked for with the App's own key."""
    if settings.TIDEGATE_GITHUB_TOKEN:
        return settings.TIDEGATE_GITHUB_TOKEN
    if not (settings.TIDEGATE_GITHUB_APP_ID and settings.TIDEGATE_GITHUB_APP_KEY and installation.isdecimal()):
        raise outbound.AddressRefused("Set TIDEGATE_GITHUB_TOKEN, or TIDEGATE_GITHUB_APP_ID and …_APP_KEY.")
    own = github_app_token(settings.TIDEGATE_GITHUB_APP_ID, settings.TIDEGATE_GITHUB_APP_KEY, now())
    base = url.partition("/repos/")[0]
    answer = _post(f"{base}/app/installations/{installation}/access_tokens", {}, own)
    if answer.status != 201:
        raise outbound.OutboundError(f"GitHub gave no token for installation {installation}: {answer.status}.")
    return str(orjson.loads(answer.body)["token"])


def _answer_at_once(delivery: HookDelivery) -> None:
    outbox.later(GATE_DUE, subject=delivery, at=now(), payload={"delivery": delivery.pk})


@transaction.atomic
def _again(delivery: HookDelivery, why: str) -> HookDelivery:
    tried = delivery.gate_attempts
    if tried >= len(PAUSES):
        return _note(delivery, {"result": f"Given up after {tried} attempts: {why}"[:500]})
    due = now() + PAUSES[tried]
    outbox.later(GATE_DUE, subject=delivery, at=due, payload={"delivery": delivery.pk})
    said = f"{why} Tried again at {due:%Y-%m-%d %H:%M} UTC."
    return _note(delivery, {"gate_attempts": tried + 1, "result": said[:500]})


@transaction.atomic
def _note(delivery: HookDelivery, fields: dict[str, object]) -> HookDelivery:
    return moves.change(delivery, fields, by=KEEPER, verb="answer_gate")
