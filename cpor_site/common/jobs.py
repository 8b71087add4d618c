"""Sweeps: look for rows that are due, act on each in its own transaction, write down the run."""

from __future__ import annotations

import logging
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
    started_at = now or clock.now()
    run: JobRun | None = None
    for key in keys:
        if run is None:
            run = JobRun.objects.create(job=name, started_at=started_at, dry_run=dry_run)
        run.examined += 1
        outcome = Outcome.SKIPPED
        if not dry_run:
            outcome, problem = _one(name, key, act_on_one, atomic=atomic)
            if problem and len(run.problems) < PROBLEMS_KEPT:
                run.problems.append({"key": key, "problem": _storable(problem)})
        setattr(run, outcome, getattr(run, outcome) + 1)
    if run is None:
        return _idle(name, started_at, dry_run=dry_run)
    run.finished_at = max(started_at, clock.now())
    run.save()
    return run


def _one(
    name: str, key: int, act_on_one: Callable[[int], Outcome], *, atomic: bool
) -> tuple[Outcome, str]:
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
