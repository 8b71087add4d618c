"""Writing CSV that spreadsheet programs open as it is meant: letters, columns and no formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from django.utils.formats import get_format

MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""At the start of a file it tells Excel that the text is UTF-8."""

_UNSEEN = (
    r"\s\x00-\x20\x7f-\xa0\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u206f\ufeff"
)
_FORMULA = re.compile(rf"'*(?:[\t\r\n]|[{_UNSEEN}]*[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""What a spreadsheet program may read as a formula, now or when the cell is next edited: a sign,
also of full width, whatever can't be seen in front of it. With quotation marks before it, it would
be one after the first of them was taken away."""


def harmless(text: str) -> str:
    """Return the text so that no spreadsheet program runs it as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def as_typed(cell: str) -> str:
    """Return what ``harmless`` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


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
