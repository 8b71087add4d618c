"""Two people, or a person and a timer, act on the same claim in the same instant."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connection

from claims import actors
from claims.models import Association, Claim, ClaimEvent, ExclusivityHold
from claims.services.drafting import ClaimChanges, edit_claim
from claims.services.submission import resubmit_claim, submit_claim
from claims.services.sweeps import reject_stale_claims
from claims.states import LineStatus
from consent.models import IncentiveHandoff
from consent.services import answers
from consent.services.answers import Responder
from consent.services.windows import finalise_consent_windows
from cpor_site.common.problems import Refused
from reviews.models import CompetingClaimsCase
from reviews.services import decisions, leases
from tests import acts, factories
from tests.races import rounds

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = rounds(2)


def race(*runners: Callable[[], Any]) -> list[str]:
    """Run all at once; return ``done`` or the first code of the refusal for each, in order."""
    barrier = Barrier(len(runners))

    def one(run: Callable[[], Any]) -> str:
        try:
            barrier.wait(timeout=20)
            run()
        except Refused as refusal:
            return refusal.codes[0]
        else:
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(runners)) as pool:
        return list(pool.map(one, runners))


def test_a_double_click_submits_once() -> None:
    for _round in range(ROUNDS):
        claim = factories.make_claim()
        confirmed = acts.warnings(claim)

        def submit(claim: Claim = claim, confirmed: dict[str, str] = confirmed) -> None:
            submit_claim(
                claim_id=claim.pk,
                actor=actors.partner(claim.created_by),
                version=claim.version,
                acknowledged=True,
                confirmed=confirmed,
            )

        assert sorted(race(submit, submit)) == ["SUBM-03", "done"]
        assert ClaimEvent.objects.filter(claim=claim, kind="claim_submitted").count() == 1
        assert len(acts.letters(claim, "claim_submitted")) == len(
            {letter.recipient for letter in acts.letters(claim, "claim_submitted")}
        )


def test_of_two_reviewers_taking_up_one_gets_the_claim() -> None:
    first, second = factories.make_reviewer(), factories.make_reviewer()
    for _round in range(ROUNDS):
        claim = acts.submit(factories.make_claim())
        found = race(
            *(
                lambda who=who: decisions.take_up_claim(
                    claim_id=claim.pk, actor=actors.reviewer(who)
                )
                for who in (first, second)
            )
        )
        assert sorted(found) == ["SUBM-03", "done"]
        holder = (first, second)[found.index("done")]
        assert acts.fresh(claim).assigned_reviewer == holder


def test_of_an_approval_and_a_rejection_one_wins_and_the_other_reads_why() -> None:
    reviewer = factories.make_reviewer()
    lead = factories.make_reviewer(role="Lead reviewer")
    for _round in range(ROUNDS):
        claim = acts.under_review(reviewer=reviewer)
        # A lead can only act on a case that its reviewer doesn't have open.
        leases.release_case(claim_id=claim.pk, actor=actors.reviewer(reviewer))
        found = race(
            lambda: decisions.approve_claim(claim_id=claim.pk, actor=actors.reviewer(reviewer)),
            lambda: decisions.reject_claim(
                claim_id=claim.pk, actor=actors.reviewer(lead), reasons=["R-POE"], text="No."
            ),
        )
        assert sorted(found) == ["SUBM-03", "done"]
        expected = "approved" if found[0] == "done" else "rejected"
        assert acts.fresh(claim).status == expected
        assert claim.decisions.count() == 1


def test_of_two_approvals_of_rivals_one_holder_comes_out() -> None:
    """Scenario 10, with the case of competing claims out of the way: the first opens another."""
    for _round in range(ROUNDS):
        tenant = factories.make_tenant()
        rivals = [acts.under_review(factories.make_claim(tenant=tenant)) for _ in range(2)]
        for case in CompetingClaimsCase.objects.filter(closed_at=None):
            case.closed_at = case.opened_at
            case.save()

        def approve(claim: Claim) -> None:
            assert claim.assigned_reviewer is not None
            decisions.approve_claim(
                claim_id=claim.pk, actor=actors.reviewer(claim.assigned_reviewer)
            )

        found = race(*(lambda claim=claim: approve(claim) for claim in rivals))
        assert sorted(found) == ["REV-21", "done"]
        holds = ExclusivityHold.objects.filter(
            key=f"workload:{tenant.tenant_id}:exchange_online", released_at=None
        )
        winner = rivals[found.index("done")]
        assert [hold.organization for hold in holds] == [winner.organization]
        assert Association.objects.filter(tenant=tenant).count() == 1


def test_rivals_that_submit_at_once_see_each_other() -> None:
    for _round in range(ROUNDS):
        tenant = factories.make_tenant()
        claims = [factories.make_claim(tenant=tenant) for _ in range(2)]

        def submit(claim: Claim) -> None:
            try:
                acts.submit(claim)
            except Refused:
                # The rival came in between, and its warning (SUB-14) wants to be confirmed too.
                acts.submit(acts.fresh(claim))

        assert race(*(lambda claim=claim: submit(claim) for claim in claims)) == ["done", "done"]
        case = CompetingClaimsCase.objects.get(key__contains=str(tenant.tenant_id), closed_at=None)
        assert {party.claim for party in case.parties.all()} == set(claims)


def test_an_edit_and_a_pickup_at_once_lose_nothing() -> None:
    """Scenario 7: the partner is told, and there is no lost update."""
    reviewer = factories.make_reviewer()
    for _round in range(ROUNDS):
        claim = acts.submit(factories.make_claim())
        changes = ClaimChanges(name="Edited", location_id=claim.location_id)
        found = race(
            lambda: edit_claim(
                claim_id=claim.pk,
                actor=actors.partner(claim.created_by),
                version=claim.version,
                changes=changes,
            ),
            lambda: decisions.take_up_claim(claim_id=claim.pk, actor=actors.reviewer(reviewer)),
        )
        assert found[1] == "done"
        assert found[0] in {"done", "SUBM-02", "SUBM-03"}
        after = acts.fresh(claim)
        assert after.status == "under_review"
        assert (after.name == "Edited") == (found[0] == "done")


def test_an_answer_and_the_sweep_at_once_leave_one_outcome() -> None:
    for _round in range(ROUNDS):
        claim = acts.asked()
        with acts.past(claim):
            found = race(
                lambda: resubmit_claim(
                    claim_id=claim.pk,
                    actor=actors.partner(claim.created_by),
                    version=claim.version,
                    reply="Here.",
                ),
                reject_stale_claims,
                reject_stale_claims,
            )
        after = acts.fresh(claim)
        kinds = list(
            ClaimEvent.objects.filter(
                claim=claim, kind__in=["claim_resubmitted", "claim_rejected"]
            ).values_list("kind", flat=True)
        )
        assert len(kinds) == 1
        assert (after.status == "submitted") == (found[0] == "done")


def test_a_refusal_and_the_end_of_the_window_leave_one_outcome() -> None:
    for _round in range(ROUNDS):
        claim = acts.in_window()
        token = acts.token_of(claim)
        assert claim.consent_closes_at is not None
        last_second = claim.consent_closes_at
        with time_machine.travel(last_second, tick=False):
            race(
                lambda: answers.decline(token=token, responder=Responder("J. Meier")),
                lambda: answers.decline(token=token, responder=Responder("J. Meier")),
            )
        with time_machine.travel(last_second + timedelta(minutes=6), tick=False):
            race(finalise_consent_windows, finalise_consent_windows)
        after = acts.fresh(claim)
        assert after.status == "rejected"
        assert ClaimEvent.objects.filter(claim=claim, kind="consent_declined").count() == 1
        assert not IncentiveHandoff.objects.filter(claim=claim).exists()


def test_doubled_sweeps_hand_over_once() -> None:
    claims = [acts.in_window() for _ in range(ROUNDS)]
    with acts.past(claims[-1]):
        race(finalise_consent_windows, finalise_consent_windows, finalise_consent_windows)
    for claim in claims:
        assert IncentiveHandoff.objects.filter(claim=claim).count() == 1
        assert [line.line_status for line in claim.lines.all()] == [LineStatus.APPROVED]
        assert len(acts.letters(claim, "window_closed")) == len(
            {letter.recipient for letter in acts.letters(claim, "window_closed")}
        )
