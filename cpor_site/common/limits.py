"""How often somebody may try something: counted in Django's cache, in windows of time.

    limits.ask("tenant_look_up", str(user.pk), most=30, within=timedelta(minutes=1))

Windows are fixed, so that around the end of one twice as much is possible. Where that is too much,
``take`` counts in a window that moves with the time, and takes back what turned out harmless.

All web processes count together, because they share one cache: Redis, or, where there is none, the
memory of the one web process that a desk without Redis runs.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.core.cache import cache
from django.utils.functional import Promise
from django.utils.translation import ngettext_lazy
from redis.exceptions import RedisError

from . import clock
from .problems import Refused, error

logger = logging.getLogger(__name__)


class TooMany(Refused):
    """Somebody tried more often than is allowed; ``again_at`` is when they may try again."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__(error("LIM-01", _sentence(again_at - clock.now())))
        self.again_at = again_at


def allowed(name: str, key: str, *, most: int, within: timedelta) -> bool:
    """Count one try and return whether it is among the first ``most`` of its window.

    ``name`` says what is tried, ``key`` who tries (a user's key, an address); the cache holds
    neither in clear. Windows are as long as ``within`` and begin at the same moments for everybody.
    """
    return _count(name, key, within) <= most


def ask(name: str, key: str, *, most: int, within: timedelta, strict: bool = True) -> None:
    """Count one try; raise ``TooMany`` (LIM-01) if it is one too many.

    Where it isn't ``strict``, nobody is kept out while Redis is away: for what has a deadline that
    runs on meanwhile.
    """
    try:
        if allowed(name, key, most=most, within=within):
            return
    except RedisError:
        if strict:
            raise
        logger.warning("Nobody counts %s, because Redis is away.", name, exc_info=True)
        return
    raise TooMany(window_end(within))


@dataclass(frozen=True)
class Taken:
    """Tries that ``take`` granted and counted."""

    count: int
    again_at: datetime
    _entry: str

    def give_back(self, count: int) -> None:
        """Count some of them no more."""
        if count:
            try:
                cache.decr(self._entry, count)
            except ValueError:
                return  # It ran out by itself.


PARTS = 6
"""Into how many parts a moving window is cut; it is longer than asked for by up to one of them."""


def take(name: str, key: str, *, most: int, within: timedelta, wanted: int = 1) -> Taken:
    """Count up to ``wanted`` tries, so that in no time as long as ``within`` more than ``most`` do.

    Those that were granted count at once, whoever else tries at the same moment; what isn't to
    count is given back afterwards. ``again_at`` is when more will be granted if none are now.
    """
    now, seconds, entries = _moving(name, key, within)
    present = _add(entries[-1], wanted, within.total_seconds() + 2 * seconds)
    counts = cache.get_many(entries[:-1])
    before = [int(counts.get(entry, 0)) for entry in entries[:-1]]
    over = present + sum(before) - most
    taken = Taken(
        max(0, min(wanted, wanted - over)),
        _freed_at([*before, present - wanted], most, now, seconds),
        entries[-1],
    )
    taken.give_back(wanted - taken.count)
    return taken


def forget(name: str, key: str, *, within: timedelta) -> None:
    """Count none of the tries any more that ``take`` granted so far."""
    _now, _seconds, entries = _moving(name, key, within)
    cache.delete_many(entries)


def _moving(name: str, key: str, within: timedelta) -> tuple[int, float, list[str]]:
    """Return the present part's number, how long parts are, and their entries, the oldest first."""
    seconds = (within / PARTS).total_seconds()
    now = int(clock.now().timestamp() // seconds)
    entries = [_entry_in(name, key, seconds, number) for number in range(now - PARTS, now + 1)]
    return now, seconds, entries


def _freed_at(counts: list[int], most: int, now: int, seconds: float) -> datetime:
    """Return when enough of the parts, the oldest first, will have left the window."""
    left = sum(counts)
    for age, count in enumerate(counts, start=1):
        left -= count
        if left < most:
            return datetime.fromtimestamp((now + age) * seconds, UTC)
    return datetime.fromtimestamp((now + len(counts)) * seconds, UTC)


def window_end(within: timedelta) -> datetime:
    """Return when the present window of this length ends and counting begins anew."""
    now = clock.now()
    return now + within - timedelta(seconds=now.timestamp() % within.total_seconds())


def _count(name: str, key: str, within: timedelta) -> int:
    seconds = within.total_seconds()
    window = int(clock.now().timestamp() // seconds)
    return _add(_entry_in(name, key, seconds, window), 1, seconds)


def _add(entry: str, count: int, seconds: float) -> int:
    """Add to what was counted, which is forgotten after so many seconds; return the sum."""
    while not cache.add(entry, count, timeout=math.ceil(seconds)):
        try:
            return cache.incr(entry, count)
        except ValueError:
            continue  # It ran out between the two calls.
    return count


def _entry_in(name: str, key: str, seconds: float, window: int) -> str:
    """Return the cache's name for what is counted in a window, counted from the epoch."""
    who = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"limit:{name}:{int(seconds)}:{window}:{who}"


def _sentence(wait: timedelta) -> str | Promise:
    minutes = max(1, math.ceil(wait.total_seconds() / 60))
    if minutes <= 90:
        return ngettext_lazy(
            "That was tried too often. Try again in %(minutes)d minute.",
            "That was tried too often. Try again in %(minutes)d minutes.",
            "minutes",
        ) % {"minutes": minutes}
    return ngettext_lazy(
        "That was tried too often. Try again in %(hours)d hour.",
        "That was tried too often. Try again in %(hours)d hours.",
        "hours",
    ) % {"hours": math.ceil(minutes / 60)}
