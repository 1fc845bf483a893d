"""Loading a file from a source, at once or in the background: read whole before anything is written, each record all or
nothing.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from tempfile import TemporaryFile
from typing import BinaryIO

from django.db import IntegrityError, OperationalError, transaction

from apps.cmdb.actions.import_carry import begin_writing, carry_out, end, moment_after
from apps.cmdb.actions.import_pulse import LEASE, CutOff, Pulse, Tell
from apps.cmdb.actions.spool import Spool
from apps.cmdb.formats import PASSES, TABLES, Reader, reader_of
from apps.cmdb.formats.files import Content, Watched, opened
from apps.cmdb.models import ImportPiece, ImportProgress, ImportRun
from apps.cmdb.permissions import may_import
from apps.cmdb.queries.imports import left_alone, next_in_turn
from apps.cmdb.queries.mappings import layout_named
from apps.core import moves
from apps.core.actor import Actor, Door
from apps.core.clock import now
from apps.core.errors import Conflict, FieldError, Invalid, NotNow, Refusal

log = logging.getLogger(__name__)

SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:@+-]{0,59}")
SHARED_NAMES = {"purl"}  # identifiers that several sources use for the same thing
LARGEST_AT_ONCE = 1024 * 1024  # bytes; doors that are waited at leave what is larger to the background
PIECE = 1024 * 1024
MOST_ATTEMPTS = 3
CLASH = "Another import changed the same items at the same time. Nothing is lost: import the file again."
STAYS = "What was written until then stays; import the file again to complete it."


def import_catalog(
    *,
    source: str,
    format: str,
    content: Content,
    by: Actor,
    dry_run: bool = False,
    complete: bool = False,
    file_name: str = "",
    mapping: str = "",
    progress: Tell | None = None,
    note: str = "",
) -> ImportRun:
    """Take the records of a file into the CMDB now, and report what became of each.

    The same file twice changes nothing. With `dry_run` nothing is changed but the report is the same. With `complete`
    the file is everything the source has: what it no longer names is marked missing. Tables (csv, xlsx) are read by the
    column mapping of that name. A file that cannot be read is refused (Invalid, with the place), and then nothing is
    written. While another import of the source is under way it is refused (NotNow).
    """
    reader = _judge(source, format, mapping, by)
    pulse, file = Pulse(tell=progress), opened(content)
    run = _described(source, format, mapping, file_name, file, dry_run, complete, by)
    with Spool() as spool:
        _read(reader, run, file, spool, pulse)
        with transaction.atomic():
            run = moves.create(run, by=by, verb="start", note=note)
            run = begin_writing(run=run, records=spool.records, by=by)
            ImportProgress.objects.create(run=run, alive_until=now() + LEASE)
        pulse.follow(run=run, attempt=1)
        try:
            return carry_out(run=run, spool=spool, by=by, pulse=pulse)
        except CutOff as error:
            raise Conflict(f"The import was called off meanwhile. {STAYS}") from error
        except IntegrityError as error:
            _fail(run, CLASH, by, pulse.attempt)
            raise Conflict(CLASH) from error
        except Exception as error:
            _fail(run, f"It broke off: {type(error).__name__}. {STAYS}", by, pulse.attempt)
            raise


@transaction.atomic
def accept_import(
    *,
    source: str,
    format: str,
    content: Content,
    by: Actor,
    dry_run: bool = False,
    complete: bool = False,
    file_name: str = "",
    mapping: str = "",
    note: str = "",
) -> ImportRun:
    """Keep a file that is to be imported in the background, as `import_catalog` would. The run waits for its turn."""
    _judge(source, format, mapping, by)
    file = opened(content)
    run = _described(source, format, mapping, file_name, file, dry_run, complete, by)
    run = moves.create(run, by=by, verb="accept", note=note)
    for position, body in enumerate(_pieces(file)):  # written one by one: a copy of the whole file costs memory
        ImportPiece.objects.create(run=run, position=position, body=body)
    ImportProgress.objects.create(run=run, alive_until=now() + LEASE)
    return run


def carry_out_import(*, run_id: int) -> ImportRun | None:
    """Carry out an import that waits for its turn, in the name of whoever asked for it.

    Called twice it has one effect: only one caller takes it up. None when there was nothing to take up.
    """
    run = ImportRun.objects.select_related("imported_by").filter(pk=run_id).first()
    if run is None:
        return None
    by = Actor(Door.JOB, user=run.imported_by, name="import")
    taken = _take_up(run, by)
    if taken is None:
        return None
    run, pulse = taken
    try:
        return _read_and_write(run, by, pulse)
    except CutOff:
        return None
    except (OperationalError, IntegrityError):
        raise  # the database is away, or others wrote the same items: the sweep begins it again
    except Refusal as refusal:
        return _fail(run, refusal.detail, by, pulse.attempt)
    except Exception as fault:
        log.exception("Import %s broke off.", run.pk)
        said = f"It broke off: {type(fault).__name__}. The log of the worker says more. {STAYS}"
        return _fail(run, said, by, pulse.attempt)


def call_off_import(*, run: ImportRun, by: Actor, note: str = "") -> ImportRun:
    """End it. Whoever carries it out stops before the next batch; a rehearsal leaves nothing."""
    return end(run=run, step="call_off", by=by, note=note)


def sweep_imports(*, by: Actor, at: datetime | None = None) -> list[int]:
    """Begin again what lost its worker, end what nobody can carry out. Returns the runs whose turn it is."""
    at = at or now()
    for run in left_alone(at):
        with suppress(NotNow, CutOff):  # it has moved on since
            _begin_again(run, by)
    overdue = ImportProgress.objects.filter(run__in=next_in_turn(), alive_until__lt=at)
    runs = list(overdue.values_list("run", flat=True))
    ImportProgress.objects.filter(run__in=runs).update(alive_until=at + LEASE)
    return runs


def _judge(source: str, format: str, mapping: str, by: Actor) -> Reader:
    moves.require(may_import, None, by)
    if not SOURCE.fullmatch(source) or source in SHARED_NAMES:
        detail = "A source is named by 1 to 60 letters, digits, spaces and . _ : @ + -, and not “purl”."
        raise Invalid([FieldError("?source", "source", detail)])
    return reader_of(format, lambda: layout_named(mapping))


def _described(
    source: str, format: str, mapping: str, file_name: str, file: BinaryIO, dry_run: bool, complete: bool, by: Actor
) -> ImportRun:
    digest, size = hashlib.sha256(), 0
    for piece in _pieces(file):
        digest.update(piece)
        size += len(piece)
    return ImportRun(
        source=source,
        format=format,
        mapping=mapping if format in TABLES else "",
        file_name=file_name[:255],
        size=size,
        sha256=digest.hexdigest(),
        dry_run=dry_run,
        complete=complete,
        imported_by=by.user,
        started_at=moment_after(source=source),
    )


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def _read(reader: Reader, run: ImportRun, file: BinaryIO, spool: Spool, pulse: Pulse) -> None:
    """Read the file to its end. Raises Invalid where it cannot be read."""
    watched, passes = Watched(file), PASSES.get(run.format, 1)
    spool.fill(reader(watched), lambda: pulse.read(done=min(watched.count // passes, run.size), total=run.size))


@transaction.atomic
def _take_up(run: ImportRun, by: Actor) -> tuple[ImportRun, Pulse] | None:
    progress = ImportProgress.objects.select_for_update().get(run=run)
    try:
        run = moves.move(run, "read", by=by)
    except (NotNow, Invalid):  # somebody else has it, or another of its source came first
        return None
    progress.done, progress.total, progress.alive_until = 0, run.size, now() + LEASE
    progress.save()
    pulse = Pulse()
    pulse.follow(run=run, attempt=progress.attempt)
    return run, pulse


def _read_and_write(run: ImportRun, by: Actor, pulse: Pulse) -> ImportRun:
    reader = _judge(run.source, run.format, run.mapping, by)
    with Spool() as spool:
        with TemporaryFile() as file:
            for body in _bodies(run):
                file.write(body)
            _read(reader, run, file, spool, pulse)
        run = begin_writing(run=run, records=spool.records, by=by)
        return carry_out(run=run, spool=spool, by=by, pulse=pulse)


def _bodies(run: ImportRun) -> Iterator[bytes]:
    """The file, a piece at a time."""
    for position in range(run.pieces.count()):
        yield bytes(run.pieces.get(position=position).body)


def _begin_again(run: ImportRun, by: Actor) -> None:
    attempt = run.progress.attempt
    if not run.pieces.exists():
        _fail(run, f"Whoever imported it is gone. {STAYS}", by, attempt)
    elif attempt >= MOST_ATTEMPTS:
        _fail(
            run, f"It was begun {attempt} times, and each time its worker was gone before the end. {STAYS}", by, attempt
        )
    else:
        with transaction.atomic():
            progress = ImportProgress.objects.select_for_update().get(run=run)
            if progress.attempt != attempt or progress.alive_until != run.progress.alive_until:
                raise CutOff  # it has been heard of since
            moves.move(run, "begin_again", by=by, note="Whoever carried it out has not been heard of in time.")
            progress.attempt, progress.done, progress.alive_until = progress.attempt + 1, 0, now() + LEASE
            progress.save()


def _fail(run: ImportRun, why: str, by: Actor, attempt: int) -> ImportRun | None:
    """None when somebody else has the run by now: it is theirs to end."""
    with suppress(CutOff):
        return end(run=run, step="fail", by=by, note=why, attempt=attempt, failure=why)
    return None
