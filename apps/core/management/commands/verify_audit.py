"""`manage.py verify_audit`: recompute every seal of the audit trail and name the first fault."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.core import seal


class Command(BaseCommand):
    help = "Prove that the audit trail is whole: find the first changed, missing or reordered entry."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seal", action="store_true", help="seal what is not sealed yet before looking")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, **options: Any) -> None:
        if options["seal"]:
            seal.seal_entries()
        verdict = seal.verify()
        if options["json"]:
            self.stdout.write(json.dumps(asdict(verdict), indent=2))
        elif verdict.whole:
            self.stdout.write(
                f"The audit trail is whole: {verdict.entries} entries under {verdict.seals} seals, "
                f"{verdict.unsealed} not sealed yet. Head: {verdict.head}"
            )
        else:
            self.stderr.write(f"The audit trail is broken. {verdict.broken}")
        if not verdict.whole:
            sys.exit(1)
