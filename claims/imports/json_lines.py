"""Rows of a file with one JSON object on each line, one at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from .csv_source import Columns
from .files import LONGEST_LINE, open_file
from .report import Place, Refusal, UnusableFile
from .rows import Row, Size
from .values import plain


class JsonLinesSource:
    """A file of JSON lines in UTF-8. Empty lines are skipped, further members pass unread."""

    def __init__(self, path: Path, columns: Columns) -> None:
        self.path = path
        self.columns = columns

    def check(self) -> Size:
        """Read the file once; see ``Source``. The last line must be whole."""
        rows, last = 0, (0, b"")
        for last in self._lines():  # noqa: B007  # Only the last one matters afterwards.
            rows += 1
        number, text = last
        if not rows:
            raise UnusableFile(_("The file is empty."))
        if not text.endswith(b"\n") and not text.rstrip().endswith(b"}"):
            raise UnusableFile(_("The file ends in the middle of this line."), Place(number))
        return Size(rows=rows, lines=number)

    def rows(self) -> Iterator[Row | Refusal]:
        """Yield the rows; lines that are no JSON object as refusals."""
        for number, line in self._lines():
            place = Place(number)
            try:
                found: Any = json.loads(line)
            except UnicodeDecodeError:
                yield Refusal(place, "", _("This line is not written in UTF-8."))
                continue
            except (ValueError, RecursionError):
                yield Refusal(place, "", _("This line is no JSON."))
                continue
            if not isinstance(found, dict):
                yield Refusal(place, "", _("This line holds no JSON object."))
                continue
            values = {name: found[name] for name in self.columns.known if name in found}
            yield Row(
                place,
                {
                    name: plain(value) if isinstance(value, str) else value
                    for name, value in values.items()
                },
            )

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        with open_file(self.path) as file:
            number = 0
            while raw := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(raw) > LONGEST_LINE:
                    raise UnusableFile(_("This line is too long."), Place(number))
                if raw.strip():
                    yield number, raw
