"""Reviewers who ask for the next case in the same instant."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from claims import actors
from claims.services.sweeps import reject_stale_claims
from cpor_site.common.models import User
from reviews.models import CaseLease
from reviews.services import decisions, holds, leases
from reviews.services.next_case import next_case
from tests import acts, factories

from .test_claim_races import race

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

REVIEWERS, CASES = 8, 50


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
    for _round in range(4):
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
    for _round in range(4):
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
    for _round in range(4):
        claim = acts.asked()
        with acts.past(claim):
            found = race(
                lambda: holds.place_hold(
                    claim_id=claim.pk, actor=actors.reviewer(lead), reason="Wait."
                ),
                reject_stale_claims,
            )
        assert (acts.fresh(claim).status == "rejected") == (found[0] == "SUBM-03")
