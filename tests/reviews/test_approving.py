"""Approving, through the service."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from claims.models import (
    Association,
    Claim,
    ClaimLine,
    ExclusivityHold,
    PoEDocument,
    ReviewDecision,
    ReviewFinding,
    Subscription,
)
from claims.refusals import KeyTaken
from claims.states import AssociationState, DeficiencyCode, LineStatus, Status
from cpor_site.common.problems import Refused
from reviews.models import InternalNote
from reviews.services.decisions import approve_claim
from tests import acts, factories
from tests.shared import shared

from .deciding import act_as, row

pytestmark = pytest.mark.django_db


@shared
def claim() -> Claim:
    return acts.under_review()


class TestApprove:
    def test_makes_provisional_associations_and_takes_the_keys(self) -> None:
        claim = acts.under_review(factories.make_claim(products=("exchange_online", "teams")))

        approved = approve_claim(
            claim_id=claim.pk, actor=act_as(claim), text=" Well done. ", internal_note=" Checked. "
        )

        saved = acts.fresh(approved)
        assert (saved.status, saved.association_state, saved.due_at, saved.deadline_kind) == (
            Status.APPROVED,
            AssociationState.PROVISIONAL,
            None,
            "",
        )
        lines = list(ClaimLine.objects.filter(claim=claim).order_by("pk"))
        assert [line.line_status for line in lines] == [LineStatus.APPROVED] * 2
        tenant = claim.tenant
        assert tenant is not None
        assert list(
            Association.objects.filter(claim=claim)
            .order_by("pk")
            .values_list("line", "state", "location", "hold__key", "hold__organization")
        ) == [
            (
                line.pk,
                AssociationState.PROVISIONAL,
                claim.location_id,
                f"workload:{tenant.tenant_id}:{code}",
                claim.organization_id,
            )
            for line, code in zip(lines, ["exchange_online", "teams"], strict=True)
        ]
        assert ExclusivityHold.objects.filter(released_at=None).count() == 2
        decision = ReviewDecision.objects.get(claim=claim)
        assert (decision.outcome, decision.reason_codes, decision.text) == (
            "approved",
            [],
            "Well done.",
        )
        assert InternalNote.objects.get(claim=claim).body == "Checked."
        assert saved.consent_requests.count() == 1

    def test_fills_in_the_subscription_of_the_only_candidate(self) -> None:
        tenant = factories.make_tenant()
        subscription = factories.make_subscription(tenant)
        claim = acts.under_review(
            factories.make_claim(
                tenant=tenant,
                area_code=factories.BIZAPPS,
                products=("d365_sales",),
                subscriptions=(None,),
            )
        )

        approve_claim(claim_id=claim.pk, actor=act_as(claim))

        assert ClaimLine.objects.get(claim=claim).subscription == subscription
        assert ExclusivityHold.objects.get().key == f"subscription:{subscription.subscription_id}"

    def test_settles_what_was_found_missing(self) -> None:
        reviewer = factories.make_reviewer()
        claim = acts.under_review(reviewer=reviewer)
        finding = ReviewFinding.objects.create(
            claim=claim,
            round=1,
            code=DeficiencyCode.DATE,
            found_by=reviewer,
            created_at=claim.changed_at,
        )

        approve_claim(claim_id=claim.pk, actor=act_as(claim))

        assert ReviewFinding.objects.get(pk=finding.pk).resolved_at is not None

    def test_without_a_line_in_the_running(self, claim: Claim) -> None:
        ClaimLine.objects.filter(claim=claim).update(line_status=LineStatus.REMOVED_BY_PARTNER)

        self.assert_refused(claim, "REV-20")

    def test_while_a_case_of_competing_claims_is_open(self, claim: Claim) -> None:
        acts.submit(factories.make_claim(tenant=claim.tenant))

        self.assert_refused(claim, "REV-21")

    @pytest.mark.parametrize(
        "change",
        [
            {"withdrawn_at": True},
            {"scan_state": PoEDocument.ScanState.INFECTED},
            {"scan_state": PoEDocument.ScanState.PENDING},
            {"scan_state": PoEDocument.ScanState.FAILED},
        ],
    )
    def test_without_proof_that_counts(self, change: dict[str, Any], claim: Claim) -> None:
        if "withdrawn_at" in change:
            change = {"withdrawn_at": claim.changed_at}
        PoEDocument.objects.filter(claim=claim).update(**change)

        self.assert_refused(claim, "REV-22")

    def test_one_unchecked_document_among_several_is_enough(self, claim: Claim) -> None:
        factories.make_document(claim, scan_state=PoEDocument.ScanState.PENDING)

        self.assert_refused(claim, "REV-22")

    def test_an_infected_document_beside_a_clean_one_does_not_count(self, claim: Claim) -> None:
        factories.make_document(claim, scan_state=PoEDocument.ScanState.INFECTED)

        approve_claim(claim_id=claim.pk, actor=act_as(claim))

        assert acts.fresh(claim).status == Status.APPROVED

    def test_with_a_subscription_that_has_expired_meanwhile(self) -> None:
        claim = acts.under_review(
            factories.make_claim(area_code=factories.BIZAPPS, products=("d365_sales",))
        )
        Subscription.objects.update(state=Subscription.State.EXPIRED)

        self.assert_refused(claim, "SUB-10")

    def test_with_a_line_that_the_partner_holds_already(self) -> None:
        first = acts.approved()
        claim = acts.under_review(
            factories.make_claim(
                user=first.created_by,
                location=first.location,
                tenant=first.tenant,
                products=("teams",),
            )
        )
        ClaimLine.objects.create(
            claim=claim,
            product=factories.product("exchange_online"),
            activity=factories.activity(),
        )

        self.assert_refused(claim, "SUB-13")

    def test_when_another_partner_holds_the_key(self, claim: Claim) -> None:
        tenant = claim.tenant
        assert tenant is not None
        ExclusivityHold.objects.create(
            key=f"workload:{tenant.tenant_id}:exchange_online",
            organization=factories.make_organization(),
            taken_at=claim.changed_at,
        )

        with pytest.raises(KeyTaken):
            approve_claim(claim_id=claim.pk, actor=act_as(claim))

        self.assert_refused(claim, "REV-03")

    def test_takes_a_key_that_another_partner_has_released(self, claim: Claim) -> None:
        tenant = claim.tenant
        assert tenant is not None
        ExclusivityHold.objects.create(
            key=f"workload:{tenant.tenant_id}:exchange_online",
            organization=factories.make_organization(),
            taken_at=claim.changed_at - timedelta(days=9),
            released_at=claim.changed_at - timedelta(days=1),
        )

        approve_claim(claim_id=claim.pk, actor=act_as(claim))

        assert ExclusivityHold.objects.get(released_at=None).organization == claim.organization

    @staticmethod
    def assert_refused(claim: Claim, code: str) -> None:
        before = row(claim)
        associations = Association.objects.count()
        with pytest.raises(Refused) as refusal:
            approve_claim(claim_id=claim.pk, actor=act_as(claim))
        assert refusal.value.codes == (code,)
        assert row(claim) == before
        assert Association.objects.count() == associations
        assert not ReviewDecision.objects.filter(claim=claim).exists()
        assert not claim.consent_requests.exists()
