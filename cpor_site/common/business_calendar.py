"""Business days and deadlines of the program operator (section 2.3 of the rules, Q3, Q4).

Pure functions: nothing here asks the time, the settings or the database. A calendar is a value made
of a time zone, weekend days, public holidays and own closing days; everything else is computed.

Three rules hold throughout:

* The day of an event is day 0, whatever the hour and even on a closed day; counting begins with the
  next day (calendar days) or the next business day.
* "Day" always means the day in the operator's zone. A deadline ends with the last whole second of
  its last day there and is handed out as an aware UTC datetime without microseconds.
* A date that the zone never had (Samoa went from 29 to 31 December 2011) is no day: never counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from django.utils import dateformat, formats
from django.utils.translation import gettext, ngettext, pgettext

from cpor_site.common import zone_days

Unit = Literal["business", "calendar"]

SATURDAY_AND_SUNDAY = frozenset({5, 6})

_LONGEST_CLOSED_RUN = 366
_DAY = timedelta(days=1)


class ClosedKind(StrEnum):
    """Why nobody works on a day."""

    WEEKEND = "weekend"
    PUBLIC_HOLIDAY = "public_holiday"
    CLOSING_DAY = "closing_day"
    OMITTED = "omitted"


@dataclass(frozen=True, slots=True)
class ClosedBecause:
    """The reason for a closed day; ``name`` is that of the holiday or closing day, else empty."""

    kind: ClosedKind
    name: str = ""

    def __str__(self) -> str:
        """Return the name, or for a nameless reason its kind, in the active language."""
        if self.name:
            return self.name
        return {
            ClosedKind.WEEKEND: gettext("weekend"),
            ClosedKind.PUBLIC_HOLIDAY: gettext("public holiday"),
            ClosedKind.CLOSING_DAY: gettext("closing day"),
            ClosedKind.OMITTED: gettext("no such day in this time zone"),
        }[self.kind]


@dataclass(frozen=True, slots=True)
class Deadline:
    """A counted deadline: the moment it ends, and how it came about.

    ``start`` and ``due_at`` are aware UTC datetimes. ``counted`` holds the ``days`` dates that were
    counted, in order; ``skipped`` the closed dates among them, each with its reason.
    """

    start: datetime
    due_at: datetime
    unit: Unit
    days: int
    counted: tuple[date, ...]
    skipped: tuple[tuple[date, ClosedBecause], ...]


def _never_a_holiday(day: date) -> str | None:
    return None


def _never_worked(day: date) -> bool:
    return False


@dataclass(frozen=True)
class BusinessCalendar:
    """The days on which the operator works.

    ``zone``: the operator's time zone. ``weekend``: weekdays off, Monday being 0.
    ``holidays``: gives the name of the public holiday on a date, or None.
    ``closing_days``: the operator's own closed dates with their names; they only ever add.
    ``worked_weekend``: true for weekend dates worked in exchange for a moved day off.

    Raises ``ValueError`` for a weekend that is no set of weekdays or leaves no day to work.
    """

    zone: ZoneInfo
    weekend: frozenset[int] = SATURDAY_AND_SUNDAY
    holidays: Callable[[date], str | None] = _never_a_holiday
    closing_days: Mapping[date, str] = field(default_factory=dict)
    worked_weekend: Callable[[date], bool] = _never_worked

    def __post_init__(self) -> None:
        if not self.weekend < frozenset(range(7)):
            raise ValueError(
                "A weekend is a set of weekdays from 0 (Monday) to 6 (Sunday), but not all seven."
            )

    # Days

    def day_of(self, moment: datetime) -> date:
        """Return the operator's date at an aware ``moment``; ``ValueError`` if it is naive."""
        return _utc(moment).astimezone(self.zone).date()

    def why_closed(self, day: date) -> ClosedBecause | None:
        """Return why nobody works on ``day``, or None on a business day.

        A weekend is named before a holiday that falls on it, a holiday before a closing day.
        """
        if zone_days.is_omitted(self.zone, day):
            return ClosedBecause(ClosedKind.OMITTED)
        if day.weekday() in self.weekend:
            if not self.worked_weekend(day):
                return ClosedBecause(ClosedKind.WEEKEND)
        elif (holiday := self.holidays(day)) is not None:
            return ClosedBecause(ClosedKind.PUBLIC_HOLIDAY, holiday)
        if (closing_day := self.closing_days.get(day)) is not None:
            return ClosedBecause(ClosedKind.CLOSING_DAY, closing_day)
        return None

    def is_business_day(self, day: date) -> bool:
        """Tell whether the operator works on ``day``."""
        return self.why_closed(day) is None

    def start_of_day(self, day: date) -> datetime:
        """Return the first moment of ``day`` in UTC; ``ValueError`` for a date the zone omitted."""
        return zone_days.first_moment(self.zone, day)

    def end_of_day(self, day: date) -> datetime:
        """Return the last whole second of ``day`` in UTC; ``ValueError`` for an omitted date."""
        return zone_days.last_second(self.zone, day)

    # Deadlines

    def business_deadline(self, start: datetime, days: int) -> Deadline:
        """Return the end of the ``days``-th business day after the day of ``start``.

        Raises ``ValueError`` if ``start`` is naive, if ``days`` is below 1, and if the calendar has
        no business day for a whole year.
        """
        return self._deadline(start, days, "business")

    def calendar_deadline(self, start: datetime, days: int) -> Deadline:
        """Return the end of the ``days``-th day after the day of ``start``, closed days included.

        Raises ``ValueError`` if ``start`` is naive or ``days`` is below 1.
        """
        return self._deadline(start, days, "calendar")

    def recount(self, start: datetime, due_at: datetime, unit: Unit = "business") -> Deadline:
        """Rebuild the count behind a stored deadline, to explain it or to find its half.

        ``due_at`` is kept as it is; ``days`` may come out as 0 if no (business) day lies between.
        After a pause pass the moment of resuming as ``start``: what is counted then is what was
        left. Raises ``ValueError`` if a moment is naive or ``due_at`` lies before ``start``.
        """
        start, due_at = _utc(start), _utc(due_at)
        if due_at < start:
            raise ValueError("A deadline cannot end before it starts.")
        counted, skipped = [], []
        last = self.day_of(due_at)
        for day, reason in self._days_after(self.day_of(start), unit):
            if day > last:
                break
            if reason is None:
                counted.append(day)
            else:
                skipped.append((day, reason))
        return Deadline(start, due_at, unit, len(counted), tuple(counted), tuple(skipped))

    def business_days_between(self, start: datetime, end: datetime) -> int:
        """Count the business days after the day of ``start``, up to and with the day of ``end``.

        0 if ``end`` is on the same day or earlier.
        """
        day, last, count = self.day_of(start), self.day_of(end), 0
        while day < last:
            day += _DAY
            count += self.is_business_day(day)
        return count

    def business_days_left(self, now: datetime, due_at: datetime) -> int:
        """Return how many business days are left after today.

        At the event this is the full length, on the last day 0, and after the deadline still 0:
        whether it has passed is ``due_at <= now``, and by how much, ``business_days_between``
        with the two swapped.
        """
        return self.business_days_between(now, due_at)

    def half_time(self, start: datetime, due_at: datetime, unit: Unit = "business") -> datetime:
        """Return when a half-time reminder is due: the start of the middle day of those counted.

        The third of 5 days, the fourth of 7, the seventh of 14; with an even number the earlier of
        the two middle days, with 1 that day. Always after ``start``, except that ``start`` itself
        is returned when no day lies between. Raises ``ValueError`` as ``recount`` does.
        """
        counted = self.recount(start, due_at, unit).counted
        if not counted:
            return _utc(start)
        return self.start_of_day(counted[(len(counted) - 1) // 2])

    def one_business_day_before(self, due_at: datetime) -> datetime:
        """Return the start of the last business day before the day of ``due_at``.

        From then on the reader has that day and the last one. For a deadline of one business day
        this lies before the event or on its day, when there is nothing to remind of yet.
        """
        day = self.day_of(due_at)
        for _ in range(_LONGEST_CLOSED_RUN):
            day -= _DAY
            if self.is_business_day(day):
                return self.start_of_day(day)
        raise ValueError(_no_business_day(f"before {self.day_of(due_at)}"))

    def resume(self, due_at: datetime, paused_at: datetime, resumed_at: datetime) -> datetime:
        """Return the deadline prolonged by the business days that passed while it was paused.

        As many business days are left at ``resumed_at`` as were at ``paused_at``; a pause within
        one day, or over closed days alone, changes nothing. A pause that begins when the deadline
        has passed cannot save it: ``due_at`` is returned. Raises ``ValueError`` if the pause ends
        before it begins or a moment is naive.
        """
        due_at, paused_at, resumed_at = _utc(due_at), _utc(paused_at), _utc(resumed_at)
        if resumed_at < paused_at:
            raise ValueError("A pause cannot end before it begins.")
        if due_at <= paused_at:
            return due_at
        paused = self.business_days_between(paused_at, resumed_at)
        return self.business_deadline(due_at, paused).due_at if paused else due_at

    # Words

    def explain(self, deadline: Deadline, reader_zone: ZoneInfo | None = None) -> str:
        """Say in the active language how ``deadline`` was counted, naming every skipped day.

        For instance: "Counted 5 business days from Wed 4 June 2025; skipped Sat 7, Sun 8, Mon 9
        June (Whit Monday); due Thu 12 June 2025, end of day (Europe/Berlin)." With a
        ``reader_zone`` in which the clock shows something else, the reader's time follows.
        """
        first = self.day_of(deadline.start)
        due = deadline.due_at.astimezone(self.zone)
        clauses = [self._counted_text(deadline, _long_date(first))]
        if deadline.skipped:
            days = _list_of_days(deadline.skipped, with_year=first.year != due.year)
            clauses.append(gettext("skipped %(days)s") % {"days": days})
        words = {"day": _long_date(due), "time": _time(due), "zone": str(self.zone)}
        if deadline.due_at == self.end_of_day(due.date()):
            clauses.append(gettext("due %(day)s, end of day (%(zone)s)") % words)
        else:
            clauses.append(gettext("due %(day)s, %(time)s (%(zone)s)") % words)
        if reader_zone is not None:
            there = deadline.due_at.astimezone(reader_zone)
            if there.utcoffset() != due.utcoffset():
                words = {"day": _long_date(there), "time": _time(there), "zone": str(reader_zone)}
                clauses.append(gettext("for you %(day)s, %(time)s (%(zone)s)") % words)
        return gettext("%(sentence)s.") % {"sentence": "; ".join(clauses)}

    @staticmethod
    def _counted_text(deadline: Deadline, start: str) -> str:
        if deadline.unit == "business":
            text = ngettext(
                "Counted %(days)d business day from %(start)s",
                "Counted %(days)d business days from %(start)s",
                deadline.days,
            )
        else:
            text = ngettext(
                "Counted %(days)d calendar day from %(start)s",
                "Counted %(days)d calendar days from %(start)s",
                deadline.days,
            )
        return text % {"days": deadline.days, "start": start}

    # Counting

    def _deadline(self, start: datetime, days: int, unit: Unit) -> Deadline:
        if days < 1:
            raise ValueError(f"A deadline needs at least 1 day, not {days}.")
        start = _utc(start)
        first = self.day_of(start)
        counted: list[date] = []
        skipped: list[tuple[date, ClosedBecause]] = []
        closed_run = 0
        for day, reason in self._days_after(first, unit):
            if reason is None:
                closed_run = 0
                counted.append(day)
                if len(counted) == days:
                    break
            else:
                closed_run += 1
                skipped.append((day, reason))
                if closed_run == _LONGEST_CLOSED_RUN:
                    raise ValueError(_no_business_day(f"up to {day}"))
        due_at = self.end_of_day(counted[-1])
        return Deadline(start, due_at, unit, days, tuple(counted), tuple(skipped))

    def _days_after(self, day: date, unit: Unit) -> Iterator[tuple[date, ClosedBecause | None]]:
        """Yield the dates after ``day`` without end, each with the reason not to count it."""
        while True:
            day += _DAY
            if unit == "business":
                yield day, self.why_closed(day)
            elif zone_days.is_omitted(self.zone, day):
                yield day, ClosedBecause(ClosedKind.OMITTED)
            else:
                yield day, None


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("A deadline is counted from a moment with a time zone, not a naive one.")
    return moment.astimezone(UTC)


def _no_business_day(where: str) -> str:
    return (
        f"There is no business day in the {_LONGEST_CLOSED_RUN} days {where}: "
        "please look through the holidays and closing days."
    )


def _long_date(day: date) -> str:
    return dateformat.format(day, pgettext("Django date format, one day", "D j E Y"))


def _time(moment: datetime) -> str:
    return formats.date_format(moment, "TIME_FORMAT")


def _list_of_days(skipped: tuple[tuple[date, ClosedBecause], ...], *, with_year: bool) -> str:
    """Name the days in order: the month once for all its days, a reason once for adjoining days."""
    words = []
    for index, (day, reason) in enumerate(skipped):
        following, its_reason = skipped[index + 1] if index + 1 < len(skipped) else (None, None)
        if following and (following.year, following.month) == (day.year, day.month):
            pattern = pgettext("Django date format, more days of the same month follow", "D j")
        elif with_year:
            pattern = pgettext("Django date format, one day", "D j E Y")
        else:
            pattern = pgettext("Django date format, one day without its year", "D j E")
        text = dateformat.format(day, pattern)
        if reason.kind != ClosedKind.WEEKEND and not (
            following == day + _DAY and its_reason == reason
        ):
            text = gettext("%(day)s (%(reason)s)") % {"day": text, "reason": reason}
        words.append(text)
    return ", ".join(words)
