"""Which document covers which line: the partner's own check of the proof (POE-09, POE-10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .models import ClaimLine, PoEDocument
from .rules.documents import months_before


@dataclass(frozen=True)
class Column:
    """A document of the matrix; ``is_old`` says that its signature is older than is asked for."""

    document: PoEDocument
    is_signed: bool
    is_old: bool


@dataclass(frozen=True)
class Row:
    """A line of the matrix: its name, and for each document whether that covers it."""

    line: ClaimLine
    name: str
    cells: Sequence[tuple[Column, bool]]

    @property
    def is_covered(self) -> bool:
        return any(covered for _column, covered in self.cells)


@dataclass(frozen=True)
class Matrix:
    """Lines by documents; only documents that count are in it."""

    columns: Sequence[Column]
    rows: Sequence[Row]

    @property
    def bare(self) -> list[Row]:
        return [row for row in self.rows if not row.is_covered]

    @property
    def has_signature(self) -> bool:
        """Whether any document bears a customer's signature that is recent enough."""
        return any(column.is_signed and not column.is_old for column in self.columns)


def matrix_of(
    lines: Sequence[ClaimLine],
    documents: Sequence[PoEDocument],
    *,
    max_age_months: int,
    today: date,
) -> Matrix:
    """Return the matrix; lines need their product, documents the lines they cover."""
    oldest = months_before(today, max_age_months)
    columns = [
        Column(
            document,
            is_signed=document.signed_on is not None,
            is_old=document.signed_on is not None and document.signed_on < oldest,
        )
        for document in sorted(documents, key=lambda each: each.pk)
        if document.counts
    ]
    covered = {
        column.document.pk: {line.pk for line in column.document.covers.all()} for column in columns
    }
    rows = [
        Row(
            line,
            line_name(line, lines),
            [(column, line.pk in covered[column.document.pk]) for column in columns],
        )
        for line in lines
    ]
    return Matrix(columns, rows)


def line_name(line: ClaimLine, among: Sequence[ClaimLine]) -> str:
    """Name a line as briefly as the others allow: product, then activity, then subscription."""
    name = str(line.product)
    if len({each.activity_id for each in among}) > 1:
        name = f"{name} – {line.activity_name}"
    if sum(each.product_id == line.product_id for each in among) > 1 and line.subscription_as_typed:
        name = f"{name} ({line.subscription_as_typed})"
    return name
