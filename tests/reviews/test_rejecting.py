"""Rejecting, through the service."""

from __future__ import annotations

from typing import Any

import pytest

from claims import deadlines
from claims.models import Claim, ClaimLine, ExclusivityHold, ReviewDecision
from claims.states import REVIEWER_REASONS, DeadlineKind, LineStatus, RejectionReason, Status
from cpor_site.common.problems import Refused
from reviews.models import InternalNote
from tests import acts, factories
from tests.shared import shared

from .deciding import reject, row

pytestmark = pytest.mark.django_db


@shared
def claim() -> Claim:
    return acts.under_review()


class TestReject:
    def test_rejects_the_lines_and_starts_the_time_to_dispute(self) -> None:
        claim = acts.under_review(factories.make_claim(products=("exchange_online", "teams")))
        chosen = [RejectionReason.POE, RejectionReason.PROD, RejectionReason.POE]

        rejected = reject(claim, reasons=chosen, text=" No work shown. ", internal_note="Sad.")

        saved = acts.fresh(rejected)
        limit = deadlines.dispute_filing(saved, saved.decided_at, ["R-POE"])  # type: ignore[arg-type]
        assert limit is not None
        assert (saved.status, saved.rejection_reasons, saved.deadline_kind, saved.due_at) == (
            Status.REJECTED,
            ["R-POE", "R-PROD"],
            DeadlineKind.DISPUTE_FILING,
            limit[1].due_at,
        )
        assert set(ClaimLine.objects.filter(claim=claim).values_list("line_status", flat=True)) == {
            LineStatus.REJECTED
        }
        decision = ReviewDecision.objects.get(claim=claim)
        assert (decision.outcome, decision.reason_codes, decision.text) == (
            "rejected",
            ["R-POE", "R-PROD"],
            "No work shown.",
        )
        assert InternalNote.objects.get(claim=claim).body == "Sad."
        assert not ExclusivityHold.objects.exists()

    @pytest.mark.parametrize("reason", REVIEWER_REASONS)
    def test_every_reason_of_a_reviewer_can_be_disputed(
        self, reason: RejectionReason, claim: Claim
    ) -> None:
        assert reject(claim, reasons=[reason]).due_at is not None

    @pytest.mark.parametrize(
        ("changes", "codes"),
        [
            ({"reasons": []}, ("REV-30",)),
            ({"reasons": ["R-NONSENSE"]}, ("REV-30",)),
            ({"text": " "}, ("REV-31",)),
            ({"reasons": [], "text": ""}, ("REV-30", "REV-31")),
            *(
                ({"reasons": [RejectionReason.POE, reason]}, ("REV-30",))
                for reason in RejectionReason
                if reason not in REVIEWER_REASONS
            ),
        ],
    )
    def test_refusals_leave_everything_as_it_was(
        self, changes: dict[str, Any], codes: tuple[str, ...], claim: Claim
    ) -> None:
        before = row(claim)

        with pytest.raises(Refused) as refusal:
            reject(claim, **changes)

        assert refusal.value.codes == codes
        assert row(claim) == before
        assert not ReviewDecision.objects.exists()
