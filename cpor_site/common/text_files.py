"""Texts as files: plain, as a table and as rich text, without pages of the web and programs."""

from __future__ import annotations

import codecs
import os
import re
from typing import IO

from . import compound_files, field_codes
from .file_problems import IsActive, NotOfThisType, Unreadable

HEAD = 64 * 1024
CHUNK = 64 * 1024
OVERLAP = 1024

BINARY_BEGINNINGS = (
    b"%PDF-",
    b"PK\x03\x04",
    b"PK\x05\x06",
    compound_files.SIGNATURE,
    b"{\\rt",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"BM",
    b"II*\x00",
    b"MM\x00*",
    b"MZ",
    b"\x7fELF",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"#!",
)
"""What no honest text begins with. ``BM`` and ``MZ`` count only before bytes no text holds."""

MARKUP = re.compile(
    r"<\s*(!doctype\s+html|html|head|body|svg|script|iframe|object|embed)\b|<\?xml|<\?php",
    re.IGNORECASE,
)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
WEB_ARCHIVE = re.compile(r"^content-type:\s*multipart/related", re.IGNORECASE | re.MULTILINE)
STARTS_PROGRAM = re.compile(
    r"(?:^|[;,\t\"\n])[ \"']{0,8}[=+\-@][^;,\t\n|]{1,200}\|[^;,\t\n!]{1,200}!"
)
"""A cell that asks a spreadsheet program to start another one: ``=cmd|' /C calc'!A0``."""
RICH_OBJECT = re.compile(
    rb"\\obj(?:data|emb|link|autlink|ocx|html|sub|pub|icemb|update)(?![a-z])"
    rb"|\\\*\\template[^}]{0,40}?(?:https?:|ftp:|//|\\\\\\\\)",
    re.IGNORECASE,
)
"""Objects of other programs in rich text, a template from elsewhere."""
RICH_FIELD = re.compile(rb"\\fldinst(?![a-z])", re.IGNORECASE)
LONGEST_FIELD = 900
"""How much of a field's code is read, with the commands in it; less than ``OVERLAP``."""


def check_rtf(file: IO[bytes]) -> None:
    """Rich text that is whole."""
    if not file.read(6).startswith(b"{\\rtf"):
        raise NotOfThisType
    file.seek(0)
    before = b""
    while chunk := file.read(CHUNK):
        text = before + chunk
        if RICH_OBJECT.search(text) or any(map(_asks_for_more, RICH_FIELD.split(text)[1:])):
            raise IsActive
        before = chunk[-OVERLAP:]
    if b"}" not in last_bytes(file, 64):
        raise Unreadable
    ask_no_archive_behind(file)


def _asks_for_more(behind: bytes) -> bool:
    return field_codes.asks_for_more(field_codes.of_rich_text(behind[:LONGEST_FIELD]))


def check_text(file: IO[bytes]) -> None:
    """Plain text or a table as text; nothing that a browser would take for a page."""
    beginning = file.read(16)
    if beginning.startswith(BINARY_BEGINNINGS) and not _only_looks_like(beginning):
        raise NotOfThisType
    file.seek(0)
    head = ask_text(file, programs=True)
    if MARKUP.search(head) or WEB_ARCHIVE.search(head):
        raise NotOfThisType


def _only_looks_like(beginning: bytes) -> bool:
    two_letters = beginning.startswith((b"BM", b"MZ"))
    return two_letters and all(32 <= byte < 127 or byte in b"\t\r\n" for byte in beginning)


def ask_text(file: IO[bytes], *, besides: str = "", programs: bool = False) -> str:
    """Read a text to its end and return its beginning.

    UTF-8, UTF-16 with its mark, or one byte a character; in none of them a control character that
    text doesn't hold, except those in ``besides``. With ``programs``, raises ``IsActive`` for a
    cell that starts one; raises ``NotOfThisType`` for what is no text.
    """
    mark = file.read(2)
    file.seek(0)
    if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "latin-1"]
    for encoding in encodings:
        file.seek(0)
        try:
            return _decoded_head(file, encoding, besides, programs)
        except UnicodeDecodeError:
            continue
    raise NotOfThisType


def _decoded_head(file: IO[bytes], encoding: str, besides: str, programs: bool) -> str:
    decoder = codecs.getincrementaldecoder(encoding)()
    head = before = ""
    while True:
        chunk = file.read(CHUNK)
        text = decoder.decode(chunk, final=not chunk)
        if any(found not in besides for found in CONTROL.findall(text)):
            raise NotOfThisType
        if programs and STARTS_PROGRAM.search(before + text):
            raise IsActive
        before = text[-OVERLAP:]
        if len(head) < HEAD:
            head += text
        if not chunk:
            return head


def ask_no_archive_behind(file: IO[bytes]) -> None:
    """Raise ``NotOfThisType`` if the file is a ZIP, too: such are read from their end."""
    tail = last_bytes(file, 66_000)
    end = tail.find(b"PK\x05\x06")
    while end >= 0:
        comment = tail[end + 20 : end + 22]
        if len(comment) == 2 and end + 22 + int.from_bytes(comment, "little") >= len(tail) - 1024:
            raise NotOfThisType
        end = tail.find(b"PK\x05\x06", end + 1)


def last_bytes(file: IO[bytes], how_many: int) -> bytes:
    """Return the end of a file."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - how_many))
    return file.read()
