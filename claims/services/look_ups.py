"""Keeping people from trying out which tenants and subscriptions exist (section 3, principle).

Only misses count: who knows their customers never meets the limit. Once it is reached nothing is
looked up any more for a while, lest a look-up that still succeeds tell what exists. Each look-up
counts as a miss until it turned out a hit, so that nobody gets more by asking many times at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from cpor_site.common import clock, limits
from cpor_site.common.limits import Taken, TooMany
from cpor_site.common.models import User
from cpor_site.common.problems import Refused

from ..models import Claim

logger = logging.getLogger(__name__)

T = TypeVar("T")

MOST_MISSES = 60
WITHIN = timedelta(hours=1)
AT_ONCE = 20
"""How many are looked up together: few, so that others of the same person needn't wait for them."""

_NAME = "look_up_missed"


def begin_look_up(user: User, *, field: str, wanted: int = 1) -> Taken:
    """Count up to ``wanted`` misses beforehand; give those back that turn out hits.

    Raises ``Refused`` (LIM-01, at ``field``) if the user has missed too often of late.
    """
    taken = limits.take(_NAME, str(user.pk), most=MOST_MISSES, within=WITHIN, wanted=wanted)
    if taken.count:
        return taken
    refusal = TooMany(max(taken.again_at, clock.now()))
    raise Refused(*(replace(each, field=field) for each in refusal.problems))


def look_up_all(
    user: User,
    asked: Sequence[T],
    missing_of: Callable[[Sequence[T]], Collection[T]],
    *,
    field: str,
) -> list[T]:
    """Look everything up in small parts and return the misses.

    Raises ``Refused`` (LIM-01, at ``field``) where the user's misses reach the limit on the way.
    """
    misses: list[T] = []
    place = 0
    while place < len(asked):
        taken = begin_look_up(user, field=field, wanted=min(AT_ONCE, len(asked) - place))
        missing = missing_of(asked[place : place + taken.count])
        taken.give_back(taken.count - len(missing))
        misses += missing
        place += taken.count
    return misses


def log_miss(user: User, claim: Claim, *, what: str, asked: str) -> None:
    """Log that something wasn't found; ``asked`` is what was asked for, normalised."""
    logger.info(
        "A %s wasn't found: user %s asked for %s in claim %s.", what, user.pk, asked, claim.number
    )
