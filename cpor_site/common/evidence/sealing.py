"""The chain grows: a job seals what was written, apart from the acts that write it.

No act waits for the chain. A row is sealed once no transaction can still commit a row of its table
with a lower key; see ``final_keys``.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from .. import clock
from ..jobs import Outcome, Tally
from ..models import EvidenceSalt, EvidenceSeal, JobRun
from .facts import Layout, Record, checks_of, columns_of, digest_of, link, sealed_under
from .kept import Kept, sealed_tables

logger = logging.getLogger(__name__)

BLOCK = 500
"""Rows of a seal."""
PATIENCE_SECONDS = 5.0
"""How long a run waits for transactions that are writing; what they hold up is left to the next."""

BEFORE_ALL = -(2**63)
"""Smaller than every key, so that no key hides in front of the first seal."""

WRITERS = """SELECT c.relname, l.virtualtransaction FROM pg_locks l
  JOIN pg_class c ON c.oid = l.relation
  WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.pid IS DISTINCT FROM pg_backend_pid() AND c.relname = ANY(%s)"""


def seal_evidence(*, dry_run: bool = False, patience: float = PATIENCE_SECONDS) -> JobRun:
    """Seal the rows that were written since the last run; the run counts rows."""
    tally = Tally("seal_evidence", started_at=clock.now(), dry_run=dry_run)
    tables = sealed_tables()
    for kept, upto in final_keys(tables, patience=patience):
        while True:
            sealed = _count(kept, upto) if dry_run else _seal_next(kept, upto)
            if sealed:
                outcome = Outcome.SKIPPED if dry_run else Outcome.ACTED
                tally.add(Counter({outcome: sealed}))
            if dry_run or sealed < BLOCK:
                break
            tally.save()
    return tally.finish()


def head() -> EvidenceSeal | None:
    """Return the last link of the chain."""
    return EvidenceSeal.objects.order_by("-number").first()


def final_keys(tables: Sequence[Kept], *, patience: float) -> list[tuple[Kept, int]]:
    """Return the tables with the key up to which each is as it will stay.

    Keys come from sequences, so whoever commits a lower key than one that can be read now took it
    before, in a statement that had locked the table for writing before that. On PostgreSQL it is
    thus enough to read the highest key, to list who holds such a lock afterwards, and to wait until
    each of those is gone; nobody waits for us. SQLite has one writer at a time.
    """
    highest = []
    for kept in tables:
        found = kept.model._base_manager.aggregate(key=Max(kept.key.name))["key"]
        if found is not None:
            highest.append((kept, int(found)))
    if connection.vendor != "postgresql":
        return highest
    waiting_for = _writers([kept.table for kept, _key in highest])
    give_up = time.monotonic() + patience
    while waiting_for and time.monotonic() < give_up:
        time.sleep(0.05)
        waiting_for &= _writers([table for table, _who in waiting_for])
    busy = {table for table, _who in waiting_for}
    if busy:
        logger.info("Left to the next run, for somebody is writing: %s.", ", ".join(sorted(busy)))
    return [(kept, key) for kept, key in highest if kept.table not in busy]


def _writers(tables: list[str]) -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(WRITERS, [tables])
        return set(cursor.fetchall())


def sealed_upto(table: str) -> int:
    """Return the last key of the table that the chain covers; below all before the first seal."""
    found = EvidenceSeal.objects.filter(table=table).aggregate(key=Max("upto_key"))["key"]
    return BEFORE_ALL if found is None else int(found)


def _count(kept: Kept, upto: int) -> int:
    rows = kept.model._base_manager.filter(pk__gt=sealed_upto(kept.table), pk__lte=upto)
    return rows.count()


def _seal_next(kept: Kept, upto: int) -> int:
    """Write the next seal of the table; return how many rows it covers, 0 if none is left."""
    try:
        with transaction.atomic():
            last = locked_head()
            after = sealed_upto(kept.table)
            facts, personal = kept.facts, sorted(kept.personal)
            rows = _rows(kept, [*facts, *personal], after=after, upto=upto)
            if not rows:
                return 0
            layout = Layout(len(facts), bool(personal))
            records = [layout.pack(each) for each in _records(kept, facts, personal, rows)]
            seal = EvidenceSeal(
                number=last.number + 1 if last else 1,
                table=kept.table,
                facts=facts,
                personal=personal,
                after_key=after,
                upto_key=rows[-1][0],
                row_count=len(records),
                rows=b"".join(records),
                previous=last.digest if last else "",
                sealed_at=clock.now(),
            )
            seal.digest = link(seal.previous, about(seal), records)
            seal.save(force_insert=True)
            return len(records)
    except IntegrityError:
        # Another run has just sealed the first rows of an empty chain, or these very ones.
        logger.info("Another run seals evidence at the same time.")
        return 0


def about(seal: EvidenceSeal) -> list[Any]:
    """Return what a link's digest covers besides its rows."""
    return [
        seal.number,
        seal.table,
        seal.facts,
        seal.personal,
        seal.after_key,
        seal.upto_key,
        seal.row_count,
        seal.sealed_at,
    ]


def locked_head() -> EvidenceSeal | None:
    """Return the last link, locked, so that one run at a time adds to it."""
    while True:
        last = EvidenceSeal.objects.select_for_update().order_by("-number").first()
        newest = head()
        if last is None or newest is None or last.pk == newest.pk:
            return last


def _rows(kept: Kept, names: list[str], *, after: int, upto: int) -> list[tuple[Any, ...]]:
    columns = [*names, kept.claim] if kept.personal else names
    rows = kept.model._base_manager.filter(pk__gt=after, pk__lte=upto)
    return list(rows.order_by("pk").values_list(*columns)[:BLOCK])


def _records(
    kept: Kept, facts: list[str], personal: list[str], rows: list[tuple[Any, ...]]
) -> list[Record]:
    salts = _salts({row[-1] for row in rows}) if personal else {}
    made = []
    for row in rows:
        key, columns = row[0], columns_of(row[: len(facts)])
        hidden = b""
        if personal:
            told = columns_of(row[len(facts) : -1])
            hidden = sealed_under(salts[row[-1]], kept.table, key, told)
        made.append(Record(key, digest_of(kept.table, key, columns), hidden, checks_of(columns)))
    return made


def _salts(claim_keys: set[int]) -> dict[int, bytes]:
    """Return the claims' salts by key; a claim without one gets it now."""
    EvidenceSalt.objects.bulk_create(
        [
            EvidenceSalt(claim_key=key, salt=secrets.token_bytes(32))
            for key in sorted(claim_keys - set(salts_of(claim_keys)))
        ],
        ignore_conflicts=True,
    )
    return salts_of(claim_keys)


def salts_of(claim_keys: set[int]) -> dict[int, bytes]:
    """Return the salts of those claims that have one."""
    found = EvidenceSalt.objects.filter(claim_key__in=claim_keys)
    return {key: bytes(salt) for key, salt in found.values_list("claim_key", "salt")}
