"""What the letters about competing claims name: the partner's own lines, and nothing of others.

Each returns what its template is given, as the functions in ``letters`` do.
"""

from __future__ import annotations

from typing import Any

from .letter_words import claim_page, in_words, named_lines, ruling
from .models import Claim, ClaimEvent, ProofRequest
from .services.lines import approved_lines, included_lines
from .states import DeadlineKind


def newer_proof(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    """5.3: which of the partner's own lines, and by when; nothing of anybody else."""
    request = ProofRequest.objects.get(pk=event.details["request"])
    lines = [in_words(line) for line in named_lines(claim, event)]
    return {"lines": lines, "due_at": request.due_at}


def ruled(claim: Claim, event: ClaimEvent) -> dict[str, Any] | None:
    """A ruling that neither approves nor rejects; those have letters that tell of it as well."""
    outcome, waits = event.details["outcome"], event.details["waits"]
    if outcome == "lost" or (outcome == "won" and not waits):
        return None
    lines = [in_words(line) for line in named_lines(claim, event)]
    days = claim.rule_profile.dispute_filing_calendar_days
    return {"outcome": outcome, "lines": lines, "days": days} | ruling(event)


def lost(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    """What a claim has lost to a competing one, and with what it goes on."""
    return {
        "lines": [in_words(line) for line in named_lines(claim, event)],
        "remaining": [in_words(line) for line in included_lines(claim)],
    } | ruling(event)


def displaced(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    """T21: what has ended, by what ruling, what remains, and until when it can be disputed."""
    can_dispute = claim.deadline_kind == DeadlineKind.DISPUTE_FILING
    return {
        "lines": [in_words(line) for line in named_lines(claim, event)],
        "remaining": [in_words(line) for line in approved_lines(claim)],
        "due_at": claim.due_at if can_dispute else None,
    } | ruling(event)


def stays(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    """The lines that stay; ``ruled_on``: an earlier ruling still says what becomes of them."""
    return {
        "lines": [in_words(line) for line in named_lines(claim, event)],
        "ruled_on": event.details.get("ruled_on", False),
    }


def split(claim: Claim, event: ClaimEvent) -> dict[str, Any]:
    """5.6: the lines that go on as a claim of their own, and its number."""
    linked = Claim.objects.get(pk=event.details["claim"])
    return {
        "new_number": linked.number,
        "new_page": claim_page(linked),
        "moved": [in_words(line) for line in included_lines(linked)],
    }
