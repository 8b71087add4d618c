"""CSV that spreadsheet programs open as it is meant, and never as a program."""

from __future__ import annotations

import pytest
from django.utils import translation

from cpor_site.common.spreadsheets import as_typed, csv_bytes, harmless

FORMULAS = ["=1+1", "+49 30 1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠1"]
UNSEEN = [
    " ",
    "\n",
    "\N{NO-BREAK SPACE}",
    "\ufeff",
    "\u200b",
    "\u2060",
    "\u202e",
    "\x0b",
    "\x00 \xad",
]
HIDDEN = [f"{before}=1+1" for before in UNSEEN]
QUOTED = ["'=1+1", "''=1+1", "' =1+1", "'+49"]


@pytest.mark.parametrize("text", [*FORMULAS, *HIDDEN, *QUOTED])
def test_what_would_be_run_is_kept_from_it_and_comes_back(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert as_typed(harmless(text)) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a;=cmd|' /C calc'!A0;b", "a;'=cmd|' /C calc'!A0;b"),
        ("a, @SUM(A1)", "a,' @SUM(A1)"),
        ('a;"=1', "a;'\"=1"),
        ("a;'=1", "a;''=1"),
        ("a\t+SUM(1)\r\n-2+cmd|x!A", "a\t'+SUM(1)\r\n'-2+cmd|x!A"),
        ("=1;=1", "'=1;'=1"),
    ],
)
def test_a_formula_behind_another_country_s_separator_isn_t_run_either(
    text: str, kept: str
) -> None:
    assert harmless(text) == kept
    assert as_typed(kept) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a=1",
        "Berlin, -5 °C; +49 30 1",
        "a; b=1",
        "2026-06-30",
        "'quoted'",
        "申請",
        "a-b",
        "'t",
        " a=1",
        "'",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert harmless(text) == text
    assert as_typed(text) == text


@pytest.mark.parametrize(
    ("language", "line"), [("en", 'a,"b,c",\'=1\r\n'), ("hu", "a;b,c;'=1\r\n")]
)
def test_files_open_in_the_reader_s_excel(language: str, line: str) -> None:
    with translation.override(language):
        content = csv_bytes([["a", "b,c", "=1"]])
    assert content == b"\xef\xbb\xbf" + line.encode()
