"""Sweeps that act on many rows by few statements, and one by one only where that fails."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db import models

from . import clock
from .jobs import Outcome, Tally, act_alone, keyset
from .models import JobRun

logger = logging.getLogger(__name__)

BATCH = 2000
ALONE_BELOW = 20
"""A batch that failed is halved until it is as small as this; then each row is taken alone."""

ActOnMany = Callable[[list[int]], set[int]]
ActOnOne = Callable[[int], Outcome]


def run_batches(
    name: str,
    due: models.QuerySet[Any],
    act_on_many: ActOnMany,
    act_on_one: ActOnOne,
    *,
    alone: models.QuerySet[Any] | None = None,
    dry_run: bool = False,
    now: datetime | None = None,
    size: int = BATCH,
) -> JobRun:
    """Act on the rows of ``due`` in batches by ascending key; return the ``JobRun``.

    ``act_on_many`` gets up to ``size`` keys, which are a hint of what was due, as in ``run_sweep``.
    In a transaction of its own it locks with ``SKIP LOCKED``, asks again, and returns the keys it
    acted on; the others count as skipped, and those that somebody held are the next run's. A batch
    that fails is undone and halved, and at last its rows are taken alone with ``act_on_one``, so
    that one bad row stops nobody else's act. Rows of ``alone`` always go alone. The run's row says
    after each batch how far it came.
    """
    tally = Tally(name, started_at=now or clock.now(), dry_run=dry_run)
    for keys in key_batches(due, size):
        tally.begin()
        if dry_run:
            tally.add(Counter({Outcome.SKIPPED: len(keys)}))
        else:
            _together(tally, keys, act_on_many, act_on_one)
        tally.save()
    for key in keyset(alone) if alone is not None else ():
        tally.begin()
        tally.note(key, *((Outcome.SKIPPED,) if dry_run else act_alone(name, key, act_on_one)))
    return tally.finish()


def key_batches(due: models.QuerySet[Any], size: int = BATCH) -> Iterator[list[int]]:
    """Yield the keys of ``due`` by ascending key, each batch behind the last key of the one before.

    What stops being due meanwhile shifts nothing, and rows already dealt with aren't read again.
    """
    last = 0
    while True:
        rows = due.order_by("pk").filter(pk__gt=last).values_list("pk", flat=True)
        keys = list(rows[:size])
        if keys:
            yield keys
        if len(keys) < size:
            return
        last = keys[-1]


def _together(tally: Tally, keys: list[int], act_on_many: ActOnMany, act_on_one: ActOnOne) -> None:
    try:
        acted = act_on_many(keys)
    except Exception:
        logger.warning("%s: a batch of %d failed.", tally.name, len(keys), exc_info=True)
    else:
        tally.add(Counter({Outcome.ACTED: len(acted), Outcome.SKIPPED: len(keys) - len(acted)}))
        return
    if len(keys) > ALONE_BELOW:
        middle = len(keys) // 2
        _together(tally, keys[:middle], act_on_many, act_on_one)
        _together(tally, keys[middle:], act_on_many, act_on_one)
        return
    for key in keys:
        tally.note(key, *act_alone(tally.name, key, act_on_one))
