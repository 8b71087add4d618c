"""The winner of a ruling comes into force and its rival ends, or falls away and leaves no trace."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from claims import actors
from claims.models import Association, Claim, ExclusivityHold
from claims.services.disputes import dispute_claim
from claims.services.endings import end_association
from claims.states import AssociationState, LineStatus
from consent.models import ConsentRequest, IncentiveHandoff
from consent.services.answers import Responder, decline
from consent.services.windows import close_windows_together, finalise_consent_windows
from cpor_site.common import outbox
from reviews.models import CompetingParty
from reviews.services.competing import find_sufficient
from tests import acts, factories
from tests.claims.attaching import owner
from tests.reviews.competing import (
    SHARED,
    after,
    answered,
    case_of,
    decide,
    events,
    holders,
    kinds,
    outcomes,
    rival,
    sufficient,
    won,
)
from tests.shared import shared

pytestmark = pytest.mark.django_db

Pair = tuple[Claim, Claim]


@shared
def pair() -> Pair:
    """A holder who yields, and the winner in its customer's window."""
    return won()


def pass_window(winner: Claim) -> None:
    with after(winner):
        finalise_consent_windows()


def hold_of(claim: Claim) -> ExclusivityHold:
    return ExclusivityHold.objects.get(associations__claim=claim)


def closing(winner: Claim) -> datetime:
    """When the time of the winner's customer ends."""
    closes_at = acts.fresh(winner).consent_closes_at
    assert closes_at is not None
    return closes_at


def refuse(winner: Claim, **changes: Any) -> None:
    decline(token=acts.token_of(winner), responder=Responder("Jana Meier"), **changes)


class TestTheWindowPasses:
    def test_one_association_ends_at_the_moment_at_which_the_other_begins(self, pair: Pair) -> None:
        """Scenario 9: one active association at every instant."""
        holder, winner = pair
        assert holders(holder) == [holder.pk]

        pass_window(winner)

        old, new = Association.objects.order_by("pk")
        assert (old.state, old.end_reason) == ("ended", "displaced")
        assert (new.state, old.effective_to) == ("active", new.effective_from)
        released, held = hold_of(holder), hold_of(winner)
        assert released.released_at == new.effective_from
        assert (held.released_at, held.waits_for) == (None, None)
        assert acts.fresh(winner).activated_at == new.effective_from

    def test_the_displaced_claim_can_be_disputed_and_its_end_is_handed_over(
        self, pair: Pair
    ) -> None:
        holder, winner = pair

        pass_window(winner)

        ended = acts.fresh(holder)
        assert (ended.status, ended.deadline_kind) == ("ended", "dispute_filing")
        assert ended.ended_at == acts.fresh(winner).activated_at
        (event,) = events(holder, "association_displaced")
        assert event.details == {
            "lines": [holder.lines.get().pk],
            "grounds": ["newer_acknowledgement"],
            "text": SHARED,
        }
        rows = IncentiveHandoff.objects.order_by("pk").values_list("claim", "kind")
        assert list(rows) == [
            (holder.pk, "start"),
            (holder.pk, "termination"),
            (winner.pk, "start"),
        ]
        assert set(CompetingParty.objects.values_list("claim", "outcome")) == {
            (holder.pk, "displaced"),
            (winner.pk, "won"),
        }
        assert {each.kind for each in acts.letters(holder)} >= {"association_displaced"}

    def test_a_line_is_displaced_and_the_claim_lives_on(self) -> None:
        holder = acts.active(factories.make_claim(products=("exchange_online", "teams")))
        won(holder)
        winner = Claim.objects.latest("pk")

        pass_window(winner)

        assert acts.fresh(holder).status == "approved"
        assert sorted(holder.lines.values_list("line_status", flat=True)) == ["approved", "ended"]
        assert kinds(holder)[-1] == "line_displaced"

    def test_all_claims_under_the_hold_end(self) -> None:
        """One company's two activities on one subscription are displaced together (Q5)."""
        tenant = factories.make_tenant()
        subscription = factories.make_subscription(tenant)
        common: dict[str, Any] = {
            "tenant": tenant,
            "area_code": factories.BIZAPPS,
            "products": ("d365_sales",),
            "subscriptions": (subscription,),
        }
        usage = acts.active(factories.make_claim(**common))
        presales = acts.active(
            factories.make_claim(
                user=usage.created_by,
                location=usage.location,
                activities=("presales",),
                **common,
            )
        )
        winner = sufficient(acts.under_review(factories.make_claim(**common)))
        answered(usage)
        answered(presales)
        decide(case_of(winner), winner)
        outbox.send_due()

        pass_window(winner)

        assert [acts.fresh(each).status for each in (usage, presales)] == ["ended", "ended"]
        assert holders(winner) == [winner.pk]

    def test_a_holder_whose_own_window_runs_is_displaced_too(self) -> None:
        """5.2 c; its customer isn't asked any more."""
        holder, winner = won(acts.in_window())
        later = closing(winner) + timedelta(days=3)
        Claim.objects.filter(pk=holder.pk).update(consent_closes_at=later)

        pass_window(winner)

        assert acts.fresh(holder).status == "ended"
        assert ConsentRequest.objects.get(claim=holder).closed_at is not None
        assert holders(winner) == [winner.pk]

    def test_a_clock_that_was_set_back_leaves_no_overlap(self, pair: Pair) -> None:
        holder, winner = pair
        began = closing(winner) + timedelta(days=2)
        Association.objects.filter(claim=holder).update(effective_from=began)

        pass_window(winner)

        old, new = Association.objects.order_by("pk")
        assert old.effective_to == new.effective_from == began

    def test_the_set_based_path_leaves_it_alone(self, pair: Pair) -> None:
        _holder, winner = pair

        with after(winner):
            assert close_windows_together([winner.pk]) == set()


class TestTheWinnerFallsAway:
    def test_a_refusal_leaves_the_holder_untouched_and_tells_it(self, pair: Pair) -> None:
        """Scenario 9, the other half."""
        holder, winner = pair
        before = Association.objects.filter(claim=holder).values().get()

        refuse(winner)

        assert Association.objects.filter(claim=holder).values().get() == before
        assert acts.fresh(winner).status == "rejected"
        waiting = hold_of(winner)
        assert waiting.released_at is not None
        assert hold_of(holder).released_at is None
        assert outcomes(CompetingParty.objects.filter(claim=winner).get().case) == {
            holder.pk: "spared",
            winner.pk: "won",
        }
        assert len(acts.letters(holder, "association_spared")) == 2

    def test_a_refused_part_spares_that_part_alone(self) -> None:
        both = ("exchange_online", "teams")
        holder = acts.active(factories.make_claim(products=both))
        winner = sufficient(rival(holder, products=both))
        answered(holder)
        for case in [party.case for party in winner.competing_parties.order_by("pk")]:
            decide(case, winner)
        outbox.send_due()
        first, second = winner.lines.order_by("pk")

        refuse(winner, line_ids=[first.pk])
        pass_window(winner)

        outcome = dict(
            CompetingParty.objects.filter(claim=holder).values_list(
                "line__product__code", "outcome"
            )
        )
        assert outcome == {first.product.code: "spared", second.product.code: "displaced"}
        assert sorted(holders(holder)) == [holder.pk, winner.pk]

    def test_the_partner_ends_it(self, pair: Pair) -> None:
        holder, winner = pair

        end_association(claim_id=winner.pk, actor=owner(winner), reason="Given up.")

        assert kinds(holder)[-1] == "association_spared"


class TestTheHolderFallsAway:
    def test_the_waiting_hold_is_promoted_at_once(self, pair: Pair) -> None:
        holder, winner = pair

        end_association(claim_id=holder.pk, actor=owner(holder), reason="The project ended.")

        assert hold_of(winner).waits_for is None
        with after(winner):
            assert close_windows_together([winner.pk]) == {winner.pk}
        assert holders(winner) == [winner.pk]
        assert kinds(holder)[-1] == "association_ended"


class TestTheDisputeOfADisplacedClaim:
    def test_new_lines_meet_the_winner_in_a_new_case(self, pair: Pair) -> None:
        holder, winner = pair
        pass_window(winner)
        old = holder.lines.get()

        with after(winner):
            claim = dispute_claim(
                claim_id=holder.pk, actor=owner(holder), justification="Work goes on."
            )

            again = claim.lines.exclude(pk=old.pk).get()
            assert (acts.fresh(claim).status, again.line_status) == ("disputed", "included")
            assert claim.lines.get(pk=old.pk).line_status == LineStatus.ENDED
            case = case_of(claim)
            assert {(each.line_id, each.standing) for each in case.parties.all()} == {
                (again.pk, "challenger"),
                (winner.lines.get().pk, "incumbent"),
            }
            assert holders(winner) == [winner.pk]
            judge = factories.make_reviewer()
            find_sufficient(claim_id=claim.pk, actor=actors.reviewer(judge))
            answered(winner)
            decide(case, claim)
            outbox.send_due()
        with after(claim):
            finalise_consent_windows()

        assert holders(winner) == [holder.pk]
        assert Association.objects.get(line=again).state == AssociationState.ACTIVE
        assert Association.objects.get(line=old).end_reason == "displaced"


def test_the_customer_reads_that_it_replaces_somebody_and_not_whom(
    pair: Pair,
) -> None:
    holder, winner = pair
    name = holder.organization.name

    letter = acts.letters(winner, "consent_request")[0]

    words = " ".join(letter.text_body.split())
    assert "At present another partner is recorded for the following." in words
    assert name not in letter.text_body + letter.subject + letter.html_body


def test_a_late_sweep_leaves_no_gap(pair: Pair) -> None:
    _holder, winner = pair
    moment = closing(winner) + timedelta(days=2)

    with time_machine.travel(moment, tick=False):
        finalise_consent_windows()

    old, new = Association.objects.order_by("pk")
    assert old.effective_to == new.effective_from == moment
