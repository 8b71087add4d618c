"""The case page: what it shows, to whom it offers which act, and at what price in queries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from claims import actors
from claims.models import Claim, ClaimLine, CustomerTenant, PartnerOrganization, Subscription
from claims.services.comments import add_comment
from claims.states import RejectionReason
from cpor_site.common.models import User
from reviews.models import CompetingParty
from reviews.services.decisions import reject_claim, take_up_claim
from reviews.services.notes import write_note
from tests import acts, factories
from tests.shared import shared

from .deciding import answered
from .pages import browser_of, hrefs_in, html_of, rita, shown, text_of, url

pytestmark = pytest.mark.django_db


TUESDAY = "2026-06-02T10:00:00Z"


@pytest.fixture(autouse=True)
def tuesday() -> Iterator[Any]:
    with time_machine.travel(TUESDAY, tick=False) as traveller:
        yield traveller


@shared
@time_machine.travel(TUESDAY, tick=False)
def submitted() -> Claim:
    organization = factories.make_organization("Fabrikam")
    return acts.submit(factories.make_claim(location=factories.make_location(organization)))


@shared
@time_machine.travel(TUESDAY, tick=False)
def held(submitted: Claim) -> Claim:
    """Rita Reviewer has it."""
    return acts.under_review(submitted, reviewer=rita())


class TestStanding:
    """Whose move, until when, and what if nobody moves, in the reader's own zone."""

    def test_submitted(self, submitted: Claim, reviewer: User) -> None:
        page = shown(submitted, reviewer)

        assert (
            "Submitted A reviewer's move: take it up by Tue 9 June 2026 (5 business days left). "
            "If nobody takes it up by then, it is shown as overdue; nothing is decided by itself."
        ) in page
        assert "Counted 5 business days from Tue 2 June 2026; skipped Sat 6, Sun 7 June" in page

    def test_under_my_review(self, held: Claim, reviewer: User) -> None:
        page = shown(held, reviewer)

        assert "Under review Your move: decide by Tue 9 June 2026 (5 business days left)." in page

    def test_under_somebody_elses_review(self, held: Claim) -> None:
        page = shown(held, factories.make_reviewer(role="Auditor"))

        assert "Rita Reviewer's move: decide by Tue 9 June 2026" in page

    def test_in_the_readers_zone(self, held: Claim, reviewer: User) -> None:
        reviewer.time_zone = "Asia/Taipei"
        reviewer.save()
        page = shown(held, reviewer)

        assert "Your move: decide by Wed 10 June 2026, 05:59 (5 business days left)." in page
        assert "for you Wed 10 June 2026" in page
        assert "Times on this page are in the zone Asia/Taipei." in page

    def test_overdue(self, held: Claim, reviewer: User, tuesday: Any) -> None:
        tuesday.move_to("2026-06-11T10:00:00Z")

        assert "decide by Tue 9 June 2026 (overdue by 2 business days)." in shown(held, reviewer)

    def test_with_the_partner_and_answered(self, held: Claim, reviewer: User) -> None:
        claim = acts.asked(held)
        assert (
            "Partner action required Fabrikam's move: answer by Tue 9 June 2026 (5 business days "
            "left). Without an answer by then the claim is rejected by itself; the partner can "
            "dispute that."
        ) in shown(claim, reviewer)
        answered(claim)

        assert "Your move: the partner has answered; take it up again by" in shown(claim, reviewer)
        other = factories.make_reviewer()
        assert "Rita Reviewer's move: the partner has answered" in shown(claim, other)

    def test_approved_in_the_customers_time_and_in_force(self, held: Claim, reviewer: User) -> None:
        claim = acts.approved(held)
        assert "The letter to the customer hasn't left yet." in shown(claim, reviewer)

        claim = acts.in_window(claim)
        assert (
            "Approved The customer's move: refuse by Tue 9 June 2026 (7 days left). Without a "
            "refusal the association comes into force by itself."
        ) in shown(claim, reviewer)

        page = shown(acts.active(claim), reviewer)
        assert "Fabrikam is partner of record since Wed 10 June 2026, 00:05." in page
        assert "Association active" in page

    def test_rejected(self, held: Claim, reviewer: User, tuesday: Any) -> None:
        claim = acts.rejected(held)

        assert "Fabrikam can dispute until Thu 2 July 2026 (30 days left)." in shown(
            claim, reviewer
        )
        tuesday.move_to("2026-07-03T10:00:00Z")
        assert "the time to dispute ended on Thu 2 July 2026." in shown(claim, reviewer)

    def test_a_draft(self, reviewer: User) -> None:
        claim = factories.make_claim()

        assert f"A draft of {claim.organization}; it isn't in review." in shown(claim, reviewer)


class TestContent:
    def test_the_claim_as_submitted(self, reviewer: User) -> None:
        tenant = factories.make_tenant("Contoso AG", domain="contoso.example")
        subscription = factories.make_subscription(tenant)
        claim = acts.submit(
            factories.make_claim(
                tenant=tenant,
                area_code=factories.BIZAPPS,
                activities=("usage", "presales"),
                products=("d365_sales",),
                subscriptions=(subscription,),
                name="Sales rollout",
            )
        )
        Subscription.objects.update(state=Subscription.State.IN_GRACE)

        page = shown(claim, reviewer)

        location = claim.location
        assert location is not None
        for words in (
            f"{claim.number} Contoso AG",
            "Customer Contoso AG, Germany, commercial",
            f"Tenant ID {tenant.tenant_id}",
            "Domain contoso.example Partner",
            "Customer Contoso AG: commercial, Germany verified",
            "contoso.example: custom, verified (as claimed)",
            "was active when submitted",
            f"Partner ID {location.partner_id} {location.name}, Germany (standard)",
            "Area and activities Business Applications: Presales, Usage",
            f"{claim.created_by}; round 1",
            "Rules Rules of 2020",
            "Customer's business contact Business contact, Head of IT business@contoso.example",
            (
                f"Dynamics 365 Sales Usage {subscription.subscription_id} In grace period, "
                "volume licensing (EA)"
            ),
        ):
            assert words in page

    def test_a_customer_or_partner_who_is_in_doubt(self, submitted: Claim, reviewer: User) -> None:
        CustomerTenant.objects.update(source=CustomerTenant.Source.CLAIM, is_blocked=True)
        PartnerOrganization.objects.update(standing=PartnerOrganization.Standing.SUSPENDED)

        page = shown(submitted, reviewer)

        assert "(blocked) (known from a claim only: confirm the tenant)" in page
        assert "Partner Fabrikam (suspended) Partner ID" in page

    def test_documents_beside_the_checklist(self, reviewer: User) -> None:
        claim = factories.make_claim(document=False)
        document = factories.make_document(claim)
        document.covers.set(ClaimLine.objects.filter(claim=claim))
        factories.make_document(claim, signed_on=None, signer_name="", original_name="old.pdf")
        claim = acts.submit(claim)
        response = browser_of(reviewer).get(url("case", claim))
        page = text_of(response)

        assert "statement of work.pdf Signed statement of work" in page
        assert "Signed Sun 3 May 2026 by Jana Meier, CIO Covers: Exchange Online" in page
        assert "No date of a signature is given. Covers: not said" in page
        assert (
            "It is dated, and the signature is not too old D-DATE signed Sun 3 May 2026, within "
            "the 12 months before the claim was submitted"
        ) in page
        assert "It names every product or workload claimed D-PROD Exchange Online" in page
        assert "public-sector" not in page
        assert f"/documents/{document.pk}" in " ".join(hrefs_in(response))

    def test_the_checklist_of_a_public_customer_asks_for_the_disclosure(
        self, reviewer: User
    ) -> None:
        tenant = factories.make_tenant(sector=CustomerTenant.Sector.PUBLIC)
        claim = acts.submit(
            factories.make_claim(tenant=tenant, public_sector_disclosure_confirmed=True)
        )

        assert (
            "signed disclosure of a public-sector customer D-PSD The partner says it does."
        ) in shown(claim, reviewer)

    def test_what_the_partner_was_warned_of(self, reviewer: User) -> None:
        claim = acts.submit(factories.make_claim(products=("teams", "exchange_online")))

        assert (
            "What the partner was warned of No document is marked as covering some of the lines. "
            "POE-10 (Exchange Online, Microsoft Teams) Known."
        ) in shown(claim, reviewer)

    def test_findings_comments_notes_decisions_and_events(
        self, held: Claim, reviewer: User
    ) -> None:
        claim = acts.asked(held)
        write_note(claim_id=claim.pk, actor=actors.reviewer(reviewer), body="Ask Otto.")
        add_comment(claim_id=claim.pk, actor=actors.partner(claim.created_by), body="We will <b>.")
        page = shown(claim, reviewer)

        for words in (
            (
                "Round 1 Missing or old dates D-DATE : Exchange Online No date. Rita Reviewer, "
                "Tue 2 June 2026, 12:00 ; not settled"
            ),
            "Rita Reviewer , Reviewer, Tue 2 June 2026, 12:00 ; answer needed Please add the date",
            f"{claim.created_by} , Partner, Tue 2 June 2026, 12:00 We will <b>.",
            (
                "Internal notes Only people of the operator read these. Rita Reviewer , "
                "Tue 2 June 2026, 12:00 Ask Otto."
            ),
            "Decisions Partner asked D-DATE Please add the date of the signature.",
            "What has happened Comment written",
            "Review begun Tue 2 June 2026, 12:00 , Rita Reviewer (Reviewer)",
        ):
            assert words in page

    def test_the_competing_case(self, held: Claim, reviewer: User) -> None:
        claim = held
        rival = acts.submit(factories.make_claim(tenant=claim.tenant))

        response = browser_of(reviewer).get(url("case", claim))
        page = text_of(response)

        assert "The claim can't be approved while this case is open." in page
        assert "This claim : Exchange Online (Usage), challenger" in page
        assert f"{rival.number} , {rival.organization}: Exchange Online (Usage), challenger" in page
        assert url("case", rival) in hrefs_in(response)
        incumbent = CompetingParty(standing=CompetingParty.Standing.INCUMBENT)
        assert incumbent.get_standing_display() == "present partner of record"

    def test_nothing_of_a_rival_once_the_case_is_closed(self, held: Claim, reviewer: User) -> None:
        claim = held
        rival = acts.submit(factories.make_claim(tenant=claim.tenant))
        other = actors.reviewer(factories.make_reviewer())
        take_up_claim(claim_id=rival.pk, actor=other)
        reject_claim(claim_id=rival.pk, actor=other, reasons=[RejectionReason.POE], text="No work.")

        page = shown(claim, reviewer)

        assert rival.number not in page
        assert "competing" not in page

    def test_what_partners_write_is_shown_as_text(self, submitted: Claim, reviewer: User) -> None:
        claim = submitted
        Claim.objects.filter(pk=claim.pk).update(name="<script>alert(1)</script>")
        add_comment(
            claim_id=claim.pk, actor=actors.partner(claim.created_by), body="<img src=x onerror=1>"
        )

        page = html_of(browser_of(reviewer).get(url("case", claim)))

        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
