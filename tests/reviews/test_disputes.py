"""A dispute before the reviewers: who may judge it, what they read, what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from claims import actors
from claims.models import Claim, Dispute
from claims.services.disputes import dispute_claim
from claims.states import Status
from cpor_site.common import clock
from cpor_site.common.models import User
from tests import acts, factories
from tests.claims.attaching import attach
from tests.shared import shared

from .acting import told
from .deciding import answered
from .pages import browser_of, numbers_in, shown, text_of, url
from .test_case_offers import offered

pytestmark = pytest.mark.django_db

ALL = ["Ask the partner…", "Reject…", "Approve…"]


MONDAY = "2026-03-02T09:00+00:00"


@pytest.fixture(autouse=True)
def on_a_monday() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@shared
@time_machine.travel(MONDAY, tick=False)
def rejected() -> Claim:
    return acts.rejected(reviewer=factories.make_reviewer(full_name="Rita First"))


@shared
@time_machine.travel(MONDAY, tick=False)
def disputed(rejected: Claim) -> Claim:
    return acts.fresh(acts.disputed(rejected))


@pytest.fixture
def first(rejected: Claim) -> User:
    """The reviewer who rejected the claim."""
    assert rejected.assigned_reviewer is not None
    return rejected.assigned_reviewer


def post(claim: Claim, user: User, name: str, **typed: object) -> tuple[int, list[str], str]:
    """Do the act on its page; status, messages and the words of the answer."""
    response = browser_of(user).post(
        url(name, claim), {"version": acts.fresh(claim).version} | typed
    )
    return response.status_code, told(response), text_of(response) if response.content else ""


def test_the_case_says_what_is_disputed_by_when_and_against_what(
    disputed: Claim, reviewer: User
) -> None:
    page = shown(disputed, reviewer)

    for words in (
        "A reviewer's move: answer the dispute by Mon 9 March 2026",
        "Whoever decided on the claim before can't judge it now.",
        "Dispute Page 3 names both products.",
        "New proof none",
        "one is possible; the dispute lasts until Wed 1 April 2026",
        "The proof names no product.",
        "Rita First, round 1",
    ):
        assert words in page
    assert offered(disputed, reviewer) == ALL


def test_new_proof_is_named_and_marked(rejected: Claim, reviewer: User) -> None:
    claim = rejected
    attach(claim, name="second.pdf")
    dispute_claim(claim_id=claim.pk, actor=actors.partner(claim.created_by))

    page = shown(claim, reviewer)
    assert "New proof second.pdf" in page
    assert "with a dispute; virus check" in page
    assert "The partner wrote no justification" in page


def test_whoever_decided_before_is_offered_nothing_and_told_why(
    disputed: Claim, first: User
) -> None:
    assert offered(disputed, first) == []
    assert "somebody else has to judge the dispute. REV-04" in shown(disputed, first)
    for name, typed in (
        ("approve", {}),
        ("reject", {"reasons": ["R-POE"], "text": "No."}),
        ("ask", {"D-ACK-chosen": "on", "comment": "Sign."}),
    ):
        status, _messages, words = post(disputed, first, name, **typed)
        assert (status, "REV-04" in words) == (409, True)
    assert acts.fresh(disputed).status == Status.DISPUTED


def test_a_lead_who_decided_before_is_refused_too(reviewer: User) -> None:
    lead = factories.make_reviewer(role="Lead reviewer")
    claim = acts.disputed(reviewer=lead)

    assert offered(claim, lead) == []
    assert offered(claim, reviewer) == ALL


def test_an_approval_is_announced_with_the_customers_time_anew(
    disputed: Claim, reviewer: User
) -> None:
    status, messages, _words = post(disputed, reviewer, "approve")

    assert (status, len(messages)) == (302, 1)
    assert "is approved. The customer is written to now" in messages[0]
    dispute = Dispute.objects.get(claim=disputed)
    assert (dispute.outcome, dispute.decided_by) == (Dispute.Outcome.APPROVED, reviewer)
    page = shown(disputed, reviewer)
    assert "Outcome Approved, Mon 2 March 2026, 10:00 , Rita Reviewer" in page


def test_a_rejection_says_beforehand_and_after_that_it_is_final(
    disputed: Claim, reviewer: User
) -> None:
    page = text_of(browser_of(reviewer).get(url("reject", disputed)))
    assert "This rejects the claim for good: it has been disputed before." in page

    status, messages, _words = post(disputed, reviewer, "reject", reasons=["R-POE"], text="No.")
    assert (status, messages) == (
        302,
        [f"{disputed.number} is rejected for good. Its dispute is settled."],
    )
    assert "Closed: rejected, and there is nothing to dispute." in shown(disputed, reviewer)


def test_one_question_then_none_is_offered(disputed: Claim, reviewer: User) -> None:
    page = text_of(browser_of(reviewer).get(url("ask", disputed)))
    assert "In a dispute the partner can be asked once; the answer comes back to you." in page
    typed = {"D-ACK-chosen": "on", "comment": "Who signed?"}
    assert post(disputed, reviewer, "ask", **typed)[0] == 302

    asked = shown(disputed, reviewer)
    assert "Without an answer by then the claim is rejected by itself, for good." in asked
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        answered(disputed)
        assert "Your move: decide by Tue 10 March 2026" in shown(disputed, reviewer)
        assert offered(disputed, reviewer) == ALL[1:]
        status, _messages, words = post(disputed, reviewer, "ask", **typed)
        assert (status, "REV-06" in words) == (409, True)


def test_a_question_near_the_end_names_the_disputes_last_day(
    disputed: Claim, reviewer: User
) -> None:
    closes_at = Dispute.objects.get(claim=disputed).closes_at
    with time_machine.travel(closes_at - timedelta(days=1), tick=False):
        page = text_of(browser_of(reviewer).get(url("ask", disputed)))
    assert "has until Wed 1 April 2026" in page


def test_the_queue_of_disputes_holds_it_with_its_deadline(disputed: Claim, reviewer: User) -> None:
    response = browser_of(reviewer).get("/admin/claims/claim/?queue=disputes")
    assert numbers_in(response) == [disputed.number]
    assert "5 business days left" in text_of(response)
