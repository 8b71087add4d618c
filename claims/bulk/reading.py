"""Reading a file of draft claims: bytes in, rows with the numbers that a spreadsheet shows out.

Takes what spreadsheets write: commas, semicolons or tabs between cells, UTF-8 with or without its
mark, UTF-16 with its mark, and the one-byte encodings of Excel. Cells are texts and nothing else:
what looks like a formula is kept as it was typed.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from django.utils.text import get_text_list
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from cpor_site.common.problems import Refused, error
from cpor_site.common.spreadsheets import as_typed
from cpor_site.common.uploads import MEGABYTE, in_megabytes

from ..imports.values import UNPRINTABLE, fold, plain
from .columns import BY_CODE, COLUMNS, EXAMPLE, known_names

MOST_ROWS = 500
"""Each claim is stored with the care of one that is typed in; more would outlast a web request."""

MOST_COLUMNS = 200
MOST_BYTES = 2 * MEGABYTE
"""Some 4 KB a row, so that a file of that size is no list of drafts."""

FIELD = "file"
LONGEST_VALUE = 100

_DELIMITERS = ",;\t"
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t])"?\s*')
_ARCHIVES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What Excel writes where it doesn't write Unicode depends on the language of the machine.
_ONE_BYTE = {"pl": "cp1250", "hu": "cp1250", "zh-hant": "cp950"}
_NAMES = {"cp1250": "Windows-1250", "cp1252": "Windows-1252", "cp950": "Big5"}


@dataclass(frozen=True)
class Finding:
    """What is wrong with a cell or a row, or worth knowing about the file.

    ``row`` is the spreadsheet's number, 0 for the file as a whole; ``column`` a column's code.
    """

    row: int
    column: str
    code: str
    message: str
    value: str = ""

    def stored(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "column": self.column,
            "code": self.code,
            "message": self.message,
            "value": self.value[:LONGEST_VALUE],
        }


@dataclass
class SheetRow:
    """One row; ``cells`` holds cleaned texts by column code, in the order of the file."""

    number: int
    cells: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def fault(self, column: str, code: str, message: str) -> None:
        value = self.cells.get(column, "")
        self.findings.append(Finding(self.number, column, code, message, value))


@dataclass
class Sheet:
    """What a file holds. ``header`` are the codes of the columns that were read."""

    header: list[str]
    rows: list[SheetRow]
    notes: list[Finding]


def read(content: bytes) -> Sheet:
    """Read a whole file.

    Raises ``Refused`` if nothing of it can be used: BLK-01 for a file without rows, BLK-02 and
    BLK-04 for one that is too large, BLK-03 for one that is no text, BLK-05 for missing columns and
    BLK-07 for quotation marks that don't match. What is wrong with single rows stands at them.
    """
    ask_size(len(content))
    notes: list[Finding] = []
    lines = io.StringIO(_decoded(content, notes), newline="")
    found, skipped = _header_line(lines)
    header, delimiter = found
    codes = _codes(header, notes)
    rows, examples, count = [], [], 0
    for number, cells in _records(lines, delimiter, first=2 + skipped):
        if count < MOST_ROWS:
            row = _row(number, cells, codes)
            if _is_example(row):
                examples.append(row)
                continue
            rows.append(row)
        count += 1
    if examples:
        notes.append(Finding(0, "", "BLK-13", _left_out(examples)))
    if not rows:
        _refuse("BLK-01", _("The file has no rows below its header. Fill in a row for each claim."))
    if count > MOST_ROWS:
        _refuse(
            "BLK-04",
            _("The file has %(count)d rows; at most %(most)d are possible. Split it into several.")
            % {"count": count, "most": MOST_ROWS},
        )
    kept = [code for code in codes if code in BY_CODE]
    return Sheet(kept, rows, notes)


def ask_size(size: int) -> None:
    """Raise ``Refused`` (BLK-02) for a file of more than ``MOST_BYTES`` bytes."""
    if size > MOST_BYTES:
        _refuse(
            "BLK-02",
            _("The file has %(size)s MB; at most %(most)s MB are possible. Split it into several.")
            % {"size": in_megabytes(size), "most": in_megabytes(MOST_BYTES)},
        )


def _refuse(code: str, message: str) -> NoReturn:
    raise Refused(error(code, message, field=FIELD))


# -- text ------------------------------------------------------------------------------------------


def _decoded(content: bytes, notes: list[Finding]) -> str:
    no_text = _(
        "This is no CSV file. In your spreadsheet program choose “Save as” and the type "
        "“CSV UTF-8”, and upload that file."
    )
    if content.startswith(_ARCHIVES):
        _refuse("BLK-03", no_text)
    if content.startswith(_UTF_16):
        text = content.decode("utf-16", errors="replace")
    else:
        text = _from_bytes(content.removeprefix(codecs.BOM_UTF8), notes)
    first = text[: text.find("\n") + 1] or text
    if "\0" in first:
        _refuse("BLK-03", no_text)
    if not text.strip():
        _refuse("BLK-01", _("The file is empty."))
    return text


def _from_bytes(content: bytes, notes: list[Finding]) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        encoding = _ONE_BYTE.get(get_language() or "", "cp1252")
    lines = []
    for line in content.splitlines(keepends=True):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            lines.append(line.decode(encoding, errors="replace"))
    message = _(
        "The file isn't written in UTF-8, so it was read as %(encoding)s. Look at names with "
        "accents in the drafts, or save the file as “CSV UTF-8”."
    )
    notes.append(Finding(0, "", "BLK-12", message % {"encoding": _NAMES[encoding]}))
    return "".join(lines)


# -- header ----------------------------------------------------------------------------------------


def _header_line(lines: io.StringIO) -> tuple[tuple[list[str], str], int]:
    """Return the header's cells and the delimiter, and how many lines stood above it."""
    line, skipped = next(lines, ""), 0
    separator = _SEPARATOR_LINE.fullmatch(line)
    if separator:
        line, skipped = next(lines, ""), 1
    known = known_names()
    found: list[str] = []
    delimiter, best = _DELIMITERS[0], -1
    for candidate in separator[1] if separator else _DELIMITERS:
        try:
            cells = next(csv.reader([line], delimiter=candidate, strict=True), [])
        except csv.Error:
            continue
        hits = sum(fold(cell) in known for cell in cells)
        if hits > best:
            found, delimiter, best = cells, candidate, hits
    return (found, delimiter), skipped


def _codes(header: list[str], notes: list[Finding]) -> list[str]:
    """Return the code of each column, empty for those that aren't read; name what is wrong."""
    if len(header) > MOST_COLUMNS:
        _refuse(
            "BLK-05",
            _("The first row has %(count)d cells; at most %(most)d are possible.")
            % {"count": len(header), "most": MOST_COLUMNS},
        )
    known = known_names()
    codes = [known.get(fold(name), "") for name in header]
    doubled = sorted({code for code in codes if code and codes.count(code) > 1})
    if doubled:
        _refuse(
            "BLK-05",
            _("These columns are there twice: %(names)s. Leave one of each.")
            % {"names": ", ".join(doubled)},
        )
    missing = [each.code for each in COLUMNS if each.compulsory and each.code not in codes]
    if missing:
        _refuse(
            "BLK-05",
            _(
                "The first row must name the columns; these are missing: %(names)s. Download the "
                "template and keep its first row."
            )
            % {"names": ", ".join(missing)},
        )
    unknown = [plain(name)[:60] for name, code in zip(header, codes, strict=True) if not code]
    unknown = [UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", name) for name in unknown if name]
    if unknown:
        message = ngettext(
            "This column isn't known and was not read: %(names)s.",
            "These columns aren't known and were not read: %(names)s.",
            len(unknown),
        )
        notes.append(Finding(0, "", "BLK-06", message % {"names": ", ".join(unknown[:20])}))
    return codes


# -- rows ------------------------------------------------------------------------------------------


def _records(
    lines: Iterable[str], delimiter: str, *, first: int
) -> Iterator[tuple[int, list[str]]]:
    """Yield every row that isn't empty, with its number; cells may hold line breaks."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = first
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            _refuse(
                "BLK-07",
                _(
                    "The quotation marks of row %(row)d don't match. A cell in quotation marks "
                    "must end with one, and one inside a cell is written twice."
                )
                % {"row": number},
            )
        if cells is None:
            return
        if any(map(str.strip, cells)):
            yield number, cells
        number += 1


def _row(number: int, cells: list[str], codes: list[str]) -> SheetRow:
    # Excel leaves out the empty cells at the end of some rows.
    full = [*cells, *[""] * (len(codes) - len(cells))]
    row = SheetRow(number)
    for code, cell in zip(codes, full, strict=False):
        if code in BY_CODE:
            _clean(row, code, cell)
    if any(map(str.strip, cells[len(codes) :])):
        row.fault(
            "",
            "BLK-07",
            _(
                "This row has %(found)d cells, the first row has %(expected)d. Put a value that "
                "holds the separator in quotation marks."
            )
            % {"found": len(cells), "expected": len(codes)},
        )
    return row


def _clean(row: SheetRow, code: str, raw: str) -> None:
    value = plain(as_typed(raw.strip()))
    damaged = UNPRINTABLE.search(value)
    row.cells[code] = UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if damaged:
        message = _("This holds a character that is not printable or was damaged. Type it anew.")
        row.fault(code, "BLK-08", message)
    most = BY_CODE[code].most
    if len(value) > most:
        row.fault(
            code,
            "BLK-08",
            _("This has %(length)d characters; at most %(most)d are possible. Shorten it.")
            % {"length": len(value), "most": most},
        )


def _is_example(row: SheetRow) -> bool:
    return row.cells.get("claim_key", "").upper().startswith(EXAMPLE)


def _left_out(examples: list[SheetRow]) -> str:
    numbers = get_text_list([str(row.number) for row in examples[:10]], _("and"))
    return ngettext(
        "Row %(rows)s is an example of the template and was left out.",
        "Rows %(rows)s are examples of the template and were left out.",
        len(examples),
    ) % {"rows": numbers}
