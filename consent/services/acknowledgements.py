"""What the incentive program says of hand-offs: it has them, or it doesn't take them and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _

from claims.imports import values
from claims.imports.csv_source import Columns, CsvSource
from claims.imports.engine import DEFAULT_BATCH_SIZE, Importer, Item, Progress, Run, run_import
from claims.imports.files import is_json
from claims.imports.json_lines import JsonLinesSource
from claims.imports.report import ImportReport, RowRefused
from claims.imports.rows import Cells, Row

from ..handoff_format import row_id
from ..models import IncentiveHandoff
from . import waiting

KIND = "acknowledgements"
ID, RESULT, REASON, REFERENCE = "id", "result", "reason", "reference"
COLUMNS = Columns(required=(ID, RESULT), optional=(REASON, REFERENCE), others=True)
LONGEST = 200
LOOKED_UP_AT_ONCE = 200

State = IncentiveHandoff.State
_an_id = re.compile(r"(?P<number>[A-Z0-9-]{1,20})-(?P<sequence>[0-9]{1,9})")
_read_text = values.text(LONGEST)


class Result(StrEnum):
    """What the program may say of a row."""

    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"


class Acknowledgement(NamedTuple):
    """One row of the file; ``text`` is the program's reason, or else its reference."""

    claim_number: str
    sequence: int
    result: Result
    text: str

    @property
    def row_id(self) -> str:
        return f"{self.claim_number}-{self.sequence}"


def import_acknowledgements(
    *,
    path: Path,
    dry_run: bool = False,
    batch_size: int = DEFAULT_BATCH_SIZE,
    on_progress: Progress | None = None,
) -> ImportReport:
    """Import what the program says of rows it got, from CSV or JSON lines.

    ``acknowledged`` rows become acknowledged, ``rejected`` ones failed with the program's reason,
    and each of these is told in the report's notes. The same file again changes nothing. Rows that
    are unknown, have not been delivered, or were acknowledged before and are rejected now are
    refused with a sentence. Effects: ``run_import``. Raises ``UnusableFile``.
    """
    source = JsonLinesSource if is_json(path) or path.suffix.casefold() == ".jsonl" else CsvSource
    return run_import(
        name=KIND,
        path=path,
        source=source(path, COLUMNS),
        importers=[AcknowledgementImporter()],
        dry_run=dry_run,
        batch_size=batch_size,
        on_progress=on_progress,
    )


class AcknowledgementImporter(Importer[Acknowledgement]):
    """A query for every two hundred rows, and one statement to write a batch."""

    def read(self, row: Row) -> Acknowledgement:
        cells = Cells(row)
        found = cells.need(ID, _read_id)
        result = cells.need(RESULT, _read_result)
        reason = cells.take(REASON, _read_text, "")
        reference = cells.take(REFERENCE, _read_text, "")
        if result == Result.REJECTED and not reason and not cells.faults:
            cells.fault(REASON, _("A rejected row needs the program's reason."))
        cells.finish()
        number, sequence = found
        return Acknowledgement(number, sequence, result, reason or reference)

    def key(self, value: Acknowledgement) -> tuple[str, str]:
        return ID, value.row_id

    def write(self, items: Sequence[Item[Acknowledgement]], run: Run) -> None:
        rows = _rows_of([item.value for item in items], lock=not run.dry)
        counts = run.counts(KIND)
        changed = []
        for item in items:
            said = item.value
            row = rows.get(said.row_id)
            try:
                if row is None:
                    raise RowRefused((ID, _("There is no hand-off %(id)s.") % {"id": said.row_id}))
                is_new = _take(row, said, run)
            except RowRefused as refused:
                run.report.refuse(item.place, *refused.faults)
                continue
            if said.result == Result.REJECTED:
                words = _("The program rejected %(id)s: %(reason)s")
                run.report.note(item.place, words % {"id": said.row_id, "reason": said.text})
            if is_new:
                changed.append(row)
                counts.changed += 1
            else:
                counts.unchanged += 1
        if not run.dry:
            IncentiveHandoff.objects.bulk_update(changed, WRITTEN, batch_size=200)


WRITTEN = [
    "state",
    "sent_at",
    "acknowledged_at",
    "acknowledgement",
    "last_error",
    "next_try_at",
    "claimed_until",
]


def _take(row: IncentiveHandoff, said: Acknowledgement, run: Run) -> bool:
    """Put what the program said into the row; False if it says so already."""
    if not waiting.has_been_delivered(row):
        words = _("%(id)s has not been delivered yet, so the program can't have judged it.")
        raise RowRefused((ID, words % {"id": said.row_id}))
    wanted = State.ACKNOWLEDGED if said.result == Result.ACKNOWLEDGED else State.FAILED
    judged = row.acknowledged_at is not None
    if judged and (row.state, row.acknowledgement) == (wanted, said.text):
        return False
    if row.state == State.ACKNOWLEDGED and wanted == State.FAILED:
        words = _(
            "%(id)s was acknowledged on %(day)s and can't be rejected any more. Ask the program "
            "what is meant."
        )
        assert row.acknowledged_at is not None
        day = f"{row.acknowledged_at:%Y-%m-%d}"
        raise RowRefused((RESULT, words % {"id": said.row_id, "day": day}))
    row.state = wanted
    row.sent_at = row.sent_at or row.posted_at or run.now
    row.acknowledged_at = run.now
    row.acknowledgement = said.text
    row.last_error = said.text if wanted == State.FAILED else ""
    row.next_try_at = row.claimed_until = None
    return True


def _rows_of(said: Sequence[Acknowledgement], *, lock: bool) -> dict[str, IncentiveHandoff]:
    found = {}
    for start in range(0, len(said), LOOKED_UP_AT_ONCE):
        named = Q(pk__in=())
        for each in said[start : start + LOOKED_UP_AT_ONCE]:
            named |= Q(claim__number=each.claim_number, sequence=each.sequence)
        rows = IncentiveHandoff.objects.filter(named).select_related("claim", "batch")
        if lock:
            rows = rows.select_for_update(of=("self",))
        for row in rows.order_by("pk"):
            found[row_id(row)] = row
    return found


def _read_id(value: object) -> tuple[str, int]:
    found = _an_id.fullmatch(value.upper()) if isinstance(value, str) else None
    if found is None:
        raise values.BadValue(_("This is no hand-off's ID, which reads like CPOR-2026-000123-1."))
    return found["number"], int(found["sequence"])


def _read_result(value: object) -> Result:
    try:
        return Result(str(value).casefold())
    except ValueError:
        known = {"known": ", ".join(Result)}
        raise values.BadValue(_("This must be one of: %(known)s.") % known) from None
