"""The set-based path against people, in the same instant: one outcome for each claim, never half.

Every round has several claims in one batch, of which one is fought over, and two runs at once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from claims import actors
from claims.models import Claim, ClaimEvent, ClaimLine, ClockHold
from claims.services.submission import resubmit_claim, withdraw_claim
from claims.services.sweeps import reject_stale_claims
from claims.states import LineStatus, Status
from cpor_site.common.models import JobRun, OutboxMessage
from reviews.services import holds
from tests import acts, factories
from tests.races import rounds

from .test_claim_races import race

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = rounds(3)


def answer(claim: Claim) -> None:
    actor = actors.partner(claim.created_by)
    resubmit_claim(claim_id=claim.pk, actor=actor, version=claim.version, reply="Here.")


def withdraw(claim: Claim) -> None:
    actor = actors.partner(claim.created_by)
    withdraw_claim(claim_id=claim.pk, actor=actor, version=claim.version, reason="A mistake.")


def hold(claim: Claim) -> None:
    lead = factories.make_reviewer(role="Lead reviewer")
    holds.place_hold(claim_id=claim.pk, actor=actors.reviewer(lead), reason="Wait.")


@pytest.mark.parametrize(
    ("person", "kind", "status"),
    [
        (answer, "claim_resubmitted", Status.SUBMITTED),
        (withdraw, "claim_withdrawn", Status.REJECTED),
        (hold, "clock_held", Status.PARTNER_ACTION_REQUIRED),
    ],
)
def test_one_outcome_and_nothing_by_halves(
    person: Callable[[Claim], Any], kind: str, status: Status
) -> None:
    location = factories.make_location()
    reviewer = factories.make_reviewer()
    for _round in range(ROUNDS):
        fought, other = (
            acts.asked(factories.make_claim(location=location), reviewer=reviewer) for _ in range(2)
        )
        with acts.past(other):
            found = race(partial(person, fought), reject_stale_claims, reject_stale_claims)
            # Whoever came too early for a row that was held comes again, as the schedule does.
            reject_stale_claims()
        kinds = ClaimEvent.objects.filter(claim=fought, kind__in=[kind, "claim_rejected"])
        won = found[0] == "done"
        assert [event.kind for event in kinds] == [kind if won else "claim_rejected"]
        after = acts.fresh(fought)
        assert after.status == (status if won else Status.REJECTED)
        assert (after.rejection_reasons == ["R-NORESP"]) == (not won)
        lines = set(ClaimLine.objects.filter(claim=fought).values_list("line_status", flat=True))
        open_still = won and kind != "claim_withdrawn"
        assert lines == {LineStatus.INCLUDED if open_still else LineStatus.REJECTED}
        letters = OutboxMessage.objects.filter(claim_number=fought.number, kind="claim_rejected")
        assert letters.exists() == (not won)
        assert acts.fresh(other).status == Status.REJECTED
        assert ClaimEvent.objects.filter(claim=other, kind="claim_rejected").count() == 1
        ClockHold.objects.all().delete()
        Claim.objects.filter(pk=fought.pk).update(due_at=None)
    assert not JobRun.objects.filter(failed__gt=0).exists()
