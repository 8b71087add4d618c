"""The directory of an OLE compound file, the container of Outlook messages and old Office files.

Only enough of the format is read to tell what a file is: header, file allocation table, directory.
Sizes come from the file and may lie, so every step is bounded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from .file_problems import Unreadable

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEADER_SIZE = 512
ENTRY_SIZE = 128
LAST_SECTOR = 0xFFFFFFFA
"""Sector numbers from here on are marks: end of chain, free, and so on."""
MOST_DIRECTORY_SECTORS = 4096
MOST_TABLE_SECTORS = 64
"""How many sectors of a chain are followed: far more than files of some hundred megabytes have."""


SMALL_SECTOR = 64
STREAM, ROOT = 2, 5
MOST_CHAIN = 100_000
MOST_SMALL_SECTORS = 64
"""How many sectors of a small stream are followed, which is as much of it as anybody asks for."""


class NotCompound(Exception):
    """The file is no readable compound file."""


def entry_names(file: IO[bytes]) -> frozenset[str]:
    """Return the names of all streams and storages. Raises ``NotCompound``."""
    return _CompoundFile(file).entry_names()


def names_or_unreadable(file: IO[bytes]) -> frozenset[str]:
    """Return the same, or raise ``Unreadable``."""
    try:
        return entry_names(file)
    except NotCompound as problem:
        raise Unreadable from problem


def streams(file: IO[bytes]) -> Iterator[Stream]:
    """Yield all streams. Raises ``NotCompound``, also while a stream's beginning is read."""
    whole = _CompoundFile(file)
    entries = list(whole.entries())
    root = next((each for each in entries if each.kind == ROOT), None)
    for each in entries:
        if each.kind == STREAM:
            yield Stream(each.name, each.size, each.first, whole, root)


@dataclass(frozen=True)
class _Entry:
    name: str
    kind: int
    first: int
    size: int


@dataclass(frozen=True)
class Stream:
    """One stream: its name, its size in bytes, and how it begins."""

    name: str
    size: int
    _first: int
    _whole: _CompoundFile
    _root: _Entry | None

    def beginning(self, most: int) -> bytes:
        """Return up to ``most`` bytes, which is at most one sector of a large stream."""
        wanted = min(most, self.size)
        if wanted == 0:
            return b""
        if self.size >= self._whole.small_below:
            return self._whole.sector(self._first)[:wanted]
        if self._root is None:
            raise NotCompound
        return self._whole.small_stream(self._root.first, self._first, wanted)


class _CompoundFile:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        file.seek(0)
        self._header = file.read(HEADER_SIZE)
        if len(self._header) < HEADER_SIZE or not self._header.startswith(SIGNATURE):
            raise NotCompound
        shift = struct.unpack_from("<H", self._header, 30)[0]
        if shift not in (9, 12):
            raise NotCompound
        self._size = 1 << shift
        self._table = self._table_sectors()

        self.small_below = self._number(56)

    def entry_names(self) -> frozenset[str]:
        return frozenset(entry.name for entry in self.entries())

    def entries(self) -> Iterator[_Entry]:
        seen: set[int] = set()
        sector = self._number(48)
        while sector < LAST_SECTOR:
            if sector in seen or len(seen) >= MOST_DIRECTORY_SECTORS:
                raise NotCompound
            seen.add(sector)
            yield from _entries_in(self.sector(sector))
            sector = self._after(sector)

    def small_stream(self, container: int, first: int, wanted: int) -> bytes:
        """Return the beginning of a stream that lies in sectors of 64 bytes inside another."""
        found, number = b"", first
        for _step in range(MOST_SMALL_SECTORS):
            if len(found) >= wanted or number >= LAST_SECTOR:
                break
            index, place = divmod(number * SMALL_SECTOR, self._size)
            data = self.sector(self._along(container, index))
            found += data[place : place + SMALL_SECTOR]
            index, place = divmod(number * 4, self._size)
            table = self.sector(self._along(self._number(60), index))
            number = struct.unpack_from("<I", table, place)[0]
        return found[:wanted]

    def _along(self, sector: int, steps: int) -> int:
        """Return the sector so many steps further in its chain."""
        if steps > MOST_CHAIN:
            raise NotCompound
        for _step in range(steps):
            sector = self._after(sector)
        if sector >= LAST_SECTOR:
            raise NotCompound
        return sector

    def _number(self, offset: int) -> int:
        return int(struct.unpack_from("<I", self._header, offset)[0])

    def sector(self, number: int) -> bytes:
        self._file.seek((number + 1) * self._size)
        data = self._file.read(self._size)
        if len(data) < self._size:
            raise NotCompound
        return data

    def _table_sectors(self) -> list[int]:
        """Return where the parts of the allocation table are: 109 in the header, then a chain."""
        found = list(struct.unpack_from("<109I", self._header, 76))
        more, steps = self._number(68), 0
        while more < LAST_SECTOR:
            if steps >= MOST_TABLE_SECTORS:
                raise NotCompound
            steps += 1
            *parts, more = struct.unpack(f"<{self._size // 4}I", self.sector(more))
            found += parts
        return found

    def _after(self, sector: int) -> int:
        """Return the next sector of the chain that ``sector`` is in."""
        part, place = divmod(sector, self._size // 4)
        if part >= len(self._table) or self._table[part] >= LAST_SECTOR:
            raise NotCompound
        return int(struct.unpack_from("<I", self.sector(self._table[part]), place * 4)[0])


def _entries_in(sector: bytes) -> Iterator[_Entry]:
    for start in range(0, len(sector), ENTRY_SIZE):
        length, kind = struct.unpack_from("<HB", sector, start + 64)
        first, size = struct.unpack_from("<II", sector, start + 116)
        if kind and 2 <= length <= 64:
            name = sector[start : start + length - 2]
            yield _Entry(name.decode("utf-16-le", errors="replace"), kind, first, size)
