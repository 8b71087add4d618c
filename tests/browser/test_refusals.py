"""What the desk says no to, read on its pages: the code, the sentence, and nothing typed lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from . import steps
from .desk import Desk
from .people import LEAD, PARTNER, REVIEWER, SECOND_REVIEWER, People

pytestmark = [pytest.mark.browser, pytest.mark.stack]


def test_two_reviewers_at_once(desk: Desk, people: People) -> None:
    number = steps.find_claim(people.signed_in(PARTNER), "Mail and sites migration")
    first, second = people.signed_in(REVIEWER), people.signed_in(SECOND_REVIEWER)
    for page in (first, second):
        steps.open_case(page, number)
    steps.take_up(first)
    expect(first.locator(".messagelist")).to_contain_text(f"You have taken up {number}.")
    steps.take_up(second)
    _expect_refusal(
        second,
        "This claim is in the status “Under review” and can't be changed that way. SUBM-03",
    )

    lead = people.signed_in(LEAD)
    for page in (first, lead):
        steps.open_case(page, number)
    expect(lead.get_by_role("link", name="Reject…")).to_have_count(0)
    first.get_by_role("link", name="Reject…").click()
    lead.goto(first.url)
    for page, text in ((first, "The proof names no product."), (lead, "Nobody signed it.")):
        page.get_by_label("Insufficient PoE").check()
        page.get_by_label("Text to the partner").fill(text)
        page.get_by_role("button", name="Preview").click()
    _expect_refusal(
        lead,
        "Rita Vogel has this case open. Wait until it is given back; a lead reviewer can take it "
        "over. REV-05",
    )
    first.get_by_role("button", name="Reject the claim").click()
    expect(first.locator(".messagelist")).to_contain_text(f"{number} is rejected.")
    lead.get_by_role("button", name="Preview").click()
    _expect_refusal(
        lead, "This claim is in the status “Rejected” and can't be changed that way. SUBM-03"
    )
    expect(lead.get_by_label("Text to the partner")).to_have_value("Nobody signed it.")
    expect(lead.get_by_label("Insufficient PoE")).to_be_checked()
    expect(lead.get_by_role("button", name="Preview")).to_have_count(0)


def _expect_refusal(page: Page, sentence: str) -> None:
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_text([sentence])
