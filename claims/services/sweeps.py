"""What happens to claims when the partner is silent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef

from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun

from .. import actors, deadlines, door
from ..models import Claim, ClockHold, Dispute
from ..models.querysets import ClaimQuerySet
from ..refusals import MovedOn
from ..states import Act, LineStatus, RejectionReason, Status
from .dispute_record import settle_dispute
from .submission import close_lines, settle_findings


def not_on_hold(claims: ClaimQuerySet) -> ClaimQuerySet:
    """Leave out the claims that a lead reviewer keeps from the sweeps for the time being."""
    return claims.exclude(Exists(ClockHold.objects.filter(claim=OuterRef("pk"), lifted_at=None)))


def is_on_hold(claim: Claim) -> bool:
    """Whether the sweeps must leave the locked claim alone; holds are placed under its lock."""
    return ClockHold.objects.filter(claim=claim, lifted_at=None).exists()


def unanswered(now: datetime) -> Iterator[int]:
    """Yield the primary keys of claims whose partner has not answered in time (T7)."""
    return keyset(
        not_on_hold(
            Claim.objects.filter(
                status=Status.PARTNER_ACTION_REQUIRED, due_at__lte=now - deadlines.ARRIVAL_GRACE
            )
        )
    )


def reject_stale_claims(*, dry_run: bool = False) -> JobRun:
    """T7: reject every claim whose partner stayed silent; safe when late, doubled or killed."""
    now = clock.now()
    return run_sweep(
        "reject_stale_claims", unanswered(now), reject_unanswered, dry_run=dry_run, now=now
    )


def reject_unanswered(claim_id: int) -> Outcome:
    """T7 for one claim: lock, ask again, reject as ``R-NORESP``, start the time to dispute."""
    try:
        with door.passage(
            claim_id=claim_id, act=Act.REJECT_UNANSWERED, actor=actors.SYSTEM
        ) as passage:
            claim, now = passage.claim, passage.now
            if claim.due_at is None or claim.due_at > now - deadlines.ARRIVAL_GRACE:
                raise MovedOn(door.status_label(claim))
            if is_on_hold(claim):
                raise MovedOn(door.status_label(claim))
            reasons = [str(RejectionReason.NO_RESPONSE)]
            close_lines(claim, actor=actors.SYSTEM, to=LineStatus.REJECTED, note="")
            settle_findings(claim, now)
            settle_dispute(claim, Dispute.Outcome.UNANSWERED, by=None, now=now)
            passage.go(
                event="claim_rejected",
                deadline=deadlines.dispute_filing(claim, now, reasons),
                reason="no_partner_response",
                details={"reasons": reasons},
            )
    except MovedOn:
        return Outcome.SKIPPED
    return Outcome.ACTED
