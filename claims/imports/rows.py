"""What every source of rows offers, and the cells of a row with the faults found in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from django.utils.translation import gettext as _

from .report import Place, Refusal, RowRefused
from .values import BadValue

T = TypeVar("T")


class Row(NamedTuple):
    """One row as it stands in the file; a column that the file lacks is no key of ``values``.

    Cells of a CSV file are texts without white space around them; those of JSON are what JSON says.
    """

    place: Place
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Size:
    """How much a source holds."""

    rows: int
    lines: int


class Source(Protocol):
    """A file or folder of rows that can be read more than once, never as a whole."""

    def check(self) -> Size:
        """Read everything once and return its size.

        Raises ``UnusableFile`` if the whole can't be used, so that nothing of it is written.
        """

    def rows(self) -> Iterator[Row | Refusal]:
        """Yield the rows in their order; a row that can't be told apart comes as a refusal."""


class Cells:
    """Reads typed values from a row and gathers every fault before the row is refused."""

    __slots__ = ("faults", "row")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.faults: list[tuple[str, str]] = []

    def has(self, column: str) -> bool:
        """Say whether the file has this column at all."""
        return column in self.row.values

    def need(self, column: str, parse: Callable[[Any], T]) -> T:
        """Return the parsed cell; an empty or malformed one is a fault, and ``None`` comes back."""
        value = self.row.values.get(column)
        if value is None or value == "":
            self.fault(column, _("This may not be empty."))
            return cast(T, None)
        try:
            return parse(value)
        except BadValue as error:
            self.fault(column, str(error))
            return cast(T, None)

    def take(self, column: str, parse: Callable[[Any], T], default: T) -> T:
        """Return the parsed cell, or ``default`` where it is empty, absent or malformed."""
        value = self.row.values.get(column)
        if value is None or value == "":
            return default
        try:
            return parse(value)
        except BadValue as error:
            self.fault(column, str(error))
            return default

    def fault(self, column: str, reason: str) -> None:
        """Note that the row has to be refused for this column."""
        self.faults.append((column, reason))

    def finish(self) -> None:
        """Raise ``RowRefused`` with all faults noted so far, if there are any."""
        if self.faults:
            raise RowRefused(*self.faults)
