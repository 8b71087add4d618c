"""What the parts of an Office file do when it is opened: fields, links to programs, objects.

Names and types of parts come from whoever made the file, so every part is looked at by what it
holds. XML is read as a stream, without entities, and never as a whole.
"""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Mapping
from typing import IO
from xml.parsers import expat

from . import compound_files
from .active_names import PROGRAM_BEGINNINGS
from .field_codes import asks_for_more
from .file_problems import IsActive, Unreadable

CHUNK = 256 * 1024
PATIENCE_SECONDS = 5.0
"""How much of the processor the parts of one file may cost; honest ones take less than two."""
DEEPEST = 500
LONGEST_TOKEN = 4 * 1024 * 1024
LONGEST_FIELD = 16 * 1024
XML_BEGINNINGS = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00<")
TABLES = frozenset({"worksheet", "sst", "pivotCacheRecords"})
"""Roots of the parts that hold a workbook's cells: large, and what they start stands elsewhere."""
STARTS_PROGRAM = re.compile(r"\s*ppaction://(program|macro|ole)", re.IGNORECASE)
YES = frozenset({"1", "true", "on"})


def ask_parts(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Raise ``IsActive`` for a part that is another program's, a program, or starts one."""
    end = time.thread_time() + PATIENCE_SECONDS
    for entry in entries:
        with archive.open(entry) as part:
            head = part.read(64)
            if head.startswith((compound_files.SIGNATURE, *PROGRAM_BEGINNINGS)):
                raise IsActive
            if head.lstrip(b" \t\r\n").startswith(XML_BEGINNINGS):
                _ask_xml(head, part, end)
        if time.thread_time() > end:
            raise Unreadable


class _Enough(Exception):
    """The rest of the part needs no look."""


def _ask_xml(head: bytes, part: IO[bytes], end: float) -> None:
    reader = _PartReader()
    fed = 0
    chunk = head
    try:
        while chunk:
            reader.parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - reader.parser.CurrentByteIndex > LONGEST_TOKEN or time.thread_time() > end:
                raise Unreadable
            chunk = part.read(CHUNK)
    except _Enough:
        return
    except expat.ExpatError:
        # No program of the Office reads a part on behind the place where it is broken.
        pass
    reader.ask_fields()


class _PartReader:
    """Follows the elements of one part; ``fields`` are the codes of fields that aren't closed."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.depth = 0
        self.fields = [""]

    def ask_fields(self) -> None:
        if any(map(asks_for_more, self.fields)):
            raise IsActive

    def _refuse(self, *args: object) -> None:
        raise Unreadable

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        local = name.rpartition(":")[2]
        self.depth += 1
        if self.depth == 1 and local in TABLES:
            raise _Enough
        if self.depth > DEEPEST:
            raise Unreadable
        if local == "instrText":
            self.parser.CharacterDataHandler = self._text
        elif local in ("ddeLink", "webPr"):
            raise IsActive
        elif attributes:
            self._ask_attributes(local, {k.rpartition(":")[2]: v for k, v in attributes.items()})

    def _ask_attributes(self, local: str, given: Mapping[str, str]) -> None:
        if local == "fldChar":
            self._mark(given.get("fldCharType", ""))
        is_active = (
            (local == "fldSimple" and asks_for_more(given.get("instr", "")))
            or (local == "connection" and given.get("refreshOnLoad", "").lower() in YES)
            or STARTS_PROGRAM.match(given.get("action", ""))
        )
        if is_active:
            raise IsActive

    def _mark(self, kind: str) -> None:
        """Follow where a field begins and ends; one may stand within another's code."""
        if kind == "begin":
            self.fields.append("")
            if len(self.fields) > DEEPEST:
                raise Unreadable
        elif kind == "end" and len(self.fields) > 1 and asks_for_more(self.fields.pop()):
            raise IsActive

    def _text(self, text: str) -> None:
        if len(self.fields[-1]) < LONGEST_FIELD:
            self.fields[-1] += text[:LONGEST_FIELD]

    def _end(self, name: str) -> None:
        self.depth -= 1
        if name.rpartition(":")[2] == "instrText":
            self.parser.CharacterDataHandler = None
