"""Writing CSV that spreadsheet programs open as it is meant: letters, columns and no formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from django.utils.formats import get_format

MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""At the start of a file it tells Excel that the text is UTF-8."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\N{FULLWIDTH EQUALS SIGN}",
                 "\N{FULLWIDTH PLUS SIGN}", "\N{FULLWIDTH HYPHEN-MINUS}",
                 "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip
"""What makes a spreadsheet program read a cell as a formula."""


def harmless(text: str) -> str:
    """Return the text so that no spreadsheet program runs it as a formula."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def as_typed(cell: str) -> str:
    """Return what ``harmless`` was given."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_SIGNS) else cell


def delimiter() -> str:
    """Return what Excel expects between cells in the active language.

    A semicolon where a comma stands before decimals.
    """
    return ";" if get_format("DECIMAL_SEPARATOR") == "," else ","


def csv_bytes(rows: Iterable[Iterable[str]]) -> bytes:
    """Return the rows as CSV for Excel: UTF-8 with its mark, harmless cells."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter())
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return (MARK + text.getvalue()).encode("utf-8")
