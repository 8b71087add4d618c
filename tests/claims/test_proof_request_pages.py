"""What partners see of competing claims: newer proof asked for, a clock that stands, a ruling."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.urls import reverse

from claims.calendar import entries_for
from claims.exports import records
from claims.models import Claim, ClaimEvent, Membership, ProofRequest
from claims.ruling_words import rulings_told
from claims.standing import until
from claims.states import Status
from consent.services.windows import finalise_consent_windows
from cpor_site.common import clock, outbox
from tests import acts, factories
from tests.claims.attaching import attach
from tests.claims.pages import browser_of, html_of, text_of, url
from tests.reviews import competing
from tests.shared import shared

pytestmark = pytest.mark.django_db

MONDAY = "2026-06-01T09:00+02:00"


@shared
def asked() -> tuple[Claim, Claim]:
    """A partner of record who is asked for newer proof, and the challenger whose clock stands."""
    with time_machine.travel(factories.at("2026-05-04T09:00+02:00"), tick=False):
        holder = acts.active(factories.make_claim(name="Present"))
    with time_machine.travel(factories.at(MONDAY), tick=False):
        challenger = competing.sufficient(competing.rival(holder, name="Challenger"))
    return acts.fresh(holder), acts.fresh(challenger)


def shown(claim: Claim, *, name: str = "claim_page") -> str:
    return text_of(browser_of(claim.created_by).get(url(name, claim)))


def later(days: int = 0) -> Any:
    return time_machine.travel(factories.at(f"2026-06-0{1 + days}T10:00+02:00"), tick=False)


def test_the_request_is_a_to_do_with_its_day(asked: tuple[Claim, Claim]) -> None:
    holder, challenger = asked
    with later():
        page = shown(holder)

    assert (
        "Your move: add newer proof, or say that there is nothing to add, by Mon 8 June 2026, "
        "21:59 (5 business days left). We have another claim for products of this one. For now "
        "nothing changes. You are partner of record since"
    ) in page
    assert "To do: newer proof" in page
    assert "It is about Exchange Online (Usage) Asked" in page
    assert challenger.number not in page
    assert challenger.organization.name not in page


def test_nothing_to_add_is_asked_once_and_answered(asked: tuple[Claim, Claim]) -> None:
    holder, _challenger = asked
    with later():
        browser = browser_of(holder.created_by)
        page = text_of(browser.get(url("claim_proof_request", holder)))
        answer = browser.post(url("claim_proof_request", holder), {"version": holder.version})
        again = browser.post(
            url("claim_proof_request", holder), {"version": acts.fresh(holder).version}, follow=True
        )
        after = shown(holder)

    assert "Nothing to add? We then go by the proof that is on file" in page
    assert answer.headers["Location"] == url("claim_page", holder)
    assert "No answer of yours is awaited now." in html_of(again)
    request = ProofRequest.objects.get()
    assert (request.answer, request.answered_by) == ("nothing", holder.created_by)
    assert "You said that there is nothing to add." in after
    assert "Your move" not in after


def test_a_document_is_an_answer_too(asked: tuple[Claim, Claim]) -> None:
    holder, _challenger = asked
    with later():
        attach(holder)
        page = shown(holder)

    assert "Thank you, we have your newer proof and tell you what is decided." in page
    assert "Your move" not in page


def test_once_the_day_has_passed_proof_can_still_be_added(asked: tuple[Claim, Claim]) -> None:
    holder, _challenger = asked
    with time_machine.travel(factories.at("2026-06-12T10:00+02:00"), tick=False):
        page = shown(holder)

    assert "; we go by the proof that we have. You can still add newer proof." in page


@pytest.mark.parametrize("role", [Membership.Role.INCENTIVES_USER, Membership.Role.REPORT_VIEWER])
def test_who_may_not_claim_is_not_offered_the_answer(role: str, asked: tuple[Claim, Claim]) -> None:
    holder, _challenger = asked
    person = factories.make_user()
    factories.make_membership(person, holder.organization, role)
    with later():
        browser = browser_of(person)
        got = browser.get(url("claim_proof_request", holder))
        posted = browser.post(url("claim_proof_request", holder), {"version": holder.version})

    assert (got.status_code, posted.status_code) == (404, 404)
    assert ProofRequest.objects.get().answer == ""


def test_the_list_counts_it_and_says_so(asked: tuple[Claim, Claim]) -> None:
    holder, challenger = asked
    with later():
        mine = text_of(browser_of(holder.created_by).get(reverse("claim_list") + "?status=mine"))
        theirs = text_of(browser_of(challenger.created_by).get(reverse("claim_list")))

    assert "Needs my action (1)" in mine or "Needs my action 1" in mine
    assert f"{holder.number} Present" in mine
    assert "Newer proof asked for until Mon 8 June 2026, 21:59" in mine
    assert "is-pressing" in html_of(browser_of(holder.created_by).get(reverse("claim_list")))
    assert holder.changed_at == ProofRequest.objects.get().asked_at
    assert "Paused – competing claim" in theirs
    assert "Needs my action (0)" in theirs or "Needs my action 0" in theirs


def test_the_list_says_what_follows_an_answer_and_a_ruling(asked: tuple[Claim, Claim]) -> None:
    holder, challenger = asked
    with later():
        competing.answered(holder)
        answered = browser_of(holder.created_by).get(reverse("claim_list"))
    with later(1):
        competing.decide(competing.case_of(challenger), challenger)
        yields = browser_of(holder.created_by).get(reverse("claim_list"))
        won = browser_of(challenger.created_by).get(reverse("claim_list"))
        day = factories.today().isoformat()

    compared = "You have answered; proof is compared"
    prevailed = "Another partner's proof prevailed"
    found = [
        (compared in shown, prevailed in shown) for shown in map(text_of, (answered, yields, won))
    ]
    assert found == [(True, False), (False, True), (False, False)]
    assert "is-pressing" not in html_of(answered)
    assert day == "2026-06-02"
    for page in (answered, yields):
        assert challenger.number not in html_of(page)
        assert challenger.organization.name not in html_of(page)


def test_the_calendar_and_the_export_name_the_day(asked: tuple[Claim, Claim]) -> None:
    holder, challenger = asked
    request = ProofRequest.objects.get()
    with later():
        now = clock.now()
        entries = entries_for(holder.created_by, now)
        paused = entries_for(challenger.created_by, now)
        (record,) = records(Claim.objects.filter(pk=holder.pk), per_line=False)
        (other,) = records(Claim.objects.filter(pk=challenger.pk), per_line=False)

    assert [(each.what, each.claim, each.due) for each in entries] == [
        ("Add newer proof", f"{holder.number} Present", until(request.due_at))
    ]
    assert paused == []
    due_at = request.due_at.isoformat(timespec="seconds")
    assert (record["whose_move"], record["due_at"]) == ("partner", due_at)
    assert (other["whose_move"], other["due_at"]) == ("reviewer", None)


def test_the_challenger_reads_that_the_clock_stands(asked: tuple[Claim, Claim]) -> None:
    holder, challenger = asked
    with later():
        page = shown(challenger)

    assert "Paused – competing claim: the proof of all who claim the same is compared." in page
    assert "That usually takes until Mon 8 June 2026 at least" in page
    assert "Clock paused" in page
    assert "Compared with another claim" in page
    assert holder.number not in page
    assert holder.organization.name not in page


def test_a_comparison_that_lasts_names_no_day_that_has_passed(asked: tuple[Claim, Claim]) -> None:
    holder, challenger = asked
    with later():
        competing.answered(holder)
        kept = shown(holder)
    with later(days=8):
        page = shown(challenger)

    assert "Until then nothing changes." in kept
    assert "We tell you as soon as it is decided. There is nothing for you to do now." in page
    assert "at least" not in page


def test_a_ruling_is_read_by_each_party_as_its_own(asked: tuple[Claim, Claim]) -> None:
    holder, challenger = asked
    with later():
        competing.answered(holder)
        competing.decide(competing.case_of(challenger), challenger)
        outbox.send_due()
        kept, won = shown(holder), shown(challenger)
        claim, events = acts.fresh(holder), list(holder.events.order_by("at", "pk"))
        events.append(ClaimEvent(kind="association_spared", at=clock.now()))
        (spared,) = rulings_told(claim, events, list(claim.lines.all()), clock.now())
    with acts.past(acts.fresh(challenger)):
        finalise_consent_windows()
        dispute = shown(holder, name="claim_dispute")

    assert (
        "Another partner's proof prevails for Exchange Online. Grounds Newer signed "
        f"acknowledgement Decided Mon 1 June 2026 The reviewers write: {competing.SHARED}"
    ) in dispute
    assert (
        "Decided: competing claim Another partner's proof prevails for Exchange Online. Your "
        "association stays in force until the customer's time for the other claim has passed"
    ) in kept
    assert "What that means, and from when, is told below." in kept
    assert "goes on to the incentive program by itself" not in kept
    assert "Grounds Newer signed acknowledgement" in kept
    assert competing.SHARED in kept
    assert "Once your association has ended you can dispute that for 30 days." in kept
    assert spared.afterwards.endswith("your association stays in force.")
    assert spared.rights == ""
    assert "Your proof prevails for Exchange Online." in won
    for page, other in ((kept, challenger), (dispute, challenger), (won, holder)):
        assert other.number not in page
        assert other.organization.name not in page


def test_who_loses_reads_how_to_dispute(asked: tuple[Claim, Claim]) -> None:
    holder, challenger = asked
    with later():
        competing.answered(holder)
        competing.decide(competing.case_of(challenger), None)
        kept, lost = shown(holder), shown(challenger)
        dispute = shown(challenger, name="claim_dispute")

    assert "You stay partner of record for Exchange Online." in kept
    assert "goes on to the incentive program by itself" in kept
    assert "Your proof does not prevail for Exchange Online." in lost
    assert "You can dispute this once, until Wed 1 July 2026, 21:59." in lost
    assert (
        "Your proof does not prevail for Exchange Online. Grounds Newer signed acknowledgement "
        f"Decided Mon 1 June 2026 The reviewers write: {competing.SHARED} Why should"
    ) in dispute


def test_a_ruling_doesn_t_send_away_whose_dispute_was_successful(
    asked: tuple[Claim, Claim],
) -> None:
    holder, challenger = asked
    with later():
        competing.answered(holder)
        competing.decide(competing.case_of(challenger), None)
        claim = acts.fresh(challenger)
        vars(claim).update(disputed_at=clock.now(), status=Status.APPROVED)
        events = list(claim.events.order_by("at", "pk"))
        (told,) = rulings_told(claim, events, list(claim.lines.all()), clock.now())

    assert told.rights == "You have disputed this, and the claim was approved after all."


def test_split_claims_name_each_other() -> None:
    from claims import actors  # noqa: PLC0415
    from reviews.services.splitting import split_contested  # noqa: PLC0415

    holder = acts.active()
    challenger = competing.rival(holder, products=("exchange_online", "teams"))
    reviewer = challenger.assigned_reviewer
    assert reviewer is not None
    split = split_contested(claim_id=challenger.pk, actor=actors.reviewer(reviewer))

    assert f"Products that others claim too go on in {split.number}" in shown(challenger)
    page = shown(split)
    assert f"Split off, with products that others claim too, from {challenger.number}" in page
    assert "Draft started" not in page
