"""A colleague is invited, is locked out, comes back by mail, and ends a forgotten session."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from . import steps
from .accessibility import faults
from .desk import Desk
from .people import People

pytestmark = [pytest.mark.browser, pytest.mark.stack]

ADMIN = "global.admin@fabrikam.example"
COLLEAGUE = "nora.lind@fabrikam.example"
FIRST = "seven quiet otters in a row"
SECOND = "eight loud otters on a raft"


def test_a_colleague_s_account(desk: Desk, people: People) -> None:
    found: list[str] = []

    admin = people.signed_in(ADMIN)
    admin.goto("/claims/")
    admin.get_by_role("link", name="People").click()
    steps.expect_title(admin, "Fabrikam Consulting")
    found += faults(admin)
    admin.get_by_role("link", name="Locations").click()
    expect(admin.get_by_role("row").filter(has_text="Fabrikam Warsaw")).to_contain_text("standard")
    found += faults(admin)
    admin.get_by_role("link", name="People", exact=True).last.click()
    admin.get_by_role("link", name="Invite somebody").click()
    admin.get_by_role("button", name="Send the invitation").click()
    expect(admin.get_by_role("alert").get_by_role("listitem")).to_have_text(
        [
            "Enter the person's e-mail address.",
            "Enter the person's name.",
            "Choose at least one role.",
        ]
    )
    found += faults(admin)
    admin.get_by_label("E-mail address").fill(COLLEAGUE)
    admin.get_by_label("Name").fill("Nora Lind")
    admin.get_by_label("Incentives user").check()
    admin.get_by_role("button", name="Send the invitation").click()
    expect(admin.get_by_role("status")).to_contain_text(f"{COLLEAGUE} is invited.")
    expect(admin.get_by_role("row").filter(has_text=COLLEAGUE)).to_contain_text("invited")

    nora = people.visitor()
    _follow_link(nora, "Fabrikam Consulting invites you")
    found += faults(nora)
    nora.get_by_label("New password", exact=True).fill("short")
    nora.get_by_label("New password once more").fill("short")
    nora.get_by_role("button", name="Set the password").click()
    expect(nora.get_by_role("alert")).to_contain_text("at least 12 characters")
    _choose(nora, FIRST)
    expect(nora.get_by_role("status")).to_contain_text("Your password is set.")
    _sign_in(nora, FIRST)
    steps.expect_title(nora, "Claims")
    expect(nora.get_by_role("link", name="CPOR-2026-").first).to_be_visible()

    phone = people.visitor()
    phone.goto("/sign-in/")
    for _try in range(6):
        _sign_in(phone, "a guess")
        expect(phone.get_by_role("alert")).to_contain_text("don't fit together")
    _sign_in(phone, FIRST)
    expect(phone.get_by_role("alert")).to_contain_text("Wait 15 minutes and try again")
    found += faults(phone)
    phone.get_by_role("link", name="Forgotten your password?").click()
    steps.expect_title(phone, "Choose a new password")
    found += faults(phone)
    phone.get_by_label("E-mail address").fill(COLLEAGUE)
    phone.get_by_role("button", name="Send me the link").click()
    steps.expect_title(phone, "Look into your mail")
    found += faults(phone)
    link = _follow_link(phone, "Choose a new password")
    _choose(phone, SECOND)
    _sign_in(phone, SECOND)
    steps.expect_title(phone, "Claims")
    phone.goto(link)
    steps.expect_title(phone, "This link doesn't work any more")
    found += faults(phone)

    nora.goto("/account/")
    steps.expect_title(nora, "Sign in")
    _sign_in(nora, SECOND)
    steps.expect_title(nora, "Your account")
    found += faults(nora)
    nora.get_by_role("link", name="Password").click()
    expect(nora.get_by_label("Present password")).to_be_visible()
    found += faults(nora)
    nora.get_by_role("link", name="Where you are signed in").click()
    expect(nora.get_by_role("row")).to_have_count(3)
    found += faults(nora)
    nora.get_by_role("row").nth(2).get_by_role("button", name="End").click()
    expect(nora.get_by_role("status")).to_contain_text("The session has ended.")
    expect(nora.get_by_role("row")).to_have_count(2)
    phone.goto("/claims/")
    steps.expect_title(phone, "Sign in")

    admin.reload()
    row = admin.get_by_role("row").filter(has_text=COLLEAGUE)
    expect(row).to_contain_text("Nora Lind")
    row.get_by_role("link", name="Incentives user").click()
    steps.expect_title(admin, "Nora Lind")
    found += faults(admin)
    admin.get_by_role("link", name="End this role…").click()
    steps.expect_title(admin, "End a role")
    found += faults(admin)
    admin.get_by_role("button", name="End the role").click()
    expect(admin.get_by_role("row").filter(has_text=COLLEAGUE)).to_contain_text("no active role")
    nora.goto("/claims/")
    expect(nora.get_by_role("link", name="CPOR-2026-")).to_have_count(0)
    assert found == []


def _follow_link(page: Page, subject: str) -> str:
    """Open the letter to the colleague and the page to which its link leads."""
    steps.open_letter(page, COLLEAGUE, subject)
    link = page.get_by_role("link", name="/account/password/new/").get_attribute("href")
    assert link is not None
    page.goto(link)
    steps.expect_title(page, "Choose a password")
    expect(page).to_have_url(re.compile("set-password"))
    return link


def _choose(page: Page, password: str) -> None:
    page.get_by_label("New password", exact=True).fill(password)
    page.get_by_label("New password once more").fill(password)
    page.get_by_role("button", name="Set the password").click()


def _sign_in(page: Page, password: str) -> None:
    page.get_by_label("E-mail address").fill(COLLEAGUE)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
