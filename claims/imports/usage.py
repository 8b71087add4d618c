"""How much of each workload customers used, month by month, as the usage report says it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from ..models import CustomerTenant, Product, WorkloadUsage
from . import values
from .csv_source import Columns, CsvSource
from .engine import DEFAULT_BATCH_SIZE, Importer, Item, Progress, Run, run_import
from .lookups import Among
from .report import ImportReport
from .rows import Cells, Row

KIND = "usage"

TENANT = "CustomerTenantId"
WORKLOAD = "WorkloadName"
DAY = "Date"
PAID = "PaidAvailableUnits"
ACTIVE = "MonthlyActiveUsers"
COLUMNS = Columns(required=(TENANT, WORKLOAD, DAY, PAID, ACTIVE), others=True)

_read_workload = values.text(150)


class UsageRow(NamedTuple):
    """One customer's use of one workload in the month of ``month``, its first day."""

    tenant_id: UUID
    workload: str
    month: date
    paid_units: int
    active_users: int


def import_usage(
    *,
    path: Path,
    dry_run: bool = False,
    batch_size: int = DEFAULT_BATCH_SIZE,
    on_progress: Progress | None = None,
) -> ImportReport:
    """Import a usage report in CSV.

    Tenants must be there already; a workload is named by a product's code, name or another name of
    it. A later report corrects the figures of a month, and nothing is deleted. Effects:
    ``run_import``. Raises ``UnusableFile``.
    """
    return run_import(
        name=KIND,
        path=path,
        source=CsvSource(path, COLUMNS),
        importers=[UsageImporter()],
        dry_run=dry_run,
        batch_size=batch_size,
        on_progress=on_progress,
    )


class UsageImporter(Importer[UsageRow]):
    """Three queries to look up a batch, up to two statements to write it."""

    def read(self, row: Row) -> UsageRow:
        cells = Cells(row)
        tenant_id = cells.need(TENANT, values.recurring_guid)
        workload = cells.need(WORKLOAD, _read_workload)
        day = cells.need(DAY, values.day)
        paid = cells.need(PAID, values.whole_number)
        active = cells.need(ACTIVE, values.whole_number)
        cells.finish()
        return UsageRow(tenant_id, workload, day.replace(day=1), paid, active)

    def key(self, value: UsageRow) -> tuple[str, tuple[UUID, str, date]]:
        return WORKLOAD, (value.tenant_id, value.workload.casefold(), value.month)

    def write(self, items: Sequence[Item[UsageRow]], run: Run) -> None:
        tenants = dict(
            CustomerTenant.objects.filter(
                Among(F("tenant_id"), {item.value.tenant_id for item in items})
            )
            .order_by()
            .values_list("tenant_id", "pk")
        )
        products = _named_products()
        wanted: dict[tuple[int, int, date], Item[UsageRow]] = {}
        for item in items:
            row = item.value
            tenant = tenants.get(row.tenant_id)
            named = products.get(row.workload.casefold(), set())
            faults = []
            if tenant is None:
                reason = _("The tenant %(tenant)s is not registered. Import the customers first.")
                faults.append((TENANT, reason % {"tenant": row.tenant_id}))
            if len(named) != 1:
                faults.append((WORKLOAD, _not_one(row.workload, named)))
            if tenant is None or len(named) != 1:
                run.report.refuse(item.place, *faults)
                continue
            (product,) = named
            earlier = wanted.setdefault((tenant, product, row.month), item)
            if earlier is not item:
                reason = _("The same stands already in %(place)s.") % {"place": earlier.place}
                run.report.refuse(item.place, (WORKLOAD, reason))
        self._put(wanted, run)

    @staticmethod
    def _put(wanted: dict[tuple[int, int, date], Item[UsageRow]], run: Run) -> None:
        known = _existing(wanted, lock=not run.dry)
        new: list[WorkloadUsage] = []
        different: list[WorkloadUsage] = []
        counts = run.counts(KIND)
        for (tenant, product, month), item in wanted.items():
            row = item.value
            found = known.get((tenant, product, month))
            if found is None:
                new.append(
                    WorkloadUsage(
                        tenant_id=tenant,
                        product_id=product,
                        month=month,
                        paid_units=row.paid_units,
                        active_users=row.active_users,
                    )
                )
            elif (found.paid_units, found.active_users) == (row.paid_units, row.active_users):
                counts.unchanged += 1
            else:
                found.paid_units, found.active_users = row.paid_units, row.active_users
                different.append(found)
        counts.created += len(new)
        counts.changed += len(different)
        if not run.dry:
            WorkloadUsage.objects.bulk_create(new)
            WorkloadUsage.objects.bulk_update(
                different, ["paid_units", "active_users"], batch_size=500
            )


def _named_products() -> dict[str, set[int]]:
    """Return the primary keys of the products by each of their names, in small letters."""
    found: dict[str, set[int]] = defaultdict(set)
    for pk, code, name, synonyms in Product.objects.order_by().values_list(
        "pk", "code", "name", "synonyms"
    ):
        for each in (code, name, *synonyms):
            found[str(each).casefold()].add(pk)
    return found


def _existing(
    wanted: Iterable[tuple[int, int, date]], *, lock: bool
) -> dict[tuple[int, int, date], WorkloadUsage]:
    keys = list(wanted)
    rows = WorkloadUsage.objects.filter(
        Among(F("tenant_id"), {tenant for tenant, _product, _month in keys}),
        month__in={month for _tenant, _product, month in keys},
    ).order_by("pk")
    if lock:
        rows = rows.select_for_update()
    return {(each.tenant_id, each.product_id, each.month): each for each in rows}


def _not_one(workload: str, named: set[int]) -> str:
    if named:
        return _("%(workload)s may be several products. Write the product's code.") % {
            "workload": workload
        }
    return _("%(workload)s is not in the catalogue. Write a product's code or name.") % {
        "workload": workload
    }
