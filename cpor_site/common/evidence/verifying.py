"""The chain is walked: every sealed row still stands as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from ..models import EvidenceSeal, Pseudonymisation, PseudonymisedRow
from .facts import Layout, Record, columns_of, digest_of, link, sealed_under
from .kept import Kept, sealed_tables
from .personal import may_stand
from .sealing import about, salts_of
from .triggers import missing

FORGED = "no true pseudonymisation"
"""In place of a digest, which it never equals."""


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
        span = {"pk__gt": seal.after_key, "pk__lte": seal.upto_key}
        rows = {row[0][0]: row for row in self.rows_of(seal, kept, **span)}
        sealed = {each.key: each for each in records}
        for key in sorted({*rows, *sealed}):
            if key not in rows:
                yield Finding(seal.table, key, "missing")
            elif key not in sealed:
                yield Finding(seal.table, key, "inserted later")
            else:
                what = self.row_differs(seal, sealed[key], *rows[key])
                if what:
                    yield Finding(seal.table, key, f"altered: {', '.join(what)}")
            self.rows += 1

    def rows_of(
        self, seal: EvidenceSeal, kept: Kept, **which: Any
    ) -> Iterator[tuple[tuple[Any, ...], bytes | None, str | None]]:
        """Yield rows of a seal, each with its claim's salt and the digest that took its place.

        That counts only if the claim's last pseudonymisation, which replaces everybody on a claim,
        left it, and what stands there names nobody. Otherwise whoever may write to the database
        could alter a row and add that it was pseudonymised.
        """
        columns = [*seal.facts, *seal.personal, *([kept.claim] if seal.personal else [])]
        found = kept.model._base_manager.filter(**which)
        rows: list[tuple[Any, ...]] = list(found.order_by("pk").values_list(*columns))
        salts = salts_of({row[-1] for row in rows}) if seal.personal else {}
        replaced = _replaced(seal, rows) if seal.personal and rows else {}
        kinds = [kept.personal.get(name) for name in seal.personal]
        for row in rows:
            digest = replaced.get(row[0])
            if digest and not all(map(may_stand, row[len(seal.facts) : -1], kinds)):
                digest = FORGED
            yield row, salts.get(row[-1]) if seal.personal else None, digest

    def row_differs(
        self,
        seal: EvidenceSeal,
        record: Record,
        row: tuple[Any, ...],
        salt: bytes | None,
        replaced: str | None,
    ) -> list[str]:
        """Return the columns that don't hold what was sealed, or what took its place."""
        facts = columns_of(row[: len(seal.facts)])
        differing = []
        if digest_of(seal.table, record.key, facts) != record.digest:
            differing = record.differing(facts, seal.facts) or ["something"]
        if seal.personal:
            personal = columns_of(row[len(seal.facts) : -1])
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


@dataclass(frozen=True)
class Standing:
    """Whether one row stands as it was sealed; ``seal`` is the link's number, None before it."""

    table: str
    key: int
    seal: int | None
    digest: str
    differs: tuple[str, ...] = ()


def standing_of(claim_key: int) -> Iterator[Standing]:
    """Yield how each row of evidence about one claim stands, without walking the whole chain.

    That the seals themselves are whole, and that no row is missing, only ``Walk`` can tell.
    """
    walk = Walk()
    for kept in sealed_tables():
        if not kept.claim:
            continue
        rows = kept.model._base_manager.filter(**{kept.claim: claim_key}).order_by("pk")
        keys = list(rows.values_list("pk", flat=True))
        while keys:
            seals = EvidenceSeal.objects.filter(table=kept.table, upto_key__gte=keys[0])
            seal = seals.order_by("upto_key").first()
            if seal is None:
                yield from (Standing(kept.table, key, None, "") for key in keys)
                break
            mine = [key for key in keys if key <= seal.upto_key]
            keys = keys[len(mine) :]
            layout = Layout(len(seal.facts), bool(seal.personal))
            records = {each.key: each for each in layout.unpack(bytes(seal.rows))}
            for row in walk.rows_of(seal, kept, pk__in=mine):
                record = records.get(row[0][0])
                if record is None:
                    yield Standing(kept.table, row[0][0], seal.number, "", ("inserted later",))
                    continue
                what = walk.row_differs(seal, record, *row)
                yield Standing(
                    kept.table, record.key, seal.number, record.digest.hex(), tuple(what)
                )


def _seals(number: int) -> Iterator[EvidenceSeal]:
    """Yield the seals behind the number, one at a time."""
    while True:
        seals = list(EvidenceSeal.objects.filter(number__gt=number).order_by("number")[:20])
        yield from seals
        if not seals:
            return
        number = seals[-1].number


def _replaced(seal: EvidenceSeal, rows: list[tuple[Any, ...]]) -> dict[int, str]:
    """Return the digests of what took the place of personal columns, by the keys of the rows.

    ``FORGED`` for rows that the last act on their claim would have replaced, and didn't.
    """
    acts = Pseudonymisation.objects.filter(claim_key__in={row[-1] for row in rows}).order_by("pk")
    last = {
        claim_key: (act, at) for act, claim_key, at in acts.values_list("pk", "claim_key", "at")
    }
    if not last:
        return {}
    known = PseudonymisedRow.objects.filter(
        table=seal.table, key__gte=rows[0][0], key__lte=rows[-1][0]
    ).values_list("key", "act", "digest")
    left = {(key, act): digest for key, act, digest in known}
    found = {}
    for row in rows:
        if row[-1] not in last:
            continue
        act, at = last[row[-1]]
        if (row[0], act) in left:
            found[row[0]] = left[row[0], act]
        elif seal.sealed_at < at:
            found[row[0]] = FORGED
    return found


def _table(model: Any) -> str:
    return str(model._meta.db_table)
