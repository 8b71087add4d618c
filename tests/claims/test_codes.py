"""Every code of section 3 stands in a test: a literal list, so that a new code is noticed."""

from __future__ import annotations

import re

import pytest

from cpor_site.env import BASE_DIR

IN_THE_BROWSER = (
    *("TEN-01", "TEN-02", "TEN-03", "TEN-04", "TEN-06", "TEN-07"),
    *("DOM-01", "DOM-02", "DOM-03", "DOM-04"),
    *("CON-01", "CON-02", "CON-03", "CON-04", "CON-05"),
    *("MPN-01", "MPN-02", "MPN-03", "MPN-04", "MPN-05", "MPN-06", "MPN-07", "MPN-08", "MPN-09"),
    *("ACT-01", "ACT-02", "ACT-03", "ACT-04", "ACT-05", "ACT-06", "ACT-07"),
    *("LIN-01", "LIN-02", "LIN-03", "LIN-04", "LIN-05", "LIN-06"),
    *("SUB-01", "SUB-02", "SUB-03", "SUB-04", "SUB-05", "SUB-06", "SUB-07", "SUB-08"),
    *("SUB-09", "SUB-10", "SUB-11", "SUB-12", "SUB-13", "SUB-14", "SUB-16"),
    *("POE-01", "POE-02", "POE-03", "POE-04", "POE-05", "POE-06", "POE-07", "POE-08"),
    *("POE-09", "POE-10", "POE-11"),
    *("SUBM-01", "SUBM-02", "SUBM-04"),
)
BY_OTHER_TESTS = (
    "TEN-05",  # Needs a registry that isn't complete, a setting of the whole desk.
    "SUB-15",  # Reads as SUB-14, code included.
    "SUB-17",  # Needs a directory that can't be asked.
    "SUBM-03",
    *("DIS-01", "DIS-02", "DIS-03", "DIS-04", "ASC-01"),
)


@pytest.mark.parametrize("code", IN_THE_BROWSER)
def test_the_code_is_met_in_the_browser(code: str) -> None:
    table = (BASE_DIR / "tests" / "browser" / "test_codes.py").read_text()
    assert f'"{code}"' in table


@pytest.mark.parametrize("code", BY_OTHER_TESTS)
def test_the_code_is_met_elsewhere(code: str) -> None:
    here = BASE_DIR / "tests" / "claims" / "test_codes.py"
    folders = [BASE_DIR / "tests" / name for name in ("claims", "browser", "consent", "reviews")]
    texts = [file.read_text() for each in folders for file in each.glob("*.py") if file != here]
    assert any(re.search(rf"\b{code}\b|{code.lower().replace('-', '_')}", text) for text in texts)


def test_no_code_stands_in_both_lists() -> None:
    assert len({*IN_THE_BROWSER, *BY_OTHER_TESTS}) == len(IN_THE_BROWSER) + len(BY_OTHER_TESTS)
