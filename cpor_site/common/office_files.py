"""Office files (docx, xlsx, pptx): whole, without macros, programs and content from elsewhere.

An Office file is a ZIP of XML parts. Sizes and names in it come from whoever made it, so all of
them are checked before anything is unpacked, and only small parts are.
"""

from __future__ import annotations

import os
import re
import struct
import zipfile
from typing import IO

from defusedxml import ElementTree

from . import compound_files
from .active_names import is_program
from .file_problems import HasMacros, IsActive, NotOfThisType, Unreadable
from .office_parts import ask_parts

MAIN_PARTS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
}
MACROS = ("macroenabled", "vbaproject", "vbadata", "macrosheet")
OFFICE_COMPRESSION = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What Office writes; others let a few bytes ask for gigabytes of memory."""
MOST_CONTENT_TYPES = 1024 * 1024
MOST_RELATIONS = 8 * 1024 * 1024
MOST_ZIP_DIRECTORY = 4 * 1024 * 1024
MOST_UNPACKED = 1024 * 1024 * 1024
MOST_FOLD = 100
"""How many times larger a file may become when it is unpacked; only above ``SMALL`` bytes."""
SMALL = 32 * 1024 * 1024

OBJECTS = re.compile(r"(^|/)(activex/|oleobject[^/]*\.bin$)", re.IGNORECASE)
"""Parts that hold an object of another program: whatever file it likes."""
BRINGS_ALONG = re.compile(
    r"/(?:oleobject|control|activexcontrolbinary|afchunk|vbaproject|webextension(?:taskpanes)?)$",
    re.IGNORECASE,
)
"""Relations to a part of another kind: an object, a control, a text to be taken in, an add-in."""
FAR_AWAY = re.compile(
    r"\s*(?:file:)?[/\\]{2,3}(?![/\\]*[a-z]:)|\s*(?!file:)[a-z][a-z0-9+.-]+:", re.I
)
"""Addresses outside this machine. A drive's letter is no scheme, and neither is a folder."""


def check_docx(file: IO[bytes]) -> None:
    """A Word document."""
    _check(file, MAIN_PARTS["docx"])


def check_xlsx(file: IO[bytes]) -> None:
    """An Excel workbook."""
    _check(file, MAIN_PARTS["xlsx"])


def check_pptx(file: IO[bytes]) -> None:
    """A PowerPoint presentation."""
    _check(file, MAIN_PARTS["pptx"])


def _check(file: IO[bytes], main_part: str) -> None:
    beginning = file.read(8)
    if beginning == compound_files.SIGNATURE:
        # With a password, an Office file is put into the old container.
        if "EncryptedPackage" in compound_files.names_or_unreadable(file):
            raise Unreadable
        raise NotOfThisType
    if not beginning.startswith(b"PK\x03\x04"):
        raise NotOfThisType
    size = _ask_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except zipfile.BadZipFile as problem:
        raise Unreadable from problem
    with archive:
        entries = archive.infolist()
        names = [entry.filename for entry in entries]
        if "[Content_Types].xml" not in names:
            raise NotOfThisType
        _ask_sizes(entries, size)
        types = _content_types(archive)
        told = " ".join([*names, *types]).lower()
        if any(word in told for word in MACROS):
            raise HasMacros
        if main_part not in types:
            raise NotOfThisType
        _ask_names(names)
        _ask_relations(archive, entries)
        ask_parts(archive, entries)


def _ask_directory(file: IO[bytes]) -> int:
    """Refuse an archive whose list of entries alone would fill the memory; return its size.

    Nothing may stand behind the archive, or before it: that would be another file in the same.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 66_000))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22 or b"PK\x06\x07" in tail[max(0, end - 20) : end]:
        raise Unreadable
    length, place, comment = struct.unpack_from("<IIH", tail, end + 12)
    if length > MOST_ZIP_DIRECTORY:
        raise Unreadable
    where = size - len(tail) + end
    if place + length != where or where + 22 + comment != size:
        raise Unreadable
    file.seek(0)
    return size


def _ask_sizes(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse what is locked, packed as no Office program does, or far larger than it looks."""
    if any(
        entry.flag_bits & 1 or entry.compress_type not in OFFICE_COMPRESSION for entry in entries
    ):
        raise Unreadable
    if len({entry.filename.lower() for entry in entries}) < len(entries):
        raise Unreadable
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MOST_UNPACKED or (unpacked > SMALL and unpacked > size * MOST_FOLD):
        raise Unreadable
    # Entries that share the same bytes: small as a file, huge when it is unpacked.
    if sum(entry.compress_size for entry in entries) > size:
        raise Unreadable


def _ask_names(names: list[str]) -> None:
    for name in names:
        parts = name.split("/")
        if ".." in parts or name.startswith("/") or "\\" in name or ":" in name or "\0" in name:
            raise NotOfThisType
        if is_program(name) or OBJECTS.search(name):
            raise IsActive


def _content_types(archive: zipfile.ZipFile) -> list[str]:
    text = _part(archive, "[Content_Types].xml", MOST_CONTENT_TYPES)
    return [each.get("ContentType", "") for each in ElementTree.fromstring(text, forbid_dtd=True)]


def _ask_relations(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Refuse templates, pictures and objects that are fetched from elsewhere when it is opened.

    Links that somebody has to click are none, and neither is a template on the writer's own disk.
    """
    left = MOST_RELATIONS
    for entry in entries:
        if not entry.filename.lower().endswith(".rels"):
            continue
        text = _part(archive, entry.filename, left)
        left -= len(text)
        for each in ElementTree.fromstring(text, forbid_dtd=True):
            target, kind = each.get("Target", ""), each.get("Type", "")
            is_elsewhere = each.get("TargetMode", "").lower() == "external"
            if BRINGS_ALONG.search(kind) and not is_elsewhere:
                raise IsActive
            if kind.lower().endswith("/hyperlink"):
                continue
            if is_elsewhere and FAR_AWAY.match(target):
                raise IsActive


def _part(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    with archive.open(name) as part:
        text = part.read(most + 1)
    if len(text) > most:
        raise Unreadable
    return text
