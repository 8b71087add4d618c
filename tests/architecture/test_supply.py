"""What the product is made of: every package is locked by its hash, and under a licence we know."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from cpor_site.env import BASE_DIR


@pytest.fixture
def supply(tmp_path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("ci_supply", BASE_DIR / ".ci" / "supply.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    vars(module)["RESULTS"] = tmp_path
    return module


def test_every_package_is_locked_by_its_hash(supply: Any) -> None:
    assert supply.check_hashes() == []
    assert len(supply.pinned(supply.LOCK)) > 30


def test_every_licence_is_on_the_list(supply: Any) -> None:
    assert supply.check_licences() == []


def test_what_nobody_has_checked_is_said_and_is_no_clean_answer(
    supply: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    clean = {"name": "a", "version": "1", "vulns": []}
    bad = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
    skipped = {"name": "c", "skip_reason": "no service answered"}
    part = (
        "NOT CHECKED: 1 packages weren't checked for known vulnerabilities (no service answered)."
    )
    nothing = "NOT CHECKED: Nothing was checked for known vulnerabilities"
    assert [
        supply.judged(*each)
        for each in (
            ([clean], 0, ""),
            ([clean, bad], 1, ""),
            ([clean, skipped], 0, "No known vulnerabilities found"),
            ([skipped], 0, ""),
            ([], 1, "no network"),
            ([clean], 2, "broken"),
        )
    ] == [
        ([], []),
        (["b 2: CVE-1, mended in 3"], []),
        ([], [part]),
        ([], [f"{nothing} (no service answered)."]),
        ([], [f"{nothing} (no network)."]),
        (["Known vulnerabilities: exit code 2: broken"], []),
    ]

    verdicts = [supply.verdict([], ["not checked"], strict=strict) for strict in (False, True)]
    assert (*verdicts, supply.verdict(["bad"], [], strict=False)) == (0, 1, 1)
    assert capsys.readouterr().err.splitlines() == ["not checked", "not checked", "bad"]


def test_what_is_missing_is_noticed(supply: Any, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("good==1 \\\n    --hash=sha256:00\nbare==2\n    # via good\n")
    assert supply.pinned(lock) == {"good": ("1", True), "bare": ("2", False)}
    assert not supply.LICENCES.search("GNU General Public License v3 (GPLv3)")
    assert not supply.LICENCES.search("AGPL-3.0-only")
    assert supply.licence_of("no-such-package-here") is None
