"""What the content of each allowed type has to look like.

Every ``check_...`` gets a rewound binary file and returns nothing, or raises ``NotOfThisType``,
``HasMacros`` (of this type, but with programs inside) or ``Unreadable`` (of this type, but broken
or protected by a password). What is made to break a parser may raise anything else.
"""

from __future__ import annotations

import codecs
import os
import re
import struct
import zipfile
from email.parser import BytesHeaderParser
from email.policy import compat32
from typing import IO

from defusedxml import ElementTree
from pypdf import PdfReader

from . import compound_files

HEAD = 64 * 1024
CHUNK = 64 * 1024

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
    r"<\s*(!doctype\s+html|html|head|body|svg|script|iframe|object|embed)\b|<\?xml",
    re.IGNORECASE,
)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
WEB_ARCHIVE = re.compile(r"^content-type:\s*multipart/related", re.IGNORECASE | re.MULTILINE)

MAIN_PARTS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
}
MACROS = ("macroenabled", "vbaproject", "vbadata", "macrosheet")
OFFICE_COMPRESSION = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What Office writes; others let a few bytes ask for gigabytes of memory."""
MOST_CONTENT_TYPES = 1024 * 1024
MOST_ZIP_DIRECTORY = 4 * 1024 * 1024


class NotOfThisType(Exception):
    """The content is something else than the name says."""


class HasMacros(NotOfThisType):
    """An Office file with macros."""


class Unreadable(Exception):
    """Broken, cut off or protected by a password."""


# --- PDF ----------------------------------------------------------------------------------------


def check_pdf(file: IO[bytes]) -> None:
    """A PDF that opens without a password and has a page."""
    if b"%PDF-" not in file.read(1024):
        raise NotOfThisType
    file.seek(0)
    reader = PdfReader(file, strict=False)
    if reader.is_encrypted:
        raise Unreadable
    pages = reader.root_object["/Pages"].get_object()
    if not pages["/Kids"]:  # type: ignore[index]
        raise Unreadable


# --- Office -------------------------------------------------------------------------------------


def check_docx(file: IO[bytes]) -> None:
    """A Word document without macros."""
    _check_office(file, MAIN_PARTS["docx"])


def check_xlsx(file: IO[bytes]) -> None:
    """An Excel workbook without macros."""
    _check_office(file, MAIN_PARTS["xlsx"])


def check_pptx(file: IO[bytes]) -> None:
    """A PowerPoint presentation without macros."""
    _check_office(file, MAIN_PARTS["pptx"])


def _check_office(file: IO[bytes], main_part: str) -> None:
    beginning = file.read(8)
    if beginning == compound_files.SIGNATURE:
        # With a password, an Office file is put into the old container.
        if "EncryptedPackage" in _entry_names(file):
            raise Unreadable
        raise NotOfThisType
    if not beginning.startswith(b"PK\x03\x04"):
        raise NotOfThisType
    _ask_zip_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except zipfile.BadZipFile as problem:
        raise Unreadable from problem
    with archive:
        names = archive.namelist()
        if "[Content_Types].xml" not in names:
            raise NotOfThisType
        if any(
            entry.flag_bits & 1 or entry.compress_type not in OFFICE_COMPRESSION
            for entry in archive.infolist()
        ):
            raise Unreadable
        types = _content_types(archive)
        told = " ".join([*names, *types]).lower()
        if any(word in told for word in MACROS):
            raise HasMacros
        if main_part not in types:
            raise NotOfThisType


def _content_types(archive: zipfile.ZipFile) -> list[str]:
    with archive.open("[Content_Types].xml") as part:
        text = part.read(MOST_CONTENT_TYPES + 1)
    if len(text) > MOST_CONTENT_TYPES:
        raise Unreadable
    root = ElementTree.fromstring(text, forbid_dtd=True)
    return [each.get("ContentType", "") for each in root]


def _ask_zip_directory(file: IO[bytes]) -> None:
    """Refuse an archive whose list of entries alone would fill the memory."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 66_000))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22 or b"PK\x06\x07" in tail[max(0, end - 20) : end]:
        raise Unreadable
    if struct.unpack_from("<I", tail, end + 12)[0] > MOST_ZIP_DIRECTORY:
        raise Unreadable
    file.seek(0)


def _entry_names(file: IO[bytes]) -> frozenset[str]:
    try:
        return compound_files.entry_names(file)
    except compound_files.NotCompound as problem:
        raise Unreadable from problem


# --- Mail ---------------------------------------------------------------------------------------


def check_msg(file: IO[bytes]) -> None:
    """An Outlook message."""
    if file.read(8) != compound_files.SIGNATURE:
        raise NotOfThisType
    if "__properties_version1.0" not in _entry_names(file):
        raise NotOfThisType


def check_eml(file: IO[bytes]) -> None:
    """An e-mail as text: headers that only mail has, so that a web archive doesn't pass for one."""
    head = file.read(HEAD)
    if not re.match(rb"[!-9;-~]+[ \t]*:", head):
        raise NotOfThisType
    headers = BytesHeaderParser(policy=compat32).parsebytes(head)
    names = {name.lower() for name in headers.keys()}  # noqa: SIM118 # A header may come twice.
    if "from" not in names or not names & {"to", "cc", "bcc", "received", "message-id"}:
        raise NotOfThisType
    if "snapshot-content-location" in names:
        raise NotOfThisType
    file.seek(0)
    # Japanese mail switches its character sets with escape characters.
    _ask_text(file, besides="\x1b")


# --- Text ---------------------------------------------------------------------------------------


def check_rtf(file: IO[bytes]) -> None:
    """Rich text that is whole."""
    if not file.read(6).startswith(b"{\\rtf"):
        raise NotOfThisType
    if b"}" not in _last(file, 64):
        raise Unreadable


def check_text(file: IO[bytes]) -> None:
    """Plain text or a table as text; nothing that a browser would take for a page."""
    beginning = file.read(16)
    if beginning.startswith(BINARY_BEGINNINGS) and not _only_looks_like(beginning):
        raise NotOfThisType
    file.seek(0)
    head = _ask_text(file)
    if MARKUP.search(head) or WEB_ARCHIVE.search(head):
        raise NotOfThisType


def _only_looks_like(beginning: bytes) -> bool:
    two_letters = beginning.startswith((b"BM", b"MZ"))
    return two_letters and all(32 <= byte < 127 or byte in b"\t\r\n" for byte in beginning)


def _ask_text(file: IO[bytes], *, besides: str = "") -> str:
    """Read a text to its end and return its beginning.

    UTF-8, UTF-16 with its mark, or one byte a character; in none of them a control character that
    text doesn't hold, except those in ``besides``. Raises ``NotOfThisType``.
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
            return _decoded_head(file, encoding, besides)
        except UnicodeDecodeError:
            continue
    raise NotOfThisType


def _decoded_head(file: IO[bytes], encoding: str, besides: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)()
    head = ""
    while True:
        chunk = file.read(CHUNK)
        text = decoder.decode(chunk, final=not chunk)
        if any(found not in besides for found in CONTROL.findall(text)):
            raise NotOfThisType
        if len(head) < HEAD:
            head += text
        if not chunk:
            return head


# --- Images -------------------------------------------------------------------------------------


def check_png(file: IO[bytes]) -> None:
    """A PNG that is whole."""
    if not file.read(16).startswith(b"\x89PNG\r\n\x1a\n"):
        raise NotOfThisType
    if b"IEND" not in _last(file, 1024):
        raise Unreadable


def check_jpeg(file: IO[bytes]) -> None:
    """A JPEG that is whole; some cameras put data of their own behind the end mark."""
    if file.read(3) != b"\xff\xd8\xff":
        raise NotOfThisType
    if b"\xff\xd9" not in _last(file, HEAD):
        raise Unreadable


def check_tiff(file: IO[bytes]) -> None:
    """A TIFF whose first directory lies inside the file."""
    head = file.read(8)
    if head[:4] not in (b"II*\x00", b"MM\x00*"):
        raise NotOfThisType
    if len(head) < 8:
        raise Unreadable
    place = struct.unpack("<I" if head.startswith(b"II") else ">I", head[4:])[0]
    if not 8 <= place < file.seek(0, os.SEEK_END) - 2:
        raise Unreadable


def _last(file: IO[bytes], how_many: int) -> bytes:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - how_many))
    return file.read()
