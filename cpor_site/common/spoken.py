"""Words for what the code keeps as moments and keys, the same on every page of the desk."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import dateformat, formats, timezone
from django.utils.translation import gettext, pgettext


def date_words(day: date) -> str:
    """Return a date: "Thu 12 June 2025"; that of a moment is told in the moment's own zone."""
    return dateformat.format(day, pgettext("Django date format, one day", "D j E Y"))


def time_words(moment: datetime) -> str:
    """Return the time of a moment on the reader's clock: "14:05"."""
    return formats.time_format(timezone.localtime(moment), "H:i")


def moment_words(moment: datetime) -> str:
    """Return day and time on the reader's clock: "Thu 12 June 2025, 14:05"."""
    return gettext("%(day)s, %(time)s") % {
        "day": date_words(timezone.localtime(moment)),
        "time": time_words(moment),
    }


def spoken(key: str) -> str:
    """Return a key of the code as plain words: "claim_submitted" is "Claim submitted"."""
    words = key.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
