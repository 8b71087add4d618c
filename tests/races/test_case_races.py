"""Reviewers who ask for the next case in the same instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import combinations_with_replacement
from threading import Barrier

import pytest
from django.db import connection

from claims import actors
from claims.models import Claim, ClaimEvent
from claims.services.submission import recall_claim
from claims.services.sweeps import reject_stale_claims
from cpor_site.common.models import User
from reviews.models import CaseLease
from reviews.services import decisions, holds, leases
from reviews.services.next_case import next_case
from tests import acts, factories
from tests.claims.attaching import owner
from tests.reviews import deciding

from . import rounds
from .test_claim_races import race

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

REVIEWERS, CASES = 6, 24
ROUNDS = rounds(2)
DECIDED = ("claim_approved", "action_requested", "claim_rejected")


def test_nobody_gets_the_same_case() -> None:
    location = factories.make_location()
    claims = [acts.submit(factories.make_claim(location=location)) for _ in range(CASES)]
    people = [factories.make_reviewer() for _ in range(REVIEWERS)]
    barrier = Barrier(REVIEWERS)

    def take_all(person: User) -> list[int]:
        try:
            barrier.wait(timeout=20)
            taken = []
            while (lease := next_case(actor=actors.reviewer(person))) is not None:
                taken.append(lease.claim_id)
            return taken
        finally:
            connection.close()

    with ThreadPoolExecutor(REVIEWERS) as pool:
        taken = Counter(claim for each in pool.map(take_all, people) for claim in each)

    assert taken == Counter(claim.pk for claim in claims)
    assert CaseLease.objects.filter(ended_at=None).count() == CASES


def test_of_two_who_take_one_case_one_has_it() -> None:
    people = [factories.make_reviewer() for _ in range(2)]
    for _round in range(ROUNDS):
        claim = acts.submit(factories.make_claim())
        found = race(
            *(
                lambda who=who: leases.take_case(claim_id=claim.pk, actor=actors.reviewer(who))
                for who in people
            )
        )
        assert sorted(found) == ["REV-05", "done"]


def test_an_act_and_somebody_elses_lease_at_once_leave_one_of_them() -> None:
    acting, taking = factories.make_reviewer(), factories.make_reviewer()
    for _round in range(ROUNDS):
        claim = acts.submit(factories.make_claim())
        found = race(
            lambda: decisions.take_up_claim(claim_id=claim.pk, actor=actors.reviewer(acting)),
            lambda: leases.take_case(claim_id=claim.pk, actor=actors.reviewer(taking)),
        )
        assert found in (["done", "REV-01"], ["REV-05", "done"])
        holder = CaseLease.objects.get(claim=claim, ended_at=None).holder
        assert holder == (acting if found[0] == "done" else taking)


def test_a_hold_and_the_sweep_at_once_leave_one_outcome() -> None:
    lead = factories.make_reviewer(role="Lead reviewer")
    for _round in range(ROUNDS):
        claim = acts.asked()
        with acts.past(claim):
            found = race(
                lambda: holds.place_hold(
                    claim_id=claim.pk, actor=actors.reviewer(lead), reason="Wait."
                ),
                reject_stale_claims,
            )
        assert (acts.fresh(claim).status == "rejected") == (found[0] == "SUBM-03")


def test_the_last_case_goes_to_one_of_many_or_back_to_its_partner() -> None:
    """All ask for the same case; the partner may be quicker than every one of them."""
    people = [factories.make_reviewer() for _ in range(4)]
    location = factories.make_location()
    for _round in range(ROUNDS):
        claim = acts.submit(factories.make_claim(location=location))
        found = race(
            partial(recall_claim, claim_id=claim.pk, actor=owner(claim), version=claim.version),
            *(partial(next_case, actor=actors.reviewer(who)) for who in people),
        )
        assert found == ["done"] * 5  # A lease doesn't keep a claim from its partner.
        ended = CaseLease.objects.filter(claim=claim).values_list("end", flat=True)
        assert list(ended) in ([], [CaseLease.End.MOVED_ON])


def test_a_take_over_and_a_decision_at_once_leave_one_who_decides() -> None:
    reviewer = factories.make_reviewer()
    lead = factories.make_reviewer(role="Lead reviewer")
    for number in range(ROUNDS):
        claim = acts.under_review(reviewer=reviewer)
        decide = (deciding.reject, deciding.ask)[number % 2]
        found = race(
            partial(
                leases.take_over_case,
                claim_id=claim.pk,
                actor=actors.reviewer(lead),
                reason="Urgent.",
            ),
            partial(decide, claim),
        )
        held = CaseLease.objects.filter(claim=claim, ended_at=None)
        outcome = (found, [lease.holder for lease in held], claim.decisions.count())
        assert outcome in (
            (["done", "REV-05"], [lead], 0),
            (["SUBM-03", "done"], [], 1),
        )


def test_of_two_decisions_from_two_windows_one_is_taken() -> None:
    reviewer = factories.make_reviewer()
    kinds: tuple[Callable[[Claim], Claim], ...] = (approve, deciding.ask, deciding.reject)
    pairs = list(combinations_with_replacement(kinds, 2))
    for number in range(max(ROUNDS, len(pairs))):
        claim = acts.under_review(reviewer=reviewer)
        found = race(*(partial(decide, claim) for decide in pairs[number % len(pairs)]))
        assert sorted(found) == ["SUBM-03", "done"]
        assert claim.decisions.count() == 1
        assert ClaimEvent.objects.filter(claim=claim, kind__in=DECIDED).count() == 1


def test_a_new_reviewer_and_a_next_case_at_once_leave_one_who_has_it() -> None:
    lead = factories.make_reviewer(role="Lead reviewer")
    asking, chosen = factories.make_reviewer(), factories.make_reviewer()
    for _round in range(ROUNDS):
        claim = acts.submit(factories.make_claim())
        race(
            partial(
                leases.reassign_claim,
                claim_id=claim.pk,
                actor=actors.reviewer(lead),
                to=chosen,
                reason="She knows it.",
            ),
            partial(next_case, actor=actors.reviewer(asking)),
        )
        assert acts.fresh(claim).assigned_reviewer == chosen
        assert not CaseLease.objects.filter(claim=claim, ended_at=None).exists()


def approve(claim: Claim) -> Claim:
    return decisions.approve_claim(claim_id=claim.pk, actor=deciding.act_as(claim))
