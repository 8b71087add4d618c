"""Examples for the business calendar, one per rule; its general laws are tested next door."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cpor_site.common.business_calendar import (
    BusinessCalendar,
    ClosedBecause,
    ClosedKind,
    Deadline,
)

BERLIN = ZoneInfo("Europe/Berlin")
WEEKEND = ClosedBecause(ClosedKind.WEEKEND)
WHIT_MONDAY = date(2025, 6, 9)

PLAIN = BusinessCalendar(BERLIN)
WITH_WHIT_MONDAY = BusinessCalendar(BERLIN, holidays={WHIT_MONDAY: "Whit Monday"}.get)


def local(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone)  # type: ignore[misc,arg-type]


def berlin(*parts: int) -> datetime:
    return local(BERLIN, *parts)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


# Closed days


def test_a_day_is_closed_for_one_named_reason() -> None:
    calendar = BusinessCalendar(
        BERLIN,
        holidays={date(2025, 6, 8): "Whit Sunday", WHIT_MONDAY: "Whit Monday"}.get,
        closing_days={WHIT_MONDAY: "Outing", date(2025, 6, 10): "Stocktaking"},
    )

    reasons = {day: calendar.why_closed(date(2025, 6, day)) for day in range(6, 12)}

    assert reasons == {
        6: None,
        7: WEEKEND,
        8: WEEKEND,
        9: ClosedBecause(ClosedKind.PUBLIC_HOLIDAY, "Whit Monday"),
        10: ClosedBecause(ClosedKind.CLOSING_DAY, "Stocktaking"),
        11: None,
    }
    assert [day for day in range(6, 12) if calendar.is_business_day(date(2025, 6, day))] == [6, 11]


def test_a_weekend_day_worked_in_exchange_counts_unless_the_operator_closes() -> None:
    worked = {date(2025, 6, 7), date(2025, 6, 14)}
    calendar = BusinessCalendar(
        BERLIN, worked_weekend=worked.__contains__, closing_days={date(2025, 6, 14): "Outing"}
    )

    assert calendar.is_business_day(date(2025, 6, 7))
    assert calendar.why_closed(date(2025, 6, 8)) == WEEKEND
    assert calendar.why_closed(date(2025, 6, 14)) == ClosedBecause(ClosedKind.CLOSING_DAY, "Outing")


@pytest.mark.parametrize("weekend", [frozenset(range(7)), frozenset({7}), frozenset({-1, 5})])
def test_a_weekend_must_leave_a_day_to_work(weekend: frozenset[int]) -> None:
    with pytest.raises(ValueError, match="^A weekend is a set of weekdays"):
        BusinessCalendar(BERLIN, weekend=weekend)


def test_a_reason_can_be_read() -> None:
    assert str(WEEKEND) == "weekend"
    assert str(ClosedBecause(ClosedKind.OMITTED)) == "no such day in this time zone"
    assert str(ClosedBecause(ClosedKind.PUBLIC_HOLIDAY, "Whit Monday")) == "Whit Monday"


# Counting


def test_a_deadline_says_how_it_was_counted() -> None:
    deadline = WITH_WHIT_MONDAY.business_deadline(berlin(2025, 6, 4, 10, 30), 5)

    assert deadline == Deadline(
        start=utc(2025, 6, 4, 8, 30),
        due_at=utc(2025, 6, 12, 21, 59, 59),
        unit="business",
        days=5,
        counted=tuple(date(2025, 6, day) for day in (5, 6, 10, 11, 12)),
        skipped=(
            (date(2025, 6, 7), WEEKEND),
            (date(2025, 6, 8), WEEKEND),
            (WHIT_MONDAY, ClosedBecause(ClosedKind.PUBLIC_HOLIDAY, "Whit Monday")),
        ),
    )
    assert deadline.due_at.tzinfo is UTC


def test_calendar_days_count_closed_days_too() -> None:
    deadline = WITH_WHIT_MONDAY.calendar_deadline(berlin(2025, 6, 4, 10), 7)

    assert deadline.due_at == utc(2025, 6, 11, 21, 59, 59)
    assert deadline.counted == tuple(date(2025, 6, day) for day in range(5, 12))
    assert deadline.skipped == ()
    assert deadline.unit == "calendar"


def test_a_question_on_friday_afternoon_before_a_holiday() -> None:
    asked = berlin(2025, 6, 6, 16)

    due_at = WITH_WHIT_MONDAY.business_deadline(asked, 5).due_at

    assert due_at == utc(2025, 6, 16, 21, 59, 59)
    a_minute_before = due_at - timedelta(minutes=1)
    assert WITH_WHIT_MONDAY.business_days_left(a_minute_before, due_at) == 0
    assert a_minute_before < due_at
    two_days_late = due_at + timedelta(days=2)
    assert WITH_WHIT_MONDAY.business_days_left(two_days_late, due_at) == 0
    assert WITH_WHIT_MONDAY.business_days_between(due_at, two_days_late) == 2
    assert WITH_WHIT_MONDAY.recount(asked, due_at).days == 5


@pytest.mark.parametrize("day", [6, 7, 8])
def test_an_event_on_a_closed_day_counts_from_the_next_business_day(day: int) -> None:
    deadline = PLAIN.business_deadline(berlin(2025, 6, day, 12), 1)

    assert deadline.counted == (date(2025, 6, 9),)


def test_the_last_instant_of_a_day_still_belongs_to_it() -> None:
    last = berlin(2025, 6, 10, 23, 59, 59, 999_999)

    assert PLAIN.business_deadline(last, 1).counted == (date(2025, 6, 11),)
    assert PLAIN.business_deadline(last, 1).due_at == utc(2025, 6, 11, 21, 59, 59)
    after = last + timedelta(microseconds=1)
    assert PLAIN.business_deadline(after, 1).counted == (date(2025, 6, 12),)


@pytest.mark.parametrize(
    ("zone", "parts"),
    [
        ("Asia/Tokyo", (2025, 6, 5, 6, 30)),
        ("America/Los_Angeles", (2025, 6, 4, 14, 30)),
        ("Pacific/Kiritimati", (2025, 6, 5, 11, 30)),
        ("UTC", (2025, 6, 4, 21, 30)),
    ],
)
def test_day_zero_is_the_day_in_the_zone_of_the_operator(zone: str, parts: tuple[int, ...]) -> None:
    start = local(ZoneInfo(zone), *parts)

    assert PLAIN.day_of(start) == date(2025, 6, 4)
    assert PLAIN.business_deadline(start, 1).counted == (date(2025, 6, 5),)


def test_a_count_runs_over_the_end_of_the_year() -> None:
    calendar = BusinessCalendar(
        BERLIN,
        holidays={
            date(2025, 12, 25): "Christmas Day",
            date(2025, 12, 26): "Second Day of Christmas",
            date(2026, 1, 1): "New Year's Day",
        }.get,
    )

    deadline = calendar.business_deadline(berlin(2025, 12, 22, 9), 7)

    december = [date(2025, 12, day) for day in (23, 24, 29, 30, 31)]
    assert deadline.counted == (*december, date(2026, 1, 2), date(2026, 1, 5))
    assert deadline.due_at == utc(2026, 1, 5, 22, 59, 59)


@pytest.mark.parametrize("days", [0, -1])
def test_a_deadline_needs_a_day(days: int) -> None:
    sentence = f"A deadline needs at least 1 day, not {days}."
    with pytest.raises(ValueError, match=sentence):
        PLAIN.business_deadline(berlin(2025, 6, 4), days)
    with pytest.raises(ValueError, match=sentence):
        PLAIN.calendar_deadline(berlin(2025, 6, 4), days)


def test_a_moment_without_a_zone_is_refused_everywhere() -> None:
    naive = datetime(2025, 6, 4, 10)  # noqa: DTZ001
    aware = berlin(2025, 6, 4, 10)
    for call in (
        lambda: PLAIN.day_of(naive),
        lambda: PLAIN.business_deadline(naive, 1),
        lambda: PLAIN.calendar_deadline(naive, 1),
        lambda: PLAIN.recount(naive, aware),
        lambda: PLAIN.recount(aware, naive),
        lambda: PLAIN.business_days_left(naive, aware),
        lambda: PLAIN.business_days_left(aware, naive),
        lambda: PLAIN.half_time(naive, aware),
        lambda: PLAIN.one_business_day_before(naive),
        lambda: PLAIN.resume(aware, naive, aware),
    ):
        with pytest.raises(ValueError, match="not a naive one"):
            call()


def test_a_calendar_without_business_days_is_refused_instead_of_searched_for_ever() -> None:
    closed = BusinessCalendar(BERLIN, holidays=lambda day: "Closed for good")

    with pytest.raises(ValueError, match="^There is no business day in the 366 days"):
        closed.business_deadline(berlin(2025, 6, 4), 1)
    with pytest.raises(ValueError, match="^There is no business day in the 366 days"):
        closed.one_business_day_before(berlin(2025, 6, 4))


def test_a_long_deadline_may_skip_more_than_a_year_of_closed_days() -> None:
    deadline = PLAIN.business_deadline(berlin(2025, 6, 6, 12), 5 * 200)

    assert deadline.due_at == berlin(2025, 6, 6, 23, 59, 59) + timedelta(weeks=200)
    assert len(deadline.skipped) == 2 * 200


# Clocks that change


@pytest.mark.parametrize(
    ("zone", "day", "begins", "ends"),
    [
        # Forward and back in Berlin, and the days before.
        ("Europe/Berlin", (2025, 3, 29), (2025, 3, 28, 23), (2025, 3, 29, 22, 59, 59)),
        ("Europe/Berlin", (2025, 3, 30), (2025, 3, 29, 23), (2025, 3, 30, 21, 59, 59)),
        ("Europe/Berlin", (2025, 10, 25), (2025, 10, 24, 22), (2025, 10, 25, 21, 59, 59)),
        ("Europe/Berlin", (2025, 10, 26), (2025, 10, 25, 22), (2025, 10, 26, 22, 59, 59)),
        # Half an hour only.
        ("Australia/Lord_Howe", (2025, 4, 6), (2025, 4, 5, 13), (2025, 4, 6, 13, 29, 59)),
        ("Australia/Lord_Howe", (2025, 10, 5), (2025, 10, 4, 13, 30), (2025, 10, 5, 12, 59, 59)),
        # Forward at midnight: the day begins at 01:00.
        ("America/Sao_Paulo", (2018, 11, 3), (2018, 11, 3, 3), (2018, 11, 4, 2, 59, 59)),
        ("America/Sao_Paulo", (2018, 11, 4), (2018, 11, 4, 3), (2018, 11, 5, 1, 59, 59)),
        # Back at midnight: 23:59:59 comes twice.
        ("America/Sao_Paulo", (2018, 2, 17), (2018, 2, 17, 2), (2018, 2, 18, 2, 59, 59)),
        # Forward at 23:00: the day ends at 22:59:59.
        ("America/Nuuk", (2024, 3, 30), (2024, 3, 30, 2), (2024, 3, 31, 0, 59, 59)),
        ("America/Nuuk", (2024, 3, 31), (2024, 3, 31, 1), (2024, 4, 1, 0, 59, 59)),
        # Back at 00:01, into the evening before.
        ("America/St_Johns", (2010, 11, 6), (2010, 11, 6, 2, 30), (2010, 11, 7, 3, 29, 59)),
        # Around a date that was left out.
        ("Pacific/Apia", (2011, 12, 29), (2011, 12, 29, 10), (2011, 12, 30, 9, 59, 59)),
        ("Pacific/Apia", (2011, 12, 31), (2011, 12, 30, 10), (2011, 12, 31, 9, 59, 59)),
    ],
)
def test_a_day_begins_and_ends_as_its_zone_has_it(
    zone: str, day: tuple[int, int, int], begins: tuple[int, ...], ends: tuple[int, ...]
) -> None:
    calendar = BusinessCalendar(ZoneInfo(zone))

    assert calendar.start_of_day(date(*day)) == utc(*begins)
    assert calendar.end_of_day(date(*day)) == utc(*ends)
    the_day_before = utc(*begins) - timedelta(seconds=1)
    assert calendar.calendar_deadline(the_day_before, 1).due_at == utc(*ends)


def test_a_date_that_never_was_is_not_counted() -> None:
    samoa = BusinessCalendar(ZoneInfo("Pacific/Apia"))
    start = local(samoa.zone, 2011, 12, 28, 10)
    omitted = (date(2011, 12, 30), ClosedBecause(ClosedKind.OMITTED))

    calendar_days = samoa.calendar_deadline(start, 3)
    business_days = samoa.business_deadline(start, 2)

    assert calendar_days.counted == (date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1))
    assert calendar_days.skipped == (omitted,)
    assert business_days.counted == (date(2011, 12, 29), date(2012, 1, 2))
    assert business_days.skipped == (
        omitted,
        (date(2011, 12, 31), WEEKEND),
        (date(2012, 1, 1), WEEKEND),
    )
    for find in (samoa.start_of_day, samoa.end_of_day):
        with pytest.raises(ValueError, match="^There was no 2011-12-30 in the time zone"):
            find(date(2011, 12, 30))


# What is left, reminders, pauses


@pytest.mark.parametrize(
    ("now", "left"),
    [
        ((2025, 6, 4, 10), 5),
        ((2025, 6, 5, 0), 4),
        ((2025, 6, 6, 23, 59, 59), 3),
        ((2025, 6, 9, 12), 3),
        ((2025, 6, 10, 0), 2),
        ((2025, 6, 12, 0), 0),
        ((2025, 6, 20, 0), 0),
    ],
)
def test_business_days_left(now: tuple[int, ...], left: int) -> None:
    due_at = WITH_WHIT_MONDAY.business_deadline(berlin(2025, 6, 4, 10), 5).due_at

    assert WITH_WHIT_MONDAY.business_days_left(berlin(*now), due_at) == left


@pytest.mark.parametrize(
    ("days", "middle"),
    [(1, (6, 5)), (2, (6, 5)), (3, (6, 6)), (4, (6, 6)), (5, (6, 10)), (14, (6, 16))],
)
def test_half_time_is_the_start_of_the_middle_business_day(
    days: int, middle: tuple[int, int]
) -> None:
    start = berlin(2025, 6, 4, 10)
    due_at = WITH_WHIT_MONDAY.business_deadline(start, days).due_at

    assert WITH_WHIT_MONDAY.half_time(start, due_at) == berlin(2025, *middle)


def test_half_time_of_seven_calendar_days_is_day_four() -> None:
    start = berlin(2025, 6, 4, 10)
    due_at = WITH_WHIT_MONDAY.calendar_deadline(start, 7).due_at

    assert WITH_WHIT_MONDAY.half_time(start, due_at, "calendar") == berlin(2025, 6, 8)


def test_half_time_without_a_day_between_is_the_start() -> None:
    saturday, sunday = berlin(2025, 6, 7, 10), berlin(2025, 6, 8, 10)

    assert PLAIN.half_time(saturday, sunday) == saturday
    assert PLAIN.recount(saturday, sunday).skipped == ((date(2025, 6, 8), WEEKEND),)


@pytest.mark.parametrize(
    ("due_at", "before"),
    [
        ((2025, 6, 12, 23, 59, 59), (2025, 6, 11)),
        ((2025, 6, 10, 23, 59, 59), (2025, 6, 6)),
        ((2025, 6, 8, 23, 59, 59), (2025, 6, 6)),
    ],
)
def test_one_business_day_before(due_at: tuple[int, ...], before: tuple[int, ...]) -> None:
    assert WITH_WHIT_MONDAY.one_business_day_before(berlin(*due_at)) == berlin(*before)


@pytest.mark.parametrize(
    ("paused", "resumed", "due"),
    [
        pytest.param((6, 5, 9), (6, 5, 17), (6, 12), id="within-a-day"),
        pytest.param((6, 5, 9), (6, 6, 9), (6, 13), id="overnight"),
        pytest.param((6, 6, 9), (6, 9, 9), (6, 12), id="over-closed-days-alone"),
        pytest.param((6, 5, 9), (6, 11, 9), (6, 17), id="over-a-weekend-and-a-holiday"),
        pytest.param((6, 12, 23), (6, 16, 0), (6, 16), id="on-the-last-day"),
        pytest.param((6, 12, 23, 59, 58), (6, 13, 9), (6, 13), id="at-the-last-second"),
        pytest.param((6, 12, 23, 59, 59), (6, 13, 9), (6, 12), id="a-second-too-late"),
    ],
)
def test_a_pause_prolongs_by_its_business_days(
    paused: tuple[int, ...], resumed: tuple[int, ...], due: tuple[int, ...]
) -> None:
    due_at = WITH_WHIT_MONDAY.business_deadline(berlin(2025, 6, 4, 10), 5).due_at

    prolonged = WITH_WHIT_MONDAY.resume(due_at, berlin(2025, *paused), berlin(2025, *resumed))

    assert prolonged == berlin(2025, *due, 23, 59, 59)


def test_times_that_run_backwards_are_refused() -> None:
    early, late = berlin(2025, 6, 4), berlin(2025, 6, 5)

    with pytest.raises(ValueError, match="^A pause cannot end before it begins.$"):
        PLAIN.resume(late, late, early)
    with pytest.raises(ValueError, match="^A deadline cannot end before it starts.$"):
        PLAIN.recount(late, early)
