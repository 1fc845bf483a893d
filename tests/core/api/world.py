"""A house with something of everything in it, for the tests that walk every endpoint of the router.

Made by real actions and by the API itself (seeds.py). A new resource shows up by itself; when its lists stay empty the
walk says so, and a seed mends it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice, pairwise
from typing import Any

from django.http import HttpResponse
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from apps.accounts.actions import create_user, issue_token
from apps.accounts.permissions import Role
from apps.cmdb.actions import create_party, create_service_relationship, renew_proposals
from apps.cmdb.models import ConfigurationItem
from apps.cmdb.queries import FoundPair
from apps.compliance.actions import sweep_controls
from apps.compliance.models import Finding
from apps.core import relay
from apps.core.clock import now
from apps.core.models import OutboxDelivery, OutboxEvent
from apps.core.moves import change
from apps.integrations.actions import receive_delivery
from apps.integrations.models import HookEndpoint
from apps.releases.actions import board_train, plan_train, record_deployment
from apps.releases.models import Deployment, Release
from apps.reviews.actions import make_approach_review_due, make_model_reviews_due
from tests.approaches.approaches import approach, draft, publish
from tests.core.api.seeds import CHANGES, LAST, PLACES, QUERIES, SEEDS
from tests.factories import payments, production, publish_model, release_in
from tests.people import SYSTEM, person

METHODS = ("get", "post", "patch", "delete")
ROWS = 3
STATUSES = ("planning", *["awaiting_approval"] * ROWS, "releasing", *["in_review"] * ROWS)
PREFIX = "/api/v1/"
PEOPLES_ROLES = [role for role in Role.values if role != Role.INTEGRATION]  # a tool answers no approval


class Caller:
    """Somebody who speaks JSON, with a token of all scopes; without a user, nobody."""

    def __init__(self, user: Any = None, *scopes: str) -> None:
        secret = issue_token(user=user, scopes=scopes or ["*"], by=SYSTEM)[1] if user else ""
        self.headers = {"Authorization": f"Bearer {secret}"} if user else {}
        self.client = Client(raise_request_exception=False, headers=self.headers)

    def __call__(self, method: str, path: str, body: Any = None) -> HttpResponse:
        if isinstance(body, bytes):
            return self.client.generic(method.upper(), path, body, content_type="application/octet-stream")
        data = json.dumps(body) if body is not None else ""
        return self.client.generic(method.upper(), path, data, content_type="application/json")


class Operation:
    """One method of one address, as the schema names it."""

    def __init__(self, method: str, path: str, told: dict[str, Any]) -> None:
        self.method, self.path, self.told = method, path, told
        self.id: str = told["operationId"]

    @property
    def is_list(self) -> bool:
        return self.method == "get" and any(one["name"] == "cursor" for one in self.told.get("parameters", []))

    @property
    def steps(self) -> list[str]:
        """The names of the steps, where this takes one."""
        content = self.told.get("requestBody", {}).get("content", {}).get("application/json", {})
        is_step = self.method == "post" and self.path.endswith("/transitions/")
        return content["schema"]["properties"]["name"]["enum"] if is_step else []


def operations() -> list[Operation]:
    """Everything under /api/v1/."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    return [
        Operation(method, path, told)
        for path, methods in document["paths"].items()
        for method, told in methods.items()
        if method in METHODS and path.startswith(PREFIX) and "schema" not in path
    ]


class World:
    """The house, everyone who calls at it, and where to find one of each thing."""

    def __init__(self) -> None:
        self.operations = operations()
        self.extras = [create_user(username=f"extra-{n}", roles=["auditor"], by=SYSTEM).username for n in range(12)]
        self.everyone = create_user(username="everyone", roles=PEOPLES_ROLES, by=SYSTEM)
        self.all_seeing = Caller(self.everyone)
        self.callers = self._call_everyone()
        self._befriend()
        self.draft = release_in("draft").key
        self.releases = [release_in(status).key for status in STATUSES]
        self.digest = Release.objects.get(key=self.release_in("awaiting_approval")).round.digest
        self.boarders = [release_in("draft").key for _ in range(ROWS + 1)]
        self.train, self.passenger = self._form_a_train()
        self._known: dict[str, list[dict[str, Any]]] = {}
        self._places: dict[str, str] = {}
        self._drain()
        self._kill_letters()
        self.bypass = self._go_past().key
        self._fall_due()
        self.failures = list(self._sow())
        self._propose()
        self._knock()
        self._drain()
        self._known.clear()
        self._places.clear()

    def release(self, n: int) -> str:
        return self.releases[n % len(self.releases)]

    def boarder(self, n: int) -> str:
        """A draft that is in no train, as long as n was not used before."""
        return self.boarders[min(n, len(self.boarders)) - 1]

    def release_in(self, status: str, n: int = 0) -> str:
        found = [key for key, its in zip(self.releases, STATUSES, strict=True) if its == status]
        return found[n % len(found)]

    def round(self, n: int) -> str:
        """The approval round of a release that waits for it."""
        return Release.objects.get(key=self.release_in("awaiting_approval", n)).round.key

    def deployment(self, n: int) -> str:
        keys = list(Deployment.objects.order_by("key").values_list("key", flat=True))
        return keys[n % len(keys)] if keys else ""

    def _call_everyone(self) -> dict[str, Caller]:
        """One caller for each role."""
        faces = {"release_manager": "rosa", "approver": "adam", "contributor": "carl", "service_owner": "sven"}
        faces |= {"auditor": "audrey", "integration": "ida", "administrator": "ivan"}
        return {role: Caller(person(faces[role])) for role in Role.values}

    def body(self, operation: Operation, n: int) -> Any:
        """A body that this operation may really get."""
        if operation.id in SEEDS:
            return SEEDS[operation.id][1](self, n)
        return None if operation.method in ("get", "delete") else CHANGES.get(operation.id, {})

    def address(self, operation: Operation) -> str:
        """The operation's path with the keys of something that is there; empty when there is nothing."""
        if operation.id in PLACES:
            return PREFIX + PLACES[operation.id](self)
        if operation.path not in self._places:
            self._places[operation.path] = self._shown_address(operation.path)
        return self._places[operation.path] + QUERIES.get(operation.id, "")

    def _shown_address(self, path: str) -> str:
        """The first that can be read, where it can be read at all: not every release has a review."""
        found = list(islice(self.addresses(path), 20))
        if not any(one.path == path and one.method == "get" for one in self.operations):
            return next(iter(found), "")
        return next((one for one in found if self.all_seeing("get", one).status_code == 200), next(iter(found), ""))

    def fullest(self, path: str) -> tuple[str, int]:
        """Of all the lists of this kind, the one with the most rows."""
        found = [(len(self._rows(address)), address) for address in self.addresses(path)]
        rows, address = max(found, default=(0, ""))
        return address, rows

    def addresses(self, path: str, done: str = "") -> Iterator[str]:
        """Every way to fill in the path, with what is there."""
        head, brace, tail = path.partition("{")
        if not brace:
            yield done + head
            return
        name, _, rest = tail.partition("}")
        for key in self._keys(done + head, name):
            yield from self.addresses(rest, f"{done}{head}{key}")

    def _keys(self, collection: str, name: str) -> Iterator[str]:
        if name == "other":  # a version to compare with
            yield "1"
            return
        for row in self._rows(collection):
            member = next(
                (one for one in (name, "key", "slug", "number", "id") if row.get(one) not in (None, "")), None
            )
            if member is not None:
                yield str(row[member])

    def _rows(self, collection: str) -> list[dict[str, Any]]:
        if collection not in self._known:
            answer = self.all_seeing("get", collection)
            told = answer.json() if answer.status_code == 200 else []
            self._known[collection] = told["results"] if isinstance(told, dict) else told
        return self._known[collection]

    def _sow(self) -> Iterator[str]:
        """Make three of everything. Yields what could not be made."""
        by_id = {operation.id: operation for operation in self.operations}
        callers: dict[str, Caller] = {}
        for name, (who, _) in SEEDS.items():
            operation = by_id.get(name)
            address = self.address(operation) if operation else ""
            if not address.startswith(PREFIX):
                yield f"{name}: there is no such operation, or nothing to do it to"
                continue
            self._known.clear()
            self._places.clear()
            caller = callers.setdefault(who, Caller(person(who)))
            for n in range(1, SOWN.get(name, ROWS) + 1):
                answer = caller("post", address, self.body(operation, n))
                if answer.status_code >= 400 and name not in ONCE_ONLY:
                    yield f"{name}: {answer.status_code} {answer.content.decode()[:300]}"

    def _befriend(self) -> None:
        """Parties that a published model concerns."""
        for n in range(ROWS):
            party = create_party(slug=f"friend-{n}", name=f"Friend {n}", by=SYSTEM)
            create_service_relationship(party=party, service=payments(), by=SYSTEM)

    def _drain(self) -> None:
        """Let every event reach its consumers."""
        for _ in range(50):
            if not relay.relay_once(relay.deliver):
                return

    def _knock(self) -> None:
        """A tool brings deliveries to our door."""
        endpoint = HookEndpoint.objects.first()
        for n in range(ROWS):
            said = {"zen": "Keep it logically awesome."}
            receive_delivery(endpoint=endpoint, delivery_id=f"d-{n}", event="ping", payload=said)

    def _go_past(self) -> Finding:
        """Something went live past the practice, and the controls have seen it."""
        record_deployment(
            ci=payments(), environment=production(), status="success", source="jenkins", version="0.1",
            at=now() - timedelta(days=2), by=SYSTEM,
        )  # fmt: skip
        return sweep_controls(at=now(), by=SYSTEM)[0]

    def _propose(self) -> None:
        """Some parts seem to hang together."""
        parts = list(ConfigurationItem.objects.filter(key__startswith="part-").order_by("pk")[: ROWS + 1])
        pairs = [FoundPair(one.pk, other.pk, [], 4.0, 5) for one, other in pairwise(parts)]
        renew_proposals(found=pairs, at=now(), by=SYSTEM)

    def _form_a_train(self) -> tuple[str, Release]:
        """A train whose one member waits for approval, and may be approved together with others."""
        passenger = release_in("awaiting_approval", risk="low")
        window = {"planned_start": passenger.planned_start, "planned_end": passenger.planned_end}
        train = plan_train(title="Tide", **window, by=SYSTEM)
        return train.key, board_train(train=train, release=passenger, by=SYSTEM)

    def _fall_due(self) -> None:
        """Some models are to be reviewed."""
        for n in range(ROWS):
            change(publish_model(f"due-{n}").model, {"next_review_on": now().date()}, by=SYSTEM)
        make_model_reviews_due(at=now(), by=SYSTEM)
        for n in range(ROWS):
            version = publish(draft(approach(f"due-{n}")))
            make_approach_review_due(version=version, figures={}, at=now(), by=SYSTEM)

    def _kill_letters(self) -> None:
        for event in OutboxEvent.objects.order_by("id")[:ROWS]:
            OutboxDelivery.objects.create(event=event, consumer="nobody", available_at=now(), dead_at=now(), attempts=8)


# Others refer to these by number.
SOWN = {"configuration_items_create": LAST, "parties_create": LAST, "environments_create": LAST}

# One is all there can be: an approver answers once, a deployment is linked once.
ONCE_ONLY = {"releases_approvals_create", "releases_deployments_create"}
