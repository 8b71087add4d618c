"""Readers of single cells: a text in, a typed value out, or ``BadValue`` with a sentence.

They forgive what copying does to a value (white space, braces, upper case) and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import TypeVar
from uuid import UUID
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from cpor_site.common import countries
from cpor_site.common.mail_addresses import folded

from ..rules.identifiers import PUBLIC_MAIL_DOMAINS, normalise_domain, parse_guid

T = TypeVar("T")

UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")
PARTNER_ID = re.compile(r"[0-9]{1,10}")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DIGITS = re.compile(r"[0-9]{1,10}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LIST_SEPARATOR = re.compile(r"[\s|,;]+")
NOT_ALPHANUMERIC = re.compile(r"[\W_]+")

# Tenants, products, dates and words come again and again in a large file.
CACHED = 8192

LARGEST_NUMBER = 2**31 - 1
LONGEST_QUOTATION = 60
YES_OR_NO = {
    "yes": True,
    "true": True,
    "1": True,
    "y": True,
    "no": False,
    "false": False,
    "0": False,
    "n": False,
}


class BadValue(ValueError):
    """A cell can't be read; the message is a sentence for the person who sent the file."""


def plain(value: str) -> str:
    """Return ``value`` with every run of white space, no-break spaces too, as one plain space."""
    return " ".join(value.split())


def text(max_length: int) -> Callable[[object], str]:
    """Return a reader of texts up to ``max_length`` characters."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise BadValue(_("This is not a text."))
        cleaned = plain(value)
        if len(cleaned) > max_length:
            raise BadValue(
                _("This has %(length)d characters; at most %(most)d are possible.")
                % {"length": len(cleaned), "most": max_length}
            )
        if UNPRINTABLE.search(cleaned):
            raise BadValue(_("This holds a character that is not printable or was damaged."))
        return cleaned

    return read


def guid(value: object) -> UUID:
    """Read a GUID, with or without braces, spaces and upper case; all zeros is none."""
    if not isinstance(value, str):
        raise BadValue(_("This is not a text."))
    found = UUID(value) if GUID.fullmatch(value) else parse_guid(value)
    if found is None:
        raise BadValue(
            _(
                "%(value)s is not a GUID, which has 32 hexadecimal digits in five groups, for "
                "example 1b2c3d4e-0000-4000-8000-00805f9b34fb."
            )
            % {"value": shown(value)}
        )
    if not found.int:
        raise BadValue(_("A GUID of zeros only stands for nothing."))
    return found


def recurring_guid(value: object) -> UUID:
    """Read a GUID of which a file has few, each many times; as ``guid``, but remembered."""
    return _recurring_guid(value) if isinstance(value, str) else guid(value)


_recurring_guid = lru_cache(CACHED)(guid)


def day(value: object) -> date:
    """Read a date written as 2025-06-30."""
    if not isinstance(value, str):
        raise BadValue(_("This is not a text."))
    return _day(value)


@lru_cache(CACHED)
def _day(value: str) -> date:
    if DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise BadValue(_("%(value)s is not a date of the form 2025-06-30.") % {"value": shown(value)})


def moment(value: object) -> datetime:
    """Read a date with time (ISO 8601); without an offset it is in the operator's zone."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None:
        raise BadValue(
            _("%(value)s is not a date with time of the form 2025-06-30T14:00:00Z.")
            % {"value": shown(value)}
        )
    try:
        if found.tzinfo is None:
            found = timezone.make_aware(found, timezone.get_default_timezone())
        return found.astimezone(UTC)
    except OverflowError:
        raise BadValue(_("%(value)s is out of range.") % {"value": shown(value)}) from None


def whole_number(value: object) -> int:
    """Read a number from 0 to 2,147,483,647."""
    digits = str(value) if isinstance(value, str | int) else ""
    if DIGITS.fullmatch(digits) and int(digits) <= LARGEST_NUMBER:
        return int(digits)
    raise BadValue(
        _("%(value)s is not a whole number from 0 to %(most)d.")
        % {"value": shown(value), "most": LARGEST_NUMBER}
    )


def yes_or_no(value: object) -> bool:
    """Read yes/no, true/false, 1/0; JSON's own true and false too."""
    if isinstance(value, bool):
        return value
    known = YES_OR_NO.get(value.casefold()) if isinstance(value, str) else None
    if known is None:
        raise BadValue(_("%(value)s is neither yes nor no.") % {"value": shown(value)})
    return known


def one_of(meanings: Mapping[str, T], expected: str = "") -> Callable[[object], T]:
    """Return a reader of words; case, spaces, hyphens and underscores don't matter.

    ``meanings`` maps a word to its value; ``expected`` lists for people what is possible, if not
    every key of ``meanings`` shall be named.
    """
    folded = {fold(word): meaning for word, meaning in meanings.items()}

    @lru_cache(CACHED)
    def of_word(value: str) -> T:
        if (word := fold(value)) in folded:
            return folded[word]
        raise BadValue(
            _("%(value)s is not known here. Possible: %(expected)s.")
            % {"value": shown(value), "expected": expected or ", ".join(meanings)}
        )

    def read(value: object) -> T:
        if not isinstance(value, str):
            raise BadValue(_("This is not a text."))
        return of_word(value)

    return read


def fold(word: str) -> str:
    """Return ``word`` in small letters and without anything but letters and digits."""
    return NOT_ALPHANUMERIC.sub("", word.casefold())


def country(value: object) -> str:
    """Read a country's code of two letters (ISO 3166)."""
    code = value.upper() if isinstance(value, str) else ""
    if code not in countries.codes():
        raise BadValue(
            _("%(value)s is not a country's code of two letters (ISO 3166), for example DE or GB.")
            % {"value": shown(value)}
        )
    return code


def language(value: object) -> str:
    """Read a language tag such as pl or zh-hant; it need not be one the pages are offered in."""
    tag = value.casefold().replace("_", "-") if isinstance(value, str) else ""
    if len(tag) > 12 or not LANGUAGE.fullmatch(tag):
        raise BadValue(
            _("%(value)s is not a language tag, for example pl or zh-hant.")
            % {"value": shown(value)}
        )
    return tag


def page_language(value: object) -> str:
    """Read the tag of a language that the pages are offered in."""
    tag = language(value)
    offered = [code for code, _name in settings.LANGUAGES]
    if tag not in offered:
        raise BadValue(
            _("%(value)s is not a language of these pages. Possible: %(expected)s.")
            % {"value": shown(value), "expected": ", ".join(offered)}
        )
    return tag


def time_zone(value: object) -> str:
    """Read the name of a time zone such as Europe/Berlin."""
    if not isinstance(value, str) or value not in zone_names():
        raise BadValue(
            _("%(value)s is not a time zone, for example Europe/Berlin.") % {"value": shown(value)}
        )
    return value


@cache
def zone_names() -> frozenset[str]:
    """Return the names of all time zones."""
    return frozenset(available_timezones())


def partner_id(value: object) -> str:
    """Read a partner ID: one to ten digits, kept as text."""
    if not isinstance(value, str) or not PARTNER_ID.fullmatch(value):
        raise BadValue(
            _("%(value)s is not a partner ID, which is a number of up to ten digits.")
            % {"value": shown(value)}
        )
    return value


def email(value: object) -> str:
    """Read one e-mail address; it comes back in small letters."""
    address = folded(value) if isinstance(value, str) else ""
    try:
        validate_email(address)
    except ValidationError:
        raise BadValue(_("%(value)s is not an e-mail address.") % {"value": shown(value)}) from None
    if len(address) > 254:
        raise BadValue(_("An e-mail address has at most 254 characters."))
    return address


def domain(value: object) -> str:
    """Read a whole domain name; it comes back in small letters and in its IDNA form (xn--)."""
    found = normalise_domain(value) if isinstance(value, str) and "." in value else None
    if found is None:
        raise BadValue(
            _("%(value)s is not a domain, for example contoso.com or contoso.onmicrosoft.com.")
            % {"value": shown(value)}
        )
    if found in PUBLIC_MAIL_DOMAINS:
        raise BadValue(
            _("%(value)s belongs to a public mail service and to no customer.")
            % {"value": shown(value)}
        )
    return found


def several(parse: Callable[[object], T]) -> Callable[[object], list[T]]:
    """Return a reader of lists separated by spaces, ``|``, commas or semicolons.

    The order stays; what is named twice comes once.
    """

    def read(value: object) -> list[T]:
        if not isinstance(value, str):
            raise BadValue(_("This is not a text."))
        return list(dict.fromkeys(parse(each) for each in LIST_SEPARATOR.split(value) if each))

    return read


def shown(value: object) -> str:
    """Return ``value`` short enough to stand in a sentence, in quotation marks."""
    written = value if isinstance(value, str) else repr(value)
    written = UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", written)
    if len(written) > LONGEST_QUOTATION:
        written = written[:LONGEST_QUOTATION] + "…"
    return f"“{written}”"
