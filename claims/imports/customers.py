"""Customers' tenants with their domains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from ..models import CustomerTenant
from . import values
from .csv_source import Columns, CsvSource
from .engine import DEFAULT_BATCH_SIZE, Importer, Item, Progress, Run, run_import
from .report import ImportReport
from .rows import Cells, Row
from .tenant_domains import DomainBook
from .writing import change, create

Sector = CustomerTenant.Sector
Cloud = CustomerTenant.Cloud

KIND = "customers"
COLUMNS = Columns(
    required=("tenant_id", "name", "domains", "country"),
    optional=(
        "primary_domain",
        "initial_domain",
        "sector",
        "cloud",
        "locale",
        "admin_emails",
        "status",
    ),
)

BLOCKED = {"active": False, "blocked": True}

_read_name = values.text(200)
_read_domains = values.several(values.domain)
_read_emails = values.several(values.email)
_read_sector = values.one_of({each.value: each for each in Sector})
_read_cloud = values.one_of({each.value: each for each in Cloud})
_read_blocked = values.one_of(BLOCKED)


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A tenant as a file tells it: ``told`` holds the model's fields, ``domains`` all domains."""

    tenant_id: UUID
    told: dict[str, Any]
    domains: list[str]
    primary: str = ""
    initial: str = ""


def import_customers(
    *,
    path: Path,
    dry_run: bool = False,
    batch_size: int = DEFAULT_BATCH_SIZE,
    on_progress: Progress | None = None,
) -> ImportReport:
    """Import customers from a CSV file.

    A row tells all domains of its tenant: those no longer named become inactive. A domain that
    another tenant holds refuses the row. Customers that the file doesn't name stay. Effects:
    ``run_import``; every tenant named gets ``last_verified_at``. Raises ``UnusableFile``.
    """
    return run_import(
        name=KIND,
        path=path,
        source=CsvSource(path, COLUMNS),
        importers=[CustomerImporter()],
        dry_run=dry_run,
        batch_size=batch_size,
        on_progress=on_progress,
    )


class CustomerImporter(Importer[CustomerRow]):
    """Two queries to look up a batch, up to eight statements to write it."""

    def __init__(self) -> None:
        # What a dry run would have written by now, for the batches that follow.
        self._would_be: dict[str, UUID | None] = {}

    def read(self, row: Row) -> CustomerRow:
        cells = Cells(row)
        tenant_id = cells.need("tenant_id", values.guid)
        told: dict[str, Any] = {
            "name": cells.need("name", _read_name),
            "country": cells.need("country", values.country),
        }
        if cells.has("sector"):
            told["sector"] = cells.take("sector", _read_sector, Sector.COMMERCIAL)
        if cells.has("cloud"):
            told["cloud"] = cells.take("cloud", _read_cloud, Cloud.PUBLIC)
        if cells.has("locale"):
            told["locale"] = cells.take("locale", values.language, "")
        if cells.has("admin_emails"):
            told["admin_emails"] = cells.take("admin_emails", _read_emails, list[str]())
        if cells.has("status"):
            told["is_blocked"] = cells.take("status", _read_blocked, False)
        domains = list(cells.need("domains", _read_domains) or [])
        initial = cells.take("initial_domain", values.domain, "")
        if initial and initial not in domains:
            domains.append(initial)
        primary = cells.take("primary_domain", values.domain, "")
        if primary and not cells.faults and primary not in domains:
            reason = _("%(domain)s is not among the domains of this row.")
            cells.fault("primary_domain", reason % {"domain": primary})
        cells.finish()
        return CustomerRow(tenant_id, told, domains, primary, initial)

    def key(self, value: CustomerRow) -> tuple[str, int]:
        return "tenant_id", value.tenant_id.int

    def write(self, items: Sequence[Item[CustomerRow]], run: Run) -> None:
        found = CustomerTenant.objects.filter(
            tenant_id__in=[item.value.tenant_id for item in items]
        ).order_by("pk")
        if not run.dry:
            found = found.select_for_update()
        known = {each.tenant_id: each for each in found}
        book = DomainBook.load(
            tenants=list(known),
            domains={domain for item in items for domain in item.value.domains},
            overlay=self._would_be if run.dry else {},
            lock=not run.dry,
        )
        counts = run.counts(KIND)
        new: list[CustomerTenant] = []
        different: list[CustomerTenant] = []
        seen: list[CustomerTenant] = []
        fields: set[str] = set()
        for item in items:
            row = item.value
            taken = book.taken(row.tenant_id, row.domains)
            if taken:
                reason = _("%(domain)s belongs to the tenant %(tenant)s already.")
                faults = [
                    ("domains", reason % {"domain": domain, "tenant": holder})
                    for domain, holder in taken
                ]
                run.report.refuse(item.place, *faults)
                continue
            tenant = known.get(row.tenant_id)
            if tenant is None:
                tenant = CustomerTenant(
                    tenant_id=row.tenant_id,
                    source=CustomerTenant.Source.IMPORT,
                    known_since=run.now,
                    last_verified_at=run.now,
                    **row.told,
                )
                book.set(tenant, row.domains, primary=row.primary, initial=row.initial)
                new.append(tenant)
                counts.created += 1
                continue
            changed = _apply(tenant, row.told)
            moved = book.set(tenant, row.domains, primary=row.primary, initial=row.initial)
            tenant.last_verified_at = run.now
            seen.append(tenant)
            if changed:
                different.append(tenant)
                fields |= changed
            if changed or moved:
                counts.changed += 1
            else:
                counts.unchanged += 1
        if run.dry:
            return
        create(new, now=run.now, reason=run.reason)
        change(different, fields, now=run.now, reason=run.reason)
        if seen:
            CustomerTenant.objects.filter(pk__in=[each.pk for each in seen]).update(
                last_verified_at=run.now
            )
        book.write(now=run.now, reason=run.reason)


def _apply(tenant: CustomerTenant, told: dict[str, Any]) -> set[str]:
    told = told | {"source": CustomerTenant.Source.IMPORT}
    changed = {name for name, value in told.items() if getattr(tenant, name) != value}
    for name in changed:
        setattr(tenant, name, told[name])
    return changed
