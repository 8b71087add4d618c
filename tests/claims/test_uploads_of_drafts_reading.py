"""Reading a file of draft claims: whatever a spreadsheet writes, and whatever else people send."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.bulk import reading
from claims.bulk.columns import COLUMNS
from claims.bulk.template import template
from claims.bulk.values import day, yes_or_no
from claims.imports.values import BadValue
from cpor_site.common.problems import Refused
from cpor_site.common.spreadsheets import as_typed, csv_bytes, harmless

HEADER = "tenant_id,domain,activity,product,partner_id,claim_name"
ROW = "t,contoso.example,Usage,Teams,500,Łódź"
FILE = f"{HEADER}\r\n{ROW}\r\n"


def cells(content: bytes) -> list[dict[str, str]]:
    return [row.cells for row in reading.read(content).rows]


def refusal(content: bytes) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        reading.read(content)
    (problem,) = caught.value.problems
    return problem.code, str(problem.message)


def read_or_refuse(content: bytes) -> tuple[reading.Sheet | None, tuple[str, ...]]:
    try:
        return reading.read(content), ()
    except Refused as refused:
        return None, refused.codes


def notes(content: bytes) -> list[tuple[str, str]]:
    return [(note.code, note.message) for note in reading.read(content).notes]


GOOD = {
    "tenant_id": "t",
    "domain": "contoso.example",
    "activity": "Usage",
    "product": "Teams",
    "partner_id": "500",
    "claim_name": "Łódź",
}


@pytest.mark.parametrize(
    "content",
    [
        FILE.encode(),
        FILE.encode("utf-8-sig"),
        FILE.encode("utf-16"),
        FILE.replace(",", ";").encode("utf-8-sig"),
        FILE.replace(",", "\t").encode("utf-16"),
        FILE.replace("\r\n", "\n").encode(),
        FILE.replace("\r\n", "\r").encode(),
        f"sep=,\r\n{FILE}".encode(),
        FILE.rstrip().encode(),
        f"{HEADER},,\r\n{ROW},,\r\n,,,,,,,\r\n".encode(),
        FILE.replace("tenant_id", " Tenant-ID ").replace("domain", "DOMAIN").encode(),
        FILE.replace("500", '" 500\u00a0"').encode(),
    ],
)
def test_what_spreadsheets_write(content: bytes) -> None:
    assert cells(content) == [GOOD]
    assert notes(content) == []


@pytest.mark.parametrize(
    ("language", "encoding", "name"),
    [
        ("pl", "cp1250", "Windows-1250"),
        ("en", "cp1252", "Windows-1252"),
        ("zh-hant", "cp950", "Big5"),
    ],
)
def test_one_byte_encodings_as_the_reader_s_excel_writes_them(
    language: str, encoding: str, name: str
) -> None:
    typed = {"pl": "Łódź", "en": "Müller", "zh-hant": "申請"}[language]
    with translation.override(language):
        content = FILE.replace("Łódź", typed).encode(encoding)
        assert cells(content) == [GOOD | {"claim_name": typed}]
        ((code, message),) = notes(content)
    assert code == "BLK-12"
    assert name in message


def test_headers_in_the_reader_s_language_and_in_english() -> None:
    titles = {column.code: str(column.title) for column in COLUMNS}
    header = ",".join(titles[code] for code in GOOD)
    assert cells(f"{header}\n{ROW}\n".encode()) == [GOOD]


@pytest.mark.parametrize(
    ("content", "code", "sentence"),
    [
        (b"", "BLK-01", "The file is empty."),
        (b"\xef\xbb\xbf \r\n ", "BLK-01", "The file is empty."),
        (
            HEADER.encode(),
            "BLK-01",
            "The file has no rows below its header. Fill in a row for each claim.",
        ),
        (
            b"x" * (reading.MOST_BYTES + 1),
            "BLK-02",
            "The file has 2.1 MB; at most 2 MB are possible. Split it into several.",
        ),
        (
            f"{HEADER}\n{ROW}\n".encode() + f"{ROW}\n".encode() * 500,
            "BLK-04",
            "The file has 501 rows; at most 500 are possible. Split it into several.",
        ),
        (
            b"tenant_id,product,name\n1,2,3\n",
            "BLK-05",
            (
                "The first row must name the columns; these are missing: domain, activity, "
                "partner_id. Download the template and keep its first row."
            ),
        ),
        (
            HEADER.encode() + b"," * 200 + b"\n1\n",
            "BLK-05",
            "The first row has 206 cells; at most 200 are possible.",
        ),
        (
            f"{HEADER},Domain\n{ROW},x\n".encode(),
            "BLK-05",
            "These columns are there twice: domain. Leave one of each.",
        ),
        (
            f'{HEADER}\n{ROW}\n\n"a"b,c\n'.encode(),
            "BLK-07",
            (
                "The quotation marks of row 4 don't match. A cell in quotation marks must end with "
                "one, and one inside a cell is written twice."
            ),
        ),
    ],
)
def test_files_of_which_nothing_can_be_used(content: bytes, code: str, sentence: str) -> None:
    assert refusal(content) == (code, sentence)


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-1.7", b"\x00\x01"])
def test_files_that_are_no_csv(start: bytes) -> None:
    assert refusal(start + FILE.encode())[0] == "BLK-03"


def test_rows_are_numbered_as_the_spreadsheet_numbers_them() -> None:
    second = ROW.replace("Łódź", '"two\r\nlines"')
    content = f"{HEADER}\r\n{ROW}\r\n\r\n{second}\r\n,,,,,\r\n{ROW}\r\n".encode()
    assert [(row.number, row.cells["claim_name"]) for row in reading.read(content).rows] == [
        (2, "Łódź"),
        (4, "two lines"),
        (6, "Łódź"),
    ]


def test_unknown_columns_are_named_and_the_column_of_problems_is_passed_over() -> None:
    content = f"{HEADER},Budget,problem,\n{ROW},1,no such product,\n".encode()
    assert cells(content) == [GOOD]
    assert notes(content) == [("BLK-06", "This column isn't known and was not read: Budget.")]


def test_cells_that_excel_leaves_out_at_the_end_are_empty() -> None:
    content = f"{HEADER}\nt,contoso.example,Usage,Teams\n".encode()
    assert cells(content) == [GOOD | {"partner_id": "", "claim_name": ""}]


def test_a_row_with_too_many_cells_says_so() -> None:
    (row,) = reading.read(f"{HEADER}\n{ROW},more\n".encode()).rows
    assert [(each.column, each.code) for each in row.findings] == [("", "BLK-07")]


@pytest.mark.parametrize("bad", ["\0", "\x07", "\x1b", "\ufffd"])
def test_characters_that_nobody_can_see_are_refused_by_name(bad: str) -> None:
    (row,) = reading.read(f"{HEADER}\n{ROW}{bad}\n".encode()).rows
    assert [(each.row, each.column, each.code) for each in row.findings] == [
        (2, "claim_name", "BLK-08")
    ]
    assert row.cells["claim_name"] == "Łódź\ufffd"


def test_a_value_that_is_too_long() -> None:
    (row,) = reading.read(f"{HEADER}\n{ROW}{'x' * 120}\n".encode()).rows
    assert [(each.column, each.message) for each in row.findings] == [
        ("claim_name", "This has 124 characters; at most 120 are possible. Shorten it.")
    ]


@pytest.mark.parametrize("typed", ["=1+1", "+49 30 1234", "-", "@here", "＝cmd|' /C calc'!A0"])
def test_what_looks_like_a_formula_is_text_both_ways(typed: str) -> None:
    content = csv_bytes([HEADER.split(","), [*ROW.split(",")[:-1], typed]])
    assert f"'{typed[0]}".encode() in content
    assert cells(content) == [GOOD | {"claim_name": typed}]


@pytest.mark.parametrize("language", ["en", "pl"])
def test_the_template_opens_in_the_reader_s_excel_and_is_left_out_when_it_comes_back(
    language: str,
) -> None:
    with translation.override(language):
        content = template()
    text = content.decode("utf-8-sig")
    assert content.startswith(b"\xef\xbb\xbf")
    delimiter = {"en": ",", "pl": ";"}[language]
    header, first, second = csv.reader(io.StringIO(text), delimiter=delimiter)
    assert header == [column.code for column in COLUMNS]
    assert (first[0], second[0]) == ("EXAMPLE-1", "EXAMPLE-1")

    assert refusal(content)[0] == "BLK-01"
    more = content + delimiter.join([""] * len(COLUMNS)).encode() + b"x\r\n"
    assert notes(more) == [
        ("BLK-13", "Rows 2 and 3 are examples of the template and were left out.")
    ]


@pytest.mark.parametrize(
    "typed",
    [
        "2026-06-30",
        "2026/6/30",
        "2026.06.30.",
        "2026年6月30日",
        "30.06.2026",
        "30.6.2026",
        "30/06/2026",
        "06/30/2026",
        "30-06-2026",
    ],
)
def test_dates_that_can_only_be_read_one_way(typed: str) -> None:
    assert day(typed) == date(2026, 6, 30)


def test_a_day_that_is_its_month_can_only_be_read_one_way() -> None:
    assert day("05/05/2026") == date(2026, 5, 5)


@pytest.mark.parametrize("typed", ["30/06/26", "2026-02-30", "June 2026", "45000", "31.06.2026"])
def test_what_is_no_date(typed: str) -> None:
    with pytest.raises(BadValue, match="is not a date. Write it as 2026-06-30."):
        day(typed)


def test_a_date_that_may_be_two_days_is_not_guessed() -> None:
    with pytest.raises(BadValue) as caught:
        day("06/07/2026")
    assert str(caught.value) == (
        "“06/07/2026” may be Sun 7 June 2026 or Mon 6 July 2026. Write the year first, such as "
        "2026-06-07."
    )


def test_yes_and_no_in_several_languages() -> None:
    assert [yes_or_no(each) for each in ("Yes", "x", "TAK", "1", "是")] == [True] * 5
    assert [yes_or_no(each) for each in ("no", "nie", "0", "否")] == [False] * 4
    with pytest.raises(BadValue):
        yes_or_no("perhaps")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_a_code(tail: bytes) -> None:
    for content in (tail, HEADER.encode() + b"\n" + tail):
        sheet, codes = read_or_refuse(content)
        assert (sheet is None) == bool(codes)
        assert all(code.startswith("BLK-") for code in codes)
        if sheet is not None:
            assert sheet.header == HEADER.split(",")
            assert all("\0" not in cell for row in sheet.rows for cell in row.cells.values())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40), min_size=6,
                max_size=6), st.sampled_from(["en", "hu"]))  # fmt: skip
def test_what_is_written_is_what_is_read(typed: list[str], language: str) -> None:
    plain = [" ".join(each.split()).replace("\ufffd", "") for each in typed]
    plain[0] = plain[0] or "t"
    # A quotation mark before a formula's sign is what keeps it from being one.
    plain = [as_typed(each) for each in plain]
    with translation.override(language):
        content = csv_bytes([HEADER.split(","), plain])
    assert list(cells(content)[0].values()) == [as_typed(harmless(each)) for each in plain]
