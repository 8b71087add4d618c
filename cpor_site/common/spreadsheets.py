"""Writing CSV that spreadsheet programs open as it is meant: letters, columns and no formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable

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

_BETWEEN_CELLS = re.compile(r"([;,\t\r\n])")
_RUNS = re.compile(rf"['\"{_UNSEEN}]*(?:[=@\uff1d\uff20]|[+\-\uff0b\uff0d][^(|!]*[(|!])")
"""What is a formula behind a sign that parts cells elsewhere; no number and no day."""


def harmless(text: str) -> str:
    """Return the text so that no spreadsheet program runs it, or a part of it, as a formula.

    Where a program expects another sign between cells than the file has, as it does in another
    country, a cell is cut at that sign, and the rest is a cell of its own.
    """
    found = _FORMULA.match(text)
    begin = found.end() if found else 0
    kept = text[:begin] + _each_rest(text[begin:], _kept)
    return f"'{kept}" if found else kept


def as_typed(cell: str) -> str:
    """Return what ``harmless`` was given."""
    found = _FORMULA.match(cell) if cell.startswith("'") else None
    whole = cell[1:] if found else cell
    begin = found.end() - 1 if found else 0
    return whole[:begin] + _each_rest(whole[begin:], _given_back)


def _each_rest(text: str, change: Callable[[str], str]) -> str:
    """Change what stands behind each sign that may part cells."""
    first, *others = _BETWEEN_CELLS.split(text)
    return first + "".join(change(part) if place % 2 else part for place, part in enumerate(others))


def _kept(rest: str) -> str:
    return f"'{rest}" if _RUNS.match(rest) else rest


def _given_back(rest: str) -> str:
    return rest[1:] if rest.startswith("'") and _RUNS.match(rest) else rest


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
