"""What templates of letters need beside Django's own filters."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from ..spoken import long_date_words

register = template.Library()


@register.filter
def quoted(text: str) -> str:
    """Return somebody's words as a quotation, so that they can't pass for the letter's own."""
    return "\n".join(f"> {line.strip()}".rstrip() for line in text.strip().splitlines())


@register.filter
def in_zone(moment: datetime, zone: str) -> str:
    """Return weekday, date, time and zone of ``moment`` as the reader's clock shows it.

    Somebody's unusable zone must not stop a letter, so it is replaced by the operator's.
    """
    local = _local(moment, zone)
    return _("%(day)s, %(time)s (%(zone)s)") % {
        "day": long_date_words(local),
        "time": date_format(local, "TIME_FORMAT"),
        "zone": local.tzinfo,
    }


@register.filter
def day_in_zone(moment: datetime, zone: str) -> str:
    """Return weekday and date of ``moment``, for subjects; zones as for ``in_zone``."""
    return long_date_words(_local(moment, zone))


@register.filter
def deadline_day(moment: datetime) -> str:
    """Return weekday and date of ``moment`` in the active zone, as letters write a deadline."""
    return long_date_words(localtime(moment))


@register.filter
def in_words(day: date) -> str:
    """Return a date that belongs to no zone, such as the end of a subscription."""
    return date_format(day, "DATE_FORMAT")


def usable_zone(name: str) -> ZoneInfo:
    """Return the zone of that name, or the operator's if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(settings.CPOR_OPERATOR_TIME_ZONE)


def _local(moment: datetime, zone: str) -> datetime:
    return localtime(moment, usable_zone(zone))
