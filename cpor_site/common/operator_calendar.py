"""The program operator's business calendar, from the settings and the own closing days.

``CPOR_OPERATOR_COUNTRY`` and ``CPOR_OPERATOR_SUBDIVISION`` choose the public holidays,
``CPOR_OPERATOR_TIME_ZONE`` says where a day begins and ends, and the ``NonWorkingDay`` rows add to
both. Public holidays are worked out once per process, year and language; the rows are read anew by
every call, so a closing day entered a moment ago counts at once in all processes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import get_language

from cpor_site.common.business_calendar import BusinessCalendar
from cpor_site.common.models import NonWorkingDay

if TYPE_CHECKING:
    from holidays import HolidayBase

# Where a language is named by its script, the regions that write in it.
_SCRIPTS = {
    "zh_hans": ("zh_cn", "zh_sg"),
    "zh_hant": ("zh_tw", "zh_hk", "zh_mo"),
}


def operator_calendar() -> BusinessCalendar:
    """Return the operator's calendar as it stands now; one query.

    A page or sweep that computes many dates calls this once and keeps the result meanwhile.
    Raises ``ImproperlyConfigured`` naming a setting whose value is not known.
    """
    public = PublicHolidays(settings.CPOR_OPERATOR_COUNTRY, settings.CPOR_OPERATOR_SUBDIVISION)
    return BusinessCalendar(
        zone=operator_zone(),
        weekend=public.weekend,
        holidays=public.name,
        closing_days=dict(NonWorkingDay.objects.order_by().values_list("day", "name")),
        worked_weekend=public.worked_weekend,
    )


def operator_zone() -> ZoneInfo:
    """Return the operator's time zone; ``ImproperlyConfigured`` if there is none of that name."""
    name = settings.CPOR_OPERATOR_TIME_ZONE
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise ImproperlyConfigured(
            f"CPOR_OPERATOR_TIME_ZONE: there is no time zone {name!r}; "
            "a name such as Europe/Berlin is expected."
        ) from error


def operator_day(moment: datetime) -> date:
    """Return the operator's date at an aware ``moment``; no query, unlike the whole calendar's."""
    return moment.astimezone(operator_zone()).date()


def check_operator_calendar(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report an unknown country, subdivision or zone as a system check (id ``common.E001``).

    To be registered as a deployment check: it loads all holiday definitions, about half a second.
    """
    problems: list[CheckMessage] = []
    try:
        operator_zone()
    except ImproperlyConfigured as error:
        problems.append(Error(str(error), id="common.E001"))
    try:
        _facts(settings.CPOR_OPERATOR_COUNTRY, settings.CPOR_OPERATOR_SUBDIVISION)
    except ImproperlyConfigured as error:
        problems.append(Error(str(error), id="common.E001"))
    return problems


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """The public holidays of a country (ISO 3166-1, two letters) or of one subdivision of it.

    ``subdivision`` is the part of the ISO 3166-2 code after the hyphen, or empty.
    """

    country: str
    subdivision: str = ""

    @property
    def weekend(self) -> frozenset[int]:
        """The country's present weekend, Monday being 0."""
        return _facts(self.country, self.subdivision).weekend

    def name(self, day: date) -> str | None:
        """Return the name of the holiday on ``day``, or None.

        In the active language if the name is known in it, else in English.
        """
        return self._year(day).names.get(day)

    def worked_weekend(self, day: date) -> bool:
        """Tell whether ``day``, on a weekend, is worked in exchange for a day moved elsewhere."""
        return day in self._year(day).worked_weekend

    def _year(self, day: date) -> _Year:
        languages = _facts(self.country, self.subdivision).languages
        language = _best_language(get_language() or "", languages)
        return _year(self.country, self.subdivision, language, day.year)


@dataclass(frozen=True, slots=True)
class _Facts:
    weekend: frozenset[int]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Year:
    names: Mapping[date, str]
    worked_weekend: frozenset[date]


@lru_cache(maxsize=64)
def _facts(country: str, subdivision: str) -> _Facts:
    found = _load(country, subdivision)
    return _Facts(frozenset(found.weekend), tuple(found.supported_languages))


@lru_cache(maxsize=512)
def _year(country: str, subdivision: str, language: str | None, year: int) -> _Year:
    found = _load(country, subdivision, language, year)
    return _Year(dict(found), frozenset(found.weekend_workdays))


def _load(
    country: str, subdivision: str, language: str | None = None, year: int | None = None
) -> HolidayBase:
    # Imported here because it takes half a second that most commands need not spend.
    import holidays

    try:
        if not re.fullmatch("[A-Z]{2}", country):
            raise NotImplementedError
        subdivisions = holidays.country_holidays(country).subdivisions
    except NotImplementedError as error:
        raise ImproperlyConfigured(
            f"CPOR_OPERATOR_COUNTRY: no public holidays are known for {country!r}; "
            "a country code of two capital letters, such as DE, is expected."
        ) from error
    if subdivision and subdivision not in subdivisions:
        known = ", ".join(subdivisions) or "none"
        raise ImproperlyConfigured(
            f"CPOR_OPERATOR_SUBDIVISION: {country} has no subdivision {subdivision!r} "
            f"(known: {known})."
        )
    return holidays.country_holidays(
        country, subdiv=subdivision or None, years=year, expand=False, language=language
    )


@lru_cache(maxsize=256)
def _best_language(wanted: str, available: tuple[str, ...]) -> str | None:
    """Match ``pt-br`` with ``pt_BR`` and the like; None if names come in one language only."""
    wanted = wanted.replace("-", "_").lower()
    by_name = {name.lower(): name for name in available}
    if wanted in _SCRIPTS:
        candidates = _SCRIPTS[wanted]
    else:
        base = wanted.partition("_")[0]
        candidates = (wanted, base, *(name for name in by_name if name.partition("_")[0] == base))
    for name in (*candidates, "en_us", *(name for name in by_name if name.startswith("en_"))):
        if name in by_name:
            return by_name[name]
    return None
