"""Who has a case, who gets it, and deciding one by keyboard alone."""

from __future__ import annotations

import csv
import io
import re

import pytest
from playwright.sync_api import Page, expect

from . import steps
from .accessibility import faults
from .desk import Desk, at
from .people import LEAD, OPS, REVIEWER, SCREEN, SECOND_REVIEWER, People

pytestmark = [pytest.mark.browser, pytest.mark.stack]

CASES = f"""
from claims.models import Claim
from cpor_site.common import outbox
from cpor_site.common.models import User
from tests import acts, factories
reviewer = User.objects.get(email="{REVIEWER}")
print(*(acts.under_review(reviewer=reviewer).number for _ in range(2)))
print(*(acts.submit(factories.make_claim()).number for _ in range(2)), acts.rejected().number)
"""

URGENT = """
from claims.models import Claim
from cpor_site.common import clock
from datetime import timedelta
from tests import acts, factories
for days in (9, 8):
    claim = acts.submit(factories.make_claim())
    Claim.objects.filter(pk=claim.pk).update(due_at=clock.now() - timedelta(days=days))
    print(claim.number)
"""
WIDE = (
    "claims/product",
    "claims/subscription",
    "claims/poedocument",
    "claims/programenrollment",
    "claims/association",
    "common/jobrun",
    "common/outboxmessage",
)


@pytest.fixture(scope="module")
def cases(desk: Desk) -> list[str]:
    """Two cases of the reviewer's, two claims that nobody reviews, and one that is decided."""
    desk.set_clock(at(4, 5, 10))
    return desk.prepare(CASES).split()


def test_a_case_goes_from_hand_to_hand(desk: Desk, people: People, cases: list[str]) -> None:
    number = cases[0]
    reviewer, lead = people.signed_in(REVIEWER), people.signed_in(LEAD)
    for page in (reviewer, lead):
        steps.open_case(page, number)
    reviewer.get_by_role("link", name="Reject…").click()
    expect(lead.get_by_text("Rita Vogel has this case open until")).to_be_visible()
    lead.get_by_role("link", name="Take over…").click()
    lead.get_by_role("button", name="Take over").click()
    _expect_refusal(lead, "Give a reason; your colleagues read it. REV-07")
    assert faults(lead) == []
    lead.set_viewport_size(SCREEN)
    lead.get_by_label("Reason").fill("She is ill.")
    lead.get_by_role("button", name="Take over").click()
    expect(lead.get_by_text("You have this case open now.")).to_be_visible()

    # What the reviewer was about to do is refused, and what she typed is still there.
    reviewer.get_by_label("Insufficient PoE").check()
    reviewer.get_by_label("Text to the partner").fill("Nothing is signed.")
    reviewer.get_by_role("button", name="Preview").click()
    _expect_refusal(reviewer, re.compile("^Lena Brandt has this case open.*REV-05$"))
    expect(reviewer.get_by_label("Text to the partner")).to_have_value("Nothing is signed.")

    lead.get_by_role("link", name="Change the reviewer…").click()
    expect(lead.get_by_role("button", name="Change the reviewer")).to_be_visible()
    assert faults(lead) == []
    lead.set_viewport_size(SCREEN)
    lead.get_by_label("Reviewer").select_option(label="Sam Okoro")
    lead.get_by_label("Reason").fill("He knows the customer.")
    lead.get_by_role("button", name="Change the reviewer").click()
    expect(lead.get_by_text(f"The reviewer of {number} is changed.")).to_be_visible()
    second = people.signed_in(SECOND_REVIEWER)
    second.goto(f"/admin/claims/claim/?queue=mine&q={number}")
    expect(second.get_by_role("row").filter(has_text=number)).to_contain_text("Sam Okoro")


def test_many_claims_at_once(desk: Desk, people: People, cases: list[str]) -> None:
    _first, held, free, other, decided = cases
    people.signed_in(REVIEWER).goto("/admin/")
    lead = people.signed_in(LEAD)
    _choose(lead, free, other, decided)
    lead.get_by_role("button", name="Assign…").click()
    lead.get_by_role("button", name="Assign").click()
    _expect_refusal(lead, "Give a reason; your colleagues read it. REV-07")
    assert faults(lead) == []
    lead.set_viewport_size(SCREEN)
    lead.get_by_label("Reviewer").select_option(label="Sam Okoro")
    lead.get_by_label("Reason").fill("Holidays.")
    lead.get_by_role("button", name="Assign").click()
    _expect_results(lead, {free: "done", other: "done", decided: "not done"})
    assert faults(lead) == []
    lead.set_viewport_size(SCREEN)

    _choose(lead, held, free)
    lead.get_by_role("button", name="Give back").click()
    lead.get_by_label("Reason").fill("She is ill.")
    lead.get_by_role("button", name="Give back").click()
    _expect_results(lead, {held: "done", free: "not done"})

    _choose(lead, free, other)
    with lead.expect_download() as download:
        lead.get_by_role("button", name="Export as CSV").click()
    text = download.value.path().read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sorted((row["Claim"], row["Reviewer"]) for row in rows) == [
        (free, "Sam Okoro"),
        (other, "Sam Okoro"),
    ]


def test_a_decision_by_keyboard_alone(desk: Desk, people: People, cases: list[str]) -> None:
    number = cases[1]
    page = people.signed_in(REVIEWER)
    steps.open_case(page, number)
    page.keyboard.press("r")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Reject")
    _tab_to(page, "Insufficient PoE")
    page.keyboard.press("Space")
    _tab_to(page, "Text to the partner")
    page.keyboard.type("Dear {whom}, nothing is signed.")
    _tab_to(page, "Preview")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Write something in place of {whom}.")
    _tab_to(page, "Text to the partner")
    page.keyboard.press("Control+A")
    page.keyboard.type("Nothing is signed.")
    _tab_to(page, "Preview")
    page.keyboard.press("Enter")
    expect(page.locator(".letter pre").first).to_contain_text("> Nothing is signed.")
    assert faults(page) == []
    page.set_viewport_size(SCREEN)
    _tab_to(page, "Reject the claim")
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text(f"{number} is rejected.")


def test_approving_and_asking_by_keyboard_alone(desk: Desk, people: People) -> None:
    """From the next case to the sent letter, twice, without a pointer."""
    numbers = desk.prepare(URGENT).split()
    page = people.signed_in(SECOND_REVIEWER)
    page.goto("/admin/claims/claim/")
    page.keyboard.press("j")
    row = page.locator("tr[data-row] th a").first
    expect(row).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(row).to_be_focused()
    assert row.evaluate("it => getComputedStyle(it).outlineStyle") == "solid"

    _next_case(page, numbers[0])
    page.keyboard.press("t")
    expect(page.locator(".messagelist")).to_contain_text(f"You have taken up {numbers[0]}.")
    page.keyboard.press("p")
    expect(page.locator(".act-begin")).to_be_focused()
    _tab_to(page, "Text to the partner", most=4)
    page.keyboard.type("All is proven.")
    _tab_to(page, "Preview", most=4)
    page.keyboard.press("Enter")
    expect(page.locator(".letter pre").first).to_contain_text("All is proven.")
    expect(page.locator(".act-begin")).to_be_focused()
    _tab_to(page, "Approve the claim", most=2)
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text(f"{numbers[0]} is approved.")

    _next_case(page, numbers[1])
    page.keyboard.press("t")
    expect(page.locator(".messagelist")).to_contain_text(f"You have taken up {numbers[1]}.")
    page.keyboard.press("a")
    expect(page.locator(".act-begin")).to_be_focused()
    _tab_to(page, "Missing customer acknowledgment", most=20)
    page.keyboard.press("Space")
    _tab_to(page, "Preview")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    _tab_to(page, "Write to the partner what you need.", most=2)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Comment to the partner")).to_be_focused()
    page.keyboard.type("Please let them sign.")
    _tab_to(page, "Preview", most=4)
    page.keyboard.press("Enter")
    expect(page.locator(".letter pre").first).to_contain_text("Please let them sign.")
    _tab_to(page, "Ask the partner", most=2)
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("has been asked and has until")


def test_lists_fit_the_screen(desk: Desk, people: People) -> None:
    page = people.signed_in(OPS)
    cut = []
    for model in WIDE:
        page.goto(f"/admin/{model}/")
        frame = page.locator("#changelist-form .results")
        wide, room = frame.evaluate("it => [it.scrollWidth, it.clientWidth]")
        if wide > room:
            cut.append(f"{model}: {wide} px in {room}")
    assert cut == []


def _next_case(page: Page, number: str) -> None:
    """Ask for the next case until it is this one; others' tests have left theirs."""
    title = page.get_by_role("heading", level=1)
    for _case in range(9):
        page.keyboard.press("n")
        expect(page.get_by_text("You have this case open until")).to_be_visible()
        if number in title.inner_text():
            return
    raise AssertionError(f"{number} doesn't come.")


def _choose(page: Page, *numbers: str) -> None:
    page.goto("/admin/claims/claim/?queue=all")
    for number in numbers:
        page.get_by_label(f"Choose {number}").check()


def _expect_results(page: Page, results: dict[str, str]) -> None:
    steps.expect_title(page, "What became of each claim")
    expect(page.locator("tbody tr")).to_have_count(len(results))
    for number, result in results.items():
        row = page.get_by_role("row").filter(has_text=number)
        expect(row.locator(".status")).to_have_text(result)


def _expect_refusal(page: Page, sentence: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_text([sentence])


def _tab_to(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until the field or button of that name has the focus."""
    for _press in range(most):
        page.keyboard.press("Tab")
        named = page.evaluate(
            "() => { const it = document.activeElement;"
            " return (it.labels?.[0] ?? it).textContent.trim(); }"
        )
        if named == name:
            return
    raise AssertionError(f"Tab doesn't reach “{name}”.")
