"""What several tests of a module begin with, made once and rolled back to after each of them.

To bring a claim into the middle of its life takes a few hundred statements, more than most tests
need for what they ask. ``@shared`` in the place of ``@pytest.fixture`` makes it once for all tests
of a module with it, which therefore follow each other wherever they stand::

    @shared
    def claim() -> Claim:
        return acts.in_window()

Every test gets a copy of what the function returned, and finds the database as the function left
it, whichever tests ran before. The function may take one shared fixture that stands above it, and
go on from there; what it begins with is kept while tests alternate between several that do::

    @shared
    def refused(claim: Claim) -> Claim:
        return acts.refuse(claim)

A test takes such fixtures of one line alone: either of these two, or both, and never another
besides. The function takes no other fixture, and runs before them: in real time, with the settings
as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from inspect import signature, unwrap
from itertools import groupby
from typing import Any

import pytest
from django.db import transaction

from . import factories

Make = Callable[..., Any]


@dataclass
class _Begun:
    """What one function has put into the database, which is taken away with its transaction."""

    make: Make
    room: transaction.Atomic
    value: Any = None


# The functions behind fixtures, and the line that leads to each of them.
_makers: dict[int, Make] = {}
_lines: dict[Make, list[Make]] = {}
# What the database holds beside the catalogue at this moment, the first made first.
_begun: list[_Begun] = []


def shared(make: Make) -> Any:
    """Return a fixture that gives each test a copy of what ``make`` returned once."""
    before = [_makers[id(unwrap(make).__globals__[name])] for name in signature(make).parameters]
    assert len(before) < 2, "What is shared goes on from one thing."

    @pytest.fixture(name=make.__name__)
    def copy(_django_db_helper: None) -> Any:
        value = [each.value for each in _begun if each.make is make]
        assert value, "What is shared takes a test of the database."
        return deepcopy(value[0])

    _makers[id(copy)] = make
    _lines[make] = [*(_lines[before[0]] if before else []), make]
    return copy


def _line(module: Any, fixtures: Iterable[str]) -> list[Make]:
    """Return all that leads to what a test begins with."""
    found = (getattr(module, name, None) for name in fixtures)
    wanted = [_makers[id(each)] for each in found if id(each) in _makers]
    line = max((_lines[make] for make in wanted), key=len, default=[])
    assert set(wanted) <= set(line), "A test takes what is shared from one line."
    return line


def put_together(items: list[pytest.Item]) -> None:
    """Let those tests of a module follow each other that begin with the same."""
    ordered: list[pytest.Item] = []
    for module, tests in groupby(items, lambda item: getattr(item, "module", None)):
        first: dict[Make, int] = {}
        keyed = []
        for item in tests:
            line = _line(module, getattr(item, "fixturenames", ()))
            keyed.append(([first.setdefault(make, len(first)) for make in line], item))
        ordered += [item for _key, item in sorted(keyed, key=lambda each: each[0])]
    items[:] = ordered


def begin(request: pytest.FixtureRequest) -> None:
    """Leave in the database what the test shares with others, and nothing else of theirs."""
    line = _line(request.module, request.fixturenames)
    kept = 0
    while kept < min(len(line), len(_begun)) and _begun[kept].make is line[kept]:
        kept += 1
    clear(kept)
    if not kept:
        factories.make_catalogue()  # An earlier test may have emptied all tables.
    for make in line[kept:]:
        _begin(make)


def clear(kept: int = 0) -> None:
    """Take away again what tests shared, except for the first so many."""
    while len(_begun) > kept:
        room = _begun.pop().room
        transaction.set_rollback(True)
        room.__exit__(None, None, None)


def _begin(make: Make) -> None:
    before = [deepcopy(each.value) for each in _begun[-1:]]
    room = transaction.atomic()
    room._from_testcase = True  # type: ignore[attr-defined] # As Django's own test cases do.
    room.__enter__()
    _begun.append(_Begun(make, room))
    try:
        _begun[-1].value = make(*before)
    except BaseException:
        clear()
        raise
