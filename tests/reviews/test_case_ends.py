"""What becomes of cases, waiting winners and present partners when somebody drops out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from claims import actors
from claims.models import Association, Claim, ExclusivityHold, ProofRequest
from claims.services.disputes import dispute_claim
from claims.services.endings import end_association
from claims.services.submission import withdraw_claim
from consent.models import ConsentRequest, IncentiveHandoff
from consent.services.answers import AlreadyAnswered, LinkSuperseded, Responder, decline
from consent.services.windows import finalise_consent_windows
from consent.services.withdrawals import carry_out_withdrawals, withdraw
from cpor_site.common import outbox
from reviews.models import CompetingClaimsCase, CompetingParty
from reviews.ruling_forms import NOBODY
from reviews.services import administrative, competing
from reviews.services.decisions import approve_claim
from reviews.services.splitting import split_contested
from tests import acts, factories
from tests.claims.attaching import owner
from tests.reviews.competing import (
    after,
    answered,
    case_of,
    contested,
    decide,
    holders,
    kinds,
    outcomes,
    rival,
    sufficient,
)
from tests.shared import shared

from .pages import browser_of, text_of
from .test_competing_pages import address, form_of

pytestmark = pytest.mark.django_db

BOTH = ("exchange_online", "teams")


@shared
def contest() -> tuple[Claim, Claim]:
    """A holder who has answered, and a challenger ready for a ruling."""
    return contested()


@shared
def succession(contest: tuple[Claim, Claim]) -> tuple[Claim, Claim]:
    """The holder yields, and the winner is in its customer's window."""
    holder, winner = contest
    decide(case_of(winner), winner)
    outbox.send_due()
    return acts.fresh(holder), acts.fresh(winner)


@shared
def holder_of_two() -> Claim:
    return acts.active(factories.make_claim(products=BOTH))


def close_by_operator(claim: Claim) -> None:
    """Let two leads close the claim (T23)."""
    first, second = (factories.make_reviewer(role="Lead reviewer") for _ in range(2))
    administrative.propose_end(
        claim_id=claim.pk, actor=actors.reviewer(first), reason="The contract was void."
    )
    administrative.confirm_end(claim_id=claim.pk, actor=actors.reviewer(second))


def open_cases() -> int:
    return CompetingClaimsCase.objects.filter(closed_at=None).count()


class TestTheOperatorClosesAParty:
    def test_a_challenger_leaves_its_case(self, contest: tuple[Claim, Claim]) -> None:
        holder, challenger = contest

        close_by_operator(challenger)

        assert open_cases() == 0
        assert not ProofRequest.objects.filter(claim=holder, closed_at=None).exists()

    def test_a_holder_leaves_and_the_challengers_clock_goes_on(
        self, contest: tuple[Claim, Claim]
    ) -> None:
        holder, challenger = contest

        close_by_operator(holder)

        assert open_cases() == 0
        assert acts.fresh(challenger).paused_at is None

    def test_a_waiting_winner_spares_the_holder(self, succession: tuple[Claim, Claim]) -> None:
        holder, winner = succession

        close_by_operator(winner)

        assert kinds(holder)[-1] == "association_spared"
        assert holders(holder) == [holder.pk]


class TestNobodyIsLeftToCompare:
    def test_a_holder_and_the_winner_that_waits_for_it_are_no_case(
        self, succession: tuple[Claim, Claim]
    ) -> None:
        holder, winner = succession
        late = sufficient(rival(holder))
        assert ProofRequest.objects.filter(closed_at=None).count() == 2

        withdraw_claim(claim_id=late.pk, actor=owner(late), reason="Given up.")

        assert open_cases() == 0
        assert not ProofRequest.objects.filter(closed_at=None).exists()
        tell_of_no_change(holder, winner)

    def test_a_ruling_against_a_late_challenger_promises_them_nothing(
        self, succession: tuple[Claim, Claim]
    ) -> None:
        """One still yields, and the other one's customer can still refuse."""
        holder, winner = succession
        late = sufficient(rival(holder))
        for each in (holder, winner):
            answered(each)
        shown = preview(case_of(late))

        old = decide(case_of(late), None).case

        assert acts.fresh(late).status == "rejected"
        assert outcomes(old) == {holder.pk: "", winner.pk: "", late.pk: "lost"}
        assert open_cases() == 0
        tell_of_no_change(holder, winner)
        for words in (
            f"Yields to {winner.number} by an earlier ruling, which stands",
            "Prevailed in an earlier ruling, which stands",
            "Does not prevail: the claim is rejected, and its partner can dispute that once.",
        ):
            assert words in shown
        assert "Stays partner of record" not in shown
        with after(winner):
            finalise_consent_windows()
        assert holders(holder) == [winner.pk]


def preview(case: CompetingClaimsCase) -> str:
    """What a lead reads before ruling that nobody prevails."""
    browser = browser_of(factories.make_reviewer(role="Lead reviewer"))
    typed = form_of(browser, case, NOBODY) | {"step": "preview"}
    return text_of(browser.post(address("rule", case), typed))


def tell_of_no_change(*claims: Claim) -> None:
    for claim in claims:
        letter = acts.letters(claim, "proof_request_closed")[0].text_body
        assert "changes nothing about what was decided before" in " ".join(letter.split())
        assert "stay" not in letter


def test_the_customer_reads_what_ended_last_alone(holder_of_two: Claim) -> None:
    """What another partner displaced had ended already."""
    holder, winner = contested(holder_of_two)
    decide(case_of(winner), winner)
    outbox.send_due()
    with after(winner):
        finalise_consent_windows()

    end_association(claim_id=holder.pk, actor=owner(holder), reason="The project ended.")

    letter = acts.letters(holder, "consent_ended")[0].text_body
    assert ("Teams" in letter, "Exchange" in letter) == (True, False)


def test_a_winner_that_comes_into_its_window_is_asked_for_its_proof_too(
    holder_of_two: Claim,
) -> None:
    """A later challenger was ready before the winner of another key's case was approved."""
    holder = holder_of_two
    winner = sufficient(rival(holder, products=BOTH))
    answered(holder)
    first, second = CompetingClaimsCase.objects.order_by("pk")
    decide(first, winner)
    late = sufficient(rival(holder, products=("exchange_online",)))

    decide(second, winner)

    assert acts.fresh(winner).status == "approved"
    assert case_of(late).parties.exclude(proof_request=None).count() == 2
    assert ProofRequest.objects.filter(claim=winner, closed_at=None).count() == 1


@pytest.mark.parametrize("who", ["customer", "partner"])
def test_who_gives_up_between_window_and_sweep_displaces_nobody(
    who: str, settings: Settings, succession: tuple[Claim, Claim]
) -> None:
    """The window has passed and the sweep is still to come: the holder is in force, and stays."""
    settings.CPOR_WITHDRAWAL_TAKES_EFFECT = "month_end"
    holder, winner = succession
    before = Association.objects.values().get(claim=holder)
    closes_at = acts.fresh(winner).consent_closes_at
    assert closes_at is not None
    with time_machine.travel(closes_at + timedelta(minutes=2), tick=False):
        if who == "customer":
            page = reverse("consent_withdraw", args=[acts.token_of(winner)])
            assert "The association ends at once" in Client().get(page).content.decode()
            withdraw(token=acts.token_of(winner), responder=Responder("Jana"))
            with pytest.raises(AlreadyAnswered):
                withdraw(token=acts.token_of(winner), responder=Responder("Jana"))
        else:
            end_association(claim_id=winner.pk, actor=owner(winner), reason="Over.")
        assert holders(holder) == [holder.pk]
    with time_machine.travel(closes_at + timedelta(minutes=6), tick=False):
        assert finalise_consent_windows().examined == 0
        assert carry_out_withdrawals().examined == 0

    assert Association.objects.values().get(claim=holder) == before
    assert kinds(holder)[-1] == "association_spared"
    gone = Association.objects.get(claim=winner)
    assert (acts.fresh(winner).status, gone.state, gone.effective_from) == ("ended", "ended", None)
    assert not IncentiveHandoff.objects.filter(claim=winner).exists()
    hold = ExclusivityHold.objects.get(released_at=None)
    assert (hold.organization, hold.waits_for) == (holder.organization, None)
    if who == "customer":
        told = [acts.letters(winner, kind)[0].text_body for kind in
                ("consent_withdrawn", "consent_taken_back")]  # fmt: skip
        assert ["don't become partner" in told[0], "does not become your" in told[1]] == [True] * 2


class TestTwoActivitiesOfOneWinner:
    def test_a_line_that_the_customer_refused_displaces_nobody(self) -> None:
        """What still waits is another claim's, whose customer can refuse it yet."""
        tenant = factories.make_tenant()
        contested_one = factories.make_subscription(tenant)
        free = factories.make_subscription(tenant)
        common: dict[str, Any] = {"tenant": tenant, "area_code": factories.BIZAPPS}
        of_one: dict[str, Any] = {"products": ("d365_sales",), "subscriptions": (contested_one,)}
        holder = acts.active(factories.make_claim(**common, **of_one))
        usage = acts.under_review(
            factories.make_claim(
                **common,
                products=("d365_sales", "d365_sales"),
                subscriptions=(contested_one, free),
            )
        )
        presales = acts.under_review(
            factories.make_claim(
                user=usage.created_by,
                location=usage.location,
                activities=("presales",),
                **common,
                **of_one,
            )
        )
        sufficient(usage)
        sufficient(presales)
        answered(holder)
        decide(case_of(usage), usage)
        outbox.send_due()
        refused = usage.lines.get(subscription=contested_one)
        decline(token=acts.token_of(usage), responder=Responder("J"), line_ids=[refused.pk])
        Claim.objects.filter(pk=presales.pk).update(consent_closes_at=None)

        with after(usage):
            finalise_consent_windows()

        assert acts.fresh(usage).association_state == "active"
        assert acts.fresh(holder).status == "approved"
        assert sorted(holders(holder)) == [holder.pk, usage.pk]


def test_an_old_link_of_the_customer_ends_when_a_displaced_claim_is_approved_anew(
    succession: tuple[Claim, Claim],
) -> None:
    """It would withdraw after the window what the customer can still refuse."""
    holder, winner = succession
    token = acts.token_of(holder)
    with after(winner):
        finalise_consent_windows()
        disputed = dispute_claim(
            claim_id=holder.pk, actor=owner(holder), justification="Work goes on."
        )
        judge = factories.make_reviewer()
        competing.find_sufficient(claim_id=disputed.pk, actor=actors.reviewer(judge))
        answered(winner)
        decide(case_of(disputed), disputed)
        outbox.send_due()

        with pytest.raises(LinkSuperseded):
            withdraw(token=token, responder=Responder("Jana Meier"))
    assert ConsentRequest.objects.filter(claim=holder).count() == 2


def test_a_line_that_has_prevailed_is_not_split_off(holder_of_two: Claim) -> None:
    """Its ruling would be lost with it, and the holder would be told nothing."""
    holder = holder_of_two
    winner = sufficient(rival(holder, products=(*BOTH, "sharepoint_online")))
    answered(holder)
    first = CompetingClaimsCase.objects.order_by("pk")[0]
    decide(first, winner)
    rival(holder, products=BOTH[:1])
    assert winner.assigned_reviewer is not None

    split = split_contested(claim_id=winner.pk, actor=actors.reviewer(winner.assigned_reviewer))

    prevailed = CompetingParty.objects.get(case=first, claim=winner).line
    assert prevailed.line_status == "included"
    assert split.lines.count() == 1
    approve_claim(claim_id=winner.pk, actor=actors.reviewer(winner.assigned_reviewer))
    assert ExclusivityHold.objects.filter(waits_for__isnull=False).count() == 1
    assert Association.objects.filter(claim=winner).count() == 2
    assert outcomes(first)[holder.pk] == "yields"
