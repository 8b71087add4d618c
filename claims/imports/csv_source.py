"""Rows of a CSV file, one at a time, with the line each begins on."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from .files import LONGEST_LINE, open_file
from .report import Place, Refusal, UnusableFile
from .rows import Row, Size
from .values import plain

DELIMITERS = ",;"
DAMAGED = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Columns:
    """The columns a file must and may have; ``others`` lets further ones pass unread."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    others: bool = False

    @property
    def known(self) -> tuple[str, ...]:
        return self.required + self.optional


class CsvSource:
    """A CSV file with a header, separated by commas or semicolons.

    Each line is read as UTF-8 and, where it isn't, as Windows-1252. No-break spaces become plain
    ones, white space around and doubled inside a cell goes, empty rows are skipped.
    """

    def __init__(self, path: Path, columns: Columns) -> None:
        self.path = path
        self.columns = columns

    def check(self) -> Size:
        """Read the file once; see ``Source``. The last row must be whole."""
        rows = 0
        last = None
        for last in self._records():  # noqa: B007  # Only the last one matters afterwards.
            rows += 1
        if last is None:
            raise UnusableFile(_("The file has a header and no rows below it."), Place(1))
        line, lines, cells, header = last
        if len(cells) < len(header):
            raise UnusableFile(
                _("The file ends in the middle of this row: %(missing)d of its cells are missing.")
                % {"missing": len(header) - len(cells)},
                Place(line),
            )
        return Size(rows=rows, lines=lines)

    def rows(self) -> Iterator[Row | Refusal]:
        """Yield the rows; those with too few or too many cells or damaged text as refusals."""
        for line, _lines, raw, header in self._records():
            place = Place(line)
            cells = [plain(cell) for cell in raw]
            if len(cells) != len(header):
                reason = _("This row has %(found)d cells, the header has %(expected)d.")
                yield Refusal(place, "", reason % {"found": len(cells), "expected": len(header)})
                continue
            if DAMAGED in "".join(cells):
                damaged = next(c for c, cell in zip(header, cells, strict=True) if DAMAGED in cell)
                reason = _("This holds a character that is neither UTF-8 nor Windows-1252.")
                yield Refusal(place, damaged, reason)
                continue
            yield Row(place, dict(zip(header, cells, strict=True)))

    def _records(self) -> Iterator[tuple[int, int, list[str], list[str]]]:
        """Yield first line, last line, cells and the header's names for every row not empty."""
        lines = _decoded_lines(self.path)
        first = next(lines, "")
        if not first.strip():
            raise UnusableFile(_("The file is empty."))
        header, delimiter = self._header(first)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            begins = reader.line_num + 2
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise UnusableFile(_broken(error), Place(begins)) from error
            if cells is None:
                return
            if any(map(str.strip, cells)):
                yield begins, reader.line_num + 1, cells, header

    def _header(self, line: str) -> tuple[list[str], str]:
        """Return the names of the columns, as ``Columns`` spells them, and the delimiter."""
        spelled = {name.casefold(): name for name in self.columns.known}
        found: list[str] = []
        delimiter = DELIMITERS[0]
        for candidate in DELIMITERS:
            try:
                cells = next(csv.reader([line], delimiter=candidate, strict=True))
            except csv.Error:
                continue
            names = [plain(cell) for cell in cells]
            names = [spelled.get(name.casefold(), name) for name in names]
            if _hits(names, spelled) > _hits(found, spelled) or not found:
                found, delimiter = names, candidate
        self._complain(found)
        return found, delimiter

    def _complain(self, found: list[str]) -> None:
        missing = [name for name in self.columns.required if name not in found]
        unknown = [name for name in found if name not in self.columns.known]
        doubled = sorted({name for name in found if found.count(name) > 1})
        problems = []
        if missing:
            problems.append(_("Missing: %(names)s.") % {"names": ", ".join(missing)})
        if unknown and (missing or not self.columns.others):
            names = ", ".join(name[:60] or _("(a column without a name)") for name in unknown[:10])
            problems.append(_("Not known: %(names)s.") % {"names": names})
        if doubled:
            problems.append(_("Named twice: %(names)s.") % {"names": ", ".join(doubled)})
        if not problems:
            return
        expected = _("Expected: %(names)s.") % {"names": ", ".join(self.columns.required)}
        if self.columns.optional:
            optional = ", ".join(self.columns.optional)
            expected += " " + _("Possible besides: %(names)s.") % {"names": optional}
        sentence = _("The columns are not those of this file. %(problems)s %(expected)s")
        raise UnusableFile(
            sentence % {"problems": " ".join(problems), "expected": expected}, Place(1)
        )


def _hits(names: list[str], spelled: dict[str, str]) -> int:
    return sum(name in spelled.values() for name in names)


def _broken(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return _(
            "The file ends in the middle of this row: a quotation mark opens and is never closed."
        )
    if "field larger" in str(error):
        return _("A quotation mark opens in this row and isn't closed in what follows.")
    return _(
        "The quotation marks of this row don't match: a cell in quotation marks must end with one, "
        "and one inside a cell is written twice."
    )


def _decoded_lines(path: Path) -> Iterator[str]:
    with open_file(path) as file:
        number = 0
        while raw := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(raw) > LONGEST_LINE:
                raise UnusableFile(_("This line is too long for a CSV file."), Place(number))
            if b"\0" in raw:
                raise UnusableFile(
                    _("This is no text in UTF-8 or Windows-1252, so the file is no CSV file."),
                    Place(number),
                )
            try:
                yield raw.decode("utf-8")
            except UnicodeDecodeError:
                yield raw.decode("windows-1252", errors="replace")
