"""Drawing pages apart from the desk: what comes out, and what hostile documents cost."""

from __future__ import annotations

import io
import time
from dataclasses import replace

import pytest

from reviews.drawing.apart import drawn
from reviews.drawing.limits import LIMITS
from tests import files

from . import hostile

TIGHT = replace(LIMITS, work_seconds=2, cpu_seconds=2, wall_seconds=4, pages=5)
PDF = "application/pdf"


def outcome(content: bytes, content_type: str = PDF) -> tuple[list[tuple[int, int, str]], int, str]:
    """Return (width, height, text) of each page, the document's number of pages, the problem."""
    with drawn(io.BytesIO(content), content_type, limits=TIGHT) as drawing:
        pages = [(page.width, page.height, page.text) for page in drawing.pages]
        for page in drawing.pages:
            assert page.path is None or page.path.read_bytes()[:4] == b"\x89PNG"
        return pages, drawing.count, drawing.problem


def test_a_pdf_gives_an_image_and_the_text_of_each_page() -> None:
    pages, count, problem = outcome(hostile.pdf_of("Statement of work", "Signed by Jana Meier"))

    assert [text for _width, _height, text in pages] == [
        "Statement of work",
        "Signed by Jana Meier",
    ]
    assert {(width, height) for width, height, _text in pages} == {(1401, 1980)}
    assert (count, problem) == (2, "")


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("TIFF", "image/tiff")],
)
def test_an_image_is_one_page_without_text(kind: str, content_type: str) -> None:
    assert outcome(files.image(kind), content_type) == ([(64, 64, "")], 1, "")


def test_a_fax_has_as_many_pages_as_frames() -> None:
    pages, count, problem = outcome(hostile.tiff_of(3), "image/tiff")

    assert (len(pages), count, problem) == (3, 3, "")


@pytest.mark.parametrize(
    ("content", "content_type", "text"),
    [
        ("Grüße, <b>Ada</b>\r\nEnd".encode(), "text/plain", "Grüße, <b>Ada</b>\nEnd"),
        ("Grüße".encode("cp1252"), "text/plain", "Grüße"),
        (
            files.MAIL,
            "message/rfc822",
            "From: Ada <ada@partner.example>\nTo: bob@customer.example\nSubject: Work\n\nDone.",
        ),
        pytest.param(
            b"Subject: x\nContent-Type: text/plain; charset=utf-7\n\n+2AA- Done.",
            "message/rfc822",
            "Subject: x\n\n? Done.",
            id="half of a surrogate pair, which no database takes",
        ),
    ],
)
def test_a_document_of_words_is_shown_as_words(
    content: bytes, content_type: str, text: str
) -> None:
    assert outcome(content, content_type) == ([(0, 0, text)], 1, "")


def test_the_words_of_a_word_file() -> None:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    document = (
        f'<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:t>One </w:t></w:r>'
        "<w:r><w:t>line</w:t></w:r></w:p><w:p><w:r><w:t>Two</w:t></w:r></w:p></w:body></w:document>"
    )
    made = files.archive({"word/document.xml": document.encode()})

    content_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert outcome(made, content_type) == ([(0, 0, "One line\nTwo")], 1, "")


class TestHostile:
    """Each costs bounded time and leaves a plain answer."""

    def test_a_page_of_five_kilometres(self) -> None:
        pages, count, problem = outcome(hostile.raw_pdf(side=14_400_000))

        assert (pages, count, problem) == ([(1400, 1400, "")], 1, "")

    def test_more_pages_than_anybody_reads(self) -> None:
        pages, count, problem = outcome(hostile.raw_pdf(pages=3000))

        assert (len(pages), count, problem) == (5, 3000, "pages")

    def test_a_page_that_takes_forever_to_draw(self) -> None:
        begun = time.monotonic()
        strokes = b"0 0 m 600 600 l S q " * 1_000_000

        assert outcome(hostile.raw_pdf(content=strokes)) == ([], 0, "time")
        assert time.monotonic() - begun < 8

    def test_arrays_within_arrays(self) -> None:
        begun = time.monotonic()
        outcome(hostile.deep_pdf())

        assert time.monotonic() - begun < 8

    def test_an_image_that_would_fill_the_memory(self) -> None:
        assert outcome(hostile.png_of(12_000, 12_000), "image/png") == ([], 0, "unreadable")

    def test_something_that_is_no_pdf(self) -> None:
        assert outcome(b"%PDF-1.4 nothing follows") == ([], 0, "unreadable")

    def test_one_behind_a_password(self) -> None:
        assert outcome(files.pdf(password="secret")) == ([], 0, "unreadable")

    def test_entities_that_multiply(self) -> None:
        bomb = (
            b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
            b"<d>&b;</d>"
        )
        made = files.archive({"word/document.xml": bomb})
        content_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

        assert outcome(made, content_type) == ([], 0, "unreadable")
