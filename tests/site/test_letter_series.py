"""Letters from a form are the letters that the templates make one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings

from cpor_site.common import letter_series
from cpor_site.common.letter_series import LetterSeries
from cpor_site.common.letters import Verbatim, render_letter

MERGED = ("number", "claim_name", "customer", "lines", "claim_page", "reader_name")
NAMES = (
    "Contoso",
    "",
    "Fabrikam & Söhne <GmbH> \"'",
    "- a list",
    "> a quotation",
    "Ada: a colon",
    "Look: {site}/claims/9",
    "{site}/claims/9",
    "{site}/two words",
    "two\n\nparagraphs",
    "a place \ue0000\ue001 of ours",
    "[[link]]",
    "very long names " * 12,
    "non\u00a0breaking and\ttabs",
    "100 % {{ number }} {% if %}",
)


def context(name: str) -> dict[str, Any]:
    site = settings.CPOR_PUBLIC_URL
    text = name.replace("{site}", site)
    return {
        "number": "CPOR-2026-000042",
        "claim_name": text,
        "customer": text,
        "lines": [f"{text} – Sales", "Field Service – Usage"],
        "claim_page": f"{site}/claims/42/",
        "reader_name": text,
        "zone": "Europe/Berlin",
        "move": "Your move.",
        "reasons": ["No answer in time"],
        "said": Verbatim("Two\nlines"),
        "due_at": datetime(2026, 6, 12, 21, 59, tzinfo=UTC),
        "happened_at": datetime(2026, 5, 13, 8, 0, tzinfo=UTC),
        "activated_at": datetime(2026, 5, 13, 8, 0, tzinfo=UTC),
    }


@pytest.mark.parametrize("template", ["claim_rejected", "window_closed"])
@pytest.mark.parametrize("locale", ["en", "de"])
def test_the_letters_of_a_series_are_those_made_one_by_one(template: str, locale: str) -> None:
    series = LetterSeries(*MERGED)
    base = f"claims/letters/{template}"
    # Twice: once the form is new, once it is known.
    for name in NAMES * 2:
        assert series.render(base, locale, context(name)) == render_letter(
            base, locale, context(name)
        )


def test_what_differs_in_more_than_names_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_series, "MOST_FORMS", 2)
    series = LetterSeries(*MERGED)
    base = "claims/letters/claim_rejected"
    for number in range(4):
        given = context("Contoso") | {"due_at": None, "reasons": [f"Reason {number}"] * number}
        assert series.render(base, "en", given) == render_letter(base, "en", given)
