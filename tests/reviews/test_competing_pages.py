"""The page of competing claims: parties side by side, who rules, and what lists tell of cases."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.models import Claim
from claims.states import LineStatus
from cpor_site.common.models import OutboxMessage, User
from reviews.models import CompetingClaimsCase, CompetingRuling, InternalNote
from reviews.services import arbiters
from tests import acts, factories
from tests.reviews import competing
from tests.shared import shared

from .pages import QUEUE, browser_of, html_of, text_of, url

pytestmark = pytest.mark.django_db

LIST = "admin:reviews_competingclaimscase_changelist"
CHOICES = ("", "ready", "late", "mine", "nobody", "nonsense")
MONDAY = "2026-06-01T09:00+02:00"
WORDS = {
    "grounds": ["newer_acknowledgement"],
    "shared_reason": competing.SHARED,
    "internal_reason": "Signed in May; the other one in January.",
}


@pytest.fixture
def lead() -> User:
    return factories.make_reviewer(
        role="Lead reviewer", full_name="Lena Lead", time_zone="Europe/Berlin"
    )


@shared
def holder() -> Claim:
    """Fabrikam is partner of record at Contoso AG."""
    tenant = factories.make_tenant("Contoso AG")
    return acts.active(factories.make_claim(tenant=tenant, location=location("Fabrikam")))


@shared
def challenger(holder: Claim) -> Claim:
    """Northwind claims the same; its claim is under review."""
    return competing.rival(holder, location=location("Northwind"))


@shared
def case(challenger: Claim) -> CompetingClaimsCase:
    """Their case is ready to rule: the holder has answered."""
    competing.sufficient(challenger)
    competing.answered(Claim.objects.earliest("pk"))
    return competing.case_of(challenger)


def location(partner: str) -> Any:
    return factories.make_location(factories.make_organization(partner))


def page_of(case: CompetingClaimsCase) -> str:
    return reverse("admin:reviews_competingclaimscase_change", args=[case.pk])


def address(name: str, case: CompetingClaimsCase) -> str:
    return reverse(f"admin:reviews_{name}", args=[case.pk])


def claims_of(case: CompetingClaimsCase) -> tuple[Claim, Claim]:
    """The holder's claim and the challenger's."""
    holder, challenger = Claim.objects.filter(competing_parties__case=case).order_by("pk")
    return holder, challenger


def claim_on(customer: str, partner: str) -> Claim:
    return factories.make_claim(tenant=factories.make_tenant(customer), location=location(partner))


def queue_address(show: str = "") -> str:
    return f"{reverse(QUEUE)}?queue=competing&show={show}"


def customers_in(page: Any) -> list[str]:
    """Whose cases stand in the queue, from top to bottom."""
    return re.findall(r">Exchange Online at ([^<]+)</a>", html_of(page))


def form_of(browser: Client, case: CompetingClaimsCase, winner: str) -> dict[str, Any]:
    """What the ruling's form would send, as the page shows it now."""
    form = browser.get(address("rule", case)).context["form"]
    hidden = {name: form[name].value() for name in ("version", "seen")}
    return hidden | WORDS | {"winner": winner}


def prevails(case: CompetingClaimsCase) -> str:
    return str(case.parties.get(standing="challenger").pk)


class TestTheCase:
    def test_the_parties_stand_side_by_side(self, case: CompetingClaimsCase) -> None:
        holder, challenger = claims_of(case)
        factories.make_document(challenger, signed_on="2026-05-30", signer_name="Ada Signer")

        shown = text_of(browser_of().get(page_of(case)))

        assert "Exchange Online at Contoso AG" in shown
        assert f"Criterion Fabrikam Northwind Party present partner of record {holder.number}" in (
            shown
        )
        assert "Proof by itself approved before sufficient" in shown
        assert "Sat 30 May 2026" in shown
        assert "Ada Signer, CIO" in shown
        assert "says that there is nothing to add" in shown
        assert "A lead reviewer's move: rule on the case" in shown
        assert f"ready to rule A lead reviewer's move: rule on the case (ready: {challenger})" in (
            shown
        )

    def test_only_who_leads_is_offered_acts(self, case: CompetingClaimsCase, lead: User) -> None:
        mine = html_of(browser_of(lead).get(page_of(case)))
        others = html_of(browser_of().get(page_of(case)))

        for name in ("rule", "take_arbitration", "assign_arbiter"):
            assert address(name, case) in mine
            assert address(name, case) not in others
            assert browser_of().post(address(name, case), WORDS).status_code == 403

    def test_a_party_reads_why_they_have_no_part(
        self, case: CompetingClaimsCase, lead: User
    ) -> None:
        holder, _challenger = claims_of(case)
        factories.make_membership(lead, holder.organization)
        browser = browser_of(lead)

        assert "so you can't act. REV-02" in text_of(browser.get(page_of(case)))
        answer = browser.post(address("take_arbitration", case), follow=True)
        assert "REV-02" in html_of(answer)
        assert CompetingClaimsCase.objects.get(pk=case.pk).arbiter is None

    def test_taking_and_assigning(self, case: CompetingClaimsCase, lead: User) -> None:
        browser, other = browser_of(lead), factories.make_reviewer(role="Lead reviewer")
        version = CompetingClaimsCase.objects.get(pk=case.pk).version

        browser.post(address("take_arbitration", case), {"version": version})
        taken = CompetingClaimsCase.objects.get(pk=case.pk)
        stale = browser.post(address("assign_arbiter", case), {"to": other.pk, "version": version})
        browser.post(address("assign_arbiter", case), {"to": other.pk, "version": taken.version})

        assert (taken.arbiter, stale.status_code) == (lead, 409)
        assert CompetingClaimsCase.objects.get(pk=case.pk).arbiter == other
        assert "Lena Lead" not in text_of(browser.get(page_of(case)))

    def test_nobody_but_a_lead_can_be_the_arbiter(
        self, case: CompetingClaimsCase, lead: User
    ) -> None:
        reviewer = factories.make_reviewer()
        version = CompetingClaimsCase.objects.get(pk=case.pk).version

        answer = browser_of(lead).post(
            address("assign_arbiter", case), {"to": reviewer.pk, "version": version}
        )

        assert answer.status_code == 422
        assert CompetingClaimsCase.objects.get(pk=case.pk).arbiter is None


class TestRuling:
    def test_every_letter_is_read_before_and_nothing_has_happened(
        self, case: CompetingClaimsCase, lead: User
    ) -> None:
        holder, challenger = claims_of(case)
        browser = browser_of(lead)
        typed = form_of(browser, case, prevails(case))

        shown = text_of(browser.post(address("rule", case), typed | {"step": "preview"}))

        assert "Fabrikam" in shown
        assert "Stays in force until the customer's time for the other claim has passed" in shown
        assert "Prevails. The claim is approved, and the customer may then refuse" in shown
        for claim in (holder, challenger):
            assert f"Letter to {claim.created_by.email}" in shown
        assert not CompetingRuling.objects.exists()
        assert CompetingClaimsCase.objects.get(pk=case.pk).closed_at is None

    def test_confirming_rules_and_the_record_shows_it(
        self, case: CompetingClaimsCase, lead: User
    ) -> None:
        browser = browser_of(lead)
        typed = form_of(browser, case, prevails(case))
        preview = text_of(browser.post(address("rule", case), typed | {"step": "preview"}))

        answer = browser.post(address("rule", case), typed | {"step": "confirm"}, follow=True)

        ruling = CompetingRuling.objects.get()
        assert (ruling.arbiter, str(ruling.winner_id)) == (lead, prevails(case))
        shown = text_of(answer)
        assert "You have ruled: Northwind prevails." in html_of(answer)
        assert "Prevails Northwind" in shown
        assert "Grounds Newer signed acknowledgement" in shown
        assert "Signed in May; the other one in January." in shown
        sent = OutboxMessage.objects.filter(kind="competing_case_ruled")
        assert sent.exists()
        for letter in sent:
            assert letter.subject in preview
        again = browser.post(address("rule", case), typed | {"step": "confirm"})
        assert again.status_code == 409
        assert CompetingRuling.objects.count() == 1

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"grounds": []}, "REV-44"),
            ({"grounds": ["tie"]}, "REV-44"),
            ({"internal_reason": " "}, "REV-45"),
            ({"shared_reason": "Northwind showed more."}, "REV-46"),
        ],
    )
    def test_a_refusal_keeps_what_was_typed(
        self, changes: dict[str, Any], code: str, case: CompetingClaimsCase, lead: User
    ) -> None:
        browser = browser_of(lead)
        typed = form_of(browser, case, prevails(case)) | {"step": "preview"} | changes

        answer = browser.post(address("rule", case), typed)

        assert answer.status_code == 409
        assert code in text_of(answer)
        for name in ("shared_reason", "internal_reason"):
            assert answer.context["form"][name].value() == typed[name]
        assert not CompetingRuling.objects.exists()

    def test_who_prevails_has_to_be_chosen(self, case: CompetingClaimsCase, lead: User) -> None:
        browser = browser_of(lead)

        answer = browser.post(address("rule", case), form_of(browser, case, ""))

        assert answer.status_code == 422
        assert "Choose who prevails, or that nobody does." in text_of(answer)

    def test_what_has_changed_meanwhile_is_said(
        self, case: CompetingClaimsCase, lead: User
    ) -> None:
        browser = browser_of(lead)
        typed = form_of(browser, case, prevails(case)) | {"step": "confirm"}
        holder, _challenger = claims_of(case)
        Claim.objects.filter(pk=holder.pk).update(version=holder.version + 1)

        answer = browser.post(address("rule", case), typed)

        assert answer.status_code == 409
        assert f"Fabrikam, {holder.number}, has changed:" in text_of(answer)
        assert answer.context["form"]["shared_reason"].value() == competing.SHARED
        assert not CompetingRuling.objects.exists()
        fresh = typed | {"seen": answer.context["form"]["seen"].value()}
        assert browser.post(address("rule", case), fresh).status_code == 302


class TestOnTheClaim:
    def test_sufficient_by_itself(self, holder: Claim, challenger: Claim) -> None:
        browser = browser_of(challenger.assigned_reviewer)

        page = html_of(browser.get(url("case", challenger)))
        shown = text_of(browser.get(url("sufficient", challenger)))
        typed = {"version": challenger.version, "internal_note": "Good proof."}
        letters = text_of(browser.post(url("sufficient", challenger), typed | {"step": "preview"}))
        browser.post(url("sufficient", challenger), typed | {"step": "confirm"})

        assert url("sufficient", challenger) in page
        assert "Fabrikam, present partner of record, is asked for newer proof" in shown
        assert f"Letter to {holder.created_by.email}" in letters
        after = acts.fresh(challenger)
        assert after.paused_at is not None
        assert InternalNote.objects.get(claim=challenger).body == "Good proof."
        paused = text_of(browser.get(url("case", challenger)))
        assert "competing claim: it waits for the ruling of a lead." in paused
        assert url("sufficient", challenger) not in html_of(browser.get(url("case", challenger)))

    def test_splitting_off(self, holder: Claim) -> None:
        challenger = competing.rival(holder, products=("exchange_online", "teams"))
        browser = browser_of(challenger.assigned_reviewer)

        shown = text_of(browser.get(url("split", challenger)))
        typed = {"version": challenger.version, "step": "confirm"}
        answer = browser.post(url("split", challenger), typed)

        assert "moves to a new claim" in shown
        assert "Exchange Online (Usage)" in shown
        split = Claim.objects.get(split_from=challenger)
        assert answer.headers["Location"] == url("case", split)
        moved = challenger.lines.get(product__code="exchange_online")
        assert moved.line_status == LineStatus.MOVED

    def test_without_a_case_there_is_nothing_to_offer(self, reviewer: User) -> None:
        claim = acts.under_review(reviewer=reviewer)
        browser = browser_of(reviewer)
        page = html_of(browser.get(url("case", claim)))
        typed = {"version": claim.version, "step": "confirm"}

        for name in ("sufficient", "split"):
            assert url(name, claim) not in page
            assert browser.get(url(name, claim)).status_code == 200
            assert browser.post(url(name, claim), typed).status_code == 409


class TestLists:
    def test_one_row_a_case_ready_ones_and_near_deadlines_first(self, lead: User) -> None:
        with time_machine.travel(factories.at(MONDAY), tick=False):
            read = acts.submit(claim_on("Read GmbH", "Fabrikam"))
            acts.asked(factories.make_claim(tenant=read.tenant, location=location("Northwind")))
            holder = acts.approved(claim_on("Asked AG", "Contoso"))
            competing.sufficient(competing.rival(holder, location=location("Tailspin")))
        with time_machine.travel(factories.at("2026-06-03T09:00+02:00"), tick=False):
            ready = acts.submit(claim_on("Ready SA", "Litware"))
            competing.sufficient(competing.rival(ready, location=location("Woodgrove")))
            case = competing.case_of(ready)
            arbiters.take_arbitration(case_id=case.pk, actor=competing.actors.reviewer(lead))
            browser = browser_of(lead)
            pages = {show: browser.get(queue_address(show)) for show in CHOICES}
            record = text_of(browser.get(reverse(LIST), {"stage": "ready"})).partition("Filter")[0]
            index = text_of(browser.get(reverse("admin:index")))
        with time_machine.travel(factories.at("2026-06-30T09:00+02:00"), tick=False):
            late = browser_of(lead).get(queue_address("late"))

        assert {show: customers_in(page) for show, page in pages.items()} == {
            "": ["Ready SA", "Read GmbH", "Asked AG"],
            "ready": ["Ready SA"],
            "late": [],
            "mine": ["Ready SA"],
            "nobody": ["Read GmbH", "Asked AG"],
            "nonsense": ["Ready SA", "Read GmbH", "Asked AG"],
        }
        # Nobody answered in time, so that case is ready as well.
        assert customers_in(late) == ["Asked AG", "Ready SA", "Read GmbH"]
        shown = text_of(pages[""])
        days = "{} business days left {} of 15"
        for row in (
            f"2 : Litware, Woodgrove ready to rule you Wed 24 June 2026 {days.format(15, 0)} you",
            f"first review a reviewer, Northwind Mon 8 June 2026 {days.format(3, 2)} nobody yet",
            "2 : Contoso (present partner of record), Tailspin partner of record asked Contoso",
        ):
            assert row in shown
        assert page_of(case) in html_of(pages[""])
        assert "Ready SA" in record
        assert "Read GmbH" not in record
        assert "3 Competing 1 ready to rule (Competing) 1 yours to rule (Competing)" in index

    def test_queries_do_not_grow(self, lead: User) -> None:
        browser = browser_of(lead)
        for rows in (1, 2):
            for _ in range(rows):
                competing.sufficient(competing.rival(acts.submit(factories.make_claim())))
            found = []
            for target in (reverse(LIST), queue_address()):
                browser.get(target)
                with CaptureQueriesContext(connection) as queries:
                    assert browser.get(target).status_code == 200
                found.append(len(queries))

            assert found == [9, 8]

    def test_a_page_of_many_parties_takes_as_many_queries(
        self, holder: Claim, challenger: Claim
    ) -> None:
        target = page_of(competing.case_of(competing.sufficient(challenger)))
        browser = browser_of()
        for more in (0, 2):
            for _ in range(more):
                competing.sufficient(competing.rival(holder))
            browser.get(target)
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(target).status_code == 200

            assert len(queries) == 13
