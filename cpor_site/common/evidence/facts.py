"""How a row becomes bytes that can be sealed: the same on every run and on every database."""

from __future__ import annotations

import hashlib
import hmac
import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

DIGEST = hashlib.sha256().digest_size
CHECK = 2
"""Bytes of each column's own digest, which tell which column was altered."""
KEY = struct.Struct(">q")


def canonical(value: Any) -> bytes:
    """Return the value as JSON with sorted keys, moments in UTC; no line break stands in it."""
    return _encode(value).encode()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
).encode


def columns_of(values: Sequence[Any]) -> list[bytes]:
    """Return the canonical form of each column."""
    return [canonical(each) for each in values]


def digest_of(table: str, key: int, columns: Sequence[bytes]) -> bytes:
    """Return the SHA-256 of a row's columns in their canonical form."""
    return hashlib.sha256(_lines(table, key, columns)).digest()


def sealed_under(salt: bytes, table: str, key: int, columns: Sequence[bytes]) -> bytes:
    """Return the HMAC-SHA256 of a row's personal columns, which nobody can guess without it."""
    return hmac.digest(salt, _lines(table, key, columns), "sha256")


def _lines(table: str, key: int, columns: Sequence[bytes]) -> bytes:
    return b"\n".join((canonical([table, key]), *columns))


@dataclass(frozen=True)
class Record:
    """What a seal knows of one row; ``personal`` is empty where the table has no such columns."""

    key: int
    digest: bytes
    personal: bytes
    checks: bytes

    def differing(self, columns: Sequence[bytes], names: Sequence[str]) -> list[str]:
        """Return which of the columns don't hold what was sealed."""
        now = checks_of(columns)
        return [
            name
            for position, name in enumerate(names)
            if now[position * CHECK : (position + 1) * CHECK]
            != self.checks[position * CHECK : (position + 1) * CHECK]
        ]


def checks_of(columns: Sequence[bytes]) -> bytes:
    """Return the beginning of each column's own digest."""
    return b"".join(hashlib.sha256(each).digest()[:CHECK] for each in columns)


@dataclass(frozen=True)
class Layout:
    """How the records of one seal lie one behind the other."""

    facts: int
    has_personal: bool

    @property
    def size(self) -> int:
        return KEY.size + DIGEST * (2 if self.has_personal else 1) + CHECK * self.facts

    def pack(self, record: Record) -> bytes:
        return KEY.pack(record.key) + record.digest + record.personal + record.checks

    def unpack(self, data: bytes) -> Iterator[Record]:
        """Yield the records; ``ValueError`` if the data aren't whole records."""
        if len(data) % self.size:
            raise ValueError("The records of the seal aren't whole.")
        checks_at = self.size - CHECK * self.facts
        for at in range(0, len(data), self.size):
            piece = data[at : at + self.size]
            (key,) = KEY.unpack_from(piece)
            yield Record(
                key,
                piece[KEY.size : KEY.size + DIGEST],
                piece[KEY.size + DIGEST : checks_at],
                piece[checks_at:],
            )


def link(previous: str, about: Sequence[Any], records: Sequence[bytes]) -> str:
    """Return the digest of a link of the chain: the one before, its head, each record in turn."""
    last = hashlib.sha256(bytes.fromhex(previous) + canonical(list(about))).digest()
    for each in records:
        last = hashlib.sha256(last + each).digest()
    return last.hex()


def printable(digest: str) -> str:
    """Return the digest in groups of eight, to be written down and read back."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))
