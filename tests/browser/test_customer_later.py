"""A customer who comes back: to withdraw, for a new link, to see all partners."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from . import steps
from .accessibility import faults
from .desk import Desk
from .people import OPS, People

pytestmark = [pytest.mark.browser, pytest.mark.stack]

IN_FORCE = """
from datetime import timedelta
from claims.models import Claim
from consent.models import ConsentRequest
from consent.services.windows import finalise_consent_windows
from cpor_site.common import clock
from tests import acts
tenant = factories.make_tenant({name!r}, domain={domain!r})
organization = factories.make_organization("Adatum")
claim = acts.in_window(factories.make_claim(
    tenant=tenant,
    location=factories.make_location(organization),
    products=("exchange_online", "teams"),
))
past = clock.now() - timedelta(days=1)
Claim.objects.filter(pk=claim.pk).update(consent_closes_at=past)
ConsentRequest.objects.filter(claim=claim).update(closes_at=past)
finalise_consent_windows()
print(claim.number, acts.token_of(claim))
"""


def _in_force(desk: Desk, name: str, domain: str) -> tuple[str, str]:
    """Make a customer with an active association; return claim number and token."""
    number, token = desk.prepare(IN_FORCE.format(name=name, domain=domain)).split()
    return number, token


def test_one_product_is_withdrawn_after_the_window(desk: Desk, people: People) -> None:
    number, token = _in_force(desk, "Relecloud", "relecloud.example")
    page = people.visitor_with_phone()
    page.goto(f"/consent/{token}/?lang=en")
    steps.expect_title(page, "Adatum is partner of record for Relecloud")
    found = faults(page)
    page.get_by_role("link", name="Withdraw…").click()
    steps.expect_title(page, "End the association with Adatum")
    page.get_by_label("Exchange Online").uncheck()
    page.get_by_label("Your name").fill("Berta Klein")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_text(
        ["Tick the box to confirm that it is to end."]
    )
    expect(page.get_by_label("Exchange Online")).not_to_be_checked()
    found += faults(page)
    page.get_by_label("Yes, end the association").check()
    page.get_by_role("button", name="Withdraw").click()
    steps.expect_title(page, "Thank you. Your answer is recorded.")
    expect(page.locator(".consent-main").get_by_role("listitem")).to_have_text(
        ["Microsoft Teams – Usage"]
    )
    found += faults(page)
    assert found == []
    ops = people.signed_in(OPS)
    assert steps.associations(ops, number) == [
        ("Exchange Online", "Association active"),
        ("Microsoft Teams", "Association ended"),
    ]
    assert [product for product, _state in steps.hand_offs(ops, number)] == [
        "Exchange Online",
        "Microsoft Teams",
        "Microsoft Teams",
    ]


def test_a_lost_link_comes_again_by_mail(desk: Desk, people: People) -> None:
    _number, token = _in_force(desk, "Tailspin", "tailspin.example")
    page = people.visitor()
    page.goto("/consent/a-link-that-was-cut-off/")
    steps.expect_title(page, "This link isn't valid.")
    page.get_by_role("link", name="Send me a new link").click()
    _ask(page, "Send me a new link", "business@tailspin.example")
    steps.open_letter(page, "business@tailspin.example", "your new link")
    steps.own_link(page).click()
    steps.expect_title(page, "Adatum is partner of record for Tailspin")
    page.get_by_role("link", name="svenska").click()
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    page.locator("a.button").click()
    expect(page).to_have_url(re.compile(r"/withdraw/\?lang=sv$"))
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    page.goto(f"/consent/{token}/?lang=en")
    expect(page.get_by_role("heading", level=1)).to_contain_text("A newer link was sent on")
    assert faults(page) == []


def test_all_partners_at_a_glance(desk: Desk, people: People) -> None:
    number, _token = _in_force(desk, "Fourth Coffee", "fourthcoffee.example")
    page = people.visitor()
    page.goto("/consent/about/?lang=en")
    page.get_by_role("main").get_by_role(
        "link", name="See all partners of your organisation"
    ).click()
    _ask(page, "Send me the link", "business@fourthcoffee.example")
    steps.open_letter(page, "business@fourthcoffee.example", "Your partners of record")
    page.get_by_role("link", name="/consent/overview/").click()
    steps.expect_title(page, "Partners of record of Fourth Coffee")
    expect(page.get_by_role("article", name="Adatum")).to_contain_text(number)
    assert faults(page) == []
    page.get_by_role("button", name="See and withdraw").click()
    steps.expect_title(page, "Adatum is partner of record for Fourth Coffee")


def _ask(page: Page, button: str, email: str) -> None:
    page.get_by_label("Your e-mail address").fill(email)
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("status")).to_contain_text("a letter is on its way")
