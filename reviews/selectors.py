"""What pages read of one case beside its ``case_file``; the queues are in ``queues``."""

from __future__ import annotations

from claims.models import Claim, Dispute


def dispute_of(claim: Claim) -> Dispute | None:
    """Return the claim's dispute, open or settled; no query for a claim without one."""
    if claim.disputed_at is None:
        return None
    disputes = Dispute.objects.filter(claim=claim).select_related("opened_by", "decided_by")
    return disputes.order_by("-number").first()
