"""Taking up a claim, and who may act on it at all, through the services."""

from __future__ import annotations

import pytest

from claims import actors, deadlines
from claims.models import Claim, ClaimContact, ClaimEvent, ReviewDecision
from claims.refusals import AlreadyHeld, ChangedMeanwhile, ConflictOfInterest, MovedOn, NotYours
from claims.states import RejectionReason, Side, Status
from reviews.services.decisions import approve_claim, reject_claim, request_action, take_up_claim
from tests import acts, factories
from tests.shared import shared

from .deciding import ONE_FINDING, act_as, answered, row

pytestmark = pytest.mark.django_db


@shared
def submitted() -> Claim:
    return acts.submit(factories.make_claim())


@shared
def held(submitted: Claim) -> Claim:
    return acts.under_review(submitted)


@shared
def resubmitted(held: Claim) -> Claim:
    """What was asked is answered, so that it waits for the reviewer who asked."""
    return answered(acts.asked(held))


class TestTakeUp:
    def test_assigns_the_claim_and_starts_the_review_clock(self, submitted: Claim) -> None:
        reviewer = factories.make_reviewer()

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

    def test_second_reviewer_reads_that_the_claim_has_moved_on(self, held: Claim) -> None:
        claim = held
        before = row(claim)

        with pytest.raises(MovedOn) as refusal:
            take_up_claim(claim_id=claim.pk, actor=actors.reviewer(factories.make_reviewer()))

        assert refusal.value.codes == ("SUBM-03",)
        assert row(claim) == before

    def test_a_resubmitted_claim_waits_for_the_reviewer_who_asked(self, resubmitted: Claim) -> None:
        claim = resubmitted

        with pytest.raises(AlreadyHeld) as refusal:
            take_up_claim(claim_id=claim.pk, actor=actors.reviewer(factories.make_reviewer()))
        again = take_up_claim(claim_id=claim.pk, actor=act_as(claim))

        assert refusal.value.codes == ("REV-01",)
        assert (again.status, again.round) == (Status.UNDER_REVIEW, 2)

    def test_a_lead_may_take_over(self, resubmitted: Claim) -> None:
        claim = resubmitted
        lead = factories.make_reviewer(role="Lead reviewer")

        taken = take_up_claim(claim_id=claim.pk, actor=actors.reviewer(lead))

        assert taken.assigned_reviewer == lead

    def test_of_a_page_that_showed_an_older_claim_nothing_is_done(self, submitted: Claim) -> None:
        claim = submitted

        with pytest.raises(ChangedMeanwhile) as refusal:
            take_up_claim(
                claim_id=claim.pk,
                actor=actors.reviewer(factories.make_reviewer()),
                version=claim.version - 1,
            )

        assert refusal.value.codes == ("SUBM-02",)
        assert acts.fresh(claim).status == Status.SUBMITTED

    @pytest.mark.parametrize("role", ["Ops", "Auditor"])
    def test_other_roles_of_the_operator_may_not(self, role: str, submitted: Claim) -> None:
        claim = submitted

        with pytest.raises(NotYours):
            take_up_claim(
                claim_id=claim.pk, actor=actors.reviewer(factories.make_reviewer(role=role))
            )

    def test_a_deactivated_reviewer_may_not(self, submitted: Claim) -> None:
        claim = submitted
        reviewer = factories.make_reviewer(is_active=False)

        with pytest.raises(NotYours):
            take_up_claim(claim_id=claim.pk, actor=actors.reviewer(reviewer))


class TestInterest:
    @pytest.mark.parametrize("kind", ["contact", "member"])
    def test_a_party_to_the_claim_can_not_act(self, kind: str, submitted: Claim) -> None:
        claim = submitted
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

    def test_another_reviewer_can_not_decide_a_held_claim(self, held: Claim) -> None:
        claim = held
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
