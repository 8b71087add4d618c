"""Words for what the code keeps as moments and keys, the same on every page of the desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from django.conf import settings
from django.utils import dateformat, formats, timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext

_WRITTEN_OUT = ContextVar("written_out", default=False)


def date_words(day: date) -> str:
    """Return a date: "Thu 12 June 2025"; that of a moment is told in the moment's own zone."""
    if _WRITTEN_OUT.get():
        return long_date_words(day)
    return dateformat.format(day, pgettext("Django date format, one day", "D j E Y"))


def long_date_words(day: date) -> str:
    """Return a date as letters and customers' pages write a deadline: "Thursday, 12 June 2025"."""
    return gettext("%(weekday)s, %(date)s") % {
        "weekday": formats.date_format(day, "l"),
        "date": formats.date_format(day, "DATE_FORMAT"),
    }


@contextmanager
def written_out() -> Iterator[None]:
    """Let ``date_words`` tell dates as letters do, for sentences that pages and letters share."""
    token = _WRITTEN_OUT.set(True)
    try:
        yield
    finally:
        _WRITTEN_OUT.reset(token)


def operators_words(*sentences: Promise) -> str:
    """Return sentences in the operator's language, for what is written down once for all readers.

    Whoever acts may read another one; what all read must not depend on that.
    """
    with translation.override(settings.LANGUAGE_CODE):
        return " ".join(map(str, sentences))


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
