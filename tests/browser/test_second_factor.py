"""A passkey of a virtual authenticator: set up, used beside the password, used alone, removed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .accessibility import faults
from .conftest import TIMEOUT_MS
from .desk import Desk
from .people import People

pytestmark = [pytest.mark.browser, pytest.mark.stack]

EMAIL = "keen.on.keys@people.example"
PASSWORD = "seven quiet otters in a row"
LONG_AGO = f"""
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from cpor_site.common.models import User
key = User.objects.get(email={EMAIL!r}).pk
for row in Session.objects.all():
    session = SessionStore(row.session_key)
    if session.get("_auth_user_id") == str(key):
        session["shown_at"] = 0
        session.save()
"""
"""Lets the person's sessions be such that have shown long ago who sits there."""


@pytest.fixture
def visitors(browser: Browser, desk: Desk) -> Iterator[People]:
    """People who open the desk by a name: browsers make no passkeys for numbers."""
    desk.prepare(f"factories.make_user({EMAIL!r}, full_name='Kim Key', password={PASSWORD!r})")
    people = People(browser, desk.url.replace("127.0.0.1", "localhost"), {}, TIMEOUT_MS)
    yield people
    assert people.leave() == []


def give_authenticator(page: Page) -> None:
    """Build an authenticator into the browser that always finds the right finger on it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def enter_password(page: Page) -> None:
    page.goto("/sign-in/?next=/account/sign-in/")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_passkey_s_life(desk: Desk, visitors: People) -> None:
    page = visitors.visitor()
    give_authenticator(page)
    enter_password(page)
    expect(page).to_have_title(re.compile("^Signing in "))
    found = faults(page)

    page.goto("/account/sign-in/app/")
    expect(page.get_by_role("img", name="QR code of the key below")).to_be_visible()
    found += faults(page)
    page.goto("/account/sign-in/")
    page.get_by_role("link", name="Add a passkey").click()
    expect(page).to_have_title(re.compile("^Add a passkey "))
    found += faults(page)
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("status")).to_contain_text("Your passkey is set up.")
    expect(page).to_have_title(re.compile("^Recovery codes "))
    expect(page.get_by_role("listitem").filter(has_text="0")).not_to_have_count(0)
    found += faults(page)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Work laptop").first).to_be_visible()
    expect(page.get_by_text("signs you in without the password")).to_be_visible()
    found += faults(page)

    page.get_by_role("link", name="Add another passkey").click()
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("holds a passkey for your account already")

    page.get_by_role("button", name="Sign out").click()
    enter_password(page)
    expect(page).to_have_title(re.compile("^Second factor "))
    found += faults(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_title(re.compile("^Signing in "))

    page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in/?next=/account/sign-in/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_title(re.compile("^Signing in "))

    desk.prepare(LONG_AGO)
    page.get_by_role("link", name="Make new codes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it's you")
    found += faults(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_title(re.compile("^Make new recovery codes "))
    page.get_by_role("link", name="Cancel").click()

    page.get_by_role("link", name="Remove Work laptop").click()
    expect(page.get_by_role("button", name="Remove it")).to_be_visible()
    found += faults(page)
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("status")).to_contain_text("The passkey counts no more.")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("status")).to_contain_text("This passkey isn't known here any more")
    assert found == []
