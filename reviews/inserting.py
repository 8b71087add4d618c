"""Putting a canned text into what is being typed, filled with the claim's own facts."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import QueryDict

from claims.models import Claim, ClaimLine, PoEDocument
from claims.services.lines import included_lines

from .canned import partner_locale, values_for
from .models import CannedText
from .placeholders import fill
from .services.canned_texts import texts_for

Use = CannedText.Use


def with_text(claim: Claim, uses: Sequence[str], posted: QueryDict) -> QueryDict:
    """Return what was posted with the chosen text (``insert``) added behind what stands there.

    A finding's text goes into that finding's explanation and ticks it, a reason's text ticks the
    reason. A text that nobody offers adds nothing.
    """
    data = posted.copy()
    locale = partner_locale(claim)
    offered = {text.slug: text for use in uses for text in texts_for(locale, use=use)}
    text = offered.get(posted.get("insert", ""))
    if text is None:
        return data
    lines, field = included_lines(claim), "text"
    match text.use:
        case Use.FINDING:
            field = f"{text.code}-explanation"
            lines = _ticked(lines, posted.getlist(f"{text.code}-lines"))
            data[f"{text.code}-chosen"] = "on"
        case Use.COMMENT:
            field = "comment"
        case Use.REJECTION if text.code not in data.getlist("reasons"):
            data.appendlist("reasons", text.code)
    documents = list(PoEDocument.objects.filter(claim=claim))
    words = fill(text.body, values_for(claim, lines, documents, locale))
    there = data.get(field, "").rstrip()
    data[field] = f"{there}\n\n{words}" if there else words
    return data


def _ticked(lines: list[ClaimLine], keys: Sequence[str]) -> list[ClaimLine]:
    chosen = [line for line in lines if str(line.pk) in keys]
    return chosen or lines
