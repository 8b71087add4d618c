"""The checklist as a table to mark: one row for each criterion, one column for each line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims.models import ClaimLine, PoEDocument
from cpor_site.common.problems import Problem, error

from .checklist import Criterion
from .models import ChecklistVerdict
from .proof_view import ProofView
from .services.verdicts import CRITERIA, Mark, stamp_of

Verdict = ChecklistVerdict.Verdict
CHOICES: list[tuple[str, Promise | str]] = [("", "–"), *Verdict.choices]
ALL = "all"


@dataclass(frozen=True)
class Cell:
    """One mark to choose; ``line`` is its column's name, ``label`` says it whole."""

    name: str
    line: str
    label: str
    value: str


@dataclass(frozen=True)
class Row:
    """One criterion with its marks and where it was found; ``page`` as typed."""

    criterion: Criterion
    cells: Sequence[Cell]
    document_name: str
    document: str
    page_name: str
    page: str
    by: str


@dataclass
class VerdictTable:
    """``data`` is what was posted, if anything was; it is shown again as it came."""

    criteria: Sequence[Criterion]
    lines: Sequence[ClaimLine]
    documents: Sequence[PoEDocument]
    verdicts: Sequence[ChecklistVerdict]
    round_number: int
    view: ProofView = field(default_factory=ProofView)
    data: Mapping[str, str] | None = None

    choices = CHOICES

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Key and heading of each column; a claim with one line needs no column for the whole.

        Unless there are marks on the whole, from before other lines were split off.
        """
        several = len(self.lines) != 1 or any(row.line_id is None for row in self.verdicts)
        return [
            *([(ALL, gettext("Whole claim"))] if several else []),
            *((str(line.pk), _line_name(line, self.lines)) for line in self.lines),
        ]

    @property
    def stamp(self) -> str:
        return stamp_of(self.verdicts)

    @property
    def rows(self) -> list[Row]:
        there = {(row.criterion, _column(row)): row for row in self.verdicts}
        return [self._row(criterion, there) for criterion in self.criteria]

    @property
    def missing(self) -> int:
        """How many marks say that something is missing."""
        shown = {key for key, _heading in self.columns}
        return sum(
            row.verdict == Verdict.MISSING and _column(row) in shown for row in self.verdicts
        )

    def marks(self) -> tuple[list[Mark], list[Problem]]:
        """Return what was marked, and what is wrong with how a page was typed."""
        data, marks, problems = self.data or {}, [], []
        for criterion in self.criteria:
            document = _number(data.get(f"document-{criterion.key}", ""))
            typed = data.get(f"page-{criterion.key}", "").strip()
            page = _number(typed)
            if typed and not page:
                problems.append(
                    error(
                        "REV-16",
                        _("Write the page as a number, counted from 1."),
                        field=f"page-{criterion.key}",
                    )
                )
            for key, _heading in self.columns:
                verdict = data.get(f"mark-{criterion.key}-{key}", "")
                found = verdict == Verdict.OK
                marks.append(
                    Mark(
                        criterion.key,
                        None if key == ALL else int(key),
                        verdict,
                        document if found else None,
                        page if found and document else None,
                    )
                )
        return marks, problems

    def _row(self, criterion: Criterion, there: Mapping[tuple[str, str], ChecklistVerdict]) -> Row:
        marked = [there.get((criterion.key, key)) for key, _heading in self.columns]
        placed = next((each for each in marked if each and each.document_id), None)
        document = str(placed.document_id) if placed else ""
        page = str(placed.page or "") if placed else ""
        if not any(marked) and self.view.document and self.view.document.counts:
            document = str(self.view.document.pk)
            page = str(self.view.page.number) if self.view.page else ""
        names = (f"document-{criterion.key}", f"page-{criterion.key}")
        if self.data is not None:
            document, page = (self.data.get(name, "") for name in names)
        return Row(
            criterion,
            [
                self._cell(criterion, key, heading, row)
                for (key, heading), row in zip(self.columns, marked, strict=True)
            ],
            names[0],
            document,
            names[1],
            page,
            ", ".join(dict.fromkeys(str(row.marked_by) for row in marked if row)),
        )

    def _cell(
        self, criterion: Criterion, key: str, heading: str, row: ChecklistVerdict | None
    ) -> Cell:
        name = f"mark-{criterion.key}-{key}"
        value = row.verdict if row else ""
        if self.data is not None:
            value = self.data.get(name, "")
        return Cell(name, heading, f"{criterion.text}: {heading}", value)


def missing_codes(verdicts: Iterable[ChecklistVerdict]) -> dict[str, list[int]]:
    """Return the deficiency codes that the marks offer, each with the keys of its lines.

    No lines means the whole claim, which a mark on the whole claim says.
    """
    found: dict[str, list[int]] = {}
    whole = set()
    for row in verdicts:
        if row.verdict != Verdict.MISSING or row.criterion not in CRITERIA:
            continue
        code = CRITERIA[row.criterion].value
        lines = found.setdefault(code, [])
        if row.line_id is None:
            whole.add(code)
        elif row.line_id not in lines:
            lines.append(row.line_id)
    return {code: [] if code in whole else lines for code, lines in found.items()}


def _column(row: ChecklistVerdict) -> str:
    return str(row.line_id) if row.line_id else ALL


def _line_name(line: ClaimLine, lines: Sequence[ClaimLine]) -> str:
    same = [each for each in lines if each.product_id == line.product_id]
    return f"{line.activity_name}: {line.product}" if len(same) > 1 else str(line.product)


def _number(text: Any) -> int | None:
    text = str(text).strip()
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 10 else None
