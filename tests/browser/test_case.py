"""A reviewer's work on one case: reading the proof, marking the checklist, asking with a text."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.waiting import wait_until

from . import steps
from .accessibility import faults
from .desk import Desk, at
from .people import REVIEWER, People

pytestmark = [pytest.mark.browser, pytest.mark.stack]

A_CASE = f"""
from cpor_site.common.models import User
from tests import acts, factories
reviewer = User.objects.get(email="{REVIEWER}")
draft = factories.make_claim(tenant=factories.make_tenant("Contoso AG"))
print(acts.under_review(draft, reviewer=reviewer).number)
"""


@pytest.fixture
def number(desk: Desk) -> str:
    """A case of the reviewer's own, whatever other tests have done to the demo's."""
    desk.set_clock(at(4, 5, 10))
    number = desk.prepare(A_CASE).splitlines()[-1]
    drawn = desk.manage("render_proof", "--missing")
    assert drawn.returncode == 0, drawn.stderr
    return number


def test_from_the_proof_to_the_question(desk: Desk, people: People, number: str) -> None:
    page = people.signed_in(REVIEWER)
    steps.open_case(page, number)
    case = page.url
    _read_the_proof(page)
    assert faults(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    _mark(page)
    _ask_with_a_text(page)
    expect(page).to_have_url(re.compile(re.escape(case.partition("?")[0])))
    expect(page.locator(".case-move")).to_contain_text("Partner action required")


def _read_the_proof(page: Page) -> None:
    def is_drawn() -> bool:
        page.reload()
        return page.locator(".viewer-page img").count() == 1

    wait_until("the page of the proof is drawn", is_drawn)
    image = page.locator(".viewer-page img")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 1000
    page.get_by_role("searchbox", name="Find in the documents").fill("work")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator(".viewer-hits mark").first).to_have_text(re.compile("work", re.I))
    # The viewer alone is replaced: what is typed beside it stays.
    page.get_by_label("New note").fill("Half a thought")
    page.get_by_role("link", name="enlarged").click()
    expect(page.locator(".viewer-large img")).to_be_visible()
    expect(page.get_by_label("New note")).to_have_value("Half a thought")


def _mark(page: Page) -> None:
    signed = page.locator(".case-checklist li").filter(has_text="Somebody at the customer")
    signed.locator("select").first.select_option("missing")
    page.get_by_role("button", name="Keep the marks").click()
    expect(page.get_by_text("1 mark is kept.")).to_be_visible()


def _ask_with_a_text(page: Page) -> None:
    page.keyboard.press("a")
    finding = page.locator(".finding").filter(has=page.get_by_text("D-ACK", exact=True))
    expect(finding.get_by_role("checkbox").first).to_be_checked()
    finding.get_by_role("button", name="No customer signature").click()
    expect(finding.get_by_label("What exactly is missing?")).to_have_value(
        re.compile("The proof does not show that Contoso AG agrees")
    )
    assert faults(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("Comment to the partner").fill("Dear {signer_of_it}, please.")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("alert")).to_contain_text("Write something in place of {signer_of_it}.")
    page.get_by_label("Comment to the partner").fill("Please let them sign.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".letter pre").first).to_contain_text("Please let them sign.")
    assert faults(page) == []
    page.get_by_role("button", name="Ask the partner").click()
