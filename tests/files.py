"""Real files of every kind, built in memory, for tests of uploads."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence

from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from fpdf import FPDF
from PIL import Image

MAIN = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "docm": "application/vnd.ms-word.document.macroEnabled.main+xml",
    "dotx": "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
}
MAIL = (
    b"From: Ada <ada@partner.example>\r\nTo: bob@customer.example\r\nSubject: Work\r\n\r\nDone.\r\n"
)


def upload(
    name: str, content: bytes, content_type: str = "application/x-lies"
) -> SimpleUploadedFile:
    """Return what a form gets for a small file."""
    return SimpleUploadedFile(name, content, content_type)


def spooled_upload(name: str, content: bytes) -> TemporaryUploadedFile:
    """Return what a form gets for a large file: one that lies on the disk."""
    file = TemporaryUploadedFile(name, "application/x-lies", len(content), None)
    file.write(content)
    file.seek(0)
    return file


def pdf(text: str = "Statement of work", *, password: str = "") -> bytes:
    made = FPDF()
    if password:
        made.set_encryption(owner_password=password, user_password=password)
    made.add_page()
    made.set_font("Helvetica", size=12)
    made.multi_cell(0, 8, text)
    return bytes(made.output())


def image(kind: str) -> bytes:
    """Return an image; ``kind`` is PNG, JPEG or TIFF."""
    made = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(made, kind)
    return made.getvalue()


def archive(parts: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return made.getvalue()


def content_types(*types: str, before: str = "") -> bytes:
    overrides = "".join(
        f'<Override PartName="/part{number}.xml" ContentType="{each}"/>'
        for number, each in enumerate(types)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    ).encode()


def office(kind: str, *more_types: str, **more_parts: bytes) -> bytes:
    """Return an Office file; ``more_parts`` are written below ``word/``."""
    parts = {
        "[Content_Types].xml": content_types(MAIN[kind], *more_types),
        "_rels/.rels": b"<Relationships/>",
        "word/document.xml": b"<document/>",
    }
    return archive(parts | {f"word/{name}": content for name, content in more_parts.items()})


def with_password_flag(zipped: bytes) -> bytes:
    """Return the archive as if its entries were encrypted."""
    changed = bytearray(zipped)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = changed.find(mark)
        while place >= 0:
            changed[place + offset] |= 1
            place = changed.find(mark, place + 4)
    return bytes(changed)


def compound(names: Sequence[str], *, table_sectors_before: int = 0) -> bytes:
    """Return an OLE compound file whose directory has these entries.

    ``table_sectors_before`` moves the directory behind that many parts of the allocation table, as
    in a large message; above 109 the file's header can't name all parts of the table itself.
    """
    size, per_table = 512, 128
    entries = b"".join(_entry(name) for name in ["Root Entry", *names])
    entries += b"\x00" * (-len(entries) % size)
    directory_sectors = len(entries) // size
    first = table_sectors_before * per_table
    total = first + directory_sectors
    tables = total // per_table + 3
    more = max(0, -(-(tables - 109) // (per_table - 1)))
    free, end, mark = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    table = [free] * (tables * per_table)
    for sector in range(first, total):
        table[sector] = sector + 1 if sector + 1 < total else end
    table_at = list(range(total, total + tables))
    more_at = list(range(total + tables, total + tables + more))
    for sector in table_at + more_at:
        table[sector] = mark
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 16
    header += struct.pack("<HHHHHHIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0, tables)
    header += struct.pack("<IIIIIII", first, 0, 4096, end, 0, more_at[0] if more else end, more)
    inside = (table_at + [free] * 109)[:109]
    rest, chain = table_at[109:], b""
    for number in range(more):
        part = (rest[number * 127 : (number + 1) * 127] + [free] * 127)[:127]
        after = more_at[number + 1] if number + 1 < more else end
        chain += struct.pack("<128I", *part, after)
    body = b"\x00" * (first * size) + entries + struct.pack(f"<{len(table)}I", *table) + chain
    return header + struct.pack("<109I", *inside) + body


def _entry(name: str) -> bytes:
    encoded = (name + "\x00").encode("utf-16-le")
    fields = struct.pack("<HBB", len(encoded), 2, 1)
    return (encoded.ljust(64, b"\x00") + fields).ljust(128, b"\x00")
