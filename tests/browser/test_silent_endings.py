"""The two endings that nobody at the desk brings about: a partner's silence, a customer's no."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from . import steps
from .desk import Desk, at
from .people import OPS, PARTNER, PHONE, REVIEWER, People
from .registry import Registry

pytestmark = [pytest.mark.browser, pytest.mark.stack]


def test_a_partner_silent_for_five_business_days_over_a_holiday(desk: Desk, people: People) -> None:
    """Asked on the Friday before Whit Monday, so that two weekends and a holiday don't count."""
    desk.set_clock(at(22, 5, 10))
    reviewer, partner = people.signed_in(REVIEWER), people.signed_in(PARTNER)
    number = steps.find_claim(partner, "Sales pilot")
    steps.open_case(reviewer, number)
    steps.ask(reviewer, "D-ACK", "", "Please attach the page that the customer signed.")
    expect(reviewer.locator(".messagelist")).to_have_text(
        "Fabrikam Consulting has been asked and has until Mon 1 June 2026 to answer."
    )
    reviewer.get_by_text("Why this date?").click()
    expect(reviewer.get_by_role("group").get_by_text("Counted")).to_have_text(
        "Counted 5 business days from Fri 22 May 2026; skipped Sat 23, Sun 24, Mon 25 "
        "(Pentecost Monday), Sat 30, Sun 31 May; due Mon 1 June 2026, end of day (Europe/Berlin)."
    )
    partner.reload()
    stands = steps.where_it_stands(partner)
    expect(stands.locator(".move")).to_have_text(
        "Your move: answer by Mon 1 June 2026 (5 business days left)."
    )
    expect(stands).to_contain_text("Exact time: Mon 1 June 2026, 23:59 (Europe/Berlin)")
    steps.open_letter(people.visitor(), PARTNER, f"{number}: your move")

    last_evening = at(1, 6, 23, 50)
    desk.set_clock(last_evening)
    desk.wait_for_run("reject_stale_claims", since=last_evening)
    partner.reload()
    expect(stands.locator(".status")).to_have_text("Partner action required")
    expect(stands.locator(".move")).to_have_text("Your move: answer by Mon 1 June 2026 (last day).")

    desk.set_clock(at(2, 6, 0, 6))
    steps.expect_later(partner, stands.get_by_text("No partner response"))
    expect(stands.locator(".status")).to_have_text("Rejected")
    expect(stands.locator(".move")).to_have_text(
        "Rejected (No partner response). You can dispute it until Thu 2 July 2026 (30 days left)."
    )
    happened = partner.get_by_role("region", name="What happened").get_by_role("listitem")
    expect(happened.first).to_have_text(re.compile(r"Claim rejected\s*System"))
    _read_of_the_rejection(people, number)
    ops = people.signed_in(OPS)
    assert steps.associations(ops, number) == []
    assert steps.hand_offs(ops, number) == []


def _read_of_the_rejection(people: People, number: str) -> None:
    """The letter must name the reason, where to read it, and how and until when to dispute."""
    letter = steps.open_letter(people.visitor(), PARTNER, f"{number}: the claim was rejected")
    words = " ".join(letter.split())
    assert "Reasons: - No partner response" in words
    assert "Where to read why: open the claim." in words
    assert (
        "you can dispute it once, until Thursday, 2 July 2026, 23:59 (Europe/Berlin): open "
        "the claim, choose “Dispute the decision”, and explain why the decision should change"
    ) in words


def test_a_customer_who_refuses_on_the_last_evening(
    desk: Desk, people: People, registry: Registry
) -> None:
    desk.set_clock(at(8, 6, 11))
    partner, reviewer = people.signed_in(PARTNER), people.signed_in(REVIEWER)
    number = _submit(partner)
    steps.open_case(reviewer, number)
    steps.take_up(reviewer)
    steps.approve(reviewer, "")
    expect(reviewer.locator(".messagelist")).to_contain_text(f"{number} is approved.")
    customer = people.visitor_with_phone()
    steps.open_letter(customer, steps.BUSINESS.email, number)
    link = steps.own_link(customer).get_attribute("href")
    assert link is not None

    desk.set_clock(at(15, 6, 23, 40))
    customer.goto(link)
    steps.expect_title(customer, steps.QUESTION)
    expect(customer.locator(".consent-deadline strong")).to_have_text("Monday, 15 June 2026, 23:59")
    assert customer.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    customer.get_by_role("link", name="I decline").click()
    assert customer.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    customer.get_by_label("Your name").fill("Berta Klein")
    customer.get_by_label("Another partner does this").check()
    customer.get_by_label("Message to the program operator").fill("We have changed partners.")
    customer.get_by_label("The partner may read this message too").check()
    customer.get_by_role("button", name="I decline").click()
    steps.expect_title(customer, "Thank you. Your answer is recorded.")
    expect(customer.locator(".consent-main").get_by_role("listitem")).to_have_text(
        ["Exchange Online – Usage", "Microsoft Teams – Usage"]
    )

    partner.reload()
    stands = steps.where_it_stands(partner)
    expect(stands.locator(".status")).to_have_text("Rejected, final")
    expect(stands.locator(".move")).to_have_text("Closed: rejected (Customer declined consent).")
    letter = steps.open_letter(people.visitor(), PARTNER, f"{number}: the customer has declined")
    assert "The customer's reason: another partner does this for them." in letter
    assert "We have changed partners." in letter
    customer.goto(link)
    steps.expect_title(customer, "You answered on 15 June 2026: declined.")

    day_after = at(16, 6, 0, 6)
    desk.set_clock(day_after)
    desk.wait_for_run("finalise_consent_windows", since=day_after)
    ops = people.signed_in(OPS)
    assert steps.hand_offs(ops, number) == []
    assert steps.associations(ops, number) == [
        ("Exchange Online", "Association ended"),
        ("Microsoft Teams", "Association ended"),
    ]


def _submit(page: Page) -> str:
    """Enter and submit a claim for two workloads; ends on its page."""
    number = steps.start_claim(page, "Mail and meetings at Proseware")
    steps.name_customer(page)
    steps.choose_work(page, steps.M365)
    steps.choose_products(page, ["Exchange Online", "Microsoft Teams"])
    steps.choose_location(page)
    steps.name_contacts(page, steps.BUSINESS)
    steps.attach_proof(page, "agreement.pdf", date(2026, 5, 12))
    page.get_by_role("link", name="Continue").click()
    page.get_by_label("All three statements are true").check()
    page.get_by_role("button", name="Submit the claim").click()
    steps.expect_title(page, number)
    return number
