"""Three partners claim the same: asked, compared, ruled on, disputed, and decided for good."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from . import steps
from .accessibility import faults
from .desk import Desk, at
from .people import (
    LEAD,
    OTHER_PARTNER,
    PARTNER,
    PHONE,
    REVIEWER,
    SCREEN,
    SECOND_REVIEWER,
    People,
)

pytestmark = [pytest.mark.browser, pytest.mark.stack]

PARTIES = f"""
from claims.models import PartnerLocation
from cpor_site.common.models import User
from tests import acts, factories
rita = User.objects.get(email="{REVIEWER}")
tenant = factories.make_tenant("Blue Yonder AG")
def claim(email, partner_id):
    return factories.make_claim(
        user=User.objects.get(email=email),
        location=PartnerLocation.objects.get(partner_id=partner_id),
        tenant=tenant,
        products=("sharepoint_online",),
    )
holder = acts.approved(claim("{PARTNER}", "5100001"), reviewer=rita)
challenger = acts.under_review(claim("{OTHER_PARTNER}", "5200001"), reviewer=rita)
third = acts.under_review(
    factories.make_claim(tenant=tenant, products=("sharepoint_online",)), reviewer=rita
)
print(holder.pk, holder.number, challenger.pk, challenger.number, third.number)
"""
REASON = "The acknowledgements are of equal weight."


def test_from_the_first_review_to_the_end_of_the_dispute(desk: Desk, people: People) -> None:
    desk.set_clock(at(4, 5, 10))
    holder, number, challenger, rival, third = desk.prepare(PARTIES).splitlines()[-1].split()
    reviewer, lead = people.signed_in(REVIEWER), people.signed_in(LEAD)
    partner, other = people.signed_in(PARTNER), people.signed_in(OTHER_PARTNER)

    _find_sufficient(reviewer, rival)
    other.goto(f"/claims/{challenger}/")
    expect(steps.where_it_stands(other).locator(".move")).to_contain_text(
        "Paused – competing claim"
    )
    assert faults(other) == []
    _say_that_there_is_nothing(partner, holder)
    _compare(lead, number, rival, third)
    _rule_for_nobody(lead)

    partner.goto(f"/claims/{holder}/")
    decided = partner.get_by_role("region", name="Decided: competing claim")
    expect(decided).to_contain_text("You stay partner of record for SharePoint Online.")
    expect(decided).to_contain_text(REASON)
    assert rival not in partner.content()
    _dispute(other, challenger, number)
    second = people.signed_in(SECOND_REVIEWER)
    steps.open_case(second, rival)
    expect(second.locator("#content")).to_contain_text("Our acknowledgement is newer.")
    steps.reject(second, "Insufficient PoE", "It is as old as the other one.")
    other.reload()
    stands = steps.where_it_stands(other)
    expect(stands.locator(".status").first).to_have_text("Rejected, final")
    expect(other.get_by_role("region", name="Your dispute")).to_contain_text("Rejected, final")


def _find_sufficient(page: Page, number: str) -> None:
    steps.open_case(page, number)
    expect(page.get_by_role("link", name="Proof is sufficient by itself…")).to_be_visible()
    page.keyboard.press("s")
    expect(page.locator(".act-begin")).to_contain_text(
        "Fabrikam Consulting, present partner of record, is asked for newer proof"
    )
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".letter").first).to_be_visible()
    page.get_by_role("button", name="The proof is sufficient").click()
    expect(page.locator(".case-move")).to_contain_text("competing claim")


def _say_that_there_is_nothing(page: Page, claim: str) -> None:
    page.goto(f"/claims/{claim}/")
    expect(steps.where_it_stands(page).locator(".move")).to_contain_text(
        "Your move: add newer proof, or say that there is nothing to add"
    )
    assert faults(page) == []
    page.set_viewport_size(SCREEN)
    page.get_by_role("link", name="Nothing to add…").click()
    page.get_by_role("button", name="There is nothing to add").click()
    expect(page.get_by_text("You said that there is nothing to add.")).to_be_visible()


def _compare(page: Page, number: str, rival: str, third: str) -> None:
    """Come to the case from the queue, as its arbiter, and see all parties at either width."""
    page.goto("/admin/claims/claim/?queue=competing")
    page.get_by_role("link", name="SharePoint Online at Blue Yonder AG").click()
    expect(page.get_by_role("columnheader")).to_have_count(4)
    for each in (number, rival, third):
        expect(page.get_by_role("link", name=each, exact=True)).to_be_visible()
    assert faults(page) == []
    page.set_viewport_size(PHONE)
    expect(page.get_by_role("link", name=third, exact=True)).to_be_visible()
    page.set_viewport_size(SCREEN)
    page.keyboard.press("t")
    expect(page.get_by_text("You are the arbiter of this case.")).to_be_visible()


def _rule_for_nobody(page: Page) -> None:
    page.keyboard.press("r")
    page.get_by_label("Nobody prevails: the present partner of record stays").check()
    page.get_by_label("Equally good proof").check()
    page.get_by_label("Reason that all parties read").fill("Northwind Cloud Services is no better.")
    page.get_by_label("Internal reason").fill("Both were signed in April.")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("alert")).to_contain_text("REV-46")
    expect(page.get_by_label("Internal reason")).to_have_value("Both were signed in April.")
    assert faults(page) == []
    page.set_viewport_size(SCREEN)
    page.get_by_label("Reason that all parties read").fill(REASON)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="What happens when you confirm")).to_contain_text(
        "Takes no part in the ruling"
    )
    assert faults(page) == []
    page.set_viewport_size(SCREEN)
    page.get_by_role("button", name="Rule", exact=True).click()
    expect(page.get_by_text("You have ruled: nobody prevails.")).to_be_visible()
    expect(page.locator(".case-standing")).to_contain_text("Both were signed in April.")


def _dispute(page: Page, claim: str, number: str) -> None:
    page.goto(f"/claims/{claim}/")
    expect(steps.where_it_stands(page).locator(".move")).to_have_text(
        re.compile(
            r"^Rejected \(The proof did not prevail over a competing claim\)\. "
            "You can dispute it until"
        )
    )
    assert number not in page.content()
    page.get_by_role("link", name="Dispute the decision").click()
    page.get_by_label("Why should the decision change?").fill("Our acknowledgement is newer.")
    page.get_by_role("button", name="Send the dispute").click()
    expect(steps.where_it_stands(page).locator(".move")).to_contain_text(
        "With the reviewers: your dispute is answered by"
    )
