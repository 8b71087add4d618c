"""Whole stretches of a claim's life, through the services, for tests that start in the middle.

What lies behind a claim already is left alone: each brings it on from wherever it stands.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import time_machine

from claims import actors
from claims.checks import check_submission
from claims.models import Claim
from claims.services.disputes import dispute_claim
from claims.services.drafting import ClaimChanges, edit_claim
from claims.services.endings import end_association
from claims.services.lines import included_lines
from claims.services.submission import submit_claim
from claims.states import DeficiencyCode, RejectionReason, Status
from consent.models import ConsentRecipient
from consent.services.windows import finalise_consent_windows
from consent.tokens import token_for
from cpor_site.common import clock, outbox
from cpor_site.common.models import OutboxMessage, User
from reviews.services import decisions
from reviews.services.decisions import FindingEntry
from tests import factories


def fresh(claim: Claim) -> Claim:
    """Fetch the claim anew; a claim is never refreshed in place."""
    return Claim.objects.get(pk=claim.pk)


def warnings(claim: Claim) -> dict[str, str]:
    """Return a confirmation of everything that the claim warns of."""
    return {
        problem.key: "Known."
        for problem in check_submission(claim, claim.created_by, clock.now())
        if not problem.blocks
    }


class _Whatever(dict[str, str]):
    """A confirmation of every warning, which spares asking first what a claim warns of."""

    def __missing__(self, key: str) -> str:
        return "Known."

    def __contains__(self, key: object) -> bool:
        return True

    def __bool__(self) -> bool:
        return True


def edit(claim: Claim, changes: ClaimChanges) -> Claim:
    """Edit a claim as its partner, confirming what the edit warns of."""
    return edit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=fresh(claim).version,
        changes=changes,
        confirmed=_Whatever(),
    )


def submit(claim: Claim, **changes: Any) -> Claim:
    """Submit a claim of ``factories.make_claim``, confirming what it warns of."""
    given: dict[str, Any] = {"acknowledged": True, "confirmed": _Whatever()} | changes
    return submit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=claim.version,
        **given,
    )


def under_review(claim: Claim | None = None, *, reviewer: User | None = None) -> Claim:
    claim = claim or factories.make_claim()
    if claim.status == Status.UNDER_REVIEW:
        assert reviewer in (None, claim.assigned_reviewer)
        return claim
    if claim.status == Status.EDITING:
        claim = submit(claim)
    reviewer = reviewer or factories.make_reviewer()
    return decisions.take_up_claim(claim_id=claim.pk, actor=actors.reviewer(reviewer))


def asked(claim: Claim | None = None, *, reviewer: User | None = None) -> Claim:
    """Bring a claim to Partner action required with one finding on its first line."""
    claim = under_review(claim, reviewer=reviewer)
    assert claim.assigned_reviewer is not None
    return decisions.request_action(
        claim_id=claim.pk,
        actor=actors.reviewer(claim.assigned_reviewer),
        findings=[FindingEntry(DeficiencyCode.DATE, [included_lines(claim)[0].pk], "No date.")],
        comment="Please add the date of the signature.",
    )


def approved(claim: Claim | None = None, *, reviewer: User | None = None) -> Claim:
    """Approve a claim; the letters to the customer are written and have not left yet."""
    claim = under_review(claim, reviewer=reviewer)
    assert claim.assigned_reviewer is not None
    return decisions.approve_claim(
        claim_id=claim.pk, actor=actors.reviewer(claim.assigned_reviewer)
    )


def in_window(claim: Claim | None = None) -> Claim:
    """Approve a claim and let the letters leave, which opens the consent window."""
    if claim is None or claim.status != Status.APPROVED:
        claim = approved(claim)
    outbox.send_due()
    return fresh(claim)


def token_of(claim: Claim, role: str = ConsentRecipient.Role.BUSINESS) -> str:
    """Return the token in the letter to one of the customer's people."""
    recipient = ConsentRecipient.objects.get(request__claim=claim, role=role)
    return token_for(recipient.nonce)


def letters(claim: Claim, kind: str = "") -> list[OutboxMessage]:
    rows = OutboxMessage.objects.filter(claim_number=claim.number).order_by("pk")
    return list(rows.filter(kind=kind) if kind else rows)


def past(claim: Claim, **extra: float) -> time_machine.travel:
    """Travel to a moment after the claim's deadline at which the sweeps act on it."""
    moment = claim.due_at or claim.consent_closes_at
    assert moment is not None
    return time_machine.travel(moment + timedelta(minutes=6) + timedelta(**extra), tick=False)


def rejected(
    claim: Claim | None = None,
    *,
    reviewer: User | None = None,
    reasons: tuple[str, ...] = (RejectionReason.POE,),
) -> Claim:
    """Reject a claim, which starts the time to dispute."""
    claim = under_review(claim, reviewer=reviewer)
    assert claim.assigned_reviewer is not None
    return decisions.reject_claim(
        claim_id=claim.pk,
        actor=actors.reviewer(claim.assigned_reviewer),
        reasons=reasons,
        text="The proof names no product.",
    )


def disputed(
    claim: Claim | None = None,
    *,
    reviewer: User | None = None,
    justification: str = "Page 3 names both products.",
) -> Claim:
    """Dispute a rejection."""
    if claim is None or claim.status != Status.REJECTED:
        claim = rejected(claim, reviewer=reviewer)
    return dispute_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        justification=justification,
    )


def active(claim: Claim | None = None) -> Claim:
    """Let the consent window of a claim pass unanswered."""
    if claim is None or claim.consent_closes_at is None:
        claim = in_window(claim)
    with past(claim):
        finalise_consent_windows()
    return fresh(claim)


def ended(claim: Claim | None = None, *, reason: str = "The project has ended.") -> Claim:
    """End an active association at the partner's wish."""
    claim = active(claim)
    return end_association(claim_id=claim.pk, actor=actors.partner(claim.created_by), reason=reason)
