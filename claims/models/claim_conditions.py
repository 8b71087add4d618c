"""When a claim may go a way of its life, and where an act leads that has several ends (1.4)."""

from __future__ import annotations

from typing import Any

from cpor_site.common import clock

from ..states import AssociationState, DeadlineKind, RejectionReason, Status


def in_consent_window(claim: Any) -> bool:
    """Whether the customer may still refuse the approval."""
    return bool(claim.association_state == AssociationState.PROVISIONAL)


def is_past_window(claim: Any) -> bool:
    """Whether the customer's window has passed, be it that the sweep is still to come."""
    if claim.association_state == AssociationState.PROVISIONAL:
        return claim.consent_closes_at is not None and claim.consent_closes_at < clock.now()
    return bool(claim.association_state == AssociationState.ACTIVE)


def is_open_to_disputes(claim: Any) -> bool:
    """Whether the claim was rejected, or ended with a time to dispute, as a displaced one does."""
    return bool(
        claim.status == Status.REJECTED or claim.deadline_kind == DeadlineKind.DISPUTE_FILING
    )


def was_split_off(claim: Any) -> bool:
    """Whether the draft was made by splitting lines off a claim with the reviewers."""
    return claim.split_from_id is not None


def was_declined(claim: Any) -> bool:
    """Whether the customer's refusal is why the claim was rejected."""
    return RejectionReason.CUSTOMER in claim.rejection_reasons


def after_operator(claim: Any, **arguments: Any) -> str:
    """Return where the operator's closing leads: approved claims end, undecided are rejected."""
    return Status.ENDED if claim.status == Status.APPROVED else Status.REJECTED


def after_answer(claim: Any, **arguments: Any) -> str:
    """Return where an answer leads: to the dispute it belongs to, or to the queue (T6, T17)."""
    return Status.DISPUTED if claim.disputed_at is not None else Status.SUBMITTED
