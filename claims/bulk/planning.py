"""From rows to claims: which rows belong together, and what their words mean.

What can be stored as a draft is planned, gaps and all; what can't be is a finding at its row and
column. Whether a draft can be submitted is not asked here: that is for the claim's own checks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from ..imports.values import BadValue, shown
from ..models import Product, SolutionArea
from ..services.drafting import ClaimChanges, ContactEntry
from ..services.lines import LineChoice
from .catalogue import Known, Unknown
from .columns import COLUMNS
from .reading import SheetRow
from .values import day, yes_or_no

T = TypeVar("T")

UNREADABLE = "BLK-08"
CLAIM_COLUMNS = [each.code for each in COLUMNS if not each.of_line and each.code != "claim_key"]
CONTACTS = {
    "business": ("name", "title", "email", "phone", "language"),
    "technical": ("name", "title", "email", "phone", "language"),
    "partner": ("name", "email", "phone", "language"),
}


@dataclass
class Plan:
    """A claim as its rows describe it; ``changes`` is None if it can't be stored."""

    rows: list[SheetRow]
    name: str = ""
    changes: ClaimChanges | None = None

    def refuse(self) -> None:
        """Give up the whole claim: rows without a finding of their own learn which row has one."""
        self.changes = None
        at_fault = next(row.number for row in self.rows if row.findings)
        for row in self.rows:
            if not row.findings:
                row.fault(
                    "claim_key",
                    "BLK-10",
                    _("Row %(row)d of the same claim has to be mended first.") % {"row": at_fault},
                )


def plan(rows: list[SheetRow], known: Known) -> list[Plan]:
    """Return the claims that the rows describe, in the order of their first rows."""
    groups: dict[str, list[SheetRow]] = {}
    for row in rows:
        key = row.cells.get("claim_key", "").casefold()
        groups.setdefault(f"key:{key}" if key else f"row:{row.number}", []).append(row)
    return [_Reader(group, known).plan() for group in groups.values()]


class _Reader:
    """Reads the rows of one claim and leaves its findings at them."""

    def __init__(self, rows: list[SheetRow], known: Known) -> None:
        self.rows = rows
        self.known = known
        self.source: dict[str, SheetRow] = {}
        for code in CLAIM_COLUMNS:
            self._agree(code)

    def plan(self) -> Plan:
        named = self._read("area", self.known.area)
        lines = self._lines(named)
        area = named or self._area(lines)
        activities = None
        if area is not None:
            activities = self._read("activity", lambda text: self.known.activities_of(text, area))
        location = self._read("partner_id", self.known.location)
        changes = ClaimChanges(
            tenant_id=self._text("tenant_id"),
            domain=self._text("domain"),
            area_id=area.pk if area else None,
            activity_ids=[each.pk for each in activities] if activities else None,
            lines=[LineChoice(product.pk, typed) for _row, product, typed in lines] or None,
            location_id=location.pk if location else None,
            contacts=self._contacts(),
            solution_seller_name=self._text("solution_seller"),
            revenue_customer_name=self._text("customer_name"),
            isv_product_name=self._text("isv_product"),
            transaction_on=self._read("transaction_date", day),
            opt_out_of_incentive=self._opt_out(area),
        )
        found = Plan(self.rows, self._text("claim_name") or "", changes)
        if any(row.findings for row in self.rows):
            found.refuse()
        return found

    def _agree(self, code: str) -> None:
        """Find the row that a value of the claim is taken from; all others say the same or none."""
        for row in self.rows:
            value = row.cells.get(code, "")
            if not value:
                continue
            first = self.source.setdefault(code, row)
            if value.casefold() != first.cells[code].casefold():
                row.fault(
                    code,
                    "BLK-09",
                    _(
                        "Row %(row)d of the same claim says %(value)s here. Write the same, or "
                        "leave the cell empty."
                    )
                    % {"row": first.number, "value": shown(first.cells[code])},
                )

    def _text(self, code: str) -> str | None:
        row = self.source.get(code)
        return row.cells[code] if row else None

    def _read(self, code: str, parse: Callable[[str], T]) -> T | None:
        row = self.source.get(code)
        return _parsed(row, code, parse) if row else None

    def _lines(self, area: SolutionArea | None) -> list[tuple[SheetRow, Product, str]]:
        found = []
        for row in self.rows:
            word, typed = row.cells.get("product", ""), row.cells.get("subscription_id", "")
            if typed and not word:
                row.fault("product", UNREADABLE, _("Name the product of this subscription."))
            if word:
                product = _parsed(row, "product", lambda text: self.known.product(text, area))
                if product is not None:
                    found.append((row, product, typed))
        return found

    def _area(self, lines: list[tuple[SheetRow, Product, str]]) -> SolutionArea | None:
        """Tell the area from the products, or else from the activities."""
        areas = {each.pk: each for each in self.known.areas}
        if "area" in self.source:
            return None
        if lines:
            first_row, first, _typed = lines[0]
            for row, product, _typed in lines:
                if product.area_id != first.area_id:
                    row.fault(
                        "product",
                        "LIN-02",
                        _(
                            "%(product)s belongs to another solution area than the product of row "
                            "%(row)d. Give it a claim of its own."
                        )
                        % {"product": product.name, "row": first_row.number},
                    )
            return areas[first.area_id]
        named = self.source.get("activity")
        if named is None or any(each.cells.get("product") for each in self.rows):
            return None
        fitting = self.known.areas_with(named.cells["activity"])
        if len(fitting) != 1:
            names = ", ".join(each.name for each in self.known.areas)
            sentence = _("Name the solution area: %(names)s.")
            named.fault("area", "ACT-01", sentence % {"names": names})
            return None
        return fitting[0]

    def _contacts(self) -> dict[str, ContactEntry]:
        entries = {}
        for kind, parts in CONTACTS.items():
            values: dict[str, Any] = {
                part: self._text(f"{kind}_{part}") or "" for part in parts if part != "language"
            }
            language = self._read(f"{kind}_language", self.known.language) or ""
            if any(values.values()) or language:
                values["job_title"] = values.pop("title", "")
                entries[kind] = ContactEntry(locale=language, **values)
        return entries

    def _opt_out(self, area: SolutionArea | None) -> bool | None:
        wanted = self._read("opt_out", yes_or_no)
        if wanted and area is not None and area.level == SolutionArea.Level.SUBSCRIPTION:
            self.source["opt_out"].fault(
                "opt_out",
                UNREADABLE,
                _("A claim for %(area)s can't be made without payment. Leave this cell empty.")
                % {"area": area.name},
            )
        return wanted


def _parsed(row: SheetRow, code: str, parse: Callable[[str], T]) -> T | None:
    if any(each.column == code for each in row.findings):
        return None
    try:
        return parse(row.cells[code])
    except Unknown as unknown:
        row.fault(code, unknown.code, str(unknown))
    except BadValue as bad:
        row.fault(code, UNREADABLE, str(bad))
    return None
