"""Dates and yes or no as people in several countries write them."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date

from django.utils.translation import gettext as _

from ..imports.values import YES_OR_NO, BadValue, shown
from ..wording import date_words

_YEAR_FIRST = re.compile(r"([0-9]{4})[-./年 ]{1,2}([0-9]{1,2})[-./月 ]{1,2}([0-9]{1,2})[.日]?")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-./])([0-9]{1,2})\2([0-9]{4})")
_WORDS = YES_OR_NO | {
    **dict.fromkeys(("x", "tak", "igen", "ja", "是"), True),
    **dict.fromkeys(("nie", "nem", "nej", "否"), False),
}


def day(text: str) -> date:
    """Read a date: 2026-06-30, with the year first, or 30.06.2026; ``BadValue`` otherwise.

    With slashes or hyphens and the year last, day and month are told apart only where one of them
    can't be a month; else the sentence says which two days it may be.
    """
    found = _YEAR_FIRST.fullmatch(text)
    if found:
        with suppress(ValueError):
            return date(*map(int, found.groups()))
    found = _YEAR_LAST.fullmatch(text)
    if found:
        first, sign, second, year = found.groups()
        readings = {_date(year, second, first), _date(year, first, second)} - {None}
        if sign == ".":  # Nobody puts the month first there.
            readings = {_date(year, second, first)} - {None}
        if len(readings) == 1:
            return next(each for each in readings if each)
        if readings:
            one, other = sorted(each for each in readings if each)
            raise BadValue(
                _(
                    "%(value)s may be %(one)s or %(other)s. Write the year first, such as "
                    "%(example)s."
                )
                % {
                    "value": shown(text),
                    "one": date_words(one),
                    "other": date_words(other),
                    "example": one.isoformat(),
                }
            )
    raise BadValue(_("%(value)s is not a date. Write it as 2026-06-30.") % {"value": shown(text)})


def yes_or_no(text: str) -> bool:
    """Read yes or no, in the desk's languages; ``BadValue`` otherwise."""
    known = _WORDS.get(text.casefold())
    if known is None:
        raise BadValue(_("%(value)s is neither yes nor no.") % {"value": shown(text)})
    return known


def _date(year: str, month: str, day_of_month: str) -> date | None:
    with suppress(ValueError):
        return date(int(year), int(month), int(day_of_month))
    return None
