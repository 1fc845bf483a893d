"""`manage.py doctor`: each part of the house, ok or what to do."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.core import readiness


class Command(BaseCommand):
    help = "Look at database, migrations, broker, worker, outbox, clock, mail and settings: each ok, or what to do."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, **options: Any) -> None:
        findings = readiness.ask(readiness.ALL)
        if options["json"]:
            self.stdout.write(json.dumps([one.as_dict() for one in findings], indent=2))
        else:
            for one in findings:
                mark = self.style.SUCCESS("ok  ") if one.ok else self.style.ERROR("NOT ")
                self.stdout.write(f"{mark} {one.part:<11} {one.said}" + ("" if one.ok else f"\n     → {one.remedy}"))
        if not all(one.ok for one in findings):
            sys.exit(1)
