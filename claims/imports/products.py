"""Microsoft's published list of product names and service plans, as it is published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.utils.translation import gettext as _

from ..models import ListedProduct, Product, SolutionArea
from . import values
from .csv_source import Columns, CsvSource
from .engine import DEFAULT_BATCH_SIZE, Importer, Item, Progress, Run, run_import
from .linking import Catalogue, Claimable, is_dynamics
from .report import ImportReport, Place, Refusal, RowRefused
from .rows import Cells, Row
from .writing import change, create

KIND = "products"

NAME = "Product_Display_Name"
PART_NUMBER = "String_Id"
SKU = "GUID"
PLAN_NAME = "Service_Plan_Name"
PLAN_ID = "Service_Plan_Id"
PLAN_FRIENDLY_NAME = "Service_Plans_Included_Friendly_Names"
COLUMNS = Columns(
    required=(NAME, PART_NUMBER, SKU, PLAN_NAME, PLAN_ID, PLAN_FRIENDLY_NAME), others=True
)

_read_name = values.text(250)
_read_part_number = values.text(120)


@dataclass
class Listed:
    """A product with the service plans of all its rows, in their order and without repetition."""

    sku_id: UUID
    part_number: str
    display_name: str
    plans: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_dynamics(self) -> bool:
        return is_dynamics(self.display_name, self.part_number)


def import_products(
    *,
    path: Path,
    relink: bool = False,
    dry_run: bool = False,
    batch_size: int = DEFAULT_BATCH_SIZE,
    on_progress: Progress | None = None,
) -> ImportReport:
    """Import the published product list (CSV); one product may span many rows.

    Marks Dynamics 365 products and links products to the claimable catalogue by name, where it is
    claimed per subscription (``linking``). A link that is there stays, whoever made it, unless
    ``relink`` asks for all of them anew. Products that the list no longer has stay. Raises
    ``UnusableFile``.
    """
    return run_import(
        name=KIND,
        path=path,
        source=CsvSource(path, COLUMNS),
        importers=[ProductImporter(relink=relink)],
        dry_run=dry_run,
        batch_size=batch_size,
        on_progress=on_progress,
    )


class ProductImporter(Importer[Listed]):
    """Gathers the rows of each product; the published list has some hundred products."""

    def __init__(self, *, relink: bool) -> None:
        self._relink = relink
        self._catalogue: Catalogue | None = None

    def read(self, row: Row) -> Listed:
        """Return a product with the one plan of this row."""
        cells = Cells(row)
        sku_id = cells.need(SKU, values.guid)
        part_number = cells.need(PART_NUMBER, _read_part_number)
        display_name = cells.need(NAME, _read_name)
        plans = []
        if any(cells.row.values[each] for each in (PLAN_NAME, PLAN_ID, PLAN_FRIENDLY_NAME)):
            plan_id = cells.need(PLAN_ID, values.guid)
            plan = {
                "id": str(plan_id),
                "name": cells.take(PLAN_NAME, _read_name, ""),
                "friendly_name": cells.take(PLAN_FRIENDLY_NAME, _read_name, ""),
            }
            plans.append(plan)
        cells.finish()
        return Listed(sku_id, part_number, display_name, plans)

    def key(self, value: Listed) -> tuple[str, UUID]:
        return SKU, value.sku_id

    def items(self, rows: Iterator[Row | Refusal], report: ImportReport) -> Iterator[Item[Listed]]:
        """Yield each product once, with the place of its first row."""
        found: dict[UUID, Item[Listed]] = {}
        for item in super().items(rows, report):
            known = found.setdefault(item.value.sku_id, item)
            if known is item:
                continue
            try:
                _same_product(known, item.value)
            except RowRefused as refused:
                report.refuse(item.place, *refused.faults)
                continue
            plans = known.value.plans
            plans += [plan for plan in item.value.plans if plan not in plans]
        report.facts["dynamics"] = sum(item.value.is_dynamics for item in found.values())
        yield from found.values()

    def write(self, items: Sequence[Item[Listed]], run: Run) -> None:
        if self._catalogue is None:
            self._catalogue = claimable_products()
        found = ListedProduct.objects.filter(
            sku_id__in=[item.value.sku_id for item in items]
        ).order_by("pk")
        if not run.dry:
            found = found.select_for_update()
        known = {each.sku_id: each for each in found}
        new: list[ListedProduct] = []
        different: list[ListedProduct] = []
        fields: set[str] = set()
        counts = run.counts(KIND)
        linked = 0
        for item in items:
            listed = item.value
            told = {
                "part_number": listed.part_number,
                "display_name": listed.display_name,
                "is_dynamics": listed.is_dynamics,
                "service_plans": listed.plans,
            }
            product = known.get(listed.sku_id)
            changed = set(told)
            if product is None:
                product = ListedProduct(sku_id=listed.sku_id, **told)
                new.append(product)
            else:
                changed = {name for name in told if getattr(product, name) != told[name]}
                for name in changed:
                    setattr(product, name, told[name])
            if product.product_id is None or self._relink:
                link = self._catalogue.find(listed.display_name, dynamics=listed.is_dynamics)
                if link != product.product_id:
                    product.product_id = link
                    changed.add("product")
            linked += product.product_id is not None
            if product._state.adding:
                counts.created += 1
            elif changed:
                different.append(product)
                fields |= changed
                counts.changed += 1
            else:
                counts.unchanged += 1
        run.report.facts["linked"] = run.report.facts.get("linked", 0) + linked
        if run.dry:
            return
        create(new, now=run.now, reason=run.reason)
        change(different, fields, now=run.now, reason=run.reason)


def claimable_products() -> Catalogue:
    """Return the products that are claimed per subscription; workloads have no listed products."""
    products = Product.objects.filter(area__level=SolutionArea.Level.SUBSCRIPTION)
    return Catalogue(
        Claimable(key, (name, *synonyms), dynamics)
        for key, name, synonyms, dynamics in products.order_by("code").values_list(
            "pk", "name", "synonyms", "is_dynamics"
        )
    )


def _same_product(known: Item[Listed], other: Listed) -> None:
    """Raise ``RowRefused`` if another row of the same product calls it differently."""
    faults = []
    for column, here, there in (
        (NAME, other.display_name, known.value.display_name),
        (PART_NUMBER, other.part_number, known.value.part_number),
    ):
        if here != there:
            reason = _("This product is called %(other)s in %(place)s.")
            place: Place = known.place
            faults.append((column, reason % {"other": values.shown(there), "place": place}))
    if faults:
        raise RowRefused(*faults)
