"""Jobs: imports that were accepted are carried out, each in its turn; those that were lost are found again."""

from __future__ import annotations

from celery import shared_task

from apps.cmdb import actions
from apps.cmdb.queries.imports import next_in_turn
from apps.core.actor import job
from apps.core.models import OutboxEvent
from apps.core.outbox import consumer

LONGEST = 3600  # seconds; the import itself ends in words before


@shared_task(name="cmdb.import", soft_time_limit=LONGEST + 120, time_limit=LONGEST + 180)
def carry_out_import(run_id: int) -> None:
    actions.carry_out_import(run_id=run_id)


@consumer(
    "cmdb.importrun.accept",
    "cmdb.importrun.begin_again",
    "cmdb.importrun.finish",
    "cmdb.importrun.fail",
    "cmdb.importrun.call_off",
    name="cmdb.send_imports",
    external=True,
)
def send_imports(event: OutboxEvent) -> None:
    """Whose turn it is now. A run that is sent for twice is taken up once."""
    for run_id in next_in_turn():
        carry_out_import.delay(run_id)


@shared_task(name="cmdb.sweep")
def sweep_imports() -> None:
    for run_id in actions.sweep_imports(by=job("import sweep")):
        carry_out_import.delay(run_id)
