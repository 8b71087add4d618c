"""Claims that leave their cases together leave them as one by one."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.models import Claim
from claims.services import sweeps
from cpor_site.common import outbox
from cpor_site.common.jobs import Outcome
from reviews.models import CompetingClaimsCase
from tests import acts, factories
from tests.every_row import rows_after
from tests.reviews.competing import case_of, contested, decide
from tests.shared import shared

pytestmark = pytest.mark.django_db


def at_one_customer(asked: int, submitted: int = 0) -> list[Claim]:
    """Make rivals; the first of them have to answer their reviewers."""
    tenant = factories.make_tenant()
    rivals = [factories.make_claim(tenant=tenant) for _ in range(asked + submitted)]
    return [
        *(acts.asked(claim) for claim in rivals[:asked]),
        *(acts.submit(claim) for claim in rivals[asked:]),
    ]


@shared
def contest() -> tuple[Claim, Claim]:
    """A holder who has answered, and a challenger that waits for a ruling."""
    return contested()


def test_leaves_the_same_rows_as_one_claim_at_a_time(contest: tuple[Claim, Claim]) -> None:
    closing, open_still, both = at_one_customer(1, 1), at_one_customer(1, 2), at_one_customer(2)
    holder, waiting = contest
    beside_it = acts.asked(factories.make_claim(tenant=holder.tenant))
    late = [closing[0], open_still[0], *both, beside_it]

    def one_by_one() -> None:
        for claim in late:
            assert sweeps.reject_unanswered(claim.pk) == Outcome.ACTED

    with acts.past(beside_it):
        alone = rows_after(one_by_one)
        keys = [claim.pk for claim in late]
        together = rows_after(lambda: sweeps.reject_unanswered_together(keys))
    assert together == alone
    assert acts.fresh(waiting).paused_at is not None


def test_needs_no_more_statements_for_more_claims_in_cases() -> None:
    def statements(number: int) -> int:
        late = [at_one_customer(1, 1)[0] for _ in range(number)]
        with acts.past(late[-1]), CaptureQueriesContext(connection) as asked:
            assert len(sweeps.reject_unanswered_together([claim.pk for claim in late])) == number
        return len(asked)

    assert statements(2) == statements(1)


def test_a_holder_and_the_winner_that_waits_for_it_are_left_alone(
    contest: tuple[Claim, Claim],
) -> None:
    holder, winner = contest
    decide(case_of(winner), winner)
    outbox.send_due()
    late = acts.asked(factories.make_claim(tenant=holder.tenant))

    with acts.past(late):
        alone = rows_after(lambda: sweeps.reject_unanswered(late.pk))
        together = rows_after(lambda: sweeps.reject_unanswered_together([late.pk]))
        assert together == alone
        sweeps.reject_unanswered_together([late.pk])
    assert not CompetingClaimsCase.objects.filter(closed_at=None).exists()
