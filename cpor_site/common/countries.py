"""What countries are called in the reader's language, from the locale data of CLDR."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from babel import Locale
from django.utils.translation import get_language, to_locale


@cache
def codes() -> frozenset[str]:
    """Return the codes of all countries (ISO 3166-1), from the list that comes with the zones."""
    listed = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line[:2] for line in listed.splitlines() if not line.startswith("#"))


def country_name(code: str) -> str:
    """Return the country's name in the active language; the code itself if there is none."""
    return _names(get_language() or "en").get(code, code)


def choices() -> list[tuple[str, str]]:
    """Return every country as code and name, by name."""
    return sorted(((code, country_name(code)) for code in codes()), key=lambda each: each[1])


@cache
def _names(language: str) -> Mapping[str, str]:
    return dict(Locale.parse(to_locale(language)).territories)
