"""Every page by axe-core and on a phone; first of all files, while the demo is as loaded."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from . import steps
from .accessibility import faults
from .desk import Desk
from .people import AUDITOR, OPS, OTHER_PARTNER, PARTNER, REVIEWER, SCREEN, People

pytestmark = [pytest.mark.browser, pytest.mark.stack]

DRAFT = "Teams roll-out (draft)"
SUBMITTED = "Mail and sites migration"
UNDER_REVIEW = "Sales pilot"
REJECTED = "Business Central set-up"
APPROVED = "Defender and Intune operations"
ASKED = "Finance go-live"


@pytest.mark.parametrize(
    "path",
    [
        "/sign-in/",
        "/consent/about/",
        "/consent/privacy/",
        "/consent/new-link/",
        "/consent/overview/?sent=1",
        "/consent/overview/no-such-link/",
        "/consent/no-such-link/",
        "/demo/mail/",
        "/nowhere/",
    ],
)
def test_pages_for_everybody(desk: Desk, people: People, path: str) -> None:
    page = people.visitor()
    page.goto(path)
    assert faults(page) == []


def test_a_refused_sign_in(desk: Desk, people: People) -> None:
    page = people.visitor()
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(PARTNER)
    page.get_by_label("Password").fill("a guess")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value(PARTNER)
    assert faults(page) == []


@pytest.mark.parametrize("path", ["/claims/", "/claims/?q=nothing+like+it", "/claims/start/"])
def test_pages_of_a_partner(desk: Desk, people: People, path: str) -> None:
    page = people.signed_in(PARTNER)
    page.goto(path)
    assert faults(page) == []


@pytest.mark.parametrize(
    ("who", "claim", "paths"),
    [
        (PARTNER, DRAFT, ("", "edit/customer/", "edit/work/", "edit/products/")),
        (PARTNER, DRAFT, ("edit/partner/", "edit/contacts/", "edit/proof/?saved")),
        (PARTNER, DRAFT, ("check/", "discard/")),
        (PARTNER, SUBMITTED, ("", "recall/")),
        (PARTNER, UNDER_REVIEW, ("", "withdraw/", "history/")),
        (OTHER_PARTNER, ASKED, ("", "edit/products/", "check/")),
        (PARTNER, APPROVED, ("",)),
        (PARTNER, REJECTED, ("",)),
    ],
)
def test_pages_of_a_claim(
    desk: Desk, people: People, who: str, claim: str, paths: tuple[str, ...]
) -> None:
    page = people.signed_in(who)
    steps.find_claim(page, claim)
    found = _faults_below(page, paths)
    assert found == []


@pytest.mark.parametrize("path", ["/admin/", "/admin/claims/claim/", "/admin/claims/claim/?q=4711"])
def test_pages_of_a_reviewer(desk: Desk, people: People, path: str) -> None:
    page = people.signed_in(REVIEWER)
    page.goto(path)
    assert faults(page) == []


@pytest.mark.parametrize(
    ("claim", "paths"),
    [
        (UNDER_REVIEW, ("", "approve/", "ask/", "reject/", "history/")),
        (SUBMITTED, ("", "take-up/")),
        (APPROVED, ("",)),
    ],
)
def test_pages_of_a_case(desk: Desk, people: People, claim: str, paths: tuple[str, ...]) -> None:
    number = steps.find_claim(people.signed_in(PARTNER), claim)
    page = people.signed_in(REVIEWER)
    steps.open_case(page, number)
    assert _faults_below(page, paths) == []


def test_an_act_that_is_refused(desk: Desk, people: People) -> None:
    number = steps.find_claim(people.signed_in(PARTNER), UNDER_REVIEW)
    page = people.signed_in(REVIEWER)
    steps.open_case(page, number)
    page.get_by_role("link", name="Ask the partner…").click()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_text(
        [
            "Choose at least one thing that is missing. REV-10",
            "Write to the partner what you need. REV-11",
        ]
    )
    assert faults(page) == []


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/consent/incentivehandoff/",
        "/admin/consent/handoffbatch/",
        "/admin/common/outboxmessage/",
        "/admin/common/jobrun/",
        "/admin/claims/customertenant/add/",
    ],
)
def test_pages_of_operations(desk: Desk, people: People, path: str) -> None:
    page = people.signed_in(OPS)
    page.goto(path)
    assert faults(page) == []


@pytest.mark.parametrize(
    "model",
    [
        "claims/ruleprofile",
        "claims/programenrollment",
        "common/user",
        "common/outboxmessage",
        "reviews/cannedtext",
    ],
)
def test_a_list_and_a_row_of_operations(desk: Desk, people: People, model: str) -> None:
    page = people.signed_in(OPS)
    page.goto(f"/admin/{model}/")
    found = faults(page)
    page.set_viewport_size(SCREEN)
    page.locator("#result_list tbody th a").first.click()
    expect(page).to_have_url(re.compile("/change/$"))
    assert found + faults(page) == []


@pytest.mark.parametrize(
    "path",
    ["common/nonworkingday/add/", "common/user/add/", "claims/claim/?queue=all"],
)
def test_more_pages_of_operations(desk: Desk, people: People, path: str) -> None:
    page = people.signed_in(OPS)
    page.goto(f"/admin/{path}")
    assert faults(page) == []


def test_pages_of_an_auditor(desk: Desk, people: People) -> None:
    """The same pages, where nothing can be changed."""
    number = steps.find_claim(people.signed_in(PARTNER), UNDER_REVIEW)
    page = people.signed_in(AUDITOR)
    steps.open_case(page, number)
    assert page.get_by_role("navigation", name="Decide").count() == 0
    found = _faults_below(page, ("", "clock/"))
    for path in ("", "claims/claim/sweeps/", "claims/ruleprofile/2020/change/"):
        page.goto(f"/admin/{path}")
        found += [f"{path}: {fault}" for fault in faults(page)]
    assert found == []


def test_pages_of_a_customer(desk: Desk, people: People) -> None:
    number = steps.find_claim(people.signed_in(PARTNER), APPROVED)
    page = people.visitor()
    steps.open_letter(page, "elin.berg@adventure-works.example", number)
    link = steps.own_link(page).get_attribute("href")
    assert link is not None
    found = []
    for path in ("", "decline/", "agree/"):
        page.goto(f"{link}{path}?lang=en")
        found += faults(page)
    page.get_by_role("button", name="I agree").click()
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_text(["Enter your name."])
    found += faults(page)
    page.get_by_label("Your name").fill("Elin Berg")
    page.get_by_role("button", name="I agree").click()
    steps.expect_title(page, "Thank you. Your answer is recorded.")
    found += faults(page)
    assert found == []


def _faults_below(page: Page, paths: tuple[str, ...]) -> list[str]:
    top, found = page.url.partition("?")[0], []
    for path in paths:
        page.goto(f"{top}{path}")
        found += [f"{path}: {fault}" for fault in faults(page)]
    return found
