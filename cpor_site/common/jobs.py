"""Sweeps: look for rows that are due, act on each in its own transaction, write down the run."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import models, transaction

from . import clock
from .models import JobRun
from .problems import Refused

logger = logging.getLogger(__name__)

PROBLEMS_KEPT = 100
PROBLEM_LENGTH = 500


class Outcome(StrEnum):
    """What became of one row; the names are those of ``JobRun``'s counters."""

    ACTED = "acted"
    SKIPPED = "skipped"
    REFUSED = "refused"
    FAILED = "failed"


def keyset(due: models.QuerySet[Any], *, batch_size: int = 500) -> Iterator[int]:
    """Yield the primary keys of ``due`` in ascending order, one short query a batch.

    Rows that stop being due while the sweep runs don't shift the next batch, because each batch
    begins after the last key and not at a number of rows.
    """
    last = 0
    while True:
        batch = list(
            due.order_by("pk").filter(pk__gt=last).values_list("pk", flat=True)[:batch_size]
        )
        yield from batch
        if len(batch) < batch_size:
            return
        last = batch[-1]


def run_sweep(
    name: str,
    keys: Iterable[int],
    act_on_one: Callable[[int], Outcome],
    *,
    dry_run: bool = False,
    now: datetime | None = None,
    atomic: bool = True,
) -> JobRun:
    """Call ``act_on_one`` for every key and return the ``JobRun`` with the counts.

    The keys are only a hint of what was due when they were listed: ``act_on_one`` locks its row,
    asks again and returns ``Outcome.SKIPPED`` if there is nothing left to do. It runs in a
    transaction of its own unless ``atomic`` is false (for acts that talk to other machines and
    divide their transactions themselves). ``Refused`` counts as refused; any other exception is
    logged with its traceback and counts as failed. Both roll that one row back, go into
    ``problems`` and never stop the rest. ``SystemExit`` and ``KeyboardInterrupt`` do stop the run,
    whose row then stays without ``finished_at``.

    A dry run acts on nothing: every row counts as skipped.

    Every run that found something leaves a row. Runs in a row that found nothing share one, whose
    ``finished_at`` is the last one's: jobs run every few seconds, and one row still tells that
    they are alive.
    """
    tally = Tally(name, started_at=now or clock.now(), dry_run=dry_run)
    for key in keys:
        tally.begin()
        if dry_run:
            tally.note(key, Outcome.SKIPPED)
        else:
            tally.note(key, *act_alone(name, key, act_on_one, atomic=atomic))
    return tally.finish()


class Tally:
    """Counts what becomes of a run's rows; writes the run's row with the first of them."""

    def __init__(self, name: str, *, started_at: datetime, dry_run: bool) -> None:
        self.name = name
        self._started_at = started_at
        self._dry_run = dry_run
        self._run: JobRun | None = None

    def begin(self) -> JobRun:
        """Return the run's row, which is written when there is something to act on."""
        if self._run is None:
            self._run = JobRun.objects.create(
                job=self.name, started_at=self._started_at, dry_run=self._dry_run
            )
        return self._run

    def note(self, key: int, outcome: Outcome, problem: str = "") -> None:
        """Count one row; ``problem`` is kept with its key, up to ``PROBLEMS_KEPT`` of them."""
        self.add(Counter({outcome: 1}))
        problems = self.begin().problems
        if problem and len(problems) < PROBLEMS_KEPT:
            problems.append({"key": key, "problem": _storable(problem)})

    def add(self, outcomes: Counter[Outcome]) -> None:
        """Count many rows."""
        run = self.begin()
        for outcome, number in outcomes.items():
            run.examined += number
            setattr(run, outcome, getattr(run, outcome) + number)

    def save(self) -> None:
        """Write down how far the run has come, for whoever looks before it ends."""
        self.begin().save()

    def finish(self) -> JobRun:
        """Write down the end of the run and return its row."""
        if self._run is None:
            return _idle(self.name, self._started_at, dry_run=self._dry_run)
        self._run.finished_at = max(self._started_at, clock.now())
        self._run.save()
        return self._run


def act_alone(
    name: str, key: int, act_on_one: Callable[[int], Outcome], *, atomic: bool = True
) -> tuple[Outcome, str]:
    """Act on one row as ``run_sweep`` does; return what became of it, and what went wrong."""
    try:
        if not atomic:
            return act_on_one(key), ""
        with transaction.atomic():
            return act_on_one(key), ""
    except Refused as refusal:
        logger.info("%s refused %s: %s", name, key, refusal)
        return Outcome.REFUSED, str(refusal)
    except Exception as error:
        logger.exception("%s failed at %s", name, key)
        return Outcome.FAILED, f"{type(error).__name__}: {error}"


def _storable(text: str) -> str:
    """Return the text as PostgreSQL's JSON can hold it."""
    return text.replace("\0", "�")[:PROBLEM_LENGTH]


def _idle(name: str, started_at: datetime, *, dry_run: bool) -> JobRun:
    finished_at = max(started_at, clock.now())
    last = JobRun.objects.filter(job=name, dry_run=dry_run).order_by("-started_at", "-pk").first()
    if last is None or last.examined or last.finished_at is None:
        return JobRun.objects.create(
            job=name, started_at=started_at, finished_at=finished_at, dry_run=dry_run
        )
    last.finished_at = finished_at
    last.save(update_fields=["finished_at"])
    return last
