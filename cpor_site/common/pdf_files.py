"""Telling PDFs that only show something from PDFs that do something.

A PDF may start programs, send what was typed into it, or carry other files. Names in a PDF may be
written with escapes (``/J#61vaScript``) and most of a modern PDF is packed into object streams, so
the whole file is read for names as they are, and every object stream once more, unpacked. That
holds for parts that no table of the file mentions, too: another reader may find them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import IO

from pypdf import PdfReader, apply_configuration
from pypdf.generic import IndirectObject, StreamObject, read_object

from .file_problems import IsActive, NotOfThisType, Unreadable
from .text_files import MARKUP, ask_no_archive_behind

CHUNK = 64 * 1024
OVERLAP = 2048
PATIENCE_SECONDS = 10.0
"""How much of the processor one PDF may cost; an honest one of the largest size takes two."""
MOST_UNPACKED = 16 * 1024 * 1024
"""What one object stream may be unpacked, in bytes; programs write some hundred objects each."""
MOST_STREAMS = 20_000
DOES_SOMETHING = (
    "JavaScript",
    "Launch",
    "SubmitForm",
    "ImportData",
    "GoToE",
    "GoToR",
    "Rendition",
    "RichMedia",
    "RichMediaExecute",
    "EmbeddedFile",
    "EmbeddedFiles",
    "FileAttachment",
)


def _spelled(name: str) -> bytes:
    """Return a pattern for a PDF's name with any of its letters as an escape."""
    letters = "".join(
        f"(?:{re.escape(each)}|#{ord(each):02x}|#{ord(each):02X})" for each in "/" + name
    )
    return letters.replace("(?:/|#2f|#2F)", "/", 1).encode()


_WHITE = rb"[\x00\t\n\x0c\r ]"
_SPACE = rb"(?:" + _WHITE + rb"|%[^\r\n]{0,200}[\r\n]){0,20}"
_END = rb"(?=[\x00\t\n\x0c\r \[\]<>()/%]|$)"
_REFERENCE = rb"\d{1,9}" + _WHITE + rb"+\d{1,5}" + _WHITE + rb"+R"
_BEFORE = (
    rb"(?:"
    + rb"|".join(map(_spelled, ("S", "Type", "Subtype")))
    + rb"|obj|\d"
    + _WHITE
    + rb"+R|[\x00\t\n\x0c\r \[\]<>)])"
)
_NAMES = rb"(?:" + rb"|".join(map(_spelled, DOES_SOMETHING)) + rb")"
_FILE = _spelled("EF") + _SPACE + rb"(?:<<|" + _REFERENCE + rb")"
_ACTIVE = re.compile(_BEFORE + _NAMES + _END + rb"|" + _FILE)
_OBJECT_STREAM = re.compile(_spelled("ObjStm") + _END)
_BEGIN_OF_OBJECT = re.compile(
    rb"\d{1,10}" + _WHITE + rb"+\d{1,5}" + _WHITE + rb"+obj" + _WHITE + rb"*"
)


def check_pdf(file: IO[bytes]) -> None:
    """A PDF that opens without a password, has a page and does nothing but show it."""
    head = file.read(1024)
    if not head.lstrip(b"\xef\xbb\xbf\r\n\t \x00").startswith(b"%PDF-"):
        raise NotOfThisType
    if MARKUP.search(head.decode("latin-1")):
        raise NotOfThisType
    ask_no_archive_behind(file)
    file.seek(0)
    with apply_configuration(
        zlib_maximum_output_length=MOST_UNPACKED,
        lzw_maximum_output_length=MOST_UNPACKED,
        run_length_maximum_output_length=MOST_UNPACKED,
        brotli_maximum_output_length=MOST_UNPACKED,
        stream_decoding_work_maximum_length=4 * MOST_UNPACKED,
        disable_legacy_handling=True,
    ):
        _ask_content(file)


def _ask_content(file: IO[bytes]) -> None:
    end = time.thread_time() + PATIENCE_SECONDS
    reader = PdfReader(file, strict=False)
    if reader.is_encrypted:
        raise Unreadable
    pages = reader.root_object["/Pages"].get_object()
    if not pages["/Kids"]:  # type: ignore[index]
        raise Unreadable
    form = reader.root_object.get("/AcroForm")
    form = form.get_object() if form is not None else None
    if isinstance(form, dict) and "/XFA" in form:
        raise IsActive
    packed = _ask_names(file, end)
    for text in _unpacked(reader, file, packed):
        if _ACTIVE.search(text):
            raise IsActive
        if time.thread_time() > end:
            raise Unreadable


def _ask_names(file: IO[bytes], end: float) -> list[int]:
    """Read the file for names that do something; return where object streams are."""
    packed: list[int] = []
    file.seek(0)
    before, place = b"", 0
    while chunk := file.read(CHUNK):
        text = before + chunk
        if _ACTIVE.search(text):
            raise IsActive
        start = place - len(before)
        packed += [
            start + found.start()
            for found in _OBJECT_STREAM.finditer(text)
            if start + found.start() not in packed[-8:]
        ]
        place += len(chunk)
        before = text[-OVERLAP:]
        if time.thread_time() > end or len(packed) > MOST_STREAMS:
            raise Unreadable
    return packed


def _unpacked(reader: PdfReader, file: IO[bytes], packed: list[int]) -> Iterator[bytes]:
    """Yield every object stream, unpacked: those in the file's tables, and all that look like one.

    An object stream that can't be unpacked is one that nobody can look into.
    """
    for number in sorted({stream for stream, _index in reader.xref_objStm.values()}):
        yield _content(reader.get_object(IndirectObject(number, 0, reader)))
        reader.resolved_objects.clear()
    for place in packed:
        begin = max(0, place - OVERLAP)
        file.seek(begin)
        found = list(_BEGIN_OF_OBJECT.finditer(file.read(place - begin)))
        if found:
            file.seek(begin + found[-1].end())
            yield _content(read_object(file, reader))


def _content(found: object) -> bytes:
    if not isinstance(found, StreamObject):
        return b""
    return b" " + found.get_data()
