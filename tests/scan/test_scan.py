"""A scan of what everybody can reach, in seconds; `make scan` looks at all the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from .desk import running_desk
from .scanner import LOOKS, PROGRAM, STRANGERS_TRICKS, TRICKS, failures, scan, wrong_with

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(not PROGRAM.exists(), reason="needs the scanner (make scan-venv)"),
]
SLOW = {"timesql", "brute_login_form", "backup"}


def test_a_scanner_finds_nothing_on_the_pages_that_everybody_reaches(tmp_path: Path) -> None:
    modules = [each for each in (*LOOKS, *TRICKS, *STRANGERS_TRICKS) if each not in SLOW]
    with running_desk(tmp_path, demo=False) as desk:
        [visitor] = desk.lookers
        result = scan(desk, visitor, modules, tmp_path / "scan", 30)
        assert wrong_with(desk, visitor, result) == []
        assert failures(desk) == []
    assert [str(each) for each in result.findings] == []
    assert {"xss", "sql", "csrf"} <= set(result.attacked), result.said
