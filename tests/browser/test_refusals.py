"""What the desk says no to, read on its pages: the code, the sentence, and nothing typed lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from . import steps
from .desk import Desk
from .people import LEAD, PARTNER, REVIEWER, SECOND_REVIEWER, People

pytestmark = [pytest.mark.browser, pytest.mark.stack]

CONTOSO = "3f1c9a52-6a1d-4c0e-9b57-2d8f4e6a7b10"
ADVENTURE_WORKS = "8b2d7e64-1f3a-4d5c-8e90-7a6b5c4d3e21"
TAILSPIN = "c47e0f13-5b6a-4e7d-a1b2-9c8d7e6f5a32"
NOBODY = "00000000-1111-4222-8333-444444444444"

DO_NOT_MATCH = (
    "The domain and the tenant ID don't match. Check both with the customer; a single wrong "
    "character is enough. DOM-03"
)
NO_TENANT_ID = (
    "This isn't a tenant ID. A tenant ID has 32 hexadecimal digits in five groups, for example "
    "1b2c3d4e-0000-4000-8000-00805f9b34fb. An administrator at the customer finds it on the "
    "overview page of their directory. TEN-02"
)
FROM_A_RESELLER = (
    "This subscription was bought through a cloud solution provider (CSP). Usage is only for "
    "purchases by volume licensing or Web Direct. SUB-07"
)
OF_ANOTHER_PRODUCT = "This subscription is for another product: Dynamics 365 Finance. SUB-05"
NOT_AT_THIS_CUSTOMER = (
    "We can't find this subscription for Dynamics 365 Supply Chain Management at this customer. "
    "Check it and the tenant ID with the customer. If it was set up in the last 7 days, try again "
    "later. SUB-03"
)
NO_SUBSCRIPTION_ID = (
    "This isn't a subscription ID. Ask the customer for the ID on the subscription's own page; "
    "the tenant ID, an order number or an agreement number won't do. SUB-02"
)
NOT_ACTIVATED = (
    "The customer hasn't activated this subscription yet. Ask them to finish its set-up; after "
    "that it can take up to 7 days until it shows here. SUB-09"
)
NOT_DYNAMICS = (
    "This subscription isn't for Dynamics 365. Dynamics 365 Sales can only be claimed with a "
    "subscription of it. SUB-06"
)
ONE_OF_TWO = (
    "Dynamics 365 Customer Service has 2 subscriptions at this customer. Enter the ID of the one "
    "you mean. SUB-01"
)


def test_customers_who_cannot_be_told_from_unknown_ones(desk: Desk, people: People) -> None:
    page = people.signed_in(PARTNER)
    steps.start_claim(page, "Who is the customer?")
    for tenant_id, domain, sentence in (
        (NOBODY, "contoso.example", DO_NOT_MATCH),
        (CONTOSO, "adventure-works.example", DO_NOT_MATCH),
        ("3f1c9a52-6a1d-4c0e-9b57", "contoso.example", NO_TENANT_ID),
    ):
        steps.name_customer(page, tenant_id, domain)
        _expect_findings(page, sentence)
        expect(page.get_by_label("Name of the claim")).to_have_value("Who is the customer?")
        expect(page.get_by_label("Customer's tenant ID")).to_have_value(tenant_id)
        expect(page.get_by_label("One of the customer's domains")).to_have_value(domain)

    steps.name_customer(page, f" {{{CONTOSO.upper()} }} ", "https://Contoso.example/about")
    steps.expect_title(page, "What you did")


def test_subscriptions_that_cannot_be_claimed(desk: Desk, people: People) -> None:
    page = people.signed_in(PARTNER)
    steps.start_claim(page, "Which subscription?")
    steps.name_customer(page, ADVENTURE_WORKS, "adventure-works.example")
    steps.choose_work(page, steps.BUSINESS_APPLICATIONS)
    steps.choose_products(page, ["Dynamics 365 Supply Chain Management"])
    given = page.get_by_label("Subscription ID")
    for subscription_id, sentence in (
        ("{22b0c1de-0002-4a00-8000-0000000000b2}", FROM_A_RESELLER),
        ("22b0c1de-0001-4a00-8000-0000000000b1", OF_ANOTHER_PRODUCT),
        ("11a0c1de-0001-4a00-8000-0000000000a1", NOT_AT_THIS_CUSTOMER),
        ("agreement 4711", NO_SUBSCRIPTION_ID),
    ):
        given.fill(subscription_id)
        steps.save(page)
        _expect_findings(page, sentence)
        expect(given).to_have_value(subscription_id)

    page.get_by_role("link", name="Check and submit").click()
    page.get_by_label("All three statements are true").check()
    page.get_by_role("button", name="Submit the claim").click()
    refused = page.get_by_role("alert").get_by_role("listitem")
    expect(refused.filter(has_text="SUB-02")).to_have_count(1)
    expect(page.get_by_label("All three statements are true")).to_be_checked()

    _change_customer(page, TAILSPIN, "tailspintoys.example")
    page.get_by_label("Take Dynamics 365 Supply Chain Management out").check()
    steps.choose_products(page, ["Dynamics 365 Sales"])
    _expect_findings(page, NOT_ACTIVATED)

    _change_customer(page, CONTOSO, "contoso.example")
    given.fill("11a0c1de-0004-4a00-8000-0000000000a4")
    steps.choose_products(page, ["Dynamics 365 Customer Service"])
    _expect_findings(page, NOT_DYNAMICS, ONE_OF_TWO)


def _change_customer(page: Page, tenant_id: str, domain: str) -> None:
    """Name another customer for the draft; ends on the page about the products."""
    way = page.get_by_role("navigation", name="Steps of this claim")
    way.get_by_role("link", name="Customer").click()
    steps.name_customer(page, tenant_id, domain)
    steps.expect_title(page, "What you did")
    way.get_by_role("link", name="Products").click()
    steps.expect_title(page, "Products")


def _expect_findings(page: Page, *sentences: str) -> None:
    """Expect that the page was saved and names exactly these problems."""
    findings = page.get_by_role("status").get_by_role("listitem")
    expect(findings).to_have_text(list(sentences))


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
    for page, text in ((first, "The proof names no product."), (lead, "Nobody signed it.")):
        steps.open_case(page, number)
        page.get_by_role("link", name="Reject…").click()
        page.get_by_label("Insufficient PoE").check()
        page.get_by_label("Text to the partner").fill(text)
    first.get_by_role("button", name="Reject the claim").click()
    expect(first.locator(".messagelist")).to_contain_text(f"{number} is rejected.")
    lead.get_by_role("button", name="Reject the claim").click()
    _expect_refusal(
        lead, "This claim is in the status “Rejected” and can't be changed that way. SUBM-03"
    )
    expect(lead.get_by_label("Text to the partner")).to_have_value("Nobody signed it.")
    expect(lead.get_by_label("Insufficient PoE")).to_be_checked()
    expect(lead.get_by_role("button", name="Reject the claim")).to_have_count(0)


def _expect_refusal(page: Page, sentence: str) -> None:
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_text([sentence])
