"""What the tests of decisions share."""

from __future__ import annotations

from typing import Any

from claims import actors
from claims.models import Claim
from claims.services.submission import resubmit_claim
from claims.states import DeficiencyCode, RejectionReason
from reviews.services.decisions import FindingEntry, reject_claim, request_action
from tests import acts

ONE_FINDING = [FindingEntry(DeficiencyCode.ACK, (), "Nobody signed.")]


def act_as(claim: Claim) -> actors.Actor:
    """The actor who holds the claim."""
    assert claim.assigned_reviewer is not None
    return actors.reviewer(claim.assigned_reviewer)


def row(claim: Claim) -> dict[str, Any]:
    """Everything of the claim's row, to show that nothing has changed."""
    return dict(Claim.objects.filter(pk=claim.pk).values().get())


def ask(claim: Claim, **changes: Any) -> Claim:
    given: dict[str, Any] = {"findings": ONE_FINDING, "comment": "Please let them sign."}
    return request_action(claim_id=claim.pk, actor=act_as(claim), **(given | changes))


def reject(claim: Claim, **changes: Any) -> Claim:
    given: dict[str, Any] = {"reasons": [RejectionReason.POE], "text": "The proof shows no work."}
    return reject_claim(claim_id=claim.pk, actor=act_as(claim), **(given | changes))


def answered(claim: Claim) -> Claim:
    """Let the partner answer what was asked."""
    return resubmit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=acts.fresh(claim).version,
        reply="The customer has signed now.",
        confirmed=acts.fresh(claim).confirmed_warnings,
    )
