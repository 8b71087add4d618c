"""Reading JSON entry by entry, and bringing Graph's pages into their order."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.imports import json_stream
from claims.imports.graph_pages import GraphSource, in_order
from claims.imports.json_stream import JsonStream
from claims.imports.report import UnusableFile
from claims.imports.rows import Row, Size
from tests.claims.import_files import write_json

LINK = "https://graph.microsoft.com/v1.0/directory/subscriptions"


class Trickle(io.StringIO):
    """A file that gives a few characters at a time, whatever is asked for."""

    def __init__(self, text: str, size: int) -> None:
        super().__init__(text, newline="")
        self._size = size

    def read(self, size: int | None = -1, /) -> str:
        return super().read(self._size)


def entries(text: str) -> list[tuple[int, Any]]:
    return list(JsonStream(io.StringIO(text, newline="")).entries())


def refusal(text: str) -> str:
    with pytest.raises(UnusableFile) as refused:
        entries(text)
    return str(refused.value)


def test_entries_come_with_the_line_they_begin_on() -> None:
    text = '{"@odata.context": "x",\n"value": [\n {"a": 1},\n\n {"a":\n 2}, 3\n], "z": [1]}\n'
    stream = JsonStream(io.StringIO(text, newline=""))

    assert list(stream.entries()) == [(3, {"a": 1}), (5, {"a": 2}), (6, 3)]
    assert stream.members == {"@odata.context": "x", "z": [1]}
    assert stream.line == 8


def test_a_bare_list_and_empty_lists_are_read() -> None:
    assert entries(' [1, "two", null]') == [(1, 1), (1, "two"), (1, None)]
    assert entries("[]") == []
    assert entries('{"value": []}') == []


# To choose from all characters there are takes longer than to read them; these mean something.
texts = st.text('aZ09 -."\\/\b\n\r\t\0\x7f\u2028é😀{}[]:,', max_size=12)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
nested = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=6,
)
whole_lists = st.lists(nested, max_size=6)


@given(whole_lists, st.sampled_from([None, 1, "\t"]), st.booleans(), st.integers(1, 9))
def test_every_list_is_read_as_json_itself_reads_it(
    value: list[Any], indent: int | str | None, wrapped: bool, size: int
) -> None:
    whole: Any = {"count": 12345, "value": value, "next": "n"} if wrapped else value
    stream = JsonStream(Trickle(json.dumps(whole, indent=indent), size))

    assert [entry for _line, entry in stream.entries()] == value
    assert stream.members == ({"count": 12345, "next": "n"} if wrapped else {})


@given(st.lists(nested, min_size=1, max_size=6), st.data())
def test_a_file_cut_anywhere_is_refused(value: list[Any], data: st.DataObject) -> None:
    text = json.dumps({"value": value})
    cut = data.draw(st.integers(0, len(text) - 1))

    with pytest.raises(UnusableFile):
        list(JsonStream(Trickle(text[:cut], 7)).entries())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1: The file is empty."),
        ("\n \n", "line 3: The file is empty."),
        ("id,name", "line 1: This is no JSON."),
        ("[1,\n{]", "line 2: This is no JSON."),
        ('[1,\n{"a": "b', "line 2: The file ends in the middle of what begins here."),
        ('[1,\n{"a": 1', "line 2: The file ends in the middle of what begins here."),
        ("[1,\n2\n", "line 3: The file ends too early: its JSON isn't closed."),
        ("[1 2]", "line 1: This is no JSON: ] is expected here."),
        ('{"value": [1]', "line 1: The file ends too early: its JSON isn't closed."),
        ('{"value" [1]}', "line 1: This is no JSON: : is expected here."),
        ("{value: [1]}", 'line 1: This is no JSON: " is expected here.'),
        ("[1]\n[2]", "line 2: Here the JSON should end, but something follows."),
        (
            '\n{"a": 1}',
            'line 1: This is neither a list nor an object whose member "value" is a list.',
        ),
        (
            '{"value": {"a": 1}}',
            'line 1: This is neither a list nor an object whose member "value" is a list.',
        ),
        (
            '{"error": {"code": "Forbidden", "message": "Not allowed."}}',
            "line 1: This is an error message and no list of subscriptions: Not allowed.",
        ),
        ("[" * 100_000, "line 1: This is nested too deeply."),
        ("[" + "9" * 5000 + "]", "line 1: A number here has too many digits."),
    ],
)
def test_what_is_no_whole_json_is_refused_with_the_line(text: str, sentence: str) -> None:
    assert refusal(text) == sentence


def test_a_fault_in_a_large_file_is_found_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "LONGEST_ENTRY", 100)
    monkeypatch.setattr(json_stream, "PIECE", 10)
    text = '[{"a": 1},\n{"b":\n oops},\n' + '{"c": 1},\n' * 1000 + "{}]"

    assert refusal(text) == "line 3: This is no JSON."


def test_another_encoding_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes('[{"a": "x"},\n{"a": "Bücher"}]'.encode("windows-1252"))

    with pytest.raises(UnusableFile, match="is not written in UTF-8 from here on"):
        GraphSource(path).check()


def page(tmp_path: Path, name: str, ids: list[str], link: str = "") -> None:
    answer: dict[str, Any] = {"value": [{"id": each} for each in ids]}
    if link:
        answer["@odata.nextLink"] = link
    write_json(tmp_path / name, answer)


def test_pages_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in range(1, 12):
        link = f"{LINK}?$skiptoken=opaque{number}" if number < 11 else ""
        page(tmp_path, f"page-{number}.json", [str(number)], link)
    (tmp_path / "notes.txt").write_text("not a page")
    source = GraphSource(tmp_path)

    assert source.check() == Size(rows=11, lines=11 * 8 - 1)
    found = [
        (each.place.file, each.values["id"]) for each in source.rows() if isinstance(each, Row)
    ]
    assert found == [(f"page-{number}.json", str(number)) for number in range(1, 12)]


def test_pages_named_by_their_skiptoken_are_read_in_the_order_of_the_links(tmp_path: Path) -> None:
    page(tmp_path, "z-first.json", ["1"], f"{LINK}?$top=1&$skiptoken=X%27445%27")
    page(tmp_path, "subscriptions-X_445.json", ["2"], f"{LINK}?$skiptoken=aaa")
    page(tmp_path, "aaa.json", ["3"])
    source = GraphSource(tmp_path)
    source.check()

    found = [each.values["id"] for each in source.rows() if isinstance(each, Row)]
    assert found == ["1", "2", "3"]


def test_one_file_is_a_page_without_a_name(tmp_path: Path) -> None:
    page(tmp_path, "one.json", ["1"])
    (found,) = GraphSource(tmp_path / "one.json").rows()

    assert (found.place.file, found.place.line) == ("", 3)


MISSING = (
    " names a next page that isn't there. Save all pages into one folder and import the folder."
)


@pytest.mark.parametrize(
    ("links", "sentence"),
    [
        ({"a.json": "x?$skiptoken=1"}, "a.json" + MISSING),
        (
            {"page-1.json": "x?$skiptoken=q", "page-2.json": "x?$skiptoken=r"},
            "page-2.json" + MISSING,
        ),
        (
            {"page-1.json": "x?$skiptoken=q", "page-3.json": None},
            "A page is missing before page-3.json: the numbers of the files leave a gap.",
        ),
        (
            {"page-1.json": None, "page-2.json": None},
            "page-1.json names no next page, yet page-2.json follows it.",
        ),
        (
            {"page-1.json": "x?a", "page-2.json": "x?a", "page-3.json": None},
            "The pages go round in a circle: page-1.json, page-2.json.",
        ),
        (
            {"start.json": "x?$skiptoken=b", "b.json": "x?$skiptoken=c"},
            "b.json" + MISSING,
        ),
        (
            {"b.json": "x?$skiptoken=c", "c.json": "x?$skiptoken=b"},
            "The pages go round in a circle: b.json, c.json.",
        ),
        (
            {"a.json": "x?$skiptoken=b", "b.json": "x?$skiptoken=c", "c.json": "x?$skiptoken=b"},
            "The pages go round in a circle: a.json, b.json, c.json.",
        ),
        (
            {"a.json": "x?$skiptoken=b", "b.json": None, "c.json": None},
            "No page names c.json as its next one, so a page is missing before it.",
        ),
        (
            {
                "a.json": None,
                "b.json": "x?$skiptoken=c",
                "c.json": "x?$skiptoken=b",
            },
            "The pages go round in a circle: b.json, c.json.",
        ),
    ],
)
def test_pages_that_are_missing_or_go_in_circles_are_refused(
    links: dict[str, str | None], sentence: str
) -> None:
    with pytest.raises(UnusableFile) as refused:
        in_order(links)
    assert str(refused.value) == sentence


@given(st.integers(1, 30), st.randoms())
def test_pages_linked_by_token_are_ordered_whatever_they_are_called(
    count: int, random: Any
) -> None:
    names = [f"t{number}" for number in range(count)]
    random.shuffle(names)
    links: dict[str, str | None] = {f"{name}.json": None for name in sorted(names)}
    for name, following in zip(names, names[1:], strict=False):
        links[f"{name}.json"] = f"{LINK}?$skiptoken={following}"

    assert in_order(links) == [f"{name}.json" for name in names]


def test_a_folder_without_pages_and_a_link_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match=r"holds no \.json file\.$"):
        GraphSource(tmp_path).check()
    write_json(tmp_path / "a.json", {"value": [], "@odata.nextLink": 7})
    with pytest.raises(UnusableFile, match=r"^a\.json, line \d+: .* is no address\.$"):
        GraphSource(tmp_path).check()
