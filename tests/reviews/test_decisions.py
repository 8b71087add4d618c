"""Taking up, asking, approving and rejecting, through the services."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from claims import actors, deadlines
from claims.models import (
    Association,
    Claim,
    ClaimContact,
    ClaimEvent,
    ClaimLine,
    Comment,
    ExclusivityHold,
    PoEDocument,
    ReviewDecision,
    ReviewFinding,
    Subscription,
)
from claims.refusals import (
    AlreadyHeld,
    ChangedMeanwhile,
    ConflictOfInterest,
    KeyTaken,
    MovedOn,
    NotYours,
)
from claims.services.submission import resubmit_claim
from claims.states import (
    REVIEWER_REASONS,
    AssociationState,
    DeadlineKind,
    DeficiencyCode,
    LineStatus,
    RejectionReason,
    Side,
    Status,
)
from cpor_site.common.problems import Refused
from reviews.models import InternalNote
from reviews.services.decisions import (
    FindingEntry,
    approve_claim,
    reject_claim,
    request_action,
    take_up_claim,
)
from tests import acts, factories

pytestmark = pytest.mark.django_db

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


class TestTakeUp:
    def test_assigns_the_claim_and_starts_the_review_clock(self) -> None:
        reviewer = factories.make_reviewer()
        submitted = acts.submit(factories.make_claim())

        claim = take_up_claim(
            claim_id=submitted.pk, actor=actors.reviewer(reviewer), version=submitted.version
        )

        saved = acts.fresh(claim)
        kind, limit = deadlines.review(saved.rule_profile, saved.review_started_at)  # type: ignore[arg-type]
        assert (saved.status, saved.assigned_reviewer, saved.deadline_kind, saved.due_at) == (
            Status.UNDER_REVIEW,
            reviewer,
            kind,
            limit.due_at,
        )
        event = ClaimEvent.objects.get(claim=claim, kind="claim_taken_up")
        assert (event.side, event.actor, event.from_status, event.to_status) == (
            Side.REVIEWER,
            reviewer,
            Status.SUBMITTED,
            Status.UNDER_REVIEW,
        )
        assert event.nominal_due_at == submitted.due_at

    def test_second_reviewer_reads_that_the_claim_has_moved_on(self) -> None:
        claim = acts.under_review()
        before = row(claim)

        with pytest.raises(MovedOn) as refusal:
            take_up_claim(claim_id=claim.pk, actor=actors.reviewer(factories.make_reviewer()))

        assert refusal.value.codes == ("SUBM-03",)
        assert row(claim) == before

    def test_a_resubmitted_claim_waits_for_the_reviewer_who_asked(self) -> None:
        claim = answered(acts.asked())

        with pytest.raises(AlreadyHeld) as refusal:
            take_up_claim(claim_id=claim.pk, actor=actors.reviewer(factories.make_reviewer()))
        again = take_up_claim(claim_id=claim.pk, actor=act_as(claim))

        assert refusal.value.codes == ("REV-01",)
        assert (again.status, again.round) == (Status.UNDER_REVIEW, 2)

    def test_a_lead_may_take_over(self) -> None:
        claim = answered(acts.asked())
        lead = factories.make_reviewer(role="Lead reviewer")

        taken = take_up_claim(claim_id=claim.pk, actor=actors.reviewer(lead))

        assert taken.assigned_reviewer == lead

    def test_of_a_page_that_showed_an_older_claim_nothing_is_done(self) -> None:
        claim = acts.submit(factories.make_claim())

        with pytest.raises(ChangedMeanwhile) as refusal:
            take_up_claim(
                claim_id=claim.pk,
                actor=actors.reviewer(factories.make_reviewer()),
                version=claim.version - 1,
            )

        assert refusal.value.codes == ("SUBM-02",)
        assert acts.fresh(claim).status == Status.SUBMITTED

    @pytest.mark.parametrize("role", ["Ops", "Auditor"])
    def test_other_roles_of_the_operator_may_not(self, role: str) -> None:
        claim = acts.submit(factories.make_claim())

        with pytest.raises(NotYours):
            take_up_claim(
                claim_id=claim.pk, actor=actors.reviewer(factories.make_reviewer(role=role))
            )

    def test_a_deactivated_reviewer_may_not(self) -> None:
        claim = acts.submit(factories.make_claim())
        reviewer = factories.make_reviewer(is_active=False)

        with pytest.raises(NotYours):
            take_up_claim(claim_id=claim.pk, actor=actors.reviewer(reviewer))


class TestInterest:
    @pytest.mark.parametrize("kind", ["contact", "member"])
    def test_a_party_to_the_claim_can_not_act(self, kind: str) -> None:
        claim = acts.submit(factories.make_claim())
        reviewer = factories.make_reviewer("Party@Desk.example")
        if kind == "contact":
            ClaimContact.objects.filter(claim=claim, kind="business").update(
                email="PARTY@desk.example"
            )
        else:
            factories.make_membership(reviewer, claim.organization, is_active=False)

        with pytest.raises(ConflictOfInterest) as refusal:
            take_up_claim(claim_id=claim.pk, actor=actors.reviewer(reviewer))

        assert refusal.value.codes == ("REV-02",)
        assert acts.fresh(claim).status == Status.SUBMITTED

    def test_another_reviewer_can_not_decide_a_held_claim(self) -> None:
        claim = acts.under_review()
        other = actors.reviewer(factories.make_reviewer())
        before = row(claim)

        for attempt in (
            lambda: request_action(
                claim_id=claim.pk, actor=other, findings=ONE_FINDING, comment="Please sign."
            ),
            lambda: approve_claim(claim_id=claim.pk, actor=other),
            lambda: reject_claim(
                claim_id=claim.pk, actor=other, reasons=[RejectionReason.POE], text="No."
            ),
        ):
            with pytest.raises(AlreadyHeld) as refusal:
                attempt()
            assert refusal.value.codes == ("REV-01",)
        assert row(claim) == before
        assert not ReviewDecision.objects.exists()


class TestAsk:
    def test_writes_findings_comment_decision_and_starts_the_partners_clock(self) -> None:
        claim = acts.under_review(
            factories.make_claim(products=("exchange_online", "teams", "sharepoint_online"))
        )
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
        self, changes: dict[str, Any], codes: tuple[str, ...]
    ) -> None:
        claim = acts.under_review()
        before = row(claim)

        with pytest.raises(Refused) as refusal:
            ask(claim, **changes)

        assert refusal.value.codes == codes
        assert row(claim) == before
        assert not ReviewFinding.objects.exists()
        assert not Comment.objects.exists()

    def test_lines_of_another_claim_are_refused(self) -> None:
        claim, other = acts.under_review(), factories.make_claim()
        foreign = ClaimLine.objects.get(claim=other)

        with pytest.raises(Refused) as refusal:
            ask(claim, findings=[FindingEntry(DeficiencyCode.PROD, [foreign.pk])])

        assert refusal.value.codes == ("REV-13",)

    def test_one_decision_a_round_and_the_next_round_gets_its_own(self) -> None:
        claim = acts.asked()
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

    def test_without_a_line_in_the_running(self) -> None:
        claim = acts.under_review()
        ClaimLine.objects.filter(claim=claim).update(line_status=LineStatus.REMOVED_BY_PARTNER)

        self.assert_refused(claim, "REV-20")

    def test_while_a_case_of_competing_claims_is_open(self) -> None:
        claim = acts.under_review()
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
    def test_without_proof_that_counts(self, change: dict[str, Any]) -> None:
        claim = acts.under_review()
        if "withdrawn_at" in change:
            change = {"withdrawn_at": claim.changed_at}
        PoEDocument.objects.filter(claim=claim).update(**change)

        self.assert_refused(claim, "REV-22")

    def test_one_unchecked_document_among_several_is_enough(self) -> None:
        claim = acts.under_review()
        factories.make_document(claim, scan_state=PoEDocument.ScanState.PENDING)

        self.assert_refused(claim, "REV-22")

    def test_an_infected_document_beside_a_clean_one_does_not_count(self) -> None:
        claim = acts.under_review()
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

    def test_when_another_partner_holds_the_key(self) -> None:
        claim = acts.under_review()
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

    def test_takes_a_key_that_another_partner_has_released(self) -> None:
        claim = acts.under_review()
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


class TestReject:
    def test_rejects_the_lines_and_starts_the_time_to_dispute(self) -> None:
        claim = acts.under_review(factories.make_claim(products=("exchange_online", "teams")))
        chosen = [RejectionReason.POE, RejectionReason.PROD, RejectionReason.POE]

        rejected = reject(claim, reasons=chosen, text=" No work shown. ", internal_note="Sad.")

        saved = acts.fresh(rejected)
        limit = deadlines.dispute_filing(saved.rule_profile, saved.decided_at, ["R-POE"])  # type: ignore[arg-type]
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
    def test_every_reason_of_a_reviewer_can_be_disputed(self, reason: RejectionReason) -> None:
        claim = reject(acts.under_review(), reasons=[reason])

        assert claim.due_at is not None

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
        self, changes: dict[str, Any], codes: tuple[str, ...]
    ) -> None:
        claim = acts.under_review()
        before = row(claim)

        with pytest.raises(Refused) as refusal:
            reject(claim, **changes)

        assert refusal.value.codes == codes
        assert row(claim) == before
        assert not ReviewDecision.objects.exists()
