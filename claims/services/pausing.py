"""The reviewers' clock stands still while competing claims are compared (5.8)."""

from __future__ import annotations

from datetime import datetime

from cpor_site.common.operator_calendar import operator_calendar

from .. import door
from ..actors import Actor
from ..models import Claim
from ..states import Status

PAUSABLE = (Status.UNDER_REVIEW, Status.DISPUTED)
LEAST = 1
"""Business days that a claim has left at least when its clock goes on."""


def pause(claim: Claim, *, actor: Actor, now: datetime) -> bool:
    """Stop the locked claim's clock and keep the business days that were left; one save.

    Returns whether anything changed: a clock that stands already stays as it is. Raises
    ``ValueError`` for a claim that isn't with the reviewers.
    """
    if claim.status not in PAUSABLE:
        raise ValueError(f"Claim {claim} is not with the reviewers.")
    if claim.paused_at is not None:
        return False
    left = operator_calendar().business_days_left(now, claim.due_at) if claim.due_at else 0
    claim.paused_at, claim.business_days_left, claim.due_at = now, left, None
    door.save(claim, actor=actor, now=now, reason="clock_paused", is_touched=False)
    return True


def resume(claim: Claim, *, actor: Actor, now: datetime) -> bool:
    """Let the locked claim's clock run on from ``now`` with the days it had left, at least one.

    Returns whether it stood.
    """
    if claim.paused_at is None:
        return False
    days = max(LEAST, claim.business_days_left or 0)
    claim.due_at = operator_calendar().business_deadline(now, days).due_at
    claim.paused_at = claim.business_days_left = None
    door.save(claim, actor=actor, now=now, reason="clock_resumed", is_touched=False)
    return True


def take_over(claim: Claim, origin: Claim) -> None:
    """Let the clock of a locked, unsaved claim stand as that of ``origin`` does."""
    claim.deadline_kind, claim.due_at = origin.deadline_kind, None
    claim.paused_at, claim.business_days_left = origin.paused_at, origin.business_days_left
