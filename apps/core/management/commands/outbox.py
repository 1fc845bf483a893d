"""`manage.py outbox`: what is not delivered yet, and the dead letters; `--retry` sends those again."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.core.actions.dead_letters import retry_delivery
from apps.core.actor import Actor, Door
from apps.core.backlog import backlog, dead_letters


class Command(BaseCommand):
    help = (
        "Say what the outbox still holds: waiting events, open deliveries, dead letters. --retry sends dead ones again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--retry", nargs="*", type=int, metavar="DELIVERY", help="send dead letters again: all, or the ids given"
        )
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *, retry: list[int] | None, **options: Any) -> None:
        chosen = [] if retry is None else dead_letters(retry)
        for delivery in chosen:
            retry_delivery(delivery=delivery, by=Actor(Door.COMMAND, name="outbox"))
        retried, state = len(chosen), backlog()
        dead = [
            {
                "delivery": one.pk,
                "event": one.event.name,
                "about": one.event.subject_key,
                "consumer": one.consumer,
                "attempts": one.attempts,
                "given_up_at": one.dead_at.isoformat(),
                "last_error": one.last_error,
            }
            for one in state.dead
        ]
        if options["json"]:
            answer = {
                "waiting": state.waiting,
                "later": state.later,
                "open": state.open,
                "retried": retried,
                "dead": dead,
            }
            self.stdout.write(json.dumps(answer, indent=2))
            return
        if retry is not None:
            self.stdout.write(f"{retried} dead letters will be sent again.")
        self.stdout.write(
            f"Events waiting: {state.waiting} (and {state.later} due later). Deliveries open: {state.open}."
        )
        self.stdout.write(f"Dead letters: {len(dead)}.")
        for one in dead:
            self.stdout.write(
                f"  {one['delivery']}  {one['event']} {one['about']} → {one['consumer']}, {one['attempts']} attempts, "
                f"given up {one['given_up_at']}: {one['last_error'].splitlines()[0] if one['last_error'] else ''}"
            )
