"""What reviews does when a claim moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from claims.actors import Actor
from claims.models import Claim, ClaimEvent
from claims.signals import Moved, claim_moved, claims_moved
from claims.states import Status

from .services import administrative, cases, leases, leaving, outcomes

CONCERN_CASES = frozenset(
    {
        "claim_approved",
        "claim_migrated",
        "consent_renewed",
        "association_displaced",
        "line_displaced",
        "claim_submitted",
        "claim_resubmitted",
        "claim_edited",
        "claim_recalled",
        "claim_rejected",
        "claim_withdrawn",
        "claim_disputed",
        "association_ended",
        "association_closed_by_operator",
        "claim_closed_by_operator",
        "association_expired",
        "line_expired",
        "consent_declined",
        "line_refused",
        "consent_withdrawn",
        "line_withdrawn",
    }
)
DISPLACED = frozenset({"association_displaced", "line_displaced"})
NEW_PROOF = frozenset(
    {"document_attached", "document_described", "document_withdrawn", "proof_request_answered"}
)
"""What an arbiter has to read before ruling."""


@receiver(claim_moved, dispatch_uid="reviews.follow_cases")
def follow_cases(*, claim: Claim, event: ClaimEvent, actor: Actor, **kwargs: Any) -> None:
    """Keep the cases of competing claims in step with the claim."""
    if event.kind in DISPLACED:
        outcomes.note_displaced(claim, event)
    if event.kind == "claim_edited" and claim.status == Status.EDITING:
        return  # A draft is in no case: it left with the recall, if it was in one.
    if event.kind in CONCERN_CASES:
        cases.follow(claim, event.at, actor)
    elif event.kind in NEW_PROOF:
        cases.note_new_proof(claim)


@receiver(claim_moved, dispatch_uid="reviews.follow_leases")
def follow_leases(*, claim: Claim, event: ClaimEvent, actor: Actor, **kwargs: Any) -> None:
    """Refuse an act on a case that somebody else has open, and end leases of cases that moved on.

    Only news of an act that went through the door says from where to where the claim moved.
    """
    if event.from_status:
        leases.follow(claim, actor, event.at)


@receiver(claim_moved, dispatch_uid="reviews.lapse_ends")
def lapse_ends(*, claim: Claim, event: ClaimEvent, **kwargs: Any) -> None:
    """Settle a proposal to close the claim that something else has closed."""
    if event.from_status:
        administrative.lapse_ends([claim], event.at)


@receiver(claims_moved, dispatch_uid="reviews.lapse_ends")
def lapse_many_ends(*, moves: Sequence[Moved], **kwargs: Any) -> None:
    """Do the same for many claims; one query where none waits."""
    closed = [move.claim for move in moves if move.event.from_status]
    if closed:
        administrative.lapse_ends(closed, moves[0].event.at)


@receiver(claims_moved, dispatch_uid="reviews.follow_cases")
def follow_many_cases(*, moves: Sequence[Moved], **kwargs: Any) -> None:
    """Do the same for many claims, most of which are in no case and can't open one."""
    concerned = [move for move in moves if move.event.kind in CONCERN_CASES]
    parties = cases.parties_of([move.claim for move in concerned])
    out = [
        claim
        for claim, _event in concerned
        if claim.pk in parties and not (claim.is_undecided or claim.holds_lines)
    ]
    parties -= leaving.leave_together(out, moves[0].event.at)
    # One customer after the other: each is locked until the batch is done.
    for claim, event in sorted(concerned, key=lambda move: move.claim.tenant_id or 0):
        if claim.is_undecided or claim.pk in parties:
            cases.follow(claim, event.at)


@receiver(claims_moved, dispatch_uid="reviews.follow_leases")
def follow_many_leases(*, moves: Sequence[Moved], actor: Actor, **kwargs: Any) -> None:
    """Do the same for many claims; the news of the set-based path is always of the system."""
    held = leases.held_among([move.claim for move in moves])
    for claim, event in moves:
        if event.from_status and claim.pk in held:
            leases.follow(claim, actor, event.at)
