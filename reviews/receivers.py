"""What reviews does when a claim moves."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from claims.models import Claim, ClaimEvent
from claims.signals import claim_moved

from .services import cases

CONCERN_CASES = frozenset(
    {
        "claim_submitted",
        "claim_resubmitted",
        "claim_edited",
        "claim_recalled",
        "claim_rejected",
        "claim_withdrawn",
        "consent_declined",
        "line_refused",
    }
)


@receiver(claim_moved, dispatch_uid="reviews.follow_cases")
def follow_cases(*, claim: Claim, event: ClaimEvent, **kwargs: Any) -> None:
    """Keep the cases of competing claims in step with the claim."""
    if event.kind in CONCERN_CASES:
        cases.follow(claim, event.at)
