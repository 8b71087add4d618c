"""The landing page, the queue, the next case by key, giving it back, and the sweeps with a hold."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .accessibility import faults
from .desk import Desk, at
from .people import LEAD, SECOND_REVIEWER, People

pytestmark = [pytest.mark.browser, pytest.mark.stack]


def test_a_reviewer_gets_the_next_case_by_key_and_gives_it_back(desk: Desk, people: People) -> None:
    page = people.signed_in(SECOND_REVIEWER)
    page.goto("/admin/")
    assert faults(page) == []
    page.get_by_role("link", name=re.compile(r"^\d+ Unassigned$")).click()
    expect(page.get_by_role("heading", name="Unassigned")).to_be_visible()
    assert faults(page) == []

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("njk?")
    expect(page.get_by_role("searchbox")).to_have_value("njk?")
    page.get_by_role("heading", name="Unassigned").click()
    page.keyboard.press("j")
    expect(page.locator("tr[data-row] th a").first).to_be_focused()

    page.keyboard.press("n")
    expect(page.get_by_text("You have this case open until")).to_be_visible()
    page.get_by_role("button", name="Give it back").click()
    expect(page.get_by_text("others can open it now")).to_be_visible()
    expect(page.get_by_text("Nobody has this case open.")).to_be_visible()


def test_a_lead_keeps_a_claim_from_the_sweeps(desk: Desk, people: People) -> None:
    desk.set_clock(at(4, 5, 10))
    desk.prepare("from tests import acts; acts.asked()")
    page = people.signed_in(LEAD)
    page.goto("/admin/claims/claim/?queue=partner")
    page.get_by_role("link", name=re.compile("^why?")).first.click()
    expect(page.get_by_role("heading", name="Day by day")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("link", name="Put on hold…").click()
    page.get_by_label("Reason").fill("The portal was down.")
    assert faults(page) == []
    page.get_by_role("button", name="Put on hold").click()
    expect(page.get_by_role("heading", name="On hold")).to_be_visible()
    expect(page.get_by_text("“The portal was down.”")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name=re.compile("^Lift the hold")).click()
    expect(page.get_by_text("What is overdue happens with the next run.")).to_be_visible()
