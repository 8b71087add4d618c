"""What an import did and what it would not take."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, NamedTuple

from django.utils.translation import gettext as _


class Place(NamedTuple):
    """Where a row begins: its line, counted from 1, and in a folder of pages also the file."""

    line: int
    file: str = ""

    def __str__(self) -> str:
        if self.file:
            return _("%(file)s, line %(line)d") % {"file": self.file, "line": self.line}
        return _("line %(line)d") % {"line": self.line}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why a row was refused; ``column`` is empty where the whole row is meant."""

    place: Place
    column: str
    reason: str

    def __str__(self) -> str:
        if not self.column:
            return f"{self.place}: {self.reason}"
        column = _("column %(column)s") % {"column": self.column}
        return f"{self.place}, {column}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth reading about a row that was taken."""

    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class RowRefused(Exception):
    """A row can't be taken; ``faults`` are pairs of column and sentence."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__("; ".join(reason for _column, reason in faults))
        self.faults = faults


class UnusableFile(Exception):
    """Nothing of the file can be taken; the message is a sentence that names the place."""

    def __init__(self, reason: str, place: Place | None = None) -> None:
        super().__init__(f"{place}: {reason}" if place else reason)
        self.reason = reason
        self.place = place


@dataclass(slots=True)
class Counts:
    """What became of the rows of one kind that were not refused."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass
class ImportReport:
    """The outcome of one import.

    ``rows`` were read, ``refused`` of them not taken, for the reasons in ``refusals`` (several a
    row if several cells are wrong). ``counts`` are of things written, by kind: several rows may
    describe one thing. ``facts`` are further numbers worth telling, ``notes`` sentences about rows
    that were taken. In a dry run nothing was written and the counts say what would have been.
    """

    name: str
    file: PurePath
    dry_run: bool
    rows: int = 0
    lines: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    counts: dict[str, Counts] = field(default_factory=dict)
    facts: dict[str, int] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    @property
    def created(self) -> int:
        return sum(each.created for each in self.counts.values())

    @property
    def changed(self) -> int:
        return sum(each.changed for each in self.counts.values())

    @property
    def unchanged(self) -> int:
        return sum(each.unchanged for each in self.counts.values())

    def refuse(self, place: Place, *faults: tuple[str, str]) -> None:
        """Count the row at ``place`` as refused for ``faults``, pairs of column and sentence."""
        self.refused += 1
        self.refusals += [Refusal(place, column, reason) for column, reason in faults]

    def note(self, place: Place, text: str) -> None:
        """Tell something about the row at ``place``, which was taken."""
        self.notes.append(Note(place, text))

    def summary(self) -> str:
        """Return the outcome as one line for people."""
        return _(
            "%(file)s: %(rows)d rows read; %(created)d created, %(changed)d changed, "
            "%(unchanged)d unchanged, %(refused)d rows refused."
        ) % {
            "file": self.file.name,
            "rows": self.rows,
            "created": self.created,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": self.refused,
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as plain data, with the keys of the command's ``--json``."""
        return {
            "import": self.name,
            "file": str(self.file),
            "dry_run": self.dry_run,
            "rows": self.rows,
            "created": self.created,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "kinds": {
                kind: {
                    "created": each.created,
                    "changed": each.changed,
                    "unchanged": each.unchanged,
                }
                for kind, each in self.counts.items()
            },
            "facts": dict(self.facts),
            "refusals": [
                {
                    "file": each.place.file or self.file.name,
                    "line": each.place.line,
                    "column": each.column,
                    "reason": each.reason,
                }
                for each in self.refusals
            ],
            "notes": [
                {
                    "file": each.place.file or self.file.name,
                    "line": each.place.line,
                    "text": each.text,
                }
                for each in self.notes
            ],
        }
