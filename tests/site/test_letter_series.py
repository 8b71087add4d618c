"""Letters from a form are the letters that the templates make one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings

from cpor_site.common import letter_series
from cpor_site.common.letter_series import LetterSeries
from cpor_site.common.letters import Verbatim, render_letter

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


def names_like(name: str) -> dict[str, str | list[str]]:
    site = settings.CPOR_PUBLIC_URL
    text = name.replace("{site}", site)
    return {
        "number": "CPOR-2026-000042",
        "claim_name": text,
        "customer": text,
        "lines": [f"{text} – Sales", "Field Service – Usage"],
        "claim_page": f"{site}/claims/42/",
        "reader_name": text,
    }


REST: dict[str, Any] = {
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
    series = LetterSeries()
    base = f"claims/letters/{template}"
    # Twice: once the form is new, once it is known.
    for name in NAMES * 2:
        names = names_like(name)
        letter = series.letter(base, locale, names, alike=0, rest=lambda: REST)
        assert letter == render_letter(base, locale, {**REST, **names})


def test_what_differs_in_more_than_names_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_series, "MOST_FORMS", 2)
    series = LetterSeries()
    base = "claims/letters/claim_rejected"
    names = names_like("Contoso")
    for number in range(4):
        rest = REST | {"due_at": None, "reasons": [f"Reason {number}"] * number}
        for _ in range(2):
            letter = series.letter(base, "en", names, alike=number, rest=rest.copy)
            assert letter == render_letter(base, "en", rest | names)


def test_what_letters_share_is_asked_for_once() -> None:
    series = LetterSeries()
    asked = []

    def rest() -> dict[str, Any]:
        asked.append(1)
        return REST

    for name in ("Contoso", "Fabrikam", "Ada & Söhne"):
        series.letter(
            "claims/letters/claim_rejected", "en", names_like(name), alike=None, rest=rest
        )
    assert len(asked) == 1
