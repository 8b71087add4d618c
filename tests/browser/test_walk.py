"""The main job, from imported files to the hand-off, on the running desk."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from . import steps
from .desk import Desk, at
from .people import OPS, PARTNER, REVIEWER, People, sign_in
from .registry import FIELD_SERVICE, Registry

pytestmark = [pytest.mark.browser, pytest.mark.stack]


def test_four_files_bring_a_new_customer_in(registry: Registry) -> None:
    assert {
        what: (answer["rows"], answer["created"], answer["refused"])
        for what, answer in registry.answers.items()
    } == {
        "products": (1, 1, 0),
        "customers": (1, 1, 0),
        "subscriptions": (2, 2, 0),
        "partners": (3, 3, 0),
    }


def test_a_claim_from_first_entry_to_hand_off(
    desk: Desk, people: People, registry: Registry
) -> None:
    desk.set_clock(at(6, 7, 10))
    partner = people.visitor()
    sign_in(partner, PARTNER)
    number = _enter(partner)
    _submit_with_a_double_click(partner, number)
    _ask_for_a_date(people.signed_in(REVIEWER), number)
    _answer_with_comment_and_file(partner, number)
    _approve(people.signed_in(REVIEWER), number)
    _read_as_customer(people, number)

    partner.reload()
    expect(steps.where_it_stands(partner)).to_contain_text(
        "With the customer, who may decline until Mon 13 July 2026 (7 days left)."
    )
    assert steps.hand_offs(people.signed_in(OPS), number) == []
    desk.set_clock(at(14, 7, 0, 6))
    _read_that_it_is_active(people, partner, number)


def _enter(page: Page) -> str:
    number = steps.start_claim(page, "Field service for Proseware")
    steps.name_customer(page)
    steps.choose_work(page, steps.BUSINESS_APPLICATIONS)
    steps.choose_products(page, ["Dynamics 365 Field Service"])
    expect(page.get_by_role("group", name="Dynamics 365 Field Service")).to_be_visible()
    steps.save(page)
    steps.choose_location(page)
    steps.name_contacts(page, steps.BUSINESS, steps.TECHNICAL)
    steps.attach_proof(page, "statement-of-work.pdf", date(2026, 6, 12))
    page.get_by_role("link", name="Continue").click()
    return number


def _submit_with_a_double_click(page: Page, number: str) -> None:
    """Forget the statements, then submit twice, and once more in a tab that was left open."""
    steps.expect_title(page, "Check and submit")
    expect(page.get_by_text("Nothing is missing.")).to_be_visible()
    page.get_by_role("button", name="Submit the claim").click()
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_text(
        ["Confirm the statements before submitting. SUBM-01"]
    )
    page.get_by_label("All three statements are true").check()
    tab = page.context.new_page()
    tab.goto(page.url)
    tab.get_by_label("All three statements are true").check()

    page.get_by_role("button", name="Submit the claim").dblclick()
    steps.expect_title(page, number)
    expect(steps.where_it_stands(page)).to_contain_text(
        "With the reviewers: somebody takes it up by Mon 13 July 2026 (5 business days left)."
    )
    tab.get_by_role("button", name="Submit the claim").click()
    expect(tab.get_by_role("status")).to_have_text(
        "There is nothing left to hand in: the claim is in the status “Submitted”."
    )
    happened = tab.get_by_role("region", name="What happened").get_by_role("listitem")
    expect(happened.filter(has_text="Claim submitted")).to_have_count(1)
    tab.close()


def _ask_for_a_date(page: Page, number: str) -> None:
    steps.open_case(page, number)
    steps.take_up(page)
    expect(page.locator(".messagelist")).to_have_text(
        f"You have taken up {number}. Decide by Mon 13 July 2026."
    )
    steps.ask(
        page,
        "D-DATE",
        "The second page carries no date.",
        "Please attach the page with the date of the signature.",
    )
    expect(page.locator(".messagelist")).to_have_text(
        "Fabrikam Consulting has been asked and has until Mon 13 July 2026 to answer."
    )


def _answer_with_comment_and_file(page: Page, number: str) -> None:
    page.goto("/claims/?status=mine")
    page.get_by_role("link", name=number).click()
    expect(steps.where_it_stands(page)).to_contain_text(
        "Your move: answer by Mon 13 July 2026 (5 business days left)."
    )
    expect(page.get_by_role("region", name="To do")).to_contain_text(
        "The second page carries no date."
    )
    page.get_by_role("link", name="Add or change proof").click()
    steps.attach_proof(page, "signed-page.pdf", date(2026, 6, 12))
    page.get_by_role("link", name="Back to the claim").click()
    page.get_by_role("link", name="Answer and resubmit").click()
    page.get_by_label("Your answer to the reviewers").fill("The page with the date is attached.")
    page.get_by_role("button", name="Resubmit the claim").click()
    steps.expect_title(page, number)
    expect(steps.where_it_stands(page)).to_contain_text("With the reviewers")
    comments = page.get_by_role("region", name="Comments").get_by_role("article")
    expect(comments.locator(".said")).to_have_text(
        [
            "Please attach the page with the date of the signature.",
            "The page with the date is attached.",
        ]
    )


def _approve(page: Page, number: str) -> None:
    steps.open_case(page, number)
    # Its pages are drawn by the worker, a moment after it came.
    steps.expect_later(page, page.get_by_role("link", name="Show signed-page.pdf"))
    steps.take_up(page)
    steps.approve(page, "The proof is complete now.")
    expect(page.locator(".messagelist")).to_contain_text(f"{number} is approved.")


def _read_as_customer(people: People, number: str) -> None:
    """Wait for the customer's letter and follow its link without signing in."""
    customer = people.visitor()
    letter = steps.open_letter(customer, steps.BUSINESS.email, number)
    assert steps.BUSINESS.name in letter
    steps.own_link(customer).click()
    steps.expect_title(customer, steps.QUESTION)
    expect(customer.get_by_text(FIELD_SERVICE)).to_be_visible()
    expect(customer.locator(".consent-deadline strong")).to_have_text("Monday, 13 July 2026, 23:59")


def _read_that_it_is_active(people: People, partner: Page, number: str) -> None:
    stands = steps.where_it_stands(partner)
    steps.expect_later(partner, stands.get_by_text("You are partner of record"))
    expect(stands.locator(".status")).to_have_text(["Approved", "Active since Tue 14 July 2026"])
    expect(stands.locator(".move")).to_have_text(
        "You are partner of record since Tue 14 July 2026."
    )
    letter = steps.open_letter(people.visitor(), PARTNER, f"{number}: your association is active")
    assert "The association is handed over to the incentive program by itself." in letter
    ops = people.signed_in(OPS)
    assert steps.hand_offs(ops, number) == [("Dynamics 365 Field Service", "sent")]
    assert steps.associations(ops, number) == [("Dynamics 365 Field Service", "Association active")]
