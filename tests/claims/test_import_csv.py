"""Reading CSV files as they come: encodings, delimiters, headers, broken ends, line numbers."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from claims.imports.csv_source import Columns, CsvSource
from claims.imports.report import Refusal, UnusableFile
from claims.imports.rows import Row, Size

COLUMNS = Columns(required=("id", "name"), optional=("note",))


def source(tmp_path: Path, content: bytes, columns: Columns = COLUMNS) -> CsvSource:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    return CsvSource(path, columns)


def rows(tmp_path: Path, content: bytes, columns: Columns = COLUMNS) -> list[tuple[int, object]]:
    """Return line and cells, or line and the sentence of a refused row."""
    found = source(tmp_path, content, columns)
    found.check()
    return [
        (each.place.line, each.values if isinstance(each, Row) else (each.column, each.reason))
        for each in found.rows()
    ]


def refusal(tmp_path: Path, content: bytes, columns: Columns = COLUMNS) -> str:
    with pytest.raises(UnusableFile) as refused:
        source(tmp_path, content, columns).check()
    return str(refused.value)


@pytest.mark.parametrize(
    "content",
    [
        b"id,name\n1,Ada\n",
        b"id;name\r\n1;Ada\r\n",
        b"ID , Name\n 1 , Ada ",
        codecs.BOM_UTF8 + b"id,name\n1,Ada",
        b'"id";"name"\n"1";"Ada"\n',
        "id,name\n1,\u00a0Ada\u00a0".encode(),
        b"id,name\n1,\xa0Ada\n",
    ],
)
def test_files_are_read_however_they_were_saved(tmp_path: Path, content: bytes) -> None:
    assert rows(tmp_path, content) == [(2, {"id": "1", "name": "Ada"})]


def test_each_row_is_read_as_utf_8_or_else_as_windows_1252(tmp_path: Path) -> None:
    content = "id,name\n1,Bücher – GmbH\n".encode() + "2,Bücher – GmbH\n".encode("windows-1252")

    assert rows(tmp_path, content) == [
        (2, {"id": "1", "name": "Bücher – GmbH"}),
        (3, {"id": "2", "name": "Bücher – GmbH"}),
    ]


def test_a_byte_of_neither_encoding_refuses_its_row_only(tmp_path: Path) -> None:
    reason = "This holds a character that is neither UTF-8 nor Windows-1252."

    assert rows(tmp_path, b"id,name\n1,A\x81\n2,B\n") == [
        (2, ("name", reason)),
        (3, {"id": "2", "name": "B"}),
    ]


def test_rows_are_counted_by_the_line_they_begin_on(tmp_path: Path) -> None:
    content = b'id,name\n1,"Ada\nLovelace"\n\n2,B\n,\n3,C\n'

    assert rows(tmp_path, content) == [
        (2, {"id": "1", "name": "Ada Lovelace"}),
        (5, {"id": "2", "name": "B"}),
        (7, {"id": "3", "name": "C"}),
    ]
    assert source(tmp_path, content).check() == Size(rows=3, lines=7)


def test_a_row_of_another_width_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    assert rows(tmp_path, b"id,name\n1\n2,B,C\n3,D\n") == [
        (2, ("", "This row has 1 cells, the header has 2.")),
        (3, ("", "This row has 3 cells, the header has 2.")),
        (4, {"id": "3", "name": "D"}),
    ]


def test_a_quoted_delimiter_decides_nothing(tmp_path: Path) -> None:
    assert rows(tmp_path, b'id;name\n1;"a,b,c"\n') == [(2, {"id": "1", "name": "a,b,c"})]


def test_columns_may_be_absent_or_be_passed_over(tmp_path: Path) -> None:
    others = Columns(required=("id",), others=True)

    assert rows(tmp_path, b"id,extra\n1,x\n", others) == [(2, {"id": "1", "extra": "x"})]
    assert rows(tmp_path, b"note,id,name\nx,1,A\n") == [(2, {"note": "x", "id": "1", "name": "A"})]


EXPECTED = "Expected: id, name. Possible besides: note."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\n\n", "The file is empty."),
        (codecs.BOM_UTF8, "The file is empty."),
        (b"id,name\n", "line 1: The file has a header and no rows below it."),
        (b"id,name\n\n,\n", "line 1: The file has a header and no rows below it."),
        (
            b"id,nmae\n1,A\n",
            "line 1: The columns are not those of this file. Missing: name. Not known: nmae. "
            + EXPECTED,
        ),
        (
            b"id,name,colour\n1,A,x\n",
            f"line 1: The columns are not those of this file. Not known: colour. {EXPECTED}",
        ),
        (
            b"id,name,id\n1,A,x\n",
            f"line 1: The columns are not those of this file. Named twice: id. {EXPECTED}",
        ),
        (
            b"id,name,\n1,A,x\n",
            (
                "line 1: The columns are not those of this file. "
                f"Not known: (a column without a name). {EXPECTED}"
            ),
        ),
        (
            b"%PDF-1.7\nsomething\n",
            (
                "line 1: The columns are not those of this file. Missing: id, name. "
                f"Not known: %PDF-1.7. {EXPECTED}"
            ),
        ),
        (
            b'id,name\n1,A\n2,"B\n3,C\n',
            (
                "line 3: The file ends in the middle of this row: a quotation mark opens and is "
                "never closed."
            ),
        ),
        (
            b"id,name\n1,A\n2",
            "line 3: The file ends in the middle of this row: 1 of its cells are missing.",
        ),
        (
            b'id,name\n1,"A" x\n2,B\n',
            (
                "line 2: The quotation marks of this row don't match: a cell in quotation marks "
                "must end with one, and one inside a cell is written twice."
            ),
        ),
        (
            b'id,name\n1,"A\n' + b"2,B\n" * 50_000,
            "line 2: A quotation mark opens in this row and isn't closed in what follows.",
        ),
        (
            b"id,name\n1,A\n2,\x00\n",
            "line 3: This is no text in UTF-8 or Windows-1252, so the file is no CSV file.",
        ),
        (b"id,name\n1," + b"A" * 1_100_000, "line 2: This line is too long for a CSV file."),
        (b"PK\x03\x04rest", "file.csv is a workbook or an archive. Save the sheet as CSV (UTF-8)."),
        (
            "id,name\n1,A\n".encode("utf-16"),
            "file.csv is written in UTF-16. Save it as UTF-8.",
        ),
    ],
)
def test_what_is_no_whole_csv_file_is_refused_with_the_line(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    assert refusal(tmp_path, content) == sentence


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    with pytest.raises(UnusableFile, match=r"^There is no file .*none\.csv\.$"):
        CsvSource(path, COLUMNS).check()
    with pytest.raises(UnusableFile, match=r"can't be read: Is a directory\.$"):
        CsvSource(tmp_path, COLUMNS).check()


def test_a_refusal_says_line_and_column(tmp_path: Path) -> None:
    found = source(tmp_path, b"id,name\n1,A\x81\n").rows()

    assert [str(each) for each in found if isinstance(each, Refusal)] == [
        "line 2, column name: This holds a character that is neither UTF-8 nor Windows-1252."
    ]
