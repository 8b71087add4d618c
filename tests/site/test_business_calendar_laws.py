"""Laws of the business calendar, against a count that looks at the clock minute by minute."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils import translation
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cpor_site.common.business_calendar import BusinessCalendar, Unit

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
QUICK = settings(max_examples=60, deadline=None)

# Clocks changed at midnight, before it, just after it, by half an hour, and dates left out.
ODD_ZONES = [
    "America/Nuuk",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Gaza",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Kwajalein",
]
ALL_ZONES = sorted(available_timezones() - {"Factory", "localtime"})

zones = (st.sampled_from(ODD_ZONES) | st.sampled_from(ALL_ZONES)).map(ZoneInfo)
# From 1975 on: until 1972 a zone was off by a part of a minute, and the naive count walks minutes.
moments = st.datetimes(datetime(1975, 1, 1), datetime(2060, 1, 1))  # noqa: DTZ001
around_a_change = st.sampled_from(
    [
        datetime(1993, 8, 20, 12),  # noqa: DTZ001  Kwajalein loses a date.
        datetime(2010, 11, 7, 2),  # noqa: DTZ001  St. John's goes back across midnight.
        datetime(2011, 12, 29, 12),  # noqa: DTZ001  Samoa loses a date.
        datetime(2018, 11, 4, 3),  # noqa: DTZ001  Brazil goes forward at midnight.
        datetime(2024, 3, 31, 1),  # noqa: DTZ001  Greenland goes forward before midnight.
        datetime(2025, 3, 30, 1),  # noqa: DTZ001  Berlin goes forward.
        datetime(2025, 10, 26, 1),  # noqa: DTZ001  Berlin goes back.
        datetime(2025, 12, 31, 23),  # noqa: DTZ001  The year ends.
    ]
).flatmap(lambda at: st.datetimes(at - 10 * DAY, at + 3 * DAY))
starts = st.builds(
    lambda moment, zone: moment.replace(tzinfo=UTC).astimezone(zone),
    moments | around_a_change,
    zones,
)
lengths = st.integers(1, 40)
weekends = st.sampled_from([frozenset({5, 6}), frozenset({4, 5}), frozenset({6}), frozenset()])
day_names = st.sampled_from(["Founders' Day", "Whit Monday", "Stocktaking"])
offsets = st.dictionaries(st.integers(0, 70), day_names, max_size=25)


@st.composite
def calendars(draw: st.DrawFn, start: datetime) -> BusinessCalendar:
    """Draw a calendar whose closed days lie in the weeks after ``start``."""
    zone = draw(zones)
    first = start.astimezone(zone).date()
    holidays, closing_days, worked = (
        {first + days * DAY: name for days, name in draw(offsets).items()} for _ in range(3)
    )
    return BusinessCalendar(
        zone, draw(weekends), holidays.get, closing_days, worked_weekend=worked.__contains__
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[BusinessCalendar, datetime, int]:
    start = draw(starts)
    return draw(calendars(start)), start, draw(lengths)


@cache
def minutes_of(zone: ZoneInfo, day: date) -> tuple[datetime, datetime] | None:
    """Return the first and the last minute of a date, found by looking at every minute."""
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - 18 * timedelta(hours=1)
    found = [
        moment
        for moment in (begin + number * MINUTE for number in range(60 * 60))
        if moment.astimezone(zone).date() == day
    ]
    return (found[0], found[-1]) if found else None


def had(zone: ZoneInfo, day: date) -> bool:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - 18 * timedelta(hours=1)
    hours = (begin + timedelta(hours=number) for number in range(60))
    return any(hour.astimezone(zone).date() == day for hour in hours)


def counts(calendar: BusinessCalendar, day: date, unit: Unit) -> bool:
    """Decide on one day with none of the calendar's own code."""
    if not had(calendar.zone, day):
        return False
    if unit == "calendar":
        return True
    if day in calendar.closing_days:
        return False
    if day.weekday() in calendar.weekend:
        return calendar.worked_weekend(day)
    return calendar.holidays(day) is None


def naive_days(calendar: BusinessCalendar, start: datetime, days: int, unit: Unit) -> list[date]:
    day = start.astimezone(calendar.zone).date()
    found: list[date] = []
    while len(found) < days:
        day += DAY
        if counts(calendar, day, unit):
            found.append(day)
    return found


def runs_on(calendar: BusinessCalendar, earlier: datetime, later: datetime) -> bool:
    """Tell whether dates run forward; where clocks go back over midnight a date comes twice."""
    zone = calendar.zone
    return earlier.astimezone(zone).date() <= later.astimezone(zone).date()


@given(cases(), st.sampled_from(["business", "calendar"]))
@settings(QUICK, max_examples=120)
def test_a_deadline_is_what_a_naive_count_finds(
    case: tuple[BusinessCalendar, datetime, int], unit: Unit
) -> None:
    calendar, start, days = case
    count = calendar.business_deadline if unit == "business" else calendar.calendar_deadline

    deadline = count(start, days)

    expected = naive_days(calendar, start, days, unit)
    assert list(deadline.counted) == expected
    minutes = minutes_of(calendar.zone, expected[-1])
    assert minutes is not None
    assert deadline.due_at == minutes[1] + timedelta(seconds=59)
    assert deadline.due_at.tzinfo is UTC
    first = start.astimezone(calendar.zone).date()
    passed = {first + number * DAY for number in range(1, (expected[-1] - first).days + 1)}
    assert [day for day, _ in deadline.skipped] == sorted(passed - set(expected))


@given(zones, moments | around_a_change)
@QUICK
def test_a_day_begins_and_ends_with_its_first_and_last_minute(
    zone: ZoneInfo, moment: datetime
) -> None:
    calendar = BusinessCalendar(zone)
    day = calendar.day_of(moment.replace(tzinfo=UTC))
    minutes = minutes_of(zone, day)

    assert minutes == (
        calendar.start_of_day(day),
        calendar.end_of_day(day) - timedelta(seconds=59),
    )


@given(cases())
@QUICK
def test_a_longer_deadline_ends_later(case: tuple[BusinessCalendar, datetime, int]) -> None:
    calendar, start, days = case

    business = [calendar.business_deadline(start, length) for length in (days, days + 1)]
    everyday = [calendar.calendar_deadline(start, length) for length in (days, days + 1)]

    assert start < business[0].due_at < business[1].due_at
    assert start < everyday[0].due_at < everyday[1].due_at
    assert everyday[0].due_at <= business[0].due_at


@given(cases(), st.timedeltas(timedelta(0), 20 * DAY))
@QUICK
def test_a_later_start_never_ends_earlier(
    case: tuple[BusinessCalendar, datetime, int], later: timedelta
) -> None:
    calendar, start, days = case
    start = start.astimezone(UTC)
    assume(runs_on(calendar, start, start + later))

    due_at = calendar.business_deadline(start, days).due_at

    assert due_at <= calendar.business_deadline(start + later, days).due_at


@given(cases(), offsets)
@QUICK
def test_more_closing_days_never_shorten(
    case: tuple[BusinessCalendar, datetime, int], more: dict[int, str]
) -> None:
    calendar, start, days = case
    first = calendar.day_of(start)
    added = {first + number * DAY: name for number, name in more.items()}
    stricter = replace(calendar, closing_days={**calendar.closing_days, **added})

    before = calendar.business_deadline(start, days)
    after = stricter.business_deadline(start, days)

    assert before.due_at <= after.due_at
    assert (before.due_at == after.due_at) == set(added).isdisjoint(before.counted)


@given(cases(), st.sampled_from(["business", "calendar"]))
@QUICK
def test_a_stored_deadline_can_be_counted_again(
    case: tuple[BusinessCalendar, datetime, int], unit: Unit
) -> None:
    calendar, start, days = case
    count = calendar.business_deadline if unit == "business" else calendar.calendar_deadline
    deadline = count(start, days)

    assert calendar.recount(start, deadline.due_at, unit) == deadline


@given(cases(), st.integers(0, 39))
@QUICK
def test_the_days_left_run_down_from_the_length_to_nothing(
    case: tuple[BusinessCalendar, datetime, int], number: int
) -> None:
    calendar, start, days = case
    deadline = calendar.business_deadline(start, days)
    assert calendar.business_days_left(start, deadline.due_at) == days

    number %= days
    morning = calendar.start_of_day(deadline.counted[number])

    assert calendar.business_days_left(morning, deadline.due_at) == days - number - 1
    assert calendar.business_days_left(deadline.due_at, deadline.due_at) == 0
    assert calendar.business_days_left(deadline.due_at + 9 * DAY, deadline.due_at) == 0


@given(cases(), st.sampled_from(["business", "calendar"]))
@QUICK
def test_reminders_come_on_a_counted_day(
    case: tuple[BusinessCalendar, datetime, int], unit: Unit
) -> None:
    calendar, start, days = case
    count = calendar.business_deadline if unit == "business" else calendar.calendar_deadline
    deadline = count(start, days)

    half = calendar.half_time(start, deadline.due_at, unit)
    before = calendar.one_business_day_before(deadline.due_at)

    assert deadline.counted.index(calendar.day_of(half)) == (days + 1) // 2 - 1
    assert half == calendar.start_of_day(calendar.day_of(half))
    assert calendar.is_business_day(calendar.day_of(before))
    due_on_business_day = calendar.is_business_day(calendar.day_of(deadline.due_at))
    assert calendar.business_days_left(before, deadline.due_at) == int(due_on_business_day)
    if unit == "business" and days > 1:
        assert calendar.day_of(before) == deadline.counted[-2]


@given(cases(), st.timedeltas(timedelta(0), 60 * DAY), st.timedeltas(timedelta(0), 30 * DAY))
@QUICK
def test_a_pause_keeps_the_business_days_that_were_left(
    case: tuple[BusinessCalendar, datetime, int], worked: timedelta, pause: timedelta
) -> None:
    calendar, start, days = case
    deadline = calendar.business_deadline(start, days)
    paused_at = min(deadline.start + worked, deadline.due_at)
    resumed_at = paused_at + pause
    assume(runs_on(calendar, paused_at, resumed_at))

    due_at = calendar.resume(deadline.due_at, paused_at, resumed_at)

    left = calendar.business_days_left(paused_at, deadline.due_at)
    assert calendar.business_days_left(resumed_at, due_at) == left
    assert due_at >= deadline.due_at
    if left:
        assert due_at == calendar.business_deadline(resumed_at, left).due_at


MONTHS = "January February March April May June July August September October November December"
SKIPPED = re.compile(
    r"(?P<weekday>[A-Z][a-z]{2}) (?P<day>\d+)"
    r"(?: (?P<month>[A-Z][a-z]+))?(?: (?P<year>\d{4}))?(?: \((?P<reason>[^)]+)\))?"
)


def read_skipped(explanation: str, year: int) -> list[tuple[date, str, str]]:
    """Read the skipped days back from a text: the date, its weekday, the reason or ''."""
    clause = [part for part in explanation.split("; ") if part.startswith("skipped ")]
    if not clause:
        return []
    days, month = [], ""
    for item in reversed(clause[0].removeprefix("skipped ").split(", ")):
        match = SKIPPED.fullmatch(item)
        assert match is not None, item
        month, year = match["month"] or month, int(match["year"] or year)
        day = date(year, MONTHS.split().index(month) + 1, int(match["day"]))
        days.append((day, match["weekday"], match["reason"] or ""))
    return days[::-1]


@given(cases())
@QUICK
def test_an_explanation_names_every_skipped_day(
    case: tuple[BusinessCalendar, datetime, int],
) -> None:
    calendar, start, days = case
    deadline = calendar.business_deadline(start, days)

    with translation.override("en"):
        explanation = calendar.explain(deadline)

    read = read_skipped(explanation, calendar.day_of(start).year)
    assert [(day, f"{day:%a}") for day, _ in deadline.skipped] == [
        (day, weekday) for day, weekday, _ in read
    ]
    assert {reason for _, _, reason in read} - {""} == {
        str(reason) for _, reason in deadline.skipped if reason.kind != "weekend"
    }
