"""Where a day begins and ends in a time zone, whatever its clocks do there.

Midnight and 23:59:59 are not safe to assume: clocks are put forward at midnight (Brazil until 2018)
or at 23:00 (Greenland), back at one minute past midnight (Newfoundland until 2011), and a zone that
changes sides of the date line leaves out a whole date (Samoa, 30 December 2011).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)
_NOON = time(12)
_LAST = time(23, 59, 59)


def first_moment(zone: ZoneInfo, day: date) -> datetime:
    """Return the first moment of ``day`` in UTC; ``ValueError`` for an omitted date.

    Not always midnight: where clocks are put forward at midnight the day begins at 01:00.
    """
    moment = _at(zone, day, time.min, fold=0)
    if _local(zone, moment) != datetime.combine(day, time.min):
        moment = _end_of_gap(zone, day, time.min)
    return _within(zone, day, moment)


def last_second(zone: ZoneInfo, day: date) -> datetime:
    """Return the last whole second of ``day`` in UTC; ``ValueError`` for an omitted date.

    Where 23:59:59 comes twice this is the second time, and where it is jumped over, the second
    before the jump.
    """
    moment = _at(zone, day, _LAST, fold=1)
    if _local(zone, moment) != datetime.combine(day, _LAST):
        moment = _end_of_gap(zone, day, _LAST) - _SECOND
    return _within(zone, day, moment)


def is_omitted(zone: ZoneInfo, day: date) -> bool:
    """Tell whether ``zone`` never had ``day``."""
    if _local(zone, _at(zone, day, _NOON, fold=0)).date() == day:
        return False
    try:
        first_moment(zone, day)
    except ValueError:
        return True
    return False


def _at(zone: ZoneInfo, day: date, clock: time, *, fold: int) -> datetime:
    return datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC)


def _local(zone: ZoneInfo, moment: datetime) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _within(zone: ZoneInfo, day: date, moment: datetime) -> datetime:
    if _local(zone, moment).date() != day:
        raise ValueError(f"There was no {day} in the time zone {zone}.")
    return moment


def _end_of_gap(zone: ZoneInfo, day: date, clock: time) -> datetime:
    """Return the moment, in UTC, at which ``zone`` jumps over ``clock`` on ``day``.

    Inside a gap, fold 1 is read with the offset after the jump and so lies before it; fold 0 is
    read with the offset before the jump and lies after it.
    """
    before, after = _at(zone, day, clock, fold=1), _at(zone, day, clock, fold=0)
    old = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after
