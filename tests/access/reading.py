"""Reads the table: what its cells say of each role's GET and POST at each address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from tests.access import table
from tests.access.places import pages_of

PARTNERS = ("other", "viewer", "drafter", "editor", "head")
STAFF = ("norole", "reviewer", "lead", "ops", "auditor", "root")
GROUPS = {
    "out": ("visitor", "inactive"),
    "half": ("unproven",),
    "partner": PARTNERS,
    "staff": STAFF,
    "anybody": ("visitor", "inactive", *PARTNERS, *STAFF),
}
"""The columns that stand for several roles; every other one stands for the role of its name."""

METHODS = ("GET", "POST")
SHUT = {"in", "2fa", "desk", "no"}


@dataclass(frozen=True)
class Cell:
    """What one role gets by one method; ``to`` is the route that a redirect leads to."""

    says: str
    to: str = ""

    @property
    def status(self) -> str:
        """What comes back; ``no`` is a 403 like any other."""
        return "403" if self.says == "no" else self.says

    @property
    def is_shut(self) -> bool:
        """Whether the role is turned away, whatever is there."""
        return self.says in SHUT

    @property
    def is_nothing(self) -> bool:
        """Whether to the role this is as if it weren't there."""
        return self.says == "-"


@dataclass(frozen=True)
class Row:
    """One route: what each role gets, and what it gets where there is no such thing."""

    cells: dict[str, dict[str, Cell]]
    none: dict[str, dict[str, Cell]]


def rows() -> dict[str, Row]:
    """Return the whole table by route, with the pages that the admin gives to each model."""
    found: dict[str, Row] = {}
    texts = (table.ACCOUNTS, table.CUSTOMERS, table.CLAIMS, table.DOCUMENTS, table.DESK)
    for route, row in (*chain.from_iterable(map(_rows, texts)), *_rows_of_models()):
        assert route not in found, f"{route} has two rows."
        found[route] = row
    return found


def _lines(text: str) -> tuple[list[str], list[str]]:
    """Return the names of a table's columns but the first, and its lines."""
    head, *lines = (line for line in text.splitlines() if line.strip())
    return head.split()[1:], lines


def _rows(text: str) -> Iterator[tuple[str, Row]]:
    columns, lines = _lines(text)
    for line in lines:
        said, _arrow, targets = line.partition("->")
        route, *cells = said.split()
        assert len(cells) == len(columns), line
        by_role = {
            role: _cells(cell, targets.split())
            for column, cell in zip(columns, cells, strict=True)
            for role in GROUPS.get(column, (column,))
        }
        none = by_role.pop("none")
        yield route.removeprefix("/"), Row(by_role, dict.fromkeys(by_role, none))


def _rows_of_models() -> Iterator[tuple[str, Row]]:
    pages, lines = _lines(table.RIGHTS)
    rights = {line.split()[0]: dict(zip(pages, line.split()[1:], strict=True)) for line in lines}
    roles, lines = _lines(table.MODELS)
    shut = {"visitor": "desk", "inactive": "desk", "unproven": "2fa"}
    shut |= dict.fromkeys(PARTNERS, "desk")
    for line in lines:
        label, *given = line.split()
        root = f"admin/{label.replace('.', '/')}/"
        for route in pages_of(label):
            page = route.removeprefix(root) or "list"
            to = ["admin/", f"{root}<object>/change/", root]
            cells = {role: _cells(cell, to) for role, cell in shut.items()}
            none = dict(cells)
            for role, right in zip(roles, given, strict=True):
                cells[role] = _cells(rights[right][page], to)
                none[role] = _cells(rights[f"{right}?"][page], to)
            yield route, Row(cells, none)


def _cells(text: str, targets: list[str]) -> dict[str, Cell]:
    """Return what a cell says of GET and POST; one word is for both."""
    words = text.split("/") if "/" in text else [text, text]
    return {method: _cell(word, targets) for method, word in zip(METHODS, words, strict=True)}


def _cell(word: str, targets: list[str]) -> Cell:
    if not word.startswith(">"):
        return Cell(word)
    return Cell("302", targets[len(word) - 1].removeprefix("/"))
