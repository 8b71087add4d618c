"""What several tests of a module begin with, made once and rolled back to after each of them.

To bring a claim into the middle of its life takes a few hundred statements, more than most tests
need for what they ask. ``@shared`` in the place of ``@pytest.fixture`` makes it once for all tests
that follow each other with it::

    @shared
    def claim() -> Claim:
        return acts.in_window()

Every test gets a copy of what the function returned, and finds the database as the function left
it, whichever tests ran before. A test takes one such fixture, itself or by way of others. The
function takes no other fixture, and runs before them: in real time, with the settings as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeVar

import pytest
from django.db import transaction

Made = TypeVar("Made")

_makers: dict[int, Callable[[], Any]] = {}


class _Begun:
    """What the database holds beside the catalogue at this moment, and what it was made by."""

    make: Callable[[], Any] | None = None
    value: Any = None
    room: transaction.Atomic | None = None


def shared(make: Callable[[], Made]) -> Any:
    """Return a fixture that gives each test a copy of what ``make`` returned once."""

    @pytest.fixture(name=make.__name__)
    def copy(_django_db_helper: None) -> Made:
        assert _Begun.make is make, "What is shared takes a test of the database."
        return deepcopy(_Begun.value)

    _makers[id(copy)] = make
    return copy


def begin(request: pytest.FixtureRequest) -> None:
    """Leave in the database what the test shares with others, and nothing else of theirs."""
    found = (getattr(request.module, name, None) for name in request.fixturenames)
    wanted = {_makers[id(each)] for each in found if id(each) in _makers}
    assert len(wanted) < 2, "A test begins with one thing that it shares."
    make = wanted.pop() if wanted else None
    if make is _Begun.make:
        return
    clear()
    if make is None:
        return
    room = transaction.atomic()
    room._from_testcase = True  # type: ignore[attr-defined] # As Django's own test cases do.
    room.__enter__()
    _Begun.make, _Begun.room = make, room
    try:
        _Begun.value = make()
    except BaseException:
        clear()
        raise


def clear() -> None:
    """Take away again what tests shared."""
    room = _Begun.room
    _Begun.make = _Begun.value = _Begun.room = None
    if room is not None:
        transaction.set_rollback(True)
        room.__exit__(None, None, None)
