"""How often somebody may try something: counted in Django's cache, in fixed windows of time.

    limits.ask("tenant_look_up", str(user.pk), most=30, within=timedelta(minutes=1))

All web processes count together, because they share one cache: Redis, or, where there is none, the
memory of the one web process that a desk without Redis runs.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from hashlib import sha256

from django.core.cache import cache
from django.utils.functional import Promise
from django.utils.translation import ngettext_lazy

from . import clock
from .problems import Refused, error


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


def ask(name: str, key: str, *, most: int, within: timedelta) -> None:
    """Count one try; raise ``TooMany`` (LIM-01) if it is one too many."""
    if not allowed(name, key, most=most, within=within):
        raise TooMany(window_end(within))


def used_up(name: str, key: str, *, most: int, within: timedelta) -> bool:
    """Whether the next try would be one too many; counts nothing."""
    entry, _seconds = _entry(name, key, within)
    return int(cache.get(entry, 0)) >= most


def window_end(within: timedelta) -> datetime:
    """Return when the present window of this length ends and counting begins anew."""
    now = clock.now()
    return now + within - timedelta(seconds=now.timestamp() % within.total_seconds())


def _count(name: str, key: str, within: timedelta) -> int:
    entry, seconds = _entry(name, key, within)
    while not cache.add(entry, 1, timeout=math.ceil(seconds)):
        try:
            return cache.incr(entry)
        except ValueError:
            continue  # It ran out between the two calls.
    return 1


def _entry(name: str, key: str, within: timedelta) -> tuple[str, float]:
    """Return the cache's name for what was counted in the present window, and its seconds."""
    seconds = within.total_seconds()
    window = int(clock.now().timestamp() // seconds)
    who = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"limit:{name}:{int(seconds)}:{window}:{who}", seconds


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
