"""A partner of record that is asked for newer proof: what it reads, answers and is spared (5.3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from claims import actors
from claims.models import Claim, ProofRequest
from claims.refusals import NotYours
from claims.services.endings import end_association
from claims.services.proof_requests import NothingAsked, answer_nothing, open_requests
from claims.services.submission import withdraw_claim
from cpor_site.common import clock
from cpor_site.common.operator_calendar import operator_calendar
from reviews.services.competing import find_sufficient
from tests import acts, factories
from tests.claims.attaching import attach, owner
from tests.reviews.competing import answered, kinds, rival, sufficient
from tests.shared import shared

pytestmark = pytest.mark.django_db


Pair = tuple[Claim, Claim]


@shared
def met() -> Pair:
    """A claim in force, and another partner's for the same that is under review."""
    holder = acts.active()
    return holder, rival(holder)


@shared
def asked(met: Pair) -> Pair:
    """The two of them since the other's proof was found sufficient."""
    holder, challenger = met
    return holder, sufficient(challenger)


def the_request() -> tuple[str, bool]:
    request = ProofRequest.objects.get()
    return request.answer, request.closed_at is None


def test_nobody_is_asked_before_the_challengers_proof_is_sufficient(met: Pair) -> None:
    holder, _challenger = met

    assert not ProofRequest.objects.exists()
    assert kinds(holder)[-1] == "window_closed"
    assert [each.body for each in holder.comments.all()] == []


def test_it_names_the_partners_own_lines_and_a_day_and_nothing_of_anybody_else(asked: Pair) -> None:
    holder, challenger = asked

    (request,) = open_requests(holder)

    assert list(request.lines.all()) == list(holder.lines.all())
    due_at = operator_calendar().business_deadline(request.asked_at, 5).due_at
    assert request.due_at == due_at
    letter = acts.letters(holder, "newer_proof_requested")[0]
    told = letter.subject + letter.text_body + "".join(each.body for each in holder.comments.all())
    assert challenger.location is not None
    for secret in (
        challenger.number,
        challenger.organization.name,
        challenger.location.partner_id,
    ):
        assert secret not in told


def test_new_proof_answers_it_even_after_nothing_to_add(asked: Pair) -> None:
    holder, _challenger = asked
    answered(holder)
    assert the_request() == ("nothing", True)

    attach(holder)

    assert the_request() == ("proof", True)
    assert kinds(holder)[-3:] == [
        "proof_request_answered",
        "document_attached",
        "proof_request_answered",
    ]


def test_a_second_answer_is_refused_and_others_may_not_answer(asked: Pair) -> None:
    holder, _challenger = asked
    colleague = factories.make_user()
    factories.make_membership(colleague, holder.organization, role="incentives_user")

    for who in (colleague, factories.make_user()):
        with pytest.raises(NotYours):
            answer_nothing(claim_id=holder.pk, actor=actors.partner(who))
    answered(holder)
    with pytest.raises(NothingAsked):
        answered(holder)


def test_one_request_for_all_contested_lines() -> None:
    both = ("exchange_online", "teams")
    holder = acts.active(factories.make_claim(products=both))

    sufficient(rival(holder, products=both))

    (request,) = open_requests(holder)
    assert request.lines.count() == 2
    assert len({each.kind for each in acts.letters(holder, "newer_proof_requested")}) == 1


def test_it_is_settled_and_said_so_when_the_challenger_falls_away(asked: Pair) -> None:
    holder, challenger = asked

    withdraw_claim(claim_id=challenger.pk, actor=owner(challenger), reason="Wrong ID.")

    assert the_request() == ("", False)
    assert kinds(holder)[-1] == "proof_request_closed"
    assert acts.letters(holder, "proof_request_closed")


class TestThePause:
    def test_the_challengers_clock_stands_and_says_so(self, met: Pair) -> None:
        _holder, claim = met
        now = clock.now()
        left = operator_calendar().business_days_left(now, claim.due_at)  # type: ignore[arg-type]

        sufficient(claim)

        paused = acts.fresh(claim)
        assert (paused.status, paused.due_at, paused.deadline_kind) == (
            "under_review",
            None,
            "review",
        )
        assert (paused.business_days_left, paused.paused_at is not None) == (left, True)
        assert "paused" in claim.comments.latest("pk").body
        assert acts.letters(claim, "competing_check_started")

    def test_it_runs_on_with_the_days_it_had_when_there_is_nothing_to_compare(
        self, asked: Pair
    ) -> None:
        holder, claim = asked
        left = acts.fresh(claim).business_days_left
        later = clock.now() + timedelta(days=9)

        with time_machine.travel(later, tick=False):
            end_association(claim_id=holder.pk, actor=owner(holder), reason="Over.")

            running = acts.fresh(claim)
        assert running.paused_at is None
        assert running.due_at == operator_calendar().business_deadline(later, left or 1).due_at
        assert kinds(claim)[-1] == "competing_check_ended"

    def test_a_late_claim_gets_one_day(self, met: Pair) -> None:
        holder, claim = met
        assert claim.due_at is not None
        late = claim.due_at + timedelta(days=3)
        with time_machine.travel(late, tick=False):
            sufficient(claim)
            assert acts.fresh(claim).business_days_left == 0

            end_association(claim_id=holder.pk, actor=owner(holder), reason="Over.")

        one_day = operator_calendar().business_deadline(late, 1).due_at
        assert acts.fresh(claim).due_at == one_day

    def test_who_was_first_and_undecided_waits_with_the_other(self) -> None:
        """Without anybody in force nobody is asked, and both clocks stand."""
        first = acts.under_review()
        second = rival(first)

        sufficient(first)
        find_sufficient(
            claim_id=second.pk,
            actor=actors.reviewer(second.assigned_reviewer),  # type: ignore[arg-type]
        )

        assert not ProofRequest.objects.exists()
        assert [acts.fresh(each).paused_at is None for each in (first, second)] == [False, False]
