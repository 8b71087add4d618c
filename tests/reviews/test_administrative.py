"""Two lead reviewers close a claim as the operator (T23)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from claims import actors
from claims.models import (
    Association,
    Claim,
    ClaimEvent,
    ClaimLine,
    Dispute,
    ExclusivityHold,
    ProofRequest,
    ReviewFinding,
)
from claims.refusals import ChangedMeanwhile, ConflictOfInterest, MovedOn, NotYours
from claims.services.disputes import dispute_claim
from claims.services.endings import end_association
from claims.services.sweeps import reject_stale_claims
from claims.states import AssociationState, LineStatus, RejectionReason, Status
from consent.models import ConsentRequest, IncentiveHandoff
from cpor_site.common import clock
from cpor_site.common.models import User
from cpor_site.common.problems import Refused
from reviews.models import AdministrativeEnd, CaseLease
from reviews.services import administrative, leases
from tests import acts, factories
from tests.claims import pages as partner_pages
from tests.shared import shared

from .acting import told
from .pages import browser_of, html_of, shown, text_of, url

pytestmark = pytest.mark.django_db
WHY = "The customer asked us to, because its company no longer exists."


MONDAY = "2026-03-02T09:00+00:00"


@pytest.fixture(autouse=True)
def _a_monday() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@shared
@time_machine.travel(MONDAY, tick=False)
def held() -> Claim:
    return acts.under_review()


@shared
@time_machine.travel(MONDAY, tick=False)
def asked(held: Claim) -> Claim:
    return acts.asked(held)


@shared
@time_machine.travel(MONDAY, tick=False)
def active(held: Claim) -> Claim:
    return acts.active(held)


@pytest.fixture
def lead() -> User:
    return factories.make_reviewer(role="Lead reviewer", full_name="Lea Lead")


@pytest.fixture
def other() -> User:
    return factories.make_reviewer(role="Lead reviewer", full_name="Lou Lead")


def propose(claim: Claim, user: User, reason: str = WHY, note: str = "") -> AdministrativeEnd:
    return administrative.propose_end(
        claim_id=claim.pk, actor=actors.reviewer(user), reason=reason, internal_note=note
    )


def confirm(claim: Claim, user: User) -> Claim:
    return administrative.confirm_end(claim_id=claim.pk, actor=actors.reviewer(user))


def refusal(claim: Claim, user: User, reason: str = WHY) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        propose(claim, user, reason)
    return caught.value.codes


def line_statuses(claim: Claim) -> set[str]:
    return {line.line_status for line in ClaimLine.objects.filter(claim=claim)}


class TestClosing:
    def test_a_claim_in_force_ends_and_is_taken_back(
        self, lead: User, other: User, active: Claim
    ) -> None:
        claim = active
        later = "2026-03-16T09:00+00:00"
        with time_machine.travel(later, tick=False):
            propose(claim, lead)
            assert acts.fresh(claim).status == Status.APPROVED
            confirm(claim, other)

        saved = acts.fresh(claim)
        assert (saved.status, saved.association_state, saved.ended_reason) == (
            Status.ENDED,
            AssociationState.ENDED,
            WHY,
        )
        assert (saved.due_at, saved.deadline_kind) == (None, "")
        association = Association.objects.get(claim=claim)
        assert (association.end_reason, line_statuses(claim)) == (
            "administrative",
            {LineStatus.ENDED},
        )
        assert not ExclusivityHold.objects.filter(released_at=None).exists()
        row = IncentiveHandoff.objects.get(claim=claim, kind="termination")
        assert row.payload["end_reason"] == "administrative"
        proposal = AdministrativeEnd.objects.get()
        assert (proposal.outcome, proposal.settled_by) == ("confirmed", other)
        for kind in ("association_closed_by_operator", "consent_ended"):
            letter = acts.letters(claim, kind)[0].text_body
            assert "because its company no longer exists" in " ".join(letter.split())

    def test_in_the_customers_window_nobody_is_asked_any_more(
        self, lead: User, other: User, held: Claim
    ) -> None:
        claim = acts.in_window(held)
        propose(claim, lead)
        confirm(claim, other)
        assert acts.fresh(claim).status == Status.ENDED
        assert not ConsentRequest.objects.filter(claim=claim, closed_at=None).exists()
        assert not IncentiveHandoff.objects.filter(claim=claim).exists()

    def test_an_undecided_claim_is_rejected_for_good(
        self, lead: User, other: User, asked: Claim
    ) -> None:
        claim = asked
        request = ProofRequest.objects.create(claim=claim, asked_at=clock.now(), due_at=clock.now())
        propose(claim, lead)
        confirm(claim, other)

        saved = acts.fresh(claim)
        assert (saved.status, saved.rejection_reasons, saved.due_at) == (
            Status.REJECTED,
            [RejectionReason.OPERATOR],
            None,
        )
        assert line_statuses(claim) == {LineStatus.REJECTED}
        assert not ReviewFinding.objects.filter(claim=claim, resolved_at=None).exists()
        assert ProofRequest.objects.get(pk=request.pk).closed_at == clock.now()
        with pytest.raises(Refused) as caught:
            dispute_claim(
                claim_id=claim.pk, actor=actors.partner(claim.created_by), justification="No."
            )
        assert caught.value.codes == ("DIS-04",)
        assert "closed by the operator" in str(caught.value.problems[0].message)
        letter = " ".join(acts.letters(claim, "claim_closed_by_operator")[0].text_body.split())
        assert WHY in letter
        page = partner_pages.browser_of(claim.created_by).get(
            partner_pages.url("claim_page", claim)
        )
        assert f"Reason: {WHY}" in partner_pages.text_of(page)

    def test_dispute_and_lease_are_settled(
        self, lead: User, other: User, reviewer: User, held: Claim
    ) -> None:
        claim = acts.disputed(held)
        leases.take_case(claim_id=claim.pk, actor=actors.reviewer(reviewer))
        propose(claim, lead)
        confirm(claim, other)
        assert Dispute.objects.get(claim=claim).outcome == Dispute.Outcome.REJECTED
        assert not CaseLease.objects.filter(claim=claim, ended_at=None).exists()

    def test_turned_down_it_changes_nothing_and_can_be_proposed_anew(
        self, lead: User, other: User, active: Claim
    ) -> None:
        claim = active
        for user in (other, lead):
            propose(claim, lead)
            administrative.turn_down_end(claim_id=claim.pk, actor=actors.reviewer(user))
        assert acts.fresh(claim).version == claim.version
        with pytest.raises(administrative.NothingProposed):
            confirm(claim, other)
        assert not claim.events.filter(kind__startswith="administrative", internal=False).exists()


class TestLapsing:
    def test_whatever_else_closes_the_claim(self, active: Claim, lead: User, other: User) -> None:
        asked = acts.asked()
        for claim in (active, asked):
            propose(claim, lead)
        end_association(claim_id=active.pk, actor=actors.partner(active.created_by), reason="Over.")
        with acts.past(asked):
            reject_stale_claims()

        for claim, status in ((active, "Association ended"), (asked, "Rejected")):
            with pytest.raises(Refused):
                confirm(claim, other)
            event = ClaimEvent.objects.get(claim=claim, kind="administrative_end_lapsed")
            assert (event.internal, event.side, event.actor) == (True, "system", None)
            (letter,) = acts.letters(claim, "administrative_end_lapsed")
            assert (letter.recipient, f"Status now: {status}" in letter.text_body) == (
                lead.email,
                True,
            )
            assert WHY in " ".join(letter.text_body.split())
            settled = AdministrativeEnd.objects.get(claim=claim)
            assert (settled.outcome, settled.settled_by) == ("lapsed", None)
            assert settled.history.latest().history_user is None
        assert not administrative.waiting_ends().exists()


class TestRefusals:
    def test_the_reason_names_no_rival(self, lead: User) -> None:
        claim = acts.submit(factories.make_claim())
        rival = acts.submit(factories.make_claim(tenant=claim.tenant))
        assert refusal(claim, lead, f"It is {rival.organization}'s.") == ("REV-46",)
        assert refusal(claim, lead, f"See {rival.number}.") == ("REV-46",)
        assert propose(claim, lead, f"{claim.organization} asked us to close {claim.number}.")

    def test_it_takes_two_people_even_for_the_database(self, lead: User, active: Claim) -> None:
        claim = active
        proposal = propose(claim, lead)
        with pytest.raises(administrative.SecondPersonNeeded):
            confirm(claim, lead)
        proposal.outcome, proposal.settled_by = "confirmed", lead
        proposal.settled_at = clock.now()
        with pytest.raises(IntegrityError), transaction.atomic():
            proposal.save()

    def test_what_cant_be_proposed(self, lead: User, other: User) -> None:
        assert refusal(factories.make_claim(), lead) == ("ADM-01",)
        with pytest.raises(Refused) as caught:
            confirm(factories.make_claim(), lead)
        assert caught.value.codes == ("ADM-01",)
        claim = acts.active()
        assert refusal(claim, lead, " ") == ("ADM-05",)
        assert refusal(claim, lead, "x" * 201) == ("ADM-05",)
        propose(claim, lead)
        assert refusal(claim, other) == ("ADM-04",)
        with pytest.raises(MovedOn):
            propose(acts.rejected(), lead)
        with pytest.raises(ChangedMeanwhile):
            administrative.confirm_end(
                claim_id=claim.pk, actor=actors.reviewer(other), version=claim.version - 1
            )

    def test_who_may_not(self, lead: User, other: User, reviewer: User, active: Claim) -> None:
        claim = active
        with pytest.raises(NotYours):
            propose(claim, reviewer)
        propose(claim, lead)
        factories.make_membership(other, claim.organization)
        with pytest.raises(ConflictOfInterest):
            confirm(claim, other)
        with pytest.raises(NotYours):
            confirm(claim, reviewer)
        with pytest.raises(NotYours):
            administrative.turn_down_end(claim_id=claim.pk, actor=actors.reviewer(reviewer))


class TestPages:
    def address(self, claim: Claim) -> str:
        return reverse("admin:reviews_close", args=[claim.pk])

    def test_one_proposes_and_another_confirms(
        self, lead: User, other: User, active: Claim
    ) -> None:
        claim = active
        client = browser_of(lead)
        assert "Close this claim as the operator" in shown(claim, lead)
        typed = {"version": claim.version, "reason": "", "internal_note": "See the mail of May."}
        empty = client.post(self.address(claim), typed)
        assert (empty.status_code, "ADM-05" in text_of(empty)) == (409, True)
        assert "See the mail of May." in html_of(empty)
        response = client.post(self.address(claim), typed | {"reason": WHY})
        assert told(response) == ["Proposed. Another lead reviewer has to confirm it."]
        assert "Take it back…" in shown(claim, lead)
        assert "Claims to be closed" not in text_of(client.get(reverse("admin:index")))

        second = browser_of(other)
        assert "1 Claims to be closed: confirm?" in text_of(second.get(reverse("admin:index")))
        assert "another lead has to confirm it" not in text_of(
            second.get(reverse("admin:reviews_leads"))
        )
        page = text_of(second.get(self.address(claim)))
        assert f"Reason for the parties {WHY}" in page
        assert "See the mail of May." in page
        settle = {"version": acts.fresh(claim).version, "decision": "confirm"}
        own = client.post(self.address(claim), settle)
        assert own.status_code == 422
        assert told(second.post(self.address(claim), settle)) == [
            "The claim is closed. The parties get a letter."
        ]
        late = second.post(self.address(claim), settle | {"version": acts.fresh(claim).version})
        assert (late.status_code, "SUBM-03" in text_of(late)) == (409, True)

    def test_nothing_of_a_proposal_reaches_the_partner(self, lead: User, active: Claim) -> None:
        claim = active
        propose(claim, lead, note="A secret note.")
        browser = partner_pages.browser_of(claim.created_by)
        for name in ("claim_page", "claim_history"):
            words = partner_pages.text_of(browser.get(partner_pages.url(name, claim)))
            assert WHY not in words
            assert "A secret note." not in words
            assert "proposed" not in words

    def test_others_may_not(self, reviewer: User, ops: User, active: Claim) -> None:
        claim = active
        for person in (reviewer, ops):
            client = browser_of(person)
            assert client.get(self.address(claim)).status_code == 403
            assert client.post(self.address(claim), {"reason": WHY}).status_code == 403
            assert "as the operator" not in text_of(client.get(url("case", claim)))
        assert not AdministrativeEnd.objects.exists()
