"""Reading single cells: what is forgiven, what is refused and with which words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from claims.imports import values
from claims.imports.values import BadValue

DOMAINS = values.several(values.domain)
EXACT = datetime(2025, 6, 30, 12, 0, 0, 123456, tzinfo=UTC)
COUNTRY = " of two letters (ISO 3166), for example DE or GB."
PAGES = " Possible: en, zh-hant, pl, hu, sv."
PARTNER = ", which is a number of up to ten digits."
NO_NUMBER = "is not a whole number from 0 to 2147483647."
NO_DOMAIN = "is not a domain, for example contoso.com or contoso.onmicrosoft.com."
DAMAGED = "This holds a character that is not printable or was damaged."
GUID = "1b2c3d4e-0000-4000-8000-00805f9b34fb"


@pytest.mark.parametrize(
    "written",
    [
        GUID,
        GUID.upper(),
        f"{{{GUID}}}",
        f"  {GUID} ",
        f"{{ {GUID.upper()} }}",
        GUID.replace("-", ""),
        GUID.replace("-", " - "),
    ],
)
def test_guids_are_read_however_they_were_copied(written: str) -> None:
    assert values.guid(written) == UUID(GUID)


@pytest.mark.parametrize(
    ("read", "written", "found"),
    [
        (values.day, "2024-02-29", date(2024, 2, 29)),
        (values.moment, "2025-06-30T14:00:00Z", datetime(2025, 6, 30, 14, tzinfo=UTC)),
        (
            values.moment,
            "2025-06-30T14:00:00.1234567+02:00",
            EXACT,
        ),
        # Without an offset in the operator's zone, Berlin in the tests.
        (values.moment, "2025-06-30 14:00", datetime(2025, 6, 30, 12, tzinfo=UTC)),
        (values.whole_number, "0", 0),
        (values.whole_number, 25, 25),
        (values.whole_number, "2147483647", 2147483647),
        (values.yes_or_no, "Yes", True),
        (values.yes_or_no, "0", False),
        (values.yes_or_no, False, False),
        (values.one_of({"in_grace": 1}), "In Grace", 1),
        (values.one_of({"in_grace": 1}), "in-grace", 1),
        (values.country, "de", "DE"),
        (values.language, "zh_Hant", "zh-hant"),
        (values.page_language, "PL", "pl"),
        (values.time_zone, "Europe/Berlin", "Europe/Berlin"),
        (values.partner_id, "0012345678", "0012345678"),
        (values.email, "Ada@Contoso.COM", "ada@contoso.com"),
        (values.email, "it@stra\u00dfe.example", "it@stra\u00dfe.example"),
        (values.domain, "Bücher.Example.", "xn--bcher-kva.example"),
        (values.domain, "CONTOSO.onmicrosoft.com", "contoso.onmicrosoft.com"),
        (
            values.several(values.domain),
            "b.example | A.example, b.example",
            ["b.example", "a.example"],
        ),
        (DOMAINS, "", []),
    ],
)
def test_values_are_read(read: Callable[[object], Any], written: object, found: object) -> None:
    assert read(written) == found


def test_white_space_of_every_kind_becomes_one_plain_space() -> None:
    assert values.text(20)("\u00a0Contoso\u00a0\u202f\tLtd\n") == "Contoso Ltd"


@pytest.mark.parametrize(
    ("read", "written", "sentence"),
    [
        (
            values.guid,
            "00000000-0000-0000-0000-000000000000",
            "A GUID of zeros only stands for nothing.",
        ),
        (values.guid, 7, "This is not a text."),
        (values.day, "30.06.2025", "“30.06.2025” is not a date of the form 2025-06-30."),
        (values.day, "2025-02-29", "“2025-02-29” is not a date of the form 2025-06-30."),
        (
            values.moment,
            "0001-01-01T00:00:00+01:00",
            "“0001-01-01T00:00:00+01:00” is out of range.",
        ),
        (values.moment, "soon", "“soon” is not a date with time of the form 2025-06-30T14:00:00Z."),
        (values.whole_number, "-1", f"“-1” {NO_NUMBER}"),
        (values.whole_number, "2147483648", f"“2147483648” {NO_NUMBER}"),
        (values.whole_number, True, f"“True” {NO_NUMBER}"),
        (values.whole_number, 2.0, f"“2.0” {NO_NUMBER}"),
        (values.whole_number, "٣", f"“٣” {NO_NUMBER}"),
        (values.yes_or_no, "maybe", "“maybe” is neither yes nor no."),
        (values.one_of({"a": 1, "b": 2}), "c", "“c” is not known here. Possible: a, b."),
        (values.one_of({"a": 1}, "only a"), "c", "“c” is not known here. Possible: only a."),
        (
            values.country,
            "UK",
            "“UK” is not a country's code" + COUNTRY,
        ),
        (values.language, "German!", "“German!” is not a language tag, for example pl or zh-hant."),
        (
            values.page_language,
            "de",
            "“de” is not a language of these pages." + PAGES,
        ),
        (values.time_zone, "Berlin", "“Berlin” is not a time zone, for example Europe/Berlin."),
        (
            values.partner_id,
            "12345678901",
            "“12345678901” is not a partner ID" + PARTNER,
        ),
        (values.email, "ada@", "“ada@” is not an e-mail address."),
        (values.domain, "contoso", f"“contoso” {NO_DOMAIN}"),
        (values.domain, "-a-.example", f"“-a-.example” {NO_DOMAIN}"),
        (
            values.domain,
            "Gmail.com",
            "“Gmail.com” belongs to a public mail service and to no customer.",
        ),
        (values.text(5), "Contoso", "This has 7 characters; at most 5 are possible."),
        (values.text(5), "a\x00b", DAMAGED),
        (values.text(5), "a\ud800b", DAMAGED),
    ],
)
def test_values_are_refused_with_a_sentence(
    read: Callable[[object], Any], written: object, sentence: str
) -> None:
    with pytest.raises(BadValue) as refused:
        read(written)
    assert str(refused.value) == sentence


def test_what_is_quoted_is_short_and_printable() -> None:
    assert values.shown("x" * 99) == "“" + "x" * 60 + "…”"
    assert values.shown("a\x1b[31mb") == "“a\ufffd[31mb”"
