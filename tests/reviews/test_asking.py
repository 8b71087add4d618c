"""Asking the partner, through the service."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from claims import deadlines
from claims.models import Claim, ClaimEvent, ClaimLine, Comment, ReviewDecision, ReviewFinding
from claims.refusals import MovedOn
from claims.states import DeficiencyCode, Side, Status
from cpor_site.common.problems import Refused
from reviews.models import InternalNote
from reviews.services.decisions import FindingEntry, approve_claim, take_up_claim
from tests import acts, factories
from tests.shared import shared

from .deciding import act_as, answered, ask, row

pytestmark = pytest.mark.django_db


@shared
def claim() -> Claim:
    products = ("exchange_online", "teams", "sharepoint_online")
    return acts.under_review(factories.make_claim(products=products))


class TestAsk:
    def test_writes_findings_comment_decision_and_starts_the_partners_clock(
        self, claim: Claim
    ) -> None:
        first, second, _third = ClaimLine.objects.filter(claim=claim).order_by("pk")

        asked = ask(
            claim,
            findings=[
                FindingEntry(DeficiencyCode.PROD, [first.pk, second.pk], " Not named. "),
                FindingEntry(DeficiencyCode.ACK),
                FindingEntry(DeficiencyCode.PROD, [second.pk]),
            ],
            comment="  Please name the products.  ",
            internal_note="Third time with this partner.",
        )

        saved = acts.fresh(asked)
        kind, limit = deadlines.partner_response(saved.rule_profile, saved.action_requested_at)  # type: ignore[arg-type]
        assert (saved.status, saved.deadline_kind, saved.due_at) == (
            Status.PARTNER_ACTION_REQUIRED,
            kind,
            limit.due_at,
        )
        findings = ReviewFinding.objects.filter(claim=claim).order_by("pk")
        assert [
            (each.code, each.round, each.explanation, [line.pk for line in each.lines.all()])
            for each in findings
        ] == [
            ("D-PROD", 1, "Not named.", [first.pk, second.pk]),
            ("D-ACK", 1, "", []),
            ("D-PROD", 1, "", [second.pk]),
        ]
        comment = Comment.objects.get(claim=claim)
        assert (comment.body, comment.side, comment.requires_response) == (
            "Please name the products.",
            Side.REVIEWER,
            True,
        )
        decision = ReviewDecision.objects.get(claim=claim)
        assert (decision.outcome, decision.round, decision.reason_codes, decision.text) == (
            "action_requested",
            1,
            ["D-PROD", "D-ACK"],
            "Please name the products.",
        )
        assert InternalNote.objects.get(claim=claim).body == "Third time with this partner."
        event = ClaimEvent.objects.get(claim=claim, kind="action_requested")
        assert event.details == {"codes": ["D-PROD", "D-ACK"]}

    @pytest.mark.parametrize(
        ("changes", "codes"),
        [
            ({"findings": []}, ("REV-10",)),
            ({"comment": "  "}, ("REV-11",)),
            ({"findings": [], "comment": ""}, ("REV-10", "REV-11")),
            ({"findings": [FindingEntry(DeficiencyCode.OTHER, (), " ")]}, ("REV-12",)),
            ({"findings": [FindingEntry("D-NONSENSE")]}, ("REV-13",)),
            ({"comment": "x" * 5001}, ("COM-01",)),
        ],
    )
    def test_refusals_leave_everything_as_it_was(
        self, changes: dict[str, Any], codes: tuple[str, ...], claim: Claim
    ) -> None:
        before = row(claim)

        with pytest.raises(Refused) as refusal:
            ask(claim, **changes)

        assert refusal.value.codes == codes
        assert row(claim) == before
        assert not ReviewFinding.objects.exists()
        assert not Comment.objects.exists()

    def test_lines_of_another_claim_are_refused(self, claim: Claim) -> None:
        other = factories.make_claim()
        foreign = ClaimLine.objects.get(claim=other)

        with pytest.raises(Refused) as refusal:
            ask(claim, findings=[FindingEntry(DeficiencyCode.PROD, [foreign.pk])])

        assert refusal.value.codes == ("REV-13",)

    def test_one_decision_a_round_and_the_next_round_gets_its_own(self, claim: Claim) -> None:
        claim = acts.asked(claim)
        with pytest.raises(MovedOn):
            ask(claim)

        again = take_up_claim(claim_id=answered(claim).pk, actor=act_as(claim))
        approve_claim(claim_id=again.pk, actor=act_as(claim))

        assert list(ReviewDecision.objects.filter(claim=claim).values_list("round", "outcome")) == [
            (1, "action_requested"),
            (2, "approved"),
        ]
        with pytest.raises(IntegrityError), transaction.atomic():
            ReviewDecision.objects.create(
                claim=claim,
                round=2,
                reviewer=claim.assigned_reviewer,
                outcome="rejected",
                reason_codes=["R-POE"],
                decided_at=claim.changed_at,
            )
