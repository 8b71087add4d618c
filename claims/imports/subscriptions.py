"""Writes subscriptions, whichever file told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from ..models import CustomerTenant, ListedProduct, Subscription
from .bulk import insert_rows, update_rows
from .csv_source import CsvSource
from .engine import DEFAULT_BATCH_SIZE, Importer, Item, Progress, Run, run_import
from .files import is_json
from .graph import GraphSubscriptions
from .graph_pages import GraphSource
from .lookups import Among
from .report import ImportReport, Place, UnusableFile
from .rows import Row, Source
from .subscription_rows import COLUMNS, Channel, SubscriptionRow, read_csv_row
from .writing import write_history

KIND = "subscriptions"
SURE_CHANNELS = (Channel.CSP.value, Channel.TRIAL.value)

FRESH: dict[str, Any] = {
    "tenant_id": None,
    "listed_product_id": None,
    "channel": "",
    "state": "",
    "offer_name": "",
    "provisioned_at": None,
    "starts_on": None,
    "ends_on": None,
    "seats": 0,
    "is_trial": False,
}
"""The fields that files tell, with what they are as long as no file tells them."""


def import_subscriptions(
    *,
    path: Path,
    tenant_id: UUID | None = None,
    channel: str | None = None,
    dry_run: bool = False,
    batch_size: int = DEFAULT_BATCH_SIZE,
    on_progress: Progress | None = None,
) -> ImportReport:
    """Import subscriptions from a CSV file, a JSON file or a folder of Graph's pages.

    ``tenant_id`` and ``channel`` are for JSON only; ``GraphSubscriptions`` says what they do.
    Tenants and products must be there already. A subscription never changes its tenant. Nothing is
    deleted: what a file doesn't name stays. Effects: ``run_import``; every subscription named gets
    ``last_synced_at``. Raises ``UnusableFile``.
    """
    source: Source
    read: Callable[[Row], SubscriptionRow]
    if is_json(path):
        _check_tenant(tenant_id)
        source, read = GraphSource(path), GraphSubscriptions(tenant_id, channel)
    elif tenant_id or channel:
        raise UnusableFile(
            _("A CSV file names tenant and channel in its rows; the options are for JSON only.")
        )
    else:
        source, read = CsvSource(path, COLUMNS), read_csv_row
    return run_import(
        name=KIND,
        path=path,
        source=source,
        importers=[SubscriptionImporter(read)],
        dry_run=dry_run,
        batch_size=batch_size,
        on_progress=on_progress,
    )


def _check_tenant(tenant_id: UUID | None) -> None:
    if tenant_id and not CustomerTenant.objects.filter(tenant_id=tenant_id).exists():
        raise UnusableFile(
            _("The tenant %(tenant)s is not registered. Import the customers first.")
            % {"tenant": tenant_id}
        )


class SubscriptionImporter(Importer[SubscriptionRow]):
    """Three queries to look up a batch, up to five statements to write it."""

    def __init__(self, read: Callable[[Row], SubscriptionRow]) -> None:
        self._read = read
        self._id_column = (
            "commerceSubscriptionId" if isinstance(read, GraphSubscriptions) else "subscription_id"
        )
        self._sku_column = "skuId" if isinstance(read, GraphSubscriptions) else "sku_id"
        self._tenant_column = "tenantId" if isinstance(read, GraphSubscriptions) else "tenant_id"

    def read(self, row: Row) -> SubscriptionRow:
        return self._read(row)

    def key(self, value: SubscriptionRow) -> tuple[str, int]:
        return self._id_column, value.subscription_id.int

    def write(self, items: Sequence[Item[SubscriptionRow]], run: Run) -> None:
        tenants = _keys(CustomerTenant, "tenant_id", (item.value.tenant_id for item in items))
        products = _keys(ListedProduct, "sku_id", (item.value.sku_id for item in items))
        known = _existing([item.value.subscription_id for item in items], lock=not run.dry)
        new: list[tuple[Any, ...]] = []
        different: dict[int, dict[str, Any]] = {}
        fields: set[str] = set()
        same: list[int] = []
        for item in items:
            row = item.value
            tenant, product = tenants.get(row.tenant_id), products.get(row.sku_id)
            if tenant is None or product is None:
                self._refuse_unknown(item.place, row, run, tenant, product)
                continue
            key, before = known.get(row.subscription_id, (None, FRESH))
            told = {"tenant_id": tenant, "listed_product_id": product} | row.told
            if key is None or not row.channel_assumed or before["channel"] in SURE_CHANNELS:
                told["channel"] = row.channel
            after = before | told
            fault = _fault(before, after)
            if fault:
                column = self._id_column if fault[0] == "tenant_id" else fault[0]
                run.report.refuse(item.place, (column, fault[1]))
            elif key is None:
                new.append((row.subscription_id, *after.values(), run.now, run.now))
            elif after == before:
                same.append(key)
            else:
                different[key] = after
                fields.update(name for name in after if after[name] != before[name])
        counts = run.counts(KIND)
        counts.created += len(new)
        counts.changed += len(different)
        counts.unchanged += len(same)
        if not run.dry:
            _write(new, different, sorted(fields), same, run)

    def _refuse_unknown(
        self,
        place: Place,
        row: SubscriptionRow,
        run: Run,
        tenant: int | None,
        product: int | None,
    ) -> None:
        faults = []
        if tenant is None:
            reason = _("The tenant %(tenant)s is not registered. Import the customers first.")
            faults.append((self._tenant_column, reason % {"tenant": row.tenant_id}))
        if product is None:
            named = f"{row.sku_id} ({row.part_number})" if row.part_number else str(row.sku_id)
            reason = _("The product %(sku)s is not listed. Import the products first.")
            faults.append((self._sku_column, reason % {"sku": named}))
        run.report.refuse(place, *faults)


def _keys(model: type[Any], field: str, wanted: Iterable[UUID]) -> dict[UUID, int]:
    found = model.objects.filter(Among(F(field), set(wanted)))
    return dict(found.order_by().values_list(field, "pk"))


def _existing(wanted: list[UUID], *, lock: bool) -> dict[UUID, tuple[int, dict[str, Any]]]:
    """Return primary key and fields of those of ``wanted`` that are there."""
    found = Subscription.objects.filter(Among(F("subscription_id"), wanted)).order_by("pk")
    if lock:
        found = found.select_for_update()
    rows = found.values_list("subscription_id", "pk", *FRESH)
    return {
        subscription_id: (key, dict(zip(FRESH, fields, strict=True)))
        for subscription_id, key, *fields in rows
    }


def _fault(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, str] | None:
    """Return field and sentence if the row can't become what it would become."""
    if before["tenant_id"] not in (None, after["tenant_id"]):
        return "tenant_id", _(
            "This subscription belongs to another tenant here, and a subscription doesn't change "
            "its tenant. Check the ID."
        )
    starts, ends = after["starts_on"], after["ends_on"]
    if starts is not None and ends is not None and ends < starts:
        return "ends_on", _("The end lies before the start.")
    return None


def _write(
    new: list[tuple[Any, ...]],
    different: dict[int, dict[str, Any]],
    fields: list[str],
    same: list[int],
    run: Run,
) -> None:
    insert_rows(Subscription, ["subscription_id", *FRESH, "first_seen_at", "last_synced_at"], new)
    ids = [row[0] for row in new]
    write_history(Subscription, ids, by="subscription_id", kind="+", now=run.now, reason=run.reason)
    update_rows(
        Subscription,
        [*fields, "last_synced_at"],
        [(key, *(row[name] for name in fields), run.now) for key, row in different.items()],
    )
    write_history(Subscription, list(different), kind="~", now=run.now, reason=run.reason)
    if same:
        Subscription.objects.filter(Among(F("pk"), same)).update(last_synced_at=run.now)
