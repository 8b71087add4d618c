"""How a deadline is explained in words."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from cpor_site.common.business_calendar import BusinessCalendar

BERLIN = ZoneInfo("Europe/Berlin")
SAMOA = ZoneInfo("Pacific/Apia")

PLAIN = BusinessCalendar(BERLIN)
WITH_WHIT_MONDAY = BusinessCalendar(BERLIN, holidays={date(2025, 6, 9): "Whit Monday"}.get)


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)  # type: ignore[misc,arg-type]


def test_a_deadline_is_explained() -> None:
    deadline = WITH_WHIT_MONDAY.business_deadline(berlin(2025, 6, 4, 10), 5)

    assert WITH_WHIT_MONDAY.explain(deadline) == (
        "Counted 5 business days from Wed 4 June 2025; "
        "skipped Sat 7, Sun 8, Mon 9 June (Whit Monday); "
        "due Thu 12 June 2025, end of day (Europe/Berlin)."
    )


def test_an_explanation_without_skipped_days_is_short() -> None:
    deadline = PLAIN.business_deadline(berlin(2025, 6, 4, 10), 1)

    assert PLAIN.explain(deadline) == (
        "Counted 1 business day from Wed 4 June 2025; "
        "due Thu 5 June 2025, end of day (Europe/Berlin)."
    )


def test_calendar_days_are_explained_as_such() -> None:
    deadline = PLAIN.calendar_deadline(berlin(2025, 6, 4, 10), 7)

    assert PLAIN.explain(deadline) == (
        "Counted 7 calendar days from Wed 4 June 2025; "
        "due Wed 11 June 2025, end of day (Europe/Berlin)."
    )


def test_adjoining_days_share_their_reason_and_years_are_told_apart() -> None:
    calendar = BusinessCalendar(
        BERLIN,
        holidays={date(2025, 12, 25): "Christmas Day", date(2026, 1, 1): "New Year's Day"}.get,
        closing_days={
            date(2025, 12, 29): "Stocktaking",
            date(2025, 12, 30): "Stocktaking",
            date(2026, 1, 2): "Stocktaking",
        },
    )

    deadline = calendar.business_deadline(berlin(2025, 12, 23, 10), 4)

    assert calendar.explain(deadline) == (
        "Counted 4 business days from Tue 23 December 2025; "
        "skipped Thu 25 (Christmas Day), Sat 27, Sun 28, Mon 29, "
        "Tue 30 December 2025 (Stocktaking), Thu 1 (New Year's Day), Fri 2 (Stocktaking), "
        "Sat 3, Sun 4 January 2026; "
        "due Mon 5 January 2026, end of day (Europe/Berlin)."
    )


def test_months_are_named_once_each() -> None:
    deadline = PLAIN.business_deadline(berlin(2025, 5, 30, 10), 6)

    assert PLAIN.explain(deadline) == (
        "Counted 6 business days from Fri 30 May 2025; skipped Sat 31 May, Sun 1, Sat 7, "
        "Sun 8 June; due Mon 9 June 2025, end of day (Europe/Berlin)."
    )


def test_a_reader_elsewhere_is_told_the_own_time() -> None:
    deadline = PLAIN.business_deadline(berlin(2025, 6, 4, 10), 1)
    plain = PLAIN.explain(deadline)

    assert PLAIN.explain(deadline, ZoneInfo("Asia/Tokyo")) == (
        "Counted 1 business day from Wed 4 June 2025; due Thu 5 June 2025, end of day "
        "(Europe/Berlin); for you Fri 6 June 2025, 06:59 (Asia/Tokyo)."
    )
    assert PLAIN.explain(deadline, ZoneInfo("Europe/Stockholm")) == plain
    assert PLAIN.explain(deadline, BERLIN) == plain


def test_a_deadline_moved_by_hand_is_explained_with_its_time() -> None:
    deadline = PLAIN.recount(berlin(2025, 6, 4, 10), berlin(2025, 6, 6, 17))

    assert PLAIN.explain(deadline) == (
        "Counted 2 business days from Wed 4 June 2025; due Fri 6 June 2025, 17:00 (Europe/Berlin)."
    )


def test_an_omitted_date_is_explained() -> None:
    samoa = BusinessCalendar(SAMOA)

    assert samoa.explain(samoa.calendar_deadline(datetime(2011, 12, 29, 10, tzinfo=SAMOA), 1)) == (
        "Counted 1 calendar day from Thu 29 December 2011; "
        "skipped Fri 30 December (no such day in this time zone); "
        "due Sat 31 December 2011, end of day (Pacific/Apia)."
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Sat", "Sun", "Mon", "June"]),
        ("sv", ["lör", "sön", "mån", "juni"]),
        ("pl", ["So", "Nd", "Pon", "czerwca"]),
    ],
)
def test_dates_follow_the_active_language(language: str, words: list[str]) -> None:
    deadline = WITH_WHIT_MONDAY.business_deadline(berlin(2025, 6, 4, 10), 5)

    with translation.override(language):
        explanation = WITH_WHIT_MONDAY.explain(deadline)

    assert [word for word in words if word in explanation] == words
