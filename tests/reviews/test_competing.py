"""Finding a challenger's proof sufficient, and what makes that void again (5.3)."""

from __future__ import annotations

import pytest

from claims import actors
from claims.models import Claim
from claims.refusals import AlreadyHeld, MovedOn, NotYours
from claims.services.disputes import dispute_claim
from cpor_site.common.problems import Refused
from reviews.models import CompetingClaimsCase, CompetingParty, InternalNote
from reviews.services.comparing import resume_reviews
from reviews.services.competing import find_sufficient, may_find_sufficient
from reviews.services.leases import lease_of
from reviews.services.next_case import next_case
from reviews.services.rulings import contenders
from tests import acts, factories
from tests.claims.attaching import owner
from tests.reviews import deciding
from tests.reviews.competing import case_of, kinds, rival, sufficient
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def holder() -> Claim:
    return acts.active()


@shared
def claim(holder: Claim) -> Claim:
    """Another partner's claim for the same, under review."""
    return rival(holder)


@shared
def waiting(claim: Claim) -> Claim:
    """Its proof is sufficient; it waits for an arbiter."""
    return sufficient(claim)


def test_both_rivals_read_the_same_neutral_comment_once() -> None:
    first = acts.submit(factories.make_claim())
    second = acts.submit(factories.make_claim(tenant=first.tenant))
    acts.submit(factories.make_claim(tenant=first.tenant))

    (to_first,), (to_second,) = first.comments.all(), second.comments.all()

    assert to_first.body == to_second.body
    assert (to_first.side, to_first.requires_response) == ("system", False)


def test_marks_every_party_of_the_claim_and_keeps_the_note() -> None:
    both = ("exchange_online", "teams")
    holder = acts.active(factories.make_claim(products=both))
    claim = rival(holder, products=both)
    assert may_find_sufficient(claim)

    sufficient(claim, internal_note="Both are named on page 2.")

    marks = CompetingParty.objects.filter(claim=claim).values_list(
        "sufficient_by", "sufficient_round"
    )
    assert list(marks) == [(claim.assigned_reviewer_id, 1)] * 2
    assert InternalNote.objects.get(claim=claim).body == "Both are named on page 2."
    assert not may_find_sufficient(acts.fresh(claim))
    assert lease_of(claim, acts.fresh(claim).paused_at) is None  # type: ignore[arg-type]


def test_what_waits_for_an_arbiter_is_nobodys_next_case(waiting: Claim) -> None:
    claim = waiting
    assert claim.assigned_reviewer is not None

    assert next_case(actor=actors.reviewer(claim.assigned_reviewer)) is None


def test_a_question_makes_it_void_and_the_answer_is_read_anew(waiting: Claim) -> None:
    claim = waiting
    case = case_of(claim)

    deciding.ask(acts.fresh(claim))
    assert contenders(case) == []
    deciding.answered(claim)

    assert contenders(case) == []
    assert acts.fresh(claim).paused_at is None


def test_in_a_dispute_whoever_judges_it_becomes_its_reviewer() -> None:
    claim = acts.rejected()
    rival(claim)
    dispute_claim(claim_id=claim.pk, actor=owner(claim), justification="Page 2.")
    judge = factories.make_reviewer()

    find_sufficient(claim_id=claim.pk, actor=actors.reviewer(judge))

    after = acts.fresh(claim)
    assert (after.status, after.assigned_reviewer) == ("disputed", judge)
    assert (after.due_at, after.deadline_kind) == (None, "dispute_answer")


class TestRefused:
    def test_without_a_case_and_a_second_time(self) -> None:
        alone = acts.under_review()
        with pytest.raises(Refused, match="^REV-40"):
            sufficient(alone)
        claim = rival(alone)
        sufficient(claim)
        with pytest.raises(Refused, match="^REV-40"):
            sufficient(claim)

    def test_to_whoever_may_not_decide(self, claim: Claim) -> None:
        with pytest.raises(NotYours):
            find_sufficient(claim_id=claim.pk, actor=owner(claim))
        with pytest.raises(AlreadyHeld):
            find_sufficient(claim_id=claim.pk, actor=actors.reviewer(factories.make_reviewer()))

    def test_before_it_is_taken_up(self, holder: Claim) -> None:
        claim = acts.submit(factories.make_claim(tenant=holder.tenant))

        with pytest.raises(MovedOn):
            find_sufficient(claim_id=claim.pk, actor=actors.reviewer(factories.make_reviewer()))

    def test_without_proof_that_an_approval_could_rest_on(
        self, holder: Claim, claim: Claim
    ) -> None:
        document = claim.documents.get()
        document.withdrawn_at = document.uploaded_at
        document.save()

        with pytest.raises(Refused, match="^REV-22"):
            sufficient(claim)
        assert kinds(holder)[-1] == "window_closed"


def test_a_clock_that_a_dead_process_left_standing_goes_on(waiting: Claim) -> None:
    left = sufficient(rival(acts.submit(factories.make_claim())))
    CompetingClaimsCase.objects.filter(parties__claim=left).update(closed_at=left.created_at)

    run = resume_reviews()

    assert (run.examined, run.acted, resume_reviews().examined) == (1, 1, 0)
    assert acts.fresh(waiting).paused_at is not None
    after = acts.fresh(left)
    assert (after.paused_at, after.due_at is not None) == (None, True)
    assert kinds(left)[-1] == "competing_check_ended"
