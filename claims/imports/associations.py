"""Associations of an earlier system, one row for each line (Q30)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from cpor_site.common.problems import Refused

from . import values
from .csv_source import Columns, CsvSource
from .engine import DEFAULT_BATCH_SIZE, Importer, Item, Progress, Run, run_import
from .report import ImportReport
from .rows import Cells, Row

KIND = "associations"
REFERENCE, NAME, PARTNER_ID, TENANT_ID = "reference", "name", "partner_id", "tenant_id"
AREA, ACTIVITY, PRODUCT = "area", "activity", "product"
SUBSCRIPTION_ID, SINCE = "subscription_id", "since"
COLUMNS = Columns(
    required=(REFERENCE, PARTNER_ID, TENANT_ID, AREA, ACTIVITY, PRODUCT, SINCE),
    optional=(NAME, SUBSCRIPTION_ID),
)


class AssociationRow(NamedTuple):
    """One line of one claim of the earlier system; ``since`` is when it came into force."""

    reference: str
    name: str
    partner_id: str
    tenant_id: UUID
    area: str
    activity: str
    product: str
    subscription_id: UUID | None
    since: date


Adopt = Callable[..., bool]
"""Takes the fields of an ``AssociationRow`` and returns whether it was new; raises ``Refused``."""


def import_associations(
    *,
    path: Path,
    adopt: Adopt,
    dry_run: bool = False,
    batch_size: int = DEFAULT_BATCH_SIZE,
    on_progress: Progress | None = None,
) -> ImportReport:
    """Take the associations of an earlier system over from a CSV file.

    A row that is here already changes nothing, so a file may be imported again. Effects:
    ``run_import``, and for each row what ``adopt`` does. Raises ``UnusableFile``.
    """
    return run_import(
        name=KIND,
        path=path,
        source=CsvSource(path, COLUMNS),
        importers=[AssociationImporter(adopt)],
        dry_run=dry_run,
        batch_size=batch_size,
        on_progress=on_progress,
    )


class AssociationImporter(Importer[AssociationRow]):
    """Some ten queries a row: this is done once, when a desk begins."""

    def __init__(self, adopt: Adopt) -> None:
        self.adopt = adopt

    def read(self, row: Row) -> AssociationRow:
        cells = Cells(row)
        found = AssociationRow(
            reference=cells.need(REFERENCE, values.text(60)),
            name=cells.take(NAME, values.text(120), ""),
            partner_id=cells.need(PARTNER_ID, values.partner_id),
            tenant_id=cells.need(TENANT_ID, values.recurring_guid),
            area=cells.need(AREA, values.text(40)),
            activity=cells.need(ACTIVITY, values.text(40)),
            product=cells.need(PRODUCT, values.text(60)),
            subscription_id=cells.take(SUBSCRIPTION_ID, values.guid, None),
            since=cells.need(SINCE, values.day),
        )
        cells.finish()
        return found

    def key(self, value: AssociationRow) -> tuple[str, AssociationRow]:
        return PRODUCT, value

    def write(self, items: Sequence[Item[AssociationRow]], run: Run) -> None:
        counts = run.counts(KIND)
        with transaction.atomic():
            for item in items:
                try:
                    is_new = self.adopt(**item.value._asdict())
                except Refused as refusal:
                    faults = [(each.field, str(each.message)) for each in refusal.problems]
                    run.report.refuse(item.place, *faults)
                    continue
                counts.created += is_new
                counts.unchanged += not is_new
            transaction.set_rollback(run.dry)
