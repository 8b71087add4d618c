"""The directory of an OLE compound file, the container of Outlook messages and old Office files.

Only enough of the format is read to tell what a file is: header, file allocation table, directory.
Sizes come from the file and may lie, so every step is bounded.
"""

from __future__ import annotations

import struct
from typing import IO

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEADER_SIZE = 512
ENTRY_SIZE = 128
LAST_SECTOR = 0xFFFFFFFA
"""Sector numbers from here on are marks: end of chain, free, and so on."""
MOST_DIRECTORY_SECTORS = 4096
MOST_TABLE_SECTORS = 64
"""How many sectors of a chain are followed: far more than files of some hundred megabytes have."""


class NotCompound(Exception):
    """The file is no readable compound file."""


def entry_names(file: IO[bytes]) -> frozenset[str]:
    """Return the names of all streams and storages. Raises ``NotCompound``."""
    return _CompoundFile(file).entry_names()


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

    def entry_names(self) -> frozenset[str]:
        names: set[str] = set()
        seen: set[int] = set()
        sector = self._number(48)
        while sector < LAST_SECTOR:
            if sector in seen or len(seen) >= MOST_DIRECTORY_SECTORS:
                raise NotCompound
            seen.add(sector)
            names.update(_names_in(self._sector(sector)))
            sector = self._after(sector)
        return frozenset(names)

    def _number(self, offset: int) -> int:
        return int(struct.unpack_from("<I", self._header, offset)[0])

    def _sector(self, number: int) -> bytes:
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
            *parts, more = struct.unpack(f"<{self._size // 4}I", self._sector(more))
            found += parts
        return found

    def _after(self, sector: int) -> int:
        """Return the next sector of the chain that ``sector`` is in."""
        part, place = divmod(sector, self._size // 4)
        if part >= len(self._table) or self._table[part] >= LAST_SECTOR:
            raise NotCompound
        return int(struct.unpack_from("<I", self._sector(self._table[part]), place * 4)[0])


def _names_in(sector: bytes) -> list[str]:
    names = []
    for start in range(0, len(sector), ENTRY_SIZE):
        length, kind = struct.unpack_from("<HB", sector, start + 64)
        if kind and 2 <= length <= 64:
            name = sector[start : start + length - 2]
            names.append(name.decode("utf-16-le", errors="replace"))
    return names
