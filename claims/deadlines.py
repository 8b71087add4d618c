"""Which clock runs on a claim, and until when (section 2.3).

Pure but for reading the operator's calendar: the profile gives the number of days, the calendar the
date. Every function returns what ``door.Passage.go`` takes as ``deadline``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from cpor_site.common.business_calendar import Deadline
from cpor_site.common.operator_calendar import operator_calendar

from .models import Claim, RuleProfile
from .states import NOT_DISPUTABLE, DeadlineKind, RejectionReason, Status

Limit = tuple[DeadlineKind, Deadline]

DISPUTE_DAYS = 30
COMMENT_DAYS = 30
"""How long comments can be written after a claim has reached a final state (Q29)."""

NEWER_PROOF_DAYS = 5
ARRIVAL_GRACE = timedelta(minutes=5)
"""How long after a deadline the sweeps wait before they act on it.

An answer that arrived before the deadline counts even if it is still being processed when the
deadline passes. No web request lives as long as this, so none is overtaken by a sweep.
"""


def pickup(profile: RuleProfile, now: datetime) -> Limit:
    """T2, T6: until when a reviewer should take the claim up."""
    return DeadlineKind.PICKUP, operator_calendar().business_deadline(now, profile.pickup_days)


def review(profile: RuleProfile, now: datetime) -> Limit:
    """T3: until when the reviewer should decide."""
    return DeadlineKind.REVIEW, operator_calendar().business_deadline(now, profile.review_days)


def partner_response(
    profile: RuleProfile, now: datetime, *, not_after: datetime | None = None
) -> Limit:
    """T5: until when the partner has to answer; in a dispute not after its end (T17)."""
    limit = operator_calendar().business_deadline(now, profile.partner_response_days)
    if not_after is not None and not_after < limit.due_at:
        limit = replace(limit, due_at=not_after)
    return DeadlineKind.PARTNER_RESPONSE, limit


def consent(profile: RuleProfile, sent_at: datetime) -> Limit:
    """T8: until when the customer may refuse; counted from the first letter that left (D1)."""
    days = profile.consent_calendar_days
    return DeadlineKind.CONSENT, operator_calendar().calendar_deadline(sent_at, days)


def newer_proof(now: datetime) -> Deadline:
    """5.3: until when a partner of record may answer that newer proof is asked for."""
    return operator_calendar().business_deadline(now, NEWER_PROOF_DAYS)


def dispute_answer(profile: RuleProfile, now: datetime) -> Limit:
    """T15: until when the reviewers should answer a dispute."""
    days = profile.dispute_answer_days
    return DeadlineKind.DISPUTE_ANSWER, operator_calendar().business_deadline(now, days)


def dispute_end(now: datetime) -> datetime:
    """T15: until when a dispute may last at most, questions included (section 6)."""
    return operator_calendar().calendar_deadline(now, DISPUTE_DAYS).due_at


def renewal_end(claim: Claim) -> datetime | None:
    """Q8: until when the partner may ask that the customer who refused be asked once more."""
    if claim.decided_at is None:
        return None
    days = claim.rule_profile.dispute_filing_calendar_days
    return operator_calendar().calendar_deadline(claim.decided_at, days).due_at


def comments_end(claim: Claim, now: datetime) -> datetime | None:
    """Q29: until when partner and reviewers may write comments; None while the claim isn't closed.

    Comments stay open for 30 days after a final state. A rejection is final once nobody can dispute
    it any more and nobody waits for an answer about asking the customer again.
    """
    final = final_since(claim, now)
    if final is None:
        return None
    return operator_calendar().calendar_deadline(final, COMMENT_DAYS).due_at


def final_since(claim: Claim, now: datetime) -> datetime | None:
    """Return since when nothing can change the claim's outcome any more; None if something can."""
    if claim.status == Status.ENDED:
        return None if may_dispute(claim, now) else claim.ended_at
    if claim.status != Status.REJECTED or claim.decided_at is None or may_dispute(claim, now):
        return None
    reasons = claim.rejection_reasons
    if RejectionReason.CUSTOMER in reasons:
        renewal = getattr(claim, "consent_renewal", None)
        if renewal is None:
            last = renewal_end(claim)
            return last if last is not None and last < now else None
        return max(claim.decided_at, renewal.decided_at) if renewal.decided_at else None
    if claim.disputed_at is not None or any(each in NOT_DISPUTABLE for each in reasons):
        return claim.decided_at
    days = claim.rule_profile.dispute_filing_calendar_days
    return operator_calendar().calendar_deadline(claim.decided_at, days).due_at


def may_dispute(claim: Claim, at: datetime) -> bool:
    """Whether the time to dispute a rejection, or a displacement, runs then (T15, T19, T21)."""
    return (
        claim.status in (Status.REJECTED, Status.ENDED)
        and claim.deadline_kind == DeadlineKind.DISPUTE_FILING
        and claim.due_at is not None
        and at <= claim.due_at
    )


def dispute_filing(claim: Claim, now: datetime, reasons: list[str]) -> Limit | None:
    """T7, T9: until when the partner may dispute.

    None where there is nothing to dispute (4.4), and after a dispute, which is had once (D7).
    """
    if claim.disputed_at is not None:
        return None
    profile = claim.rule_profile
    if any(RejectionReason(reason) in NOT_DISPUTABLE for reason in reasons):
        return None
    days = profile.dispute_filing_calendar_days
    return DeadlineKind.DISPUTE_FILING, operator_calendar().calendar_deadline(now, days)
