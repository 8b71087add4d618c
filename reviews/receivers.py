"""What reviews does when a claim moves."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from claims.actors import Actor
from claims.models import Claim, ClaimEvent
from claims.signals import claim_moved

from .services import cases, leases

CONCERN_CASES = frozenset(
    {
        "claim_submitted",
        "claim_resubmitted",
        "claim_edited",
        "claim_recalled",
        "claim_rejected",
        "claim_withdrawn",
        "claim_disputed",
        "association_ended",
        "consent_declined",
        "line_refused",
        "consent_withdrawn",
        "line_withdrawn",
    }
)


@receiver(claim_moved, dispatch_uid="reviews.follow_cases")
def follow_cases(*, claim: Claim, event: ClaimEvent, **kwargs: Any) -> None:
    """Keep the cases of competing claims in step with the claim."""
    if event.kind in CONCERN_CASES:
        cases.follow(claim, event.at)


@receiver(claim_moved, dispatch_uid="reviews.follow_leases")
def follow_leases(*, claim: Claim, event: ClaimEvent, actor: Actor, **kwargs: Any) -> None:
    """Refuse an act on a case that somebody else has open, and end leases of cases that moved on.

    Only news of an act that went through the door says from where to where the claim moved.
    """
    if event.from_status:
        leases.follow(claim, actor, event.at)
