"""Takes rows through reading, checking and writing, batch by batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection, transaction
from django.utils.translation import gettext as _

from cpor_site.common import clock

from .report import Counts, ImportReport, Place, Refusal, RowRefused
from .rows import Row, Source
from .writing import CHANGE_REASON_LENGTH

DEFAULT_BATCH_SIZE = 2000
LARGEST_BATCH = 5000

Progress = Callable[[int, int], None]
"""Called with the rows dealt with since the last call, and with all rows there are."""

T = TypeVar("T")


class Item(NamedTuple, Generic[T]):
    """Something typed that was read from the row at ``place``."""

    place: Place
    value: T


@dataclass(frozen=True)
class Run:
    """What holds for one whole import: its moment, the reason for the history, the report."""

    now: datetime
    reason: str
    report: ImportReport

    @property
    def dry(self) -> bool:
        return self.report.dry_run

    def counts(self, kind: str) -> Counts:
        return self.report.counts.setdefault(kind, Counts())


class Importer(ABC, Generic[T]):
    """Knows one kind of row: how to read it, what makes it unique, how a batch is written."""

    @abstractmethod
    def read(self, row: Row) -> T | None:
        """Return the row typed, or ``None`` if another importer takes it.

        Raises ``RowRefused``. Asks no database.
        """

    @abstractmethod
    def key(self, value: T) -> tuple[str, Hashable]:
        """Return column and value of what may be only once in a file."""

    @abstractmethod
    def write(self, items: Sequence[Item[T]], run: Run) -> None:
        """Check a batch against the database, write what is new or different, count it.

        Refuses through ``run.report`` and, in a dry run, writes nothing.
        """

    def items(self, rows: Iterator[Row | Refusal], report: ImportReport) -> Iterator[Item[T]]:
        """Yield what the rows hold; a row that can't be read is refused on the way."""
        for row in rows:
            if isinstance(row, Refusal):
                report.refuse(row.place, (row.column, row.reason))
                continue
            try:
                value = self.read(row)
            except RowRefused as refused:
                report.refuse(row.place, *refused.faults)
                continue
            if value is not None:
                yield Item(row.place, value)


def run_import(
    *,
    name: str,
    path: Path,
    source: Source,
    importers: Sequence[Importer[Any]],
    dry_run: bool,
    batch_size: int,
    on_progress: Progress | None,
) -> ImportReport:
    """Import ``source`` and return the report.

    Effects, in this order: the source is read once to its end, and ``UnusableFile`` is raised if it
    is no whole file, with nothing written; then every importer in turn goes through all rows, each
    batch in a transaction of its own. ``batch_size`` is the number of rows in a batch, 1 to 5,000.
    """
    if not 1 <= batch_size <= LARGEST_BATCH:
        raise ValueError(f"batch_size must be from 1 to {LARGEST_BATCH}, not {batch_size}")
    size = source.check()
    report = ImportReport(name, path, dry_run, rows=size.rows, lines=size.lines)
    run = Run(clock.now(), _reason(path, size.lines), report)
    for number, importer in enumerate(importers):
        rows = source.rows()
        if on_progress:
            rows = _counted(rows, on_progress, size.rows * len(importers))
        if number:
            # The first pass reported these.
            rows = (row for row in rows if not isinstance(row, Refusal))
        _pass(importer, rows, run, batch_size)
    report.refusals.sort(key=lambda refusal: (refusal.place.file, refusal.place.line))
    return report


def _pass(
    importer: Importer[Any], rows: Iterator[Row | Refusal], run: Run, batch_size: int
) -> None:
    # Of a hundred thousand rows only the line is kept, where one file is all there is.
    seen: dict[Hashable, int | Place] = {}
    batch: list[Item[Any]] = []
    for item in importer.items(rows, run.report):
        column, key = importer.key(item.value)
        place = item.place if item.place.file else item.place.line
        earlier = seen.setdefault(key, place)
        if earlier != place:
            told = Place(earlier) if isinstance(earlier, int) else earlier
            reason = _("The same stands already in %(place)s.") % {"place": told}
            run.report.refuse(item.place, (column, reason))
            continue
        batch.append(item)
        if len(batch) >= batch_size:
            _write(importer, batch, run)
            batch = []
    if batch:
        _write(importer, batch, run)


def _write(importer: Importer[Any], batch: list[Item[Any]], run: Run) -> None:
    if run.dry:
        importer.write(batch, run)
        return
    with _transaction(run.report.name):
        importer.write(batch, run)


@contextmanager
def _transaction(name: str) -> Iterator[None]:
    """A transaction that no other import of the same kind runs beside.

    SQLite's own write lock sees to that; PostgreSQL needs one that ends with the transaction.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"import {name}"])
        yield


def _counted(
    rows: Iterator[Row | Refusal], on_progress: Progress, total: int
) -> Iterator[Row | Refusal]:
    step = 250
    done = 0
    for row in rows:
        done += 1
        if done == step:
            on_progress(done, total)
            done = 0
        yield row
    on_progress(done, total)


def _reason(path: Path, lines: int) -> str:
    told = f" ({lines} lines)"
    return f"imported from {path.name}"[: CHANGE_REASON_LENGTH - len(told)] + told
