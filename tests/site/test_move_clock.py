"""The command that lets a demonstration watch deadlines pass."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from cpor_site.common import clock


@pytest.fixture(autouse=True)
def own_clock(settings: Any, tmp_path: Path) -> None:
    settings.CPOR_CLOCK_FILE = tmp_path / "clock"


def move(*arguments: str) -> str:
    out = StringIO()
    call_command("move_clock", *arguments, stdout=out)
    return out.getvalue()


def test_moves_add_up_and_are_taken_back() -> None:
    assert "(+7.00 days from real time)" in move("--days", "7")
    assert "(+7.50 days from real time)" in move("--hours", "12")
    assert "(+6.50 days from real time)" in move("--days", "-1")
    assert clock.offset() == timedelta(days=6, hours=12)
    assert "(real time)" in move("--reset")
    assert clock.offset() == timedelta()


@pytest.mark.parametrize("days", ["40000", "1e300", "nan", "inf"])
def test_a_clock_cannot_be_moved_out_of_the_calendar(days: str) -> None:
    with pytest.raises(CommandError, match="a hundred years at most"):
        move("--days", days)
    assert clock.offset() == timedelta()


def test_one_move_at_a_time_and_never_none() -> None:
    with pytest.raises(CommandError, match="required"):
        move()
    with pytest.raises(CommandError, match="not allowed with"):
        move("--days", "1", "--reset")


@pytest.mark.parametrize("arguments", [("--days", "1"), ("--reset",)])
def test_in_production_the_clock_stands_still(settings: Any, arguments: tuple[str, ...]) -> None:
    settings.CPOR_CLOCK_FILE = None
    with pytest.raises(CommandError, match="demo and test mode"):
        move(*arguments)
