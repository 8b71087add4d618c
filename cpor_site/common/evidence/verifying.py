"""The chain is walked: every sealed row still stands as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from ..models import EvidenceSeal, PseudonymisedRow
from .facts import Layout, Record, digest_of, link, sealed_under
from .kept import Kept, sealed_tables
from .sealing import about, salts_of
from .triggers import missing


@dataclass(frozen=True)
class Finding:
    """What is wrong with one row: its table and key, and what differs."""

    table: str
    key: int
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.what}"


@dataclass
class Walk:
    """One walk along the chain; the counts tell how far it came.

    ``expected`` is a digest that somebody kept elsewhere, which must be a part of the chain.
    """

    expected: str = ""
    first: int = 1
    seals: int = field(default=0, init=False)
    rows: int = field(default=0, init=False)
    pseudonymised: int = field(default=0, init=False)
    head: str = field(default="", init=False)

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong, in the order of the chain; holds one seal's rows at a time."""
        for table in missing(connection):
            yield Finding(table, 0, "the database no longer refuses to change it; run migrate")
        tables = {each.table: each for each in sealed_tables()}
        reached: dict[str, int] = {}
        is_found = not self.expected
        number, previous = self.first - 1, None
        if number:
            before = EvidenceSeal.objects.filter(number=number).first()
            previous = before.digest if before else ""
        for seal in _seals(number):
            number += 1
            if seal.number != number:
                yield Finding(_table(EvidenceSeal), number, "missing")
                number, previous = seal.number, None
            yield from self._of_seal(seal, tables, reached, previous)
            previous = self.head = seal.digest
            is_found |= seal.digest == self.expected
            self.seals += 1
        if not is_found:
            yield Finding(_table(EvidenceSeal), 0, f"no seal has the digest {self.expected}")

    def _of_seal(
        self,
        seal: EvidenceSeal,
        tables: dict[str, Kept],
        reached: dict[str, int],
        previous: str | None,
    ) -> Iterator[Finding]:
        layout = Layout(len(seal.facts), bool(seal.personal))
        try:
            records = list(layout.unpack(bytes(seal.rows)))
        except ValueError:
            records = []
        packed = [layout.pack(each) for each in records]
        is_whole = previous in (None, seal.previous) and len(records) == seal.row_count
        is_whole = is_whole and reached.get(seal.table, seal.after_key) == seal.after_key
        if not is_whole or link(seal.previous, about(seal), packed) != seal.digest:
            yield Finding(_table(EvidenceSeal), seal.number, "the seal itself was altered")
        reached[seal.table] = seal.upto_key
        kept = tables.get(seal.table)
        known = {each.attname for each in kept.model._meta.concrete_fields} if kept else set()
        gone = sorted({*seal.facts, *seal.personal} - known - {"pk"})
        if kept is None or gone:
            what = ", ".join(gone) or "the table"
            yield Finding(seal.table, seal.after_key, f"no longer exists: {what}")
            return
        yield from self._of_rows(seal, kept, records)

    def _of_rows(self, seal: EvidenceSeal, kept: Kept, records: list[Record]) -> Iterator[Finding]:
        columns = [*seal.facts, *seal.personal, *([kept.claim] if seal.personal else [])]
        found = kept.model._base_manager.filter(pk__gt=seal.after_key, pk__lte=seal.upto_key)
        rows: dict[int, tuple[Any, ...]] = {
            row[0]: row for row in found.order_by("pk").values_list(*columns)
        }
        salts = salts_of({row[-1] for row in rows.values()}) if seal.personal else {}
        replaced = _replaced(seal) if seal.personal else {}
        sealed = {each.key: each for each in records}
        for key in sorted({*rows, *sealed}):
            if key not in rows:
                yield Finding(seal.table, key, "missing")
            elif key not in sealed:
                yield Finding(seal.table, key, "inserted later")
            else:
                salt = salts.get(rows[key][-1]) if seal.personal else None
                what = self._differing(seal, sealed[key], rows[key], salt, replaced.get(key))
                if what:
                    yield Finding(seal.table, key, f"altered: {', '.join(what)}")
            self.rows += 1

    def _differing(
        self,
        seal: EvidenceSeal,
        record: Record,
        row: tuple[Any, ...],
        salt: bytes | None,
        replaced: str | None,
    ) -> list[str]:
        """Return the columns that don't hold what was sealed, or what took its place."""
        facts = row[: len(seal.facts)]
        differing = []
        if digest_of(seal.table, record.key, facts) != record.digest:
            differing = record.differing(facts, seal.facts) or ["something"]
        if seal.personal:
            personal = row[len(seal.facts) : -1]
            if replaced is not None:
                self.pseudonymised += 1
                is_same = digest_of(seal.table, record.key, personal).hex() == replaced
            else:
                is_same = salt is not None and record.personal == sealed_under(
                    salt, seal.table, record.key, personal
                )
            if not is_same:
                differing.append(" or ".join(seal.personal))
        return differing


def _seals(number: int) -> Iterator[EvidenceSeal]:
    """Yield the seals behind the number, one at a time."""
    while True:
        seals = list(EvidenceSeal.objects.filter(number__gt=number).order_by("number")[:20])
        yield from seals
        if not seals:
            return
        number = seals[-1].number


def _replaced(seal: EvidenceSeal) -> dict[int, str]:
    """Return the digests of what took the place of personal columns, the newest of each row."""
    rows = PseudonymisedRow.objects.filter(
        table=seal.table, key__gt=seal.after_key, key__lte=seal.upto_key
    )
    return dict(rows.order_by("pk").values_list("key", "digest"))


def _table(model: Any) -> str:
    return str(model._meta.db_table)
