"""Rivals, arbiters, customers and partners act on competing claims in the same instant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

import pytest
import time_machine

from claims import actors
from claims.models import Association, Claim, ClaimEvent, CustomerTenant, ExclusivityHold
from claims.services.dispute_windows import close_dispute_windows
from claims.services.disputes import dispute_claim
from claims.services.endings import end_association
from claims.services.submission import withdraw_claim
from claims.states import AssociationState
from consent.services.answers import Responder, decline
from consent.services.windows import finalise_consent_windows
from consent.services.withdrawals import withdraw
from cpor_site.common import outbox
from reviews.models import CompetingClaimsCase, CompetingRuling
from reviews.services.competing import find_sufficient
from reviews.services.rulings import contenders, rule
from tests import acts, factories
from tests.claims.attaching import owner
from tests.reviews.competing import SHARED, answered, case_of, rival, sufficient

from . import rounds
from .test_claim_races import race

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = rounds(2)


def decide(case: CompetingClaimsCase, winner: int | None, arbiter: actors.Actor) -> None:
    rule(
        case_id=case.pk,
        actor=arbiter,
        winner_id=winner,
        grounds=["newer_acknowledgement"],
        shared_reason=SHARED,
        internal_reason="It is newer.",
    )


def party_of(claim: Claim) -> int:
    return next(each.pk for each in contenders(case_of(claim)) if each.claim_id == claim.pk)


def arbiter() -> actors.Actor:
    return actors.reviewer(factories.make_reviewer(role="Lead reviewer"))


def contested(holder: Claim | None = None) -> tuple[Claim, Claim]:
    """A holder who has answered, and a challenger ready for a ruling."""
    holder = holder or acts.active()
    challenger = sufficient(rival(holder))
    answered(holder)
    return holder, acts.fresh(challenger)


def won(holder: Claim | None = None) -> tuple[Claim, Claim]:
    """A holder who yields, and the winner in its customer's window."""
    holder, challenger = contested(holder)
    decide(case_of(challenger), party_of(challenger), arbiter())
    outbox.send_due()
    return acts.fresh(holder), acts.fresh(challenger)


def give_up(winner: Claim) -> None:
    """Let the winner end what it has won, so that the holder can be challenged again."""
    end_association(claim_id=winner.pk, actor=owner(winner), reason="Given up.")


def one_holder(tenant: CustomerTenant | None, *, since: datetime | None = None) -> None:
    """At no instant are two associations in force, and once there is one, never none."""
    held = Association.objects.filter(tenant=tenant, effective_from__isnull=False)
    # The frozen clock lets several begin at one moment: in the order in which they were made then.
    spans = list(
        held.order_by("effective_from", "pk").values_list("effective_from", "effective_to")
    )
    for (_begin, end), (begin, _end) in zip(spans, spans[1:], strict=False):
        assert end == begin
    if since is not None:
        assert (spans[0][0], spans[-1][1]) == (since, None)
    unreleased = ExclusivityHold.objects.filter(
        key__contains=str(tenant.tenant_id if tenant else ""), released_at=None
    )
    assert unreleased.filter(waits_for=None).count() <= 1
    for waiting in unreleased.exclude(waits_for=None):
        assert waiting.waits_for is not None
        assert waiting.waits_for.released_at is None


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    with time_machine.travel(moment, tick=False):
        yield


def test_of_two_rulings_on_one_case_one_counts() -> None:
    first, second = arbiter(), arbiter()
    holder = acts.active()
    for _round in range(ROUNDS):
        _holder, challenger = contested(holder)
        case, party = case_of(challenger), party_of(challenger)

        found = race(
            partial(decide, case, party, first),
            partial(decide, case, None, second),
        )

        assert sorted(found) == ["REV-41", "done"]
        ruling = CompetingRuling.objects.get(case=case)
        won_it = found[0] == "done"
        assert (ruling.winner_id == party) == won_it
        assert acts.fresh(challenger).status == ("approved" if won_it else "rejected")
        ruled = ClaimEvent.objects.filter(kind="competing_case_ruled", at=ruling.ruled_at)
        assert {event.claim for event in ruled} == {holder, challenger}
        one_holder(holder.tenant)
        if won_it:
            give_up(challenger)


def test_two_rulings_on_two_cases_of_the_same_claims() -> None:
    """Both lock the same claims; the claim is approved by whichever comes last."""
    both = ("exchange_online", "teams")
    leads = arbiter(), arbiter()
    for _round in range(ROUNDS):
        holder = acts.active(factories.make_claim(products=both))
        challenger = sufficient(rival(holder, products=both))
        answered(holder)
        cases = [party.case for party in challenger.competing_parties.order_by("pk")]
        chosen = [party.pk for party in challenger.competing_parties.order_by("pk")]

        found = race(*(partial(decide, *each) for each in zip(cases, chosen, leads, strict=True)))

        assert found == ["done", "done"]
        after = acts.fresh(challenger)
        assert (after.status, after.associations.count()) == ("approved", 2)
        assert (
            ExclusivityHold.objects.filter(
                organization=challenger.organization, waits_for__isnull=False
            ).count()
            == 2
        )


def test_a_ruling_and_the_partners_withdrawal_leave_one_outcome() -> None:
    lead, holder = arbiter(), acts.active()
    for _round in range(ROUNDS):
        _holder, challenger = contested(holder)
        case, party = case_of(challenger), party_of(challenger)

        found = race(
            partial(decide, case, party, lead),
            partial(
                withdraw_claim, claim_id=challenger.pk, actor=owner(challenger), reason="Wrong."
            ),
        )

        outcome = (found, acts.fresh(challenger).status)
        assert outcome in (
            (["done", "SUBM-03"], "approved"),
            (["SUBM-02", "done"], "rejected"),
            (["REV-41", "done"], "rejected"),
        )
        assert CompetingClaimsCase.objects.get(pk=case.pk).closed_at is not None
        assert CompetingRuling.objects.filter(case=case).exists() == (found[0] == "done")
        assert acts.fresh(holder).association_state == AssociationState.ACTIVE
        one_holder(holder.tenant)
        if found[0] == "done":
            give_up(challenger)


def test_a_ruling_and_the_holders_end_leave_one_holder() -> None:
    lead = arbiter()
    for _round in range(ROUNDS):
        holder, challenger = contested()
        case, party = case_of(challenger), party_of(challenger)

        found = race(
            partial(decide, case, party, lead),
            partial(end_association, claim_id=holder.pk, actor=owner(holder), reason="Over."),
        )

        assert found[1] == "done"
        after = acts.fresh(challenger)
        if found[0] == "done":
            hold = ExclusivityHold.objects.get(associations__claim=challenger)
            assert (after.status, hold.waits_for, hold.released_at) == ("approved", None, None)
        else:
            assert found[0] in {"SUBM-02", "REV-41"}
            assert (after.status, after.paused_at) == ("under_review", None)
        one_holder(holder.tenant)


def test_a_refusal_and_the_end_of_the_winners_window_leave_one_holder() -> None:
    """In the last second the customer refuses while sweeps run; nobody is displaced by mistake."""
    holder = acts.active()
    for _round in range(ROUNDS):
        holder, winner = won(holder)
        token = acts.token_of(winner)
        closes_at = acts.fresh(winner).consent_closes_at
        since = holder.activated_at
        assert closes_at is not None

        with at(closes_at):
            found = race(
                partial(decline, token=token, responder=Responder("J. Meier")),
                finalise_consent_windows,
            )
        with at(closes_at + timedelta(minutes=6)):
            race(finalise_consent_windows, finalise_consent_windows)

        assert found == ["done", "done"]
        assert (acts.fresh(winner).status, acts.fresh(holder).status) == ("rejected", "approved")
        one_holder(holder.tenant, since=since)


def test_a_withdrawal_before_the_late_sweep_displaces_nobody_and_leaves_no_gap() -> None:
    """Whichever comes first: the holder stays, or was displaced by who is withdrawn only then."""
    for _round in range(ROUNDS):
        holder, winner = won()
        token = acts.token_of(winner)
        closes_at = acts.fresh(winner).consent_closes_at
        assert closes_at is not None

        with at(closes_at + timedelta(minutes=6)):
            found = race(
                partial(withdraw, token=token, responder=Responder("J. Meier")),
                finalise_consent_windows,
                finalise_consent_windows,
            )

        assert found == ["done", "done", "done"]
        ends = {
            each.claim_id: (each.end_reason, each.effective_from is not None)
            for each in Association.objects.filter(claim__in=(holder, winner))
        }
        assert ends in (
            {holder.pk: ("", True), winner.pk: ("customer_withdrew", False)},
            {holder.pk: ("displaced", True), winner.pk: ("customer_withdrew", True)},
        )
        stays = ends[holder.pk][0] == ""
        assert acts.fresh(holder).status == ("approved" if stays else "ended")
        assert acts.fresh(winner).status == "ended"


def test_the_winners_window_and_the_holders_end_at_once() -> None:
    """Doubled sweeps meet the partner who ends what is about to be displaced."""
    for _round in range(ROUNDS):
        holder, winner = won()
        closes_at = acts.fresh(winner).consent_closes_at
        assert closes_at is not None

        with at(closes_at + timedelta(minutes=6)):
            found = race(
                partial(end_association, claim_id=holder.pk, actor=owner(holder), reason="Over."),
                finalise_consent_windows,
                finalise_consent_windows,
            )
            finalise_consent_windows()

        assert found[0] in {"done", "SUBM-03"}
        assert (acts.fresh(holder).status, acts.fresh(winner).association_state) == (
            "ended",
            "active",
        )
        reasons = Association.objects.filter(claim=holder).values_list("end_reason", flat=True)
        assert list(reasons) == ["partner_disassociated" if found[0] == "done" else "displaced"]
        one_holder(holder.tenant)


def test_two_who_leave_a_case_of_three_at_once_close_it() -> None:
    for _round in range(ROUNDS):
        first = acts.under_review()
        others = [rival(first), rival(first)]
        case = case_of(first)
        sufficient(first)

        found = race(
            *(
                partial(withdraw_claim, claim_id=each.pk, actor=owner(each), reason="Wrong.")
                for each in others
            )
        )

        assert found == ["done", "done"]
        assert CompetingClaimsCase.objects.get(pk=case.pk).closed_at is not None
        after = acts.fresh(first)
        assert (after.paused_at, after.due_at is not None) == (None, True)


def test_a_rival_that_comes_while_the_other_goes_meets_nobody() -> None:
    for _round in range(ROUNDS):
        first = acts.submit(factories.make_claim())
        second = factories.make_claim(tenant=first.tenant)
        confirmed = acts.warnings(second)

        found = race(
            partial(withdraw_claim, claim_id=first.pk, actor=owner(first), reason="Wrong."),
            partial(acts.submit, second, confirmed=confirmed),
        )

        assert found == ["done", "done"]
        assert not CompetingClaimsCase.objects.filter(parties__claim=first, closed_at=None).exists()


def test_a_finding_and_the_rivals_withdrawal_leave_a_clock_that_runs() -> None:
    for _round in range(ROUNDS):
        holder = acts.active()
        challenger = rival(holder)
        assert challenger.assigned_reviewer is not None

        found = race(
            partial(
                find_sufficient,
                claim_id=challenger.pk,
                actor=actors.reviewer(challenger.assigned_reviewer),
            ),
            partial(end_association, claim_id=holder.pk, actor=owner(holder), reason="Over."),
        )

        assert found in (["done", "done"], ["REV-40", "done"])
        after = acts.fresh(challenger)
        assert (after.paused_at, after.due_at is not None) == (None, True)
        assert not holder.proof_requests.filter(closed_at=None).exists()


def test_a_dispute_in_the_last_second_and_the_sweep_leave_one_outcome() -> None:
    for _round in range(ROUNDS):
        holder, winner = won()
        with acts.past(winner):
            finalise_consent_windows()
        due_at = acts.fresh(holder).due_at
        assert due_at is not None
        dispute = partial(
            dispute_claim,
            claim_id=holder.pk,
            actor=owner(holder),
            justification="Work goes on.",
            arrived_at=due_at,
        )

        with at(due_at + timedelta(minutes=6)):
            found = race(dispute, dispute, close_dispute_windows)

        after = acts.fresh(holder)
        disputed = ClaimEvent.objects.filter(claim=holder, kind="claim_disputed").count()
        if after.status == "disputed":
            assert (sorted(found[:2]), disputed) == (["SUBM-03", "done"], 1)
            assert case_of(holder).parties.count() == 2
        else:
            assert (after.status, after.deadline_kind, disputed) == ("ended", "", 0)
        one_holder(holder.tenant)


def test_an_answer_while_the_challenger_gives_up() -> None:
    """Whoever comes second finds the request settled or answered; no answer is lost."""
    holder = acts.active()
    for _round in range(ROUNDS):
        challenger = sufficient(rival(holder))
        request = holder.proof_requests.get(closed_at=None)

        found = race(
            partial(answered, holder),
            partial(
                withdraw_claim, claim_id=challenger.pk, actor=owner(challenger), reason="Given up."
            ),
        )

        assert found in (["done", "done"], ["PRF-01", "done"])
        request.refresh_from_db()
        assert request.closed_at is not None
        assert (request.answer == "nothing") == (found[0] == "done")
