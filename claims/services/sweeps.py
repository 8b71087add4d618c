"""What happens to claims when the partner is silent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef

from cpor_site.common import clock
from cpor_site.common.batches import run_batches
from cpor_site.common.jobs import Outcome, keyset
from cpor_site.common.key_lists import Among
from cpor_site.common.models import JobRun
from cpor_site.common.together import change_together

from .. import actors, deadlines, door, door_batch
from ..models import Claim, ClaimLine, ClockHold, Dispute, ReviewFinding
from ..models.querysets import ClaimQuerySet
from ..refusals import MovedOn
from ..states import Act, LineStatus, RejectionReason, Status
from .dispute_record import settle_dispute
from .submission import close_lines, settle_findings

REASONS = [str(RejectionReason.NO_RESPONSE)]


def not_on_hold(claims: ClaimQuerySet) -> ClaimQuerySet:
    """Leave out the claims that a lead reviewer keeps from the sweeps for the time being."""
    return claims.exclude(Exists(ClockHold.objects.filter(claim=OuterRef("pk"), lifted_at=None)))


def is_on_hold(claim: Claim) -> bool:
    """Whether the sweeps must leave the locked claim alone; holds are placed under its lock."""
    return ClockHold.objects.filter(claim=claim, lifted_at=None).exists()


def is_any_on_hold(claim_ids: Collection[int]) -> bool:
    """Whether the sweeps must leave one of these locked claims alone; asks nothing about none."""
    return bool(claim_ids) and (
        ClockHold.objects.filter(claim__in=list(claim_ids), lifted_at=None).exists()
    )


def not_held(claims: Sequence[Claim]) -> list[Claim]:
    """Return those of the locked claims that nobody keeps from the sweeps."""
    of_these = Among("claim", [claim.pk for claim in claims])
    held = set(ClockHold.objects.filter(of_these, lifted_at=None).values_list("claim", flat=True))
    return [claim for claim in claims if claim.pk not in held]


def unanswered(now: datetime) -> Iterator[int]:
    """Yield the primary keys of claims whose partner has not answered in time (T7)."""
    return keyset(stale(now))


def stale(now: datetime) -> ClaimQuerySet:
    """Return the claims whose partner has not answered in time, but for those on hold."""
    return not_on_hold(
        Claim.objects.filter(
            status=Status.PARTNER_ACTION_REQUIRED, due_at__lte=now - deadlines.ARRIVAL_GRACE
        )
    )


def reject_stale_claims(*, dry_run: bool = False) -> JobRun:
    """T7: reject every claim whose partner stayed silent; safe when late, doubled or killed."""
    now = clock.now()
    return run_batches(
        "reject_stale_claims",
        stale(now),
        reject_unanswered_together,
        reject_unanswered,
        dry_run=dry_run,
        now=now,
    )


def reject_unanswered_together(claim_ids: list[int]) -> set[int]:
    """T7 for many claims: what ``reject_unanswered`` does, by few statements; return who it hit."""
    with door_batch.passage(claim_ids=claim_ids, act=Act.REJECT_UNANSWERED) as batch:
        now = batch.now
        claims = not_held([claim for claim in batch.claims if _is_late(claim, now)])
        of_these = Among("claim", [claim.pk for claim in claims])
        lines = ClaimLine.objects.filter(of_these, line_status=LineStatus.INCLUDED)
        closed = {"line_status": LineStatus.REJECTED, "decision_note": "", "contested": False}
        change_together(lines, closed, now=now)
        findings = ReviewFinding.objects.filter(of_these, resolved_at=None)
        change_together(findings, {"resolved_at": now}, now=now)
        disputes = Dispute.objects.filter(of_these, outcome="")
        settled = {"outcome": Dispute.Outcome.UNANSWERED, "decided_by": None, "decided_at": now}
        change_together(disputes, settled, now=now)
        limits: dict[tuple[str, bool], deadlines.Limit | None] = {}

        def limit_of(claim: Claim) -> deadlines.Limit | None:
            alike = (claim.rule_profile_id, claim.disputed_at is None)
            if alike not in limits:
                limits[alike] = deadlines.dispute_filing(claim, now, REASONS)
            return limits[alike]

        batch.go(
            claims,
            event="claim_rejected",
            deadline=limit_of,
            reason="no_partner_response",
            details={"reasons": REASONS},
        )
    return {claim.pk for claim in claims}


def reject_unanswered(claim_id: int) -> Outcome:
    """T7 for one claim: lock, ask again, reject as ``R-NORESP``, start the time to dispute."""
    try:
        with door.passage(
            claim_id=claim_id, act=Act.REJECT_UNANSWERED, actor=actors.SYSTEM
        ) as passage:
            claim, now = passage.claim, passage.now
            if not _is_late(claim, now) or is_on_hold(claim):
                raise MovedOn(door.status_label(claim))
            close_lines(claim, actor=actors.SYSTEM, to=LineStatus.REJECTED, note="")
            settle_findings(claim, now)
            settle_dispute(claim, Dispute.Outcome.UNANSWERED, by=None, now=now)
            passage.go(
                event="claim_rejected",
                deadline=deadlines.dispute_filing(claim, now, REASONS),
                reason="no_partner_response",
                details={"reasons": REASONS},
            )
    except MovedOn:
        return Outcome.SKIPPED
    return Outcome.ACTED


def _is_late(claim: Claim, now: datetime) -> bool:
    return claim.due_at is not None and claim.due_at <= now - deadlines.ARRIVAL_GRACE
