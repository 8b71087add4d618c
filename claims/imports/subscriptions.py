"""Writes subscriptions, whichever file told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from ..models import CustomerTenant, ListedProduct, Subscription
from .csv_source import CsvSource
from .engine import DEFAULT_BATCH_SIZE, Importer, Item, Progress, Run, run_import
from .files import is_json
from .graph import GraphSubscriptions
from .graph_pages import GraphSource
from .report import ImportReport, Place, UnusableFile
from .rows import Row, Source
from .subscription_rows import COLUMNS, Channel, SubscriptionRow, read_csv_row
from .writing import change, create

KIND = "subscriptions"
SURE_CHANNELS = (Channel.CSP, Channel.TRIAL)


def import_subscriptions(
    *,
    path: Path,
    tenant_id: UUID | None = None,
    channel: Channel | None = None,
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
        new: list[Subscription] = []
        different: list[Subscription] = []
        same: list[int] = []
        fields: set[str] = set()
        for item in items:
            row = item.value
            tenant, product = tenants.get(row.tenant_id), products.get(row.sku_id)
            if tenant is None or product is None:
                self._refuse_unknown(item.place, row, run, tenant, product)
                continue
            subscription = known.get(row.subscription_id)
            if subscription is not None and subscription.tenant_id != tenant:
                reason = _(
                    "This subscription belongs to another tenant here, and a subscription doesn't "
                    "change its tenant. Check the ID."
                )
                run.report.refuse(item.place, (self._id_column, reason))
                continue
            told = row.told | {"listed_product_id": product}
            if subscription is None:
                subscription = Subscription(
                    subscription_id=row.subscription_id,
                    tenant_id=tenant,
                    first_seen_at=run.now,
                    last_synced_at=run.now,
                    channel=row.channel,
                    **told,
                )
                changed = None
            else:
                told["channel"] = _channel(row, subscription)
                changed = _apply(subscription, told, run.now)
            if _wrong_order(subscription):
                reason = _("The end lies before the start.")
                run.report.refuse(item.place, ("ends_on", reason))
            elif changed is None:
                new.append(subscription)
            elif changed:
                different.append(subscription)
                fields.update(changed)
            else:
                same.append(subscription.pk)
        counts = run.counts(KIND)
        counts.created += len(new)
        counts.changed += len(different)
        counts.unchanged += len(same)
        if run.dry:
            return
        create(new, now=run.now, reason=run.reason)
        change(different, fields | {"last_synced_at"}, now=run.now, reason=run.reason)
        if same:
            Subscription.objects.filter(pk__in=same).update(last_synced_at=run.now)

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
    found = model.objects.filter(**{f"{field}__in": set(wanted)})
    return dict(found.order_by().values_list(field, "pk"))


def _existing(wanted: list[UUID], *, lock: bool) -> dict[UUID, Subscription]:
    found = Subscription.objects.filter(subscription_id__in=wanted).order_by("pk")
    if lock:
        found = found.select_for_update()
    return {each.subscription_id: each for each in found}


def _channel(row: SubscriptionRow, known: Subscription) -> str:
    if row.channel_assumed and known.channel not in SURE_CHANNELS:
        return known.channel
    return row.channel


def _apply(subscription: Subscription, told: dict[str, Any], now: datetime) -> set[str]:
    changed = set()
    for name, value in told.items():
        if getattr(subscription, name) != value:
            setattr(subscription, name, value)
            changed.add(name.removesuffix("_id"))
    subscription.last_synced_at = now
    return changed


def _wrong_order(subscription: Subscription) -> bool:
    starts, ends = subscription.starts_on, subscription.ends_on
    return starts is not None and ends is not None and ends < starts
