"""What becomes of a dispute, noted by whichever act settles it (section 6)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..models import Claim, Dispute

if TYPE_CHECKING:
    from cpor_site.common.models import User


def open_dispute(claim: Claim) -> Dispute | None:
    """Return the claim's dispute that still waits for an outcome."""
    return Dispute.objects.filter(claim=claim, outcome="").first()


def settle_dispute(
    claim: Claim, outcome: Dispute.Outcome, *, by: User | None, now: datetime
) -> None:
    """Record what became of the locked claim's open dispute, if it has one."""
    dispute = open_dispute(claim)
    if dispute is None:
        return
    dispute.outcome = outcome
    dispute.decided_by = by
    dispute.decided_at = now
    save_dispute(dispute, by)


def note_question(dispute: Dispute, *, by: User, now: datetime) -> None:
    """T17: record that the partner was asked, which a dispute allows once."""
    dispute.asked_at = now
    save_dispute(dispute, by)


def save_dispute(dispute: Dispute, user: User | None) -> None:
    """Save the dispute with its history's author."""
    dispute._history_user = user  # type: ignore[attr-defined]
    dispute.save()
