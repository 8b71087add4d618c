"""Delivery of hand-offs by file: batches of rows, planned in the database and stored then.

1. A transaction picks the rows that are due, gives them a number and commits.
2. The files are made from those rows alone and stored: JSON lines, CSV, last the signed manifest.
3. A transaction notes that they are there; the rows have gone this way.

Whoever dies in between leaves a planned batch, which the next run makes and stores again under the
same number with the same bytes. So no row is lost, and none stands in two batches.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun

from .. import handoff_format
from ..handoff_format import BatchFiles, HandoffFile
from ..models import HandoffBatch, IncentiveHandoff
from . import waiting

logger = logging.getLogger(__name__)

LARGEST_BATCH = 5000
STORAGE = "handoffs"


class FileInTheWay(Exception):
    """The storage holds another file under a batch's name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "The storage of hand-offs holds another file named %(name)s. Find out where it "
                "comes from and move it away; the next run goes on."
            )
            % {"name": name}
        )


def deliver_handoffs(*, dry_run: bool = False) -> JobRun:
    """Write what is due into files; safe when late, doubled or killed.

    The rows of a claim stand in the order of their numbers, over batches too. A storage that
    doesn't take a file ends the run: the next one begins with the same batch.
    """
    now = clock.now()
    if not dry_run:
        waiting.settle(now)
    delivery = _Delivery()
    keys = [*keyset(waiting.in_unstored_file()), *keyset(waiting.due_for_file(now))]
    return run_sweep(
        "deliver_handoffs",
        delivery.while_it_works(keys),
        delivery.deliver,
        dry_run=dry_run,
        now=now,
        atomic=False,
    )


class _Delivery:
    """Stores batch by batch until the row that is asked for has gone."""

    def __init__(self) -> None:
        self._gone: set[int] = set()
        self._broken = False

    def while_it_works(self, keys: list[int]) -> Iterator[int]:
        for key in keys:
            if self._broken:
                return
            yield key

    def deliver(self, key: int) -> Outcome:
        """Make sure that the row is in a stored file, if it may be."""
        while key not in self._gone:
            batch = _unstored() or plan(clock.now())
            if batch is None:
                return Outcome.SKIPPED
            try:
                self._gone |= store(batch)
            except Exception:
                self._broken = True
                raise
        return Outcome.ACTED


def plan(now: datetime) -> HandoffBatch | None:
    """Give the rows that are due a number, in one transaction; None if there are none.

    A row whose fields can't be told is failed, and the later ones of its claim stay behind.
    """
    with transaction.atomic():
        _one_at_a_time()
        due = waiting.due_for_file(now)
        rows = list(
            due.select_related("claim")
            .order_by("pk")
            .select_for_update(of=("self",))[:LARGEST_BATCH]
        )
        rows = _tellable(rows)
        if not rows:
            return None
        number = _next_number()
        lines, table, manifest = handoff_format.names_of(number)
        batch = HandoffBatch(
            number=number,
            written_at=now,
            row_count=len(rows),
            json_name=lines,
            csv_name=table,
            manifest_name=manifest,
        )
        files = handoff_format.files_of(batch, rows)
        batch.json_sha256, batch.csv_sha256 = files.json.sha256, files.csv.sha256
        batch.save()
        IncentiveHandoff.objects.filter(pk__in=[row.pk for row in rows]).update(batch=batch)
        return batch


def store(batch: HandoffBatch) -> set[int]:
    """Store the files of a planned batch and note it; return the keys of its rows.

    Storing twice, or by two at once, writes the same. Raises ``FileInTheWay``, and whatever the
    storage raises.
    """
    rows = list(batch.rows.select_related("claim").order_by("pk"))
    files = handoff_format.files_of(batch, rows)
    for file in files:
        _put(file)
    _note_stored(batch, files)
    return {row.pk for row in rows}


def _note_stored(batch: HandoffBatch, files: BatchFiles) -> None:
    now = clock.now()
    HandoffBatch.objects.filter(pk=batch.pk, stored_at=None).update(
        stored_at=now, json_sha256=files.json.sha256, csv_sha256=files.csv.sha256
    )
    waiting.settle(now)


def _put(file: HandoffFile) -> None:
    storage = storages[STORAGE]
    if not file.signed and storage.exists(file.name):
        with storage.open(file.name) as there:
            if hashlib.sha256(there.read()).hexdigest() == file.sha256:
                return
        raise FileInTheWay(file.name)
    name = storage.save(file.name, ContentFile(file.content))
    if name != file.name:
        storage.delete(name)
        raise FileInTheWay(file.name)


def _unstored() -> HandoffBatch | None:
    """Return the first batch that was planned and isn't stored; the later ones wait for it."""
    return HandoffBatch.objects.filter(stored_at=None).order_by("number").first()


def _tellable(rows: list[IncentiveHandoff]) -> list[IncentiveHandoff]:
    held: set[int] = set()
    told = []
    for row in rows:
        if row.claim_id in held:
            continue
        try:
            handoff_format.json_line(row)
        except Exception as error:
            logger.exception("The fields of hand-off %s can't be told", row.pk)
            held.add(row.claim_id)
            row.state = IncentiveHandoff.State.FAILED
            row.last_error = f"{type(error).__name__}: {error}"
            row.save(update_fields=["state", "last_error"])
            continue
        told.append(row)
    return told


def _next_number() -> int:
    """Return the next number without a gap, unless the storage knows more than the database.

    That is so after an old copy of the database was put back; the program has seen those numbers.
    """
    number = (HandoffBatch.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    while storages[STORAGE].exists(handoff_format.names_of(number)[2]):
        number += 1
    return number


def _one_at_a_time() -> None:
    """Let one batch be planned at a time; SQLite's write lock sees to that anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('batch of hand-offs'))")
