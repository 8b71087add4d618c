"""A customer who declined is asked once more, at the partner's wish and a lead's word (Q8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from claims import actors, calendar, exports
from claims.models import Association, Claim, ClaimLine, ConsentRenewal, PoEDocument
from claims.refusals import ChangedMeanwhile, ConflictOfInterest, KeyTaken, MovedOn, NotYours
from claims.services.endings import end_association
from claims.services.renewals import ask_renewal
from claims.states import AssociationState, LineStatus, RejectionReason, Status
from consent.models import ConsentRecipient, ConsentRequest, IncentiveHandoff
from consent.services import answers
from consent.services.answers import LinkSuperseded, Responder
from consent.services.windows import finalise_consent_windows
from consent.tokens import token_for
from cpor_site.common import clock, outbox
from cpor_site.common.models import User
from cpor_site.common.problems import Refused
from reviews.models import CompetingClaimsCase
from reviews.services import renewals
from tests import acts, factories
from tests.claims import pages as partner_pages
from tests.shared import shared

from .acting import told
from .pages import browser_of, shown, text_of

pytestmark = pytest.mark.django_db
WHY = "Their new assistant declined by mistake; we spoke to Jana Meier on Friday."


MONDAY = "2026-03-02T09:00+00:00"


@pytest.fixture(autouse=True)
def _a_monday() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def lead() -> User:
    return factories.make_reviewer(role="Lead reviewer", full_name="Lea Lead")


@shared
@time_machine.travel(MONDAY, tick=False)
def claim() -> Claim:
    """The customer has declined it."""
    claim = acts.in_window(factories.make_claim(products=("exchange_online", "teams")))
    answers.decline(token=acts.token_of(claim), responder=Responder("Berta", "Assistant"))
    return acts.fresh(claim)


@shared
@time_machine.travel(MONDAY, tick=False)
def renewal(claim: Claim) -> ConsentRenewal:
    """Its partner has asked for another letter."""
    return ask(claim)


def ask(
    claim: Claim, reason: str = WHY, user: User | None = None, **more: object
) -> ConsentRenewal:
    actor = actors.partner(user or claim.created_by)
    return ask_renewal(claim_id=claim.pk, actor=actor, reason=reason, **more)  # type: ignore[arg-type]


def codes(claim: Claim, reason: str = WHY) -> list[str]:
    with pytest.raises(Refused) as caught:
        ask(claim, reason)
    return list(caught.value.codes)


def grant(claim: Claim, lead: User, text: str = "") -> Claim:
    return renewals.grant_renewal(claim_id=claim.pk, actor=actors.reviewer(lead), text=text)


class TestAsking:
    def test_is_noted_and_leaves_the_refusal_as_it_is(self, claim: Claim) -> None:
        ask(claim)

        saved = acts.fresh(claim)
        assert (saved.status, saved.version) == (Status.REJECTED, claim.version + 1)
        assert (saved.consent_renewal.reason, saved.consent_renewal.outcome) == (WHY, "")
        assert saved.events.filter(kind="renewal_asked").count() == 1
        assert codes(saved) == ["RNW-02"]

    def test_on_the_last_second_it_counts_and_after_it_it_does_not(self, claim: Claim) -> None:
        last = factories.at("2026-04-01T23:59:59+02:00")
        with time_machine.travel(last + timedelta(seconds=1), tick=False):
            with pytest.raises(Refused, match="ended on Wed 1 April 2026") as caught:
                ask(claim)
            assert caught.value.codes == ("RNW-03",)
            assert ask(claim, arrived_at=last).asked_at == clock.now()

    def test_needs_a_reason_a_refusal_and_the_right_to_claim(self, claim: Claim) -> None:
        assert codes(claim, " ") == ["RNW-04"]
        assert codes(claim, "x" * 2001) == ["RNW-04"]
        assert codes(acts.rejected()) == ["RNW-01"]
        with pytest.raises(MovedOn):
            ask(acts.in_window())
        with pytest.raises(ChangedMeanwhile):
            ask(claim, version=claim.version - 1)
        drafter = factories.make_user()
        factories.make_membership(drafter, claim.organization, "incentives_user")
        with pytest.raises(NotYours):
            ask(claim, user=drafter)

    def test_the_page_keeps_what_was_typed_and_is_offered_once(self, claim: Claim) -> None:
        browser = partner_pages.browser_of(claim.created_by)
        address = partner_pages.url("claim_ask_again", claim)
        assert f'href="{address}"' in partner_pages.html_of(
            browser.get(partner_pages.url("claim_page", claim))
        )
        old = browser.post(address, {"version": claim.version - 1, "reason": WHY})
        assert partner_pages.problems_in(old) == ["SUBM-02"]
        assert WHY in partner_pages.html_of(old)
        empty = browser.post(address, {"version": claim.version, "reason": ""})
        assert partner_pages.problems_in(empty) == ["RNW-04"]

        done = browser.post(address, {"version": claim.version, "reason": WHY}, follow=True)
        words = partner_pages.text_of(done)
        assert "Rejected With the reviewers: they decide whether the customer is asked" in words
        assert "still open" in words
        assert WHY in words
        assert f'href="{address}"' not in partner_pages.html_of(done)
        assert "RNW-02" in partner_pages.text_of(browser.get(address))

    def test_calendar_list_and_export_know_it(self, claim: Claim) -> None:
        entries = calendar.entries_for(claim.created_by, clock.now())
        assert [entry.what for entry in entries] == [
            "Time to ask for another letter to the customer ends"
        ]
        ask(claim)
        assert calendar.entries_for(claim.created_by, clock.now()) == []
        record = next(exports.records(Claim.objects.filter(pk=claim.pk), per_line=False))
        assert (record["asked_for_another_letter"], record["whose_move"]) == ("asked", "reviewer")


class TestGranting:
    def test_new_lines_new_links_and_a_full_window(self, lead: User, claim: Claim) -> None:
        document = PoEDocument.objects.get(claim=claim)
        old_lines = list(ClaimLine.objects.filter(claim=claim).order_by("pk"))
        document.covers.set(old_lines[:1])
        old_token = acts.token_of(claim)
        ask(claim)
        with time_machine.travel("2026-03-09T09:00+00:00", tick=False):
            grant(claim, lead, "Once more, then.")
            outbox.send_due()

        saved = acts.fresh(claim)
        assert (saved.status, saved.association_state, saved.rejection_reasons) == (
            Status.APPROVED,
            AssociationState.PROVISIONAL,
            [],
        )
        assert saved.consent_closes_at == factories.at("2026-03-16T23:59:59+01:00")
        lines = ClaimLine.objects.filter(claim=claim).order_by("pk")
        assert [line.line_status for line in lines] == [
            *[LineStatus.REJECTED] * 2,
            *[LineStatus.APPROVED] * 2,
        ]
        assert [line.product_id for line in lines[2:]] == [line.product_id for line in old_lines]
        assert set(document.covers.all()) == {lines[0], lines[2]}
        assert [
            (each.state, str(each.claimed_on))
            for each in Association.objects.filter(claim=claim).order_by("pk")
        ] == [("ended", "2026-03-02")] * 2 + [("provisional", "2026-03-02")] * 2
        renewal = ConsentRenewal.objects.get(claim=claim)
        assert (renewal.outcome, renewal.decided_by) == ("granted", lead)
        with pytest.raises(LinkSuperseded):
            answers.recipient_of(old_token)
        assert ConsentRequest.objects.filter(claim=claim, closed_at=None).count() == 1

    def test_the_letters_and_the_page_say_that_they_declined_before(
        self, lead: User, claim: Claim, renewal: ConsentRenewal
    ) -> None:
        grant(claim, lead, "Once more, then.")
        outbox.send_due()

        first, second = acts.letters(claim, "consent_request")
        assert "has declined this before" not in first.text_body
        assert "has declined this before" in second.text_body
        partner = " ".join(acts.letters(claim, "consent_renewed")[0].text_body.split())
        assert "Once more, then." in partner
        assert "If they decline again, that is final" in partner
        recipient = ConsentRecipient.objects.get(request__claim=claim, superseded_at=None)
        link = reverse("consent_page", args=[token_for(recipient.nonce)])
        words = text_of(Client().get(link))
        assert "has declined this before" in words
        assert "No longer" not in words

    def test_silence_then_puts_it_in_force_and_hands_it_over(
        self, lead: User, claim: Claim, renewal: ConsentRenewal
    ) -> None:
        grant(claim, lead)
        outbox.send_due()
        with acts.past(acts.fresh(claim)):
            finalise_consent_windows()

        assert acts.fresh(claim).association_state == AssociationState.ACTIVE
        assert IncentiveHandoff.objects.filter(claim=claim, kind="start").count() == 2

    def test_a_second_refusal_is_final(
        self, lead: User, claim: Claim, renewal: ConsentRenewal
    ) -> None:
        grant(claim, lead)
        outbox.send_due()
        recipient = ConsentRecipient.objects.get(request__claim=claim, superseded_at=None)
        answers.decline(token=token_for(recipient.nonce), responder=Responder("Jana Meier"))

        saved = acts.fresh(claim)
        assert saved.rejection_reasons == [RejectionReason.CUSTOMER]
        assert codes(saved) == ["RNW-02"]
        letter = acts.letters(claim, "consent_declined")[-1].text_body
        assert "another letter" not in letter

    def test_nobody_is_displaced_by_it(self, lead: User, claim: Claim) -> None:
        rival = acts.approved(factories.make_claim(tenant=claim.tenant))
        ask(claim)
        with pytest.raises(KeyTaken):
            grant(claim, lead)
        assert acts.fresh(claim).status == Status.REJECTED
        end_association(claim_id=rival.pk, actor=actors.partner(rival.created_by), reason="Over.")
        assert grant(claim, lead).status == Status.APPROVED

    def test_who_has_claimed_the_same_meanwhile_meets_it_in_a_case(
        self, lead: User, claim: Claim
    ) -> None:
        ask(claim)
        rival = acts.submit(factories.make_claim(tenant=claim.tenant))
        grant(claim, lead)

        case = CompetingClaimsCase.objects.get(closed_at=None)
        standings = {(each.claim_id, each.standing) for each in case.parties.all()}
        assert standings == {(claim.pk, "incumbent"), (rival.pk, "challenger")}

    def test_only_leads_without_an_interest_decide_and_once(
        self, lead: User, reviewer: User, claim: Claim
    ) -> None:
        with pytest.raises(renewals.NothingAsked):
            grant(claim, lead)
        ask(claim)
        with pytest.raises(NotYours):
            grant(claim, reviewer)
        with pytest.raises(NotYours):
            renewals.refuse_renewal(claim_id=claim.pk, actor=actors.reviewer(reviewer), text="No.")
        party = factories.make_reviewer(role="Lead reviewer")
        factories.make_membership(party, claim.organization)
        with pytest.raises(ConflictOfInterest):
            grant(claim, party)


class TestPages:
    def test_the_wish_waits_on_the_first_page_and_is_granted(
        self, lead: User, claim: Claim, renewal: ConsentRenewal
    ) -> None:
        client = browser_of(lead)
        assert "1 Customers to be asked once more?" in text_of(client.get(reverse("admin:index")))
        assert claim.number in text_of(client.get(reverse("admin:reviews_leads")))
        assert "A lead reviewer's move" in shown(claim, lead)
        address = reverse("admin:reviews_renewal", args=[claim.pk])
        page = text_of(client.get(address))
        assert WHY in page
        assert "Mon 2 March 2026, Berta, Assistant" in page

        typed = {"version": acts.fresh(claim).version, "decision": "refuse", "text": ""}
        bare = client.post(address, typed)
        assert (bare.status_code, "REV-31" in text_of(bare)) == (409, True)
        response = client.post(address, typed | {"decision": "grant", "text": "Fine."})
        assert told(response) == [
            "The customer is asked once more; everybody there gets a letter with a new link."
        ]
        assert "the customer is asked again, Mon 2 March 2026" in shown(claim, lead)
        assert "asked once more?" not in text_of(client.get(reverse("admin:index")))

    def test_refusing_writes_to_the_partner_and_leaves_the_claim(
        self, lead: User, claim: Claim, renewal: ConsentRenewal
    ) -> None:
        address = reverse("admin:reviews_renewal", args=[claim.pk])
        typed = {"version": acts.fresh(claim).version, "decision": "refuse", "text": "They wrote."}
        assert browser_of(lead).post(address, typed).status_code == 302

        assert acts.fresh(claim).status == Status.REJECTED
        letter = acts.letters(claim, "renewal_refused")[0].text_body
        assert "They wrote." in letter
        words = partner_pages.text_of(
            partner_pages.browser_of(claim.created_by).get(partner_pages.url("claim_page", claim))
        )
        assert "the customer is not asked again" in words
        again = browser_of(lead).post(address, typed | {"version": acts.fresh(claim).version})
        assert (again.status_code, "REV-50" in text_of(again)) == (409, True)

    def test_others_may_read_and_not_decide(
        self, reviewer: User, ops: User, claim: Claim, renewal: ConsentRenewal
    ) -> None:
        address = reverse("admin:reviews_renewal", args=[claim.pk])
        for person in (reviewer, ops):
            client = browser_of(person)
            assert client.get(address).status_code == 403
            assert client.post(address, {"decision": "grant"}).status_code == 403
            assert claim.number in text_of(client.get(reverse("admin:reviews_leads")))
        assert not ConsentRenewal.objects.exclude(outcome="").exists()
