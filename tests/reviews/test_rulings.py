"""Rulings on competing claims: who wins, loses, keeps and yields; what refuses one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from claims import actors
from claims.models import Claim, ExclusivityHold, ProofRequest, ReviewDecision
from claims.refusals import NotYours
from claims.services.disputes import dispute_claim
from claims.services.submission import withdraw_claim
from claims.states import LineStatus
from cpor_site.common import outbox
from cpor_site.common.problems import Refused
from reviews.models import CompetingClaimsCase, CompetingRuling
from reviews.services.competing import find_sufficient
from reviews.services.decisions import approve_claim
from reviews.services.secrecy import is_distinctive
from tests import acts, factories
from tests.claims.attaching import attach, owner
from tests.reviews import deciding
from tests.reviews.competing import (
    SHARED,
    answered,
    case_of,
    decide,
    events,
    holders,
    kinds,
    outcomes,
    rival,
    sufficient,
)
from tests.shared import shared

pytestmark = pytest.mark.django_db

BOTH = ("exchange_online", "teams")


def refused(*codes: str) -> Any:
    return pytest.raises(Refused, match="^" + ".*; ".join(codes) + " ")


@shared
def holder() -> Claim:
    return acts.active()


@shared
def challenger(holder: Claim) -> Claim:
    """Another partner's claim for the same, which nobody has found sufficient yet."""
    return rival(holder)


@shared
def contest(challenger: Claim) -> tuple[Claim, Claim]:
    """The holder, who has answered, and the challenger; their case is ready."""
    holder = Claim.objects.earliest("pk")
    challenger = sufficient(challenger)
    answered(holder)
    return holder, acts.fresh(challenger)


@shared
def ruled(contest: tuple[Claim, Claim]) -> CompetingRuling:
    """The ruling for the challenger."""
    _holder, challenger = contest
    return decide(case_of(challenger), challenger)


def after_due(challenger: Any) -> time_machine.travel:
    """Travel to when the present partner's time to answer is over."""
    case = CompetingClaimsCase.objects.filter(parties__claim=challenger).first()
    assert case is not None
    assert case.answers_due_at is not None
    return time_machine.travel(case.answers_due_at + timedelta(minutes=1), tick=False)


class TestBeforeACaseIsReady:
    def test_a_case_in_which_nobody_is_ready(self, challenger: Claim) -> None:
        with refused("REV-42"):
            decide(case_of(challenger), None)

    def test_while_the_present_partner_may_answer(self, challenger: Claim) -> None:
        case = case_of(sufficient(challenger))

        with refused("REV-43"):
            decide(case, challenger)
        with after_due(challenger):
            decide(case, challenger)


class TestForAChallenger:
    def test_who_wins_is_approved_and_waits_for_the_holder(
        self, contest: tuple[Claim, Claim], ruled: CompetingRuling
    ) -> None:
        holder, challenger = contest

        after = acts.fresh(challenger)
        assert (after.status, after.association_state, after.paused_at) == (
            "approved",
            "provisional",
            None,
        )
        hold, waiting = ExclusivityHold.objects.filter(released_at=None).order_by("pk")
        assert waiting.waits_for == hold == ruled.displaces
        assert (hold.organization, waiting.organization) == (
            holder.organization,
            challenger.organization,
        )
        assert holders(holder) == [holder.pk]
        assert outcomes(ruled.case) == {holder.pk: "yields", challenger.pk: "won"}

    def test_every_party_reads_grounds_and_reason_and_nothing_of_the_other(
        self, contest: tuple[Claim, Claim], ruled: CompetingRuling
    ) -> None:
        holder, challenger = contest

        assert [
            (event.details, event.actor)
            for claim in (holder, challenger)
            for event in events(claim, "competing_case_ruled")
        ] == [
            (
                {
                    "outcome": outcome,
                    "lines": [claim.lines.get().pk],
                    "waits": False,
                    "grounds": ["newer_acknowledgement"],
                    "text": SHARED,
                },
                ruled.arbiter,
            )
            for claim, outcome in ((holder, "yields"), (challenger, "won"))
        ]

    def test_several_challengers_are_settled_by_one_ruling(
        self, contest: tuple[Claim, Claim]
    ) -> None:
        holder, second = contest
        third = sufficient(rival(holder))

        ruling = decide(case_of(second), third)

        assert outcomes(ruling.case) == {holder.pk: "yields", second.pk: "lost", third.pk: "won"}
        assert [acts.fresh(each).status for each in (holder, second, third)] == [
            "approved",
            "rejected",
            "approved",
        ]

    def test_who_is_not_ready_stays_and_meets_holder_and_winner_in_a_new_case(
        self, contest: tuple[Claim, Claim]
    ) -> None:
        holder, challenger = contest
        unready = rival(holder)

        old = decide(case_of(challenger), challenger).case

        assert unready.pk not in dict(
            old.parties.exclude(outcome="").values_list("claim", "outcome")
        )
        case = case_of(unready)
        assert {(each.claim, each.standing) for each in case.parties.all()} == {
            (unready, "challenger"),
            (holder, "incumbent"),
            (challenger, "incumbent"),
        }
        assert acts.fresh(unready).status == "under_review"


class TestForNobody:
    def test_the_holder_keeps_and_the_challenger_may_dispute(
        self, contest: tuple[Claim, Claim]
    ) -> None:
        holder, challenger = contest

        ruling = decide(case_of(challenger), None, grounds=["tie"])

        assert outcomes(ruling.case) == {holder.pk: "kept", challenger.pk: "lost"}
        assert (acts.fresh(challenger).status, ruling.displaces) == ("rejected", None)
        assert acts.fresh(holder).status == "approved"
        assert holders(holder) == [holder.pk]
        assert ProofRequest.objects.get().closed_at == ruling.ruled_at


class TestRefused:
    def test_who_does_not_lead(self, contest: tuple[Claim, Claim]) -> None:
        _holder, challenger = contest

        with pytest.raises(NotYours):
            decide(case_of(challenger), challenger, arbiter=factories.make_reviewer())

    def test_a_contact_of_any_party(self, contest: tuple[Claim, Claim]) -> None:
        holder, challenger = contest
        arbiter = factories.make_reviewer(role="Lead reviewer")
        factories.make_membership(arbiter, holder.organization)

        with refused("REV-02"):
            decide(case_of(challenger), challenger, arbiter=arbiter)

    def test_grounds_that_do_not_carry_it_and_reasons_that_are_missing(
        self, contest: tuple[Claim, Claim]
    ) -> None:
        _holder, challenger = contest
        case = case_of(challenger)

        for grounds in ([], ["usage"], ["tie"], ["other", "tie"]):
            with refused("REV-44"):
                decide(case, challenger, grounds=grounds)
        for missing in ("shared_reason", "internal_reason"):
            written: dict[str, Any] = {missing: " "}
            with refused("REV-45") as refusal:
                decide(case, challenger, **written)
            assert refusal.value.problems[0].field == missing

    def test_a_winner_who_is_not_ready(self, contest: tuple[Claim, Claim]) -> None:
        holder, challenger = contest
        unready = rival(holder)
        party = case_of(challenger).parties.get(claim=unready)

        with refused("REV-47"):
            decide(case_of(challenger), None, winner_id=party.pk)

    def test_a_second_winner_while_the_first_waits(
        self, contest: tuple[Claim, Claim], ruled: CompetingRuling
    ) -> None:
        holder, winner = contest
        outbox.send_due()
        later = sufficient(rival(holder))
        with after_due(later):
            with refused("REV-48"):
                decide(case_of(later), later)
            decide(case_of(later), None)

        assert acts.fresh(later).status == "rejected"
        assert acts.fresh(winner).status == "approved"

    def test_a_closed_case(self, contest: tuple[Claim, Claim]) -> None:
        _holder, challenger = contest
        case = case_of(challenger)
        decide(case, None)

        with refused("REV-41"):
            decide(case, None)

    def test_a_page_that_is_older_than_new_proof(self, contest: tuple[Claim, Claim]) -> None:
        holder, challenger = contest
        version = case_of(challenger).version
        attach(holder)

        with refused("SUBM-02"):
            decide(case_of(challenger), challenger, version=version)

    def test_nothing_is_left_of_a_refused_ruling(self, contest: tuple[Claim, Claim]) -> None:
        """The winner's approval is refused at the very end of it."""
        holder, challenger = contest
        challenger.organization.standing = "suspended"
        challenger.organization.save()

        with refused("REV-23"):
            decide(case_of(challenger), challenger)

        assert case_of(challenger).parties.filter(outcome="").count() == 2
        assert kinds(holder)[-1] == "proof_request_answered"

    def test_who_ruled_before_judges_no_dispute(self, contest: tuple[Claim, Claim]) -> None:
        holder, challenger = contest
        arbiter = factories.make_reviewer(role="Lead reviewer")
        decide(case_of(challenger), None, arbiter=arbiter)
        dispute_claim(
            claim_id=challenger.pk, actor=owner(challenger), justification="Look at page 2."
        )
        judge = factories.make_reviewer()
        find_sufficient(claim_id=challenger.pk, actor=actors.reviewer(judge))

        with after_due(challenger):
            with refused("REV-04"):
                decide(case_of(challenger), challenger, arbiter=arbiter)
            decide(case_of(challenger), challenger)
        assert acts.fresh(challenger).status == "approved"


class TestTheSharedReason:
    def test_names_no_party(self, contest: tuple[Claim, Claim]) -> None:
        holder, challenger = contest
        case, organization, location = case_of(challenger), holder.organization, holder.location
        assert location is not None
        organization.name = "Fabri-Kam Consulting GmbH"
        organization.save()
        document = holder.documents.get()
        document.original_name = "Fabrikam final.pdf"
        document.save()
        holder.contacts.filter(kind="partner").update(name="Ines Sommer")
        gone = rival(holder)
        type(organization).objects.filter(pk=gone.organization_id).update(name="Tailspin Toys")
        withdraw_claim(claim_id=gone.pk, actor=owner(gone), reason="Given up.")

        for text in (
            "FABRI KAM consulting GmbH showed more.",
            "The proof of Fabri-Kam Consulting is newer.",
            "The proof of Fabri-Kam is newer.",
            f"See www.{organization.mail_domain}.",
            f"Partner {location.partner_id} showed more.",
            f"Claim {holder.number} showed more.",
            "Page 2 of fabrikam final.pdf is newer.",
            "Page 2 of Fabrikam_FINAL is newer.",
            "Ines Sommer sent the newer proof.",
            "Tailspin Toys gave up.",
        ):
            with refused("REV-46") as refusal:
                decide(case, challenger, shared_reason=text)
            assert refusal.value.problems[0].field == "shared_reason"

    @pytest.mark.parametrize(
        ("stem", "is_its_own"),
        [
            ("statement of work", False),
            ("scan 0003", False),
            ("scan0003 signed", False),
            ("20260501", False),
            ("contoso exchange sow", False),
            ("ines", False),
            ("fabrikam final", True),
            ("sow woodgrove 2026", True),
        ],
    )
    def test_a_documents_name_without_its_ending_has_to_be_its_own(
        self, stem: str, is_its_own: bool
    ) -> None:
        assert is_distinctive(stem, {"contoso", "exchange", "online"}) is is_its_own

    def test_may_name_what_all_parties_know(self, contest: tuple[Claim, Claim]) -> None:
        """Both sent a file of the same name, and the customer is everybody's."""
        _holder, challenger = contest
        assert challenger.tenant is not None

        ruling = decide(
            case_of(challenger),
            challenger,
            shared_reason=f"The statement of work.pdf of {challenger.tenant.name} is newer.",
        )

        assert ruling.winner is not None


@shared
def two() -> tuple[Claim, Claim]:
    """Two whose proof is sufficient, where nobody is partner of record."""
    first = acts.under_review()
    second = sufficient(rival(first))
    return sufficient(first), second


class TestWithoutAHolder:
    def test_the_winner_holds_and_the_loser_may_dispute(self, two: tuple[Claim, Claim]) -> None:
        first, second = two

        ruling = decide(case_of(first), second)

        lost = acts.fresh(first)
        assert (lost.status, lost.rejection_reasons, lost.deadline_kind) == (
            "rejected",
            ["R-COMPETE"],
            "dispute_filing",
        )
        assert lost.lines.get().line_status == LineStatus.LOST_ARBITRATION
        decision = ReviewDecision.objects.get(claim=first)
        assert (decision.reviewer, decision.text) == (ruling.arbiter, SHARED)
        assert acts.fresh(second).status == "approved"
        hold = ExclusivityHold.objects.get(released_at=None)
        assert (hold.organization, hold.waits_for) == (second.organization, None)

    def test_for_nobody_all_who_are_ready_lose(self, two: tuple[Claim, Claim]) -> None:
        first, second = two

        ruling = decide(case_of(first), None)

        assert outcomes(ruling.case) == {first.pk: "lost", second.pk: "lost"}

    def test_a_tie_is_refused(self, two: tuple[Claim, Claim]) -> None:
        first, _second = two

        with refused("REV-44"):
            decide(case_of(first), None, grounds=["tie"])


@shared
def both() -> tuple[Claim, Claim]:
    """The holder of two products, and a challenger in a case for each of them."""
    holder = acts.active(factories.make_claim(products=BOTH))
    return holder, sufficient(rival(holder, products=BOTH))


class TestTwoCasesOfOneChallenger:
    def test_a_winner_with_another_case_is_approved_by_its_last_ruling(
        self, both: tuple[Claim, Claim]
    ) -> None:
        _holder, challenger = both
        with after_due(challenger):
            first, second = CompetingClaimsCase.objects.order_by("pk")
            decide(first, challenger)

            waiting = acts.fresh(challenger)
            assert (waiting.status, waiting.paused_at is not None) == ("under_review", True)
            assert not ExclusivityHold.objects.exclude(waits_for=None).exists()
            decide(second, challenger)

        assert acts.fresh(challenger).status == "approved"
        assert ExclusivityHold.objects.exclude(waits_for=None).count() == 2

    def test_who_won_one_line_and_lost_another_is_approved_with_the_first(
        self, both: tuple[Claim, Claim]
    ) -> None:
        _holder, challenger = both
        with after_due(challenger):
            first, second = CompetingClaimsCase.objects.order_by("pk")
            decide(first, challenger)
            decide(second, None)
            goes_on = acts.fresh(challenger)
            assert (goes_on.status, goes_on.paused_at) == ("under_review", None)
            assert goes_on.due_at is not None

            approve_claim(claim_id=challenger.pk, actor=deciding.act_as(challenger))

        assert sorted(challenger.lines.values_list("line_status", flat=True)) == [
            "approved",
            "lost_arbitration",
        ]
        assert kinds(challenger)[-4:] == [
            "competing_case_ruled",
            "line_lost",
            "competing_check_ended",
            "claim_approved",
        ]

    def test_a_winner_who_falls_away_before_the_approval_leaves_the_holder_where_it_was(
        self, both: tuple[Claim, Claim]
    ) -> None:
        holder, challenger = both
        with after_due(challenger):
            first = CompetingClaimsCase.objects.order_by("pk").first()
            assert first is not None
            decide(first, challenger)

            withdraw_claim(claim_id=challenger.pk, actor=owner(challenger), reason="Wrong ID.")

        assert outcomes(first) == {holder.pk: "spared", challenger.pk: "won"}
        assert kinds(holder)[-2:] == ["proof_request_closed", "association_spared"]
