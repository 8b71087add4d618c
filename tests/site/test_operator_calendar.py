"""The operator's calendar: settings, public holidays and the own closing days in the database."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation
from pytest_django import DjangoAssertNumQueries, Settings

from cpor_site.common import operator_calendar as module
from cpor_site.common.business_calendar import SATURDAY_AND_SUNDAY, ClosedBecause, ClosedKind
from cpor_site.common.models import NonWorkingDay
from cpor_site.common.operator_calendar import (
    PublicHolidays,
    check_operator_calendar,
    operator_calendar,
    operator_zone,
)

BERLIN = ZoneInfo("Europe/Berlin")
WHIT_MONDAY = date(2025, 6, 9)


@pytest.fixture(autouse=True)
def german_operator(settings: Settings) -> None:
    settings.CPOR_OPERATOR_COUNTRY = "DE"
    settings.CPOR_OPERATOR_SUBDIVISION = ""
    settings.CPOR_OPERATOR_TIME_ZONE = "Europe/Berlin"


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)  # type: ignore[misc,arg-type]


# Deadlines in Germany


@pytest.mark.django_db
def test_whit_monday_is_skipped_and_named() -> None:
    calendar = operator_calendar()

    deadline = calendar.business_deadline(berlin(2025, 6, 4, 10), 5)

    assert deadline.due_at == datetime(2025, 6, 12, 21, 59, 59, tzinfo=UTC)
    assert calendar.explain(deadline) == (
        "Counted 5 business days from Wed 4 June 2025; "
        "skipped Sat 7, Sun 8, Mon 9 June (Pentecost Monday); "
        "due Thu 12 June 2025, end of day (Europe/Berlin)."
    )


@pytest.mark.django_db
def test_a_question_on_friday_afternoon_before_whit_monday() -> None:
    due_at = operator_calendar().business_deadline(berlin(2025, 6, 6, 16), 5).due_at

    assert due_at == berlin(2025, 6, 16, 23, 59, 59)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("subdivision", "days", "due"),
    [
        ("", 5, (2025, 12, 31)),
        ("", 8, (2026, 1, 6)),
        ("BY", 5, (2025, 12, 31)),
        ("BY", 8, (2026, 1, 7)),
    ],
)
def test_christmas_into_the_new_year(
    settings: Settings, subdivision: str, days: int, due: tuple[int, int, int]
) -> None:
    settings.CPOR_OPERATOR_SUBDIVISION = subdivision

    deadline = operator_calendar().business_deadline(berlin(2025, 12, 22, 9), days)

    assert deadline.due_at == berlin(*due, 23, 59, 59)


@pytest.mark.django_db
def test_a_holiday_of_bavaria_only(settings: Settings) -> None:
    corpus_christi = date(2025, 6, 19)
    assert operator_calendar().is_business_day(corpus_christi)

    settings.CPOR_OPERATOR_SUBDIVISION = "BY"

    assert operator_calendar().why_closed(corpus_christi) == ClosedBecause(
        ClosedKind.PUBLIC_HOLIDAY, "Corpus Christi"
    )


# Own closing days


@pytest.mark.django_db
def test_a_closing_day_counts_from_the_moment_it_is_entered_until_it_is_removed() -> None:
    day = date(2025, 6, 10)
    assert operator_calendar().is_business_day(day)

    row = NonWorkingDay.objects.create(day=day, name="Stocktaking")
    assert operator_calendar().why_closed(day) == ClosedBecause(
        ClosedKind.CLOSING_DAY, "Stocktaking"
    )

    row.name = "Outing"
    row.save()
    assert operator_calendar().why_closed(day) == ClosedBecause(ClosedKind.CLOSING_DAY, "Outing")

    row.delete()
    assert operator_calendar().is_business_day(day)


@pytest.mark.django_db
def test_a_closing_day_adds_to_weekends_and_holidays_and_replaces_none() -> None:
    for day in (7, 9, 11):
        NonWorkingDay.objects.create(day=date(2025, 6, day), name="Outing")

    calendar = operator_calendar()

    assert calendar.why_closed(date(2025, 6, 7)) == ClosedBecause(ClosedKind.WEEKEND)
    assert calendar.why_closed(WHIT_MONDAY) == ClosedBecause(
        ClosedKind.PUBLIC_HOLIDAY, "Pentecost Monday"
    )
    assert calendar.business_deadline(berlin(2025, 6, 6), 2).counted == (
        date(2025, 6, 10),
        date(2025, 6, 12),
    )


@pytest.mark.django_db
def test_one_query_serves_any_number_of_deadlines(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    NonWorkingDay.objects.create(day=date(2025, 6, 10), name="Outing")

    with django_assert_num_queries(1):
        calendar = operator_calendar()
        for days in range(1, 30):
            calendar.business_deadline(berlin(2025, 6, 4), days)


# Public holidays


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("de", "Pfingstmontag"),
        ("de-at", "Pfingstmontag"),
        ("en", "Pentecost Monday"),
        ("en-gb", "Pentecost Monday"),
        ("sv", "Pentecost Monday"),
        ("zh-hant", "Pentecost Monday"),
        (None, "Pentecost Monday"),
    ],
)
def test_a_holiday_is_named_in_the_language_of_the_reader(language: str | None, name: str) -> None:
    with translation.override(language):
        assert PublicHolidays("DE").name(WHIT_MONDAY) == name


@pytest.mark.parametrize(
    ("country", "language", "day", "name"),
    [
        ("CN", "zh-hant", date(2026, 10, 1), "國慶節"),
        ("CN", "zh-hans", date(2026, 10, 1), "国庆节"),
        ("HK", "zh-hant", date(2026, 10, 1), "國慶日"),
        ("RU", "zh-hant", date(2026, 6, 12), "Russia Day"),
        ("PL", "pl", date(2026, 11, 11), "Narodowe Święto Niepodległości"),
        ("AQ", "sv", date(2026, 6, 21), "Midwinter Day"),
    ],
)
def test_scripts_are_not_mixed_up(country: str, language: str, day: date, name: str) -> None:
    with translation.override(language):
        assert PublicHolidays(country).name(day) == name


def test_one_calendar_answers_each_reader_in_turn() -> None:
    holidays = PublicHolidays("DE")
    names = []
    for language in ("en", "de", "en"):
        with translation.override(language):
            names.append(holidays.name(WHIT_MONDAY))

    assert names == ["Pentecost Monday", "Pfingstmontag", "Pentecost Monday"]


@pytest.mark.django_db
def test_a_holiday_observed_in_the_year_before_it(settings: Settings) -> None:
    settings.CPOR_OPERATOR_COUNTRY = "US"
    settings.CPOR_OPERATOR_TIME_ZONE = "America/New_York"
    start = datetime(2021, 12, 30, 12, tzinfo=operator_zone())

    deadline = operator_calendar().business_deadline(start, 1)

    assert deadline.counted == (date(2022, 1, 3),)
    assert deadline.skipped[0] == (
        date(2021, 12, 31),
        ClosedBecause(ClosedKind.PUBLIC_HOLIDAY, "New Year's Day (observed)"),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "Day off (substituted from 01/10/2026)"),
        ("hu", "Pihenőnap (2026. 01. 10.-től helyettesítve)"),
    ],
)
def test_days_moved_to_a_weekend_are_worked(settings: Settings, language: str, name: str) -> None:
    settings.CPOR_OPERATOR_COUNTRY = "HU"
    settings.CPOR_OPERATOR_TIME_ZONE = "Europe/Budapest"

    calendar = operator_calendar()

    with translation.override(language):
        assert calendar.why_closed(date(2026, 1, 2)) == ClosedBecause(
            ClosedKind.PUBLIC_HOLIDAY, name
        )
        assert calendar.is_business_day(date(2026, 1, 10))
        assert calendar.why_closed(date(2026, 1, 17)) == ClosedBecause(ClosedKind.WEEKEND)


def test_the_weekend_is_that_of_the_country() -> None:
    assert PublicHolidays("DE", "BY").weekend == SATURDAY_AND_SUNDAY
    assert PublicHolidays("SA").weekend == frozenset({4, 5})


@pytest.mark.django_db
def test_only_the_years_that_are_touched_are_worked_out() -> None:
    module._year.cache_clear()

    operator_calendar().business_deadline(berlin(2025, 12, 22), 3)
    assert module._year.cache_info().currsize == 1

    operator_calendar().business_deadline(berlin(2025, 12, 22), 7)
    assert module._year.cache_info().currsize == 2


def test_the_holiday_definitions_are_loaded_only_when_needed() -> None:
    program = (
        "import sys, tests.settings, os;"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings';"
        "import django; django.setup();"
        "import cpor_site.common.operator_calendar as c;"
        "print('holidays' in sys.modules, end=' ');"
        "c.PublicHolidays('DE').weekend;"
        "print('holidays' in sys.modules)"
    )
    root = Path(module.__file__).parents[2]

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["False", "True"]


# Settings that name nothing


def test_the_zone_comes_from_the_settings(settings: Settings) -> None:
    settings.CPOR_OPERATOR_TIME_ZONE = "Pacific/Apia"

    assert operator_zone() == ZoneInfo("Pacific/Apia")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        (
            "COUNTRY",
            "XX",
            (
                "CPOR_OPERATOR_COUNTRY: no public holidays are known for 'XX'; "
                "a country code of two capital letters, such as DE, is expected."
            ),
        ),
        (
            "COUNTRY",
            "Germany",
            (
                "CPOR_OPERATOR_COUNTRY: no public holidays are known for 'Germany'; "
                "a country code of two capital letters, such as DE, is expected."
            ),
        ),
        (
            "SUBDIVISION",
            "ZZ",
            (
                "CPOR_OPERATOR_SUBDIVISION: DE has no subdivision 'ZZ' "
                "(known: BB, BE, BW, BY, HB, HE, HH, MV, NI, NW, RP, SH, SL, SN, ST, TH, Augsburg)."
            ),
        ),
        (
            "TIME_ZONE",
            "Europe/Atlantis",
            (
                "CPOR_OPERATOR_TIME_ZONE: there is no time zone 'Europe/Atlantis'; "
                "a name such as Europe/Berlin is expected."
            ),
        ),
        (
            "TIME_ZONE",
            "../etc/passwd",
            (
                "CPOR_OPERATOR_TIME_ZONE: there is no time zone '../etc/passwd'; "
                "a name such as Europe/Berlin is expected."
            ),
        ),
    ],
)
def test_an_unknown_value_is_named(
    settings: Settings, setting: str, value: str, sentence: str
) -> None:
    setattr(settings, f"CPOR_OPERATOR_{setting}", value)

    with pytest.raises(ImproperlyConfigured) as caught:
        operator_calendar()

    assert str(caught.value) == sentence
    assert [(found.id, found.msg) for found in check_operator_calendar(None)] == [
        ("common.E001", sentence)
    ]


def test_a_country_without_subdivisions_says_so(settings: Settings) -> None:
    settings.CPOR_OPERATOR_COUNTRY = "SA"
    settings.CPOR_OPERATOR_SUBDIVISION = "BY"

    assert [found.msg for found in check_operator_calendar(None)] == [
        "CPOR_OPERATOR_SUBDIVISION: SA has no subdivision 'BY' (known: none)."
    ]


def test_good_settings_pass_the_check() -> None:
    assert check_operator_calendar(None) == []
