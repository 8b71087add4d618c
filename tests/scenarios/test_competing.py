"""The scenarios of section 10 in which partners compete or dispute: one named test each."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine

from claims import actors
from claims.models import Association, Claim, ClaimEvent, ExclusivityHold
from claims.refusals import DecidedBefore
from claims.services.disputes import dispute_claim
from claims.states import AssociationState, Status
from consent.services import answers
from consent.services.answers import Responder
from consent.services.windows import finalise_consent_windows
from cpor_site.common import outbox
from cpor_site.common.problems import Refused
from reviews.comparison import compare
from reviews.models import CompetingClaimsCase
from reviews.services import decisions
from tests import acts, factories
from tests.claims import pages
from tests.claims.asking import cover_everything, submission
from tests.claims.attaching import attach
from tests.claims.every_address import undone
from tests.factories import at
from tests.reviews import competing
from tests.reviews.pages import text_of
from tests.shared import shared

pytestmark = pytest.mark.django_db
CIO = Responder(name="Jana Meier", title="CIO")


def on(moment: datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


def test_scenario_08_own_duplicates_stop_and_others_are_told_of_alike() -> None:
    tenant, location = factories.make_tenant(), factories.make_location()
    other = factories.make_claim(tenant=tenant)
    claim = factories.make_claim(tenant=tenant, location=location)
    cover_everything(claim)
    for stage in (acts.submit, acts.in_window, acts.active):
        other = stage(other)
        [problem] = submission(claim)
        assert (problem.code, problem.blocks) == ("SUB-14", False)
        assert str(problem.message) == (
            "Another partner is associated with Exchange Online. You can go on. The claim then "
            "passes the check for competing claims, which can take longer than five business days; "
            "strong and recent proof matters."
        )
        with undone():
            own = acts.submit(factories.make_claim(tenant=tenant, location=location))
            stopped = [each for each in submission(claim) if each.blocks]
        assert [each.code for each in stopped] == ["SUB-13"]
        assert own.number in str(stopped[0].message)
        assert other.number not in str(stopped[0].message)


@shared
def holder() -> Claim:
    return acts.active()


@shared
def challenger(holder: Claim) -> Claim:
    """Who has won against the holder; its customer may refuse it yet."""
    return competing.won(holder)[1]


def test_scenario_09_a_winner_whose_customer_refuses_leaves_the_holder_untouched(
    holder: Claim, challenger: Claim
) -> None:
    before = Association.objects.values().get(claim=holder)
    answers.decline(token=acts.token_of(challenger), responder=CIO)
    assert acts.fresh(challenger).status == Status.REJECTED
    assert Association.objects.values().get(claim=holder) == before
    assert acts.fresh(holder).status == Status.APPROVED
    hold = ExclusivityHold.objects.get(released_at=None)
    assert (hold.organization, hold.waits_for) == (holder.organization, None)


def test_scenario_09_a_winner_whose_window_passes_takes_over_in_the_same_second(
    holder: Claim, challenger: Claim
) -> None:
    assert competing.holders(holder) == [holder.pk]
    with competing.after(challenger):
        assert finalise_consent_windows().acted == 1
    assert competing.holders(holder) == [challenger.pk]
    old, new = (Association.objects.get(claim=claim) for claim in (holder, challenger))
    assert (old.state, old.end_reason) == (AssociationState.ENDED, "displaced")
    assert old.effective_to == new.effective_from
    assert acts.fresh(holder).status == Status.ENDED


def test_scenario_10_a_second_approval_of_the_same_meets_a_case_against_the_first() -> None:
    """One after the other; in ``tests/races`` both happen at once and the database decides."""
    tenant = factories.make_tenant()
    first, second = (acts.under_review(factories.make_claim(tenant=tenant)) for _ in range(2))
    CompetingClaimsCase.objects.update(closed_at=first.created_at)

    def approve(claim: Claim) -> None:
        assert claim.assigned_reviewer is not None
        decisions.approve_claim(claim_id=claim.pk, actor=actors.reviewer(claim.assigned_reviewer))

    approve(first)
    with pytest.raises(Refused) as refusal:
        approve(second)
    assert refusal.value.codes == ("REV-21",)
    assert Association.objects.get(tenant=tenant).claim == first
    assert acts.fresh(second).status == Status.UNDER_REVIEW


def test_scenario_11_day_30_day_31_a_second_time_and_the_same_reviewer() -> None:
    reviewer = factories.make_reviewer()
    with on(at("2026-06-01T10:00+02:00")):
        early, late = acts.rejected(reviewer=reviewer), acts.rejected()

    def dispute(claim: Claim) -> Claim:
        return dispute_claim(
            claim_id=claim.pk, actor=actors.partner(claim.created_by), justification="Page 3."
        )

    with on(at("2026-07-01T23:59:00+02:00")):
        assert dispute(early).status == Status.DISPUTED
        with pytest.raises(DecidedBefore):
            decisions.approve_claim(claim_id=early.pk, actor=actors.reviewer(reviewer))
        decisions.reject_claim(
            claim_id=early.pk,
            actor=actors.reviewer(factories.make_reviewer()),
            reasons=["R-POE"],
            text="Page 3 is of another year.",
        )
        with pytest.raises(Refused) as second:
            dispute(early)
    with on(at("2026-07-02T00:00:01+02:00")), pytest.raises(Refused) as over:
        dispute(late)
    assert (second.value.codes, over.value.codes) == (("DIS-02",), ("DIS-01",))
    assert acts.fresh(early).status == Status.REJECTED


def test_scenario_16_new_proof_on_an_approved_claim_is_what_a_later_case_shows(
    holder: Claim,
) -> None:
    before = Claim.objects.values("status", "association_state").get(pk=holder.pk)
    newer = attach(holder, signed_on=acts.fresh(holder).created_at.date() - timedelta(days=1))
    assert Claim.objects.values("status", "association_state").get(pk=holder.pk) == before
    assert ClaimEvent.objects.filter(claim=holder, kind="document_attached").count() == 1
    challenger = competing.rival(holder)
    shown = compare(competing.case_of(challenger))
    [column] = shown.incumbents
    assert column.newest is not None
    assert column.newest.document == newer


def test_two_products_with_two_rivals_are_ruled_on_each_by_itself() -> None:
    """One challenger takes its key, the other loses; each is told by its own ruling alone."""
    both = ("exchange_online", "teams")
    holder = acts.active(factories.make_claim(products=both))
    first = competing.sufficient(competing.rival(holder, products=both[:1]))
    second = competing.sufficient(competing.rival(holder, products=both[1:]))
    mail, teams = holder.lines.order_by("pk")
    while holder.proof_requests.filter(answer="", closed_at=None).exists():
        competing.answered(holder)

    competing.decide(competing.case_of(first), first, shared_reason="The mail proof is newer.")
    competing.decide(
        competing.case_of(second), None, grounds=["tie"], shared_reason="Both prove the chats."
    )
    outbox.send_due()

    assert [acts.fresh(each).status for each in (holder, first, second)] == [
        "approved",
        "approved",
        "rejected",
    ]
    ruled = competing.events(holder, "competing_case_ruled")
    assert [(each.details["outcome"], each.details["lines"]) for each in ruled] == [
        ("yields", [mail.pk]),
        ("kept", [teams.pk]),
    ]
    with competing.after(first):
        assert finalise_consent_windows().acted == 1
    assert competing.holders(holder) == [holder.pk, first.pk]
    [displaced] = competing.events(holder, "line_displaced")
    assert (
        displaced.details["lines"],
        displaced.details["text"],
        displaced.details["grounds"],
    ) == (
        [mail.pk],
        "The mail proof is newer.",
        ["newer_acknowledgement"],
    )
    assert acts.fresh(holder).association_state == AssociationState.ACTIVE
    told = text_of(pages.browser_of(holder.created_by).get(pages.url("claim_page", holder)))
    for words in (
        "Another partner's proof prevails for Exchange Online.",
        "this part of your claim has ended.",
        "You stay partner of record for Microsoft Teams.",
    ):
        assert words in told
