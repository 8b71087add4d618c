"""Forgotten, chosen and changed passwords."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cpor_site.common import outbox, password_links
from cpor_site.common.logs import without_links
from cpor_site.common.models import OutboxMessage, User
from cpor_site.common.password_links import INVITATION, RESET
from tests import factories
from tests.claims.pages import html_of, text_of
from tests.site.account_pages import (
    NEW,
    choose,
    enter,
    form_of,
    is_in,
    letters,
    sent_link,
    sign_in,
)

pytestmark = pytest.mark.django_db


def forget(email: str, client: Client | None = None) -> Any:
    return (client or Client()).post(reverse("account_reset_password"), {"email": email})


def test_a_forgotten_password_is_replaced_by_a_letter_s_link(mailoutbox: list[Any]) -> None:
    user = factories.make_user()
    assert forget(user.email).headers["Location"] == reverse("account_reset_password_done")

    client = Client()
    answer = choose(client, sent_link(mailoutbox))
    assert answer.headers["Location"] == reverse("sign_in")
    assert "Your password is set." in text_of(client.get(reverse("sign_in")))
    assert not is_in(client)
    assert is_in(enter(user, NEW))
    assert not is_in(enter(user))
    assert letters() == [("password_forgotten", user.email), ("password_changed", user.email)]


def test_a_link_works_once(mailoutbox: list[Any]) -> None:
    user = factories.make_user()
    forget(user.email)
    link = sent_link(mailoutbox)
    browser = Client()
    address = form_of(browser, link)
    choose(Client(), link)

    assert Client().get(link).status_code == 404
    entry = {"password1": "another one altogether", "password2": "another one altogether"}
    assert browser.post(address, entry).status_code == 404
    assert is_in(enter(user, NEW))


def test_opening_a_link_changes_nothing(mailoutbox: list[Any]) -> None:
    user = factories.make_user()
    forget(user.email)
    link = sent_link(mailoutbox)
    for _scanner in range(3):
        Client().get(link)
        Client().head(link)
    assert is_in(enter(user))


def test_signing_in_ends_a_link_that_was_asked_for(mailoutbox: list[Any]) -> None:
    user = factories.make_user()
    forget(user.email)
    link = sent_link(mailoutbox)
    enter(user)
    assert Client().get(link).status_code == 404


def test_the_time_of_a_link_begins_when_it_is_sent(mailoutbox: list[Any]) -> None:
    user = factories.make_user()
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        forget(user.email)
    with time_machine.travel(start + timedelta(hours=5), tick=False):
        link = sent_link(mailoutbox)
    with time_machine.travel(start + timedelta(hours=7), tick=False):
        assert form_of(Client(), link)
    with time_machine.travel(start + timedelta(hours=7, seconds=1), tick=False):
        page = Client().get(link)
        assert (page.status_code, "This link doesn't work any more" in text_of(page)) == (404, True)


@pytest.mark.parametrize(
    ("kind", "lifetime"),
    [(RESET, timedelta(hours=2)), (INVITATION, timedelta(days=7))],
    ids=["reset", "invitation"],
)
def test_how_long_a_token_is_good(kind: password_links.PasswordLink, lifetime: timedelta) -> None:
    user = factories.make_user()
    start = timezone.now().replace(microsecond=0)
    with time_machine.travel(start, tick=False):
        token = kind.make_token(user)
    with time_machine.travel(start + lifetime, tick=False):
        assert password_links.is_good(user, token)
        assert not password_links.is_good(factories.make_user(), token)
    with time_machine.travel(start + lifetime + timedelta(seconds=1), tick=False):
        assert not password_links.is_good(user, token)


def test_no_token_is_stored(mailoutbox: list[Any]) -> None:
    user = factories.make_user()
    forget(user.email)
    key = sent_link(mailoutbox).rstrip("/").rpartition("/")[2]
    token = key.partition("-")[2]
    row = OutboxMessage.objects.values().get()
    assert token not in json.dumps(row, default=str)
    assert outbox.MARKER in row["text_body"]
    assert outbox.MARKER in row["html_body"]


def test_no_token_is_logged() -> None:
    link = RESET.link(factories.make_user())
    assert without_links(f'"GET {link} HTTP/1.1"').count("...") == 1
    assert link.rstrip("/").rpartition("-")[2] not in without_links(link)


@pytest.mark.parametrize("who", ["unknown", "closed", "demo"])
def test_an_address_without_usable_account_is_answered_alike(who: str) -> None:
    known = factories.make_user()
    email = "nobody@people.example"
    if who != "unknown":
        factories.make_user(email, is_active=who != "closed", is_demo=who == "demo")

    answers = [forget(each) for each in (known.email, email)]
    assert {each.status_code for each in answers} == {302}
    assert len({each.headers["Location"] for each in answers}) == 1
    assert letters() == [("password_forgotten", known.email), ("password_unknown", email)]
    assert outbox.MARKER not in OutboxMessage.objects.get(recipient=email).text_body


def test_both_answers_take_the_same_work() -> None:
    known = factories.make_user()
    client = Client()
    forget("first@people.example", client)
    counts = []
    for email in (known.email, "nobody@people.example"):
        with CaptureQueriesContext(connection) as queries:
            forget(email, client)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_three_letters_in_a_quarter_of_an_hour_are_enough() -> None:
    user = factories.make_user()
    for email in (user.email, "nobody@people.example"):
        answers = [forget(email) for _try in range(4)]
        assert [each.status_code for each in answers] == [302, 302, 302, 200]
        assert "Wait 15 minutes" in text_of(answers[-1])
        assert f'value="{email}"' in html_of(answers[-1])
    assert len(letters()) == 6


def test_a_lock_is_lifted_by_choosing_a_password(mailoutbox: list[Any]) -> None:
    user = factories.make_user()
    for _try in range(7):
        sign_in(Client(), user.email, "wrong")
    for last in range(1, 11):
        for _try in range(6):
            sign_in(Client(REMOTE_ADDR=f"192.0.2.{last}"), user.email, "wrong")
    elsewhere = {"REMOTE_ADDR": "192.0.2.99"}
    assert not is_in(enter(user, **elsewhere))
    forget(user.email)
    choose(Client(), sent_link(mailoutbox))
    assert is_in(enter(user, NEW))
    assert is_in(enter(user, NEW, **elsewhere))


def test_all_sessions_end_when_a_password_is_chosen(mailoutbox: list[Any]) -> None:
    user = factories.make_user()
    forget(user.email)
    link = sent_link(mailoutbox)
    thief = Client()
    thief.force_login(user)
    user.refresh_from_db()
    link = RESET.link(user)
    choose(Client(), link)
    assert not is_in(thief)


def test_a_link_for_one_signs_another_out_of_this_browser() -> None:
    user, other = factories.make_user(), factories.make_user()
    client = enter(other)
    choose(client, RESET.link(user))
    assert not is_in(client)
    assert is_in(enter(user, NEW))
    assert is_in(enter(other))


@pytest.mark.parametrize(
    "fields", [{"is_active": False}, {"is_demo": True}], ids=["closed", "demo"]
)
def test_a_closed_or_demo_account_gets_no_password(fields: dict[str, Any]) -> None:
    user = factories.make_user(**fields)
    assert Client().get(RESET.link(user)).status_code == 404


@pytest.mark.parametrize(
    "key", ["1-set-password", "1-abc-def", "zzzzzzzzzzzzz-abc", "1-%00"], ids=str
)
def test_a_link_that_was_made_up_opens_nothing(key: str) -> None:
    factories.make_user()
    assert Client().get(f"/account/password/new/{key}/").status_code == 404


@pytest.mark.parametrize(
    ("password", "again", "sentence"),
    [
        ("short", "", "This password is too short. It must contain at least 12 characters."),
        ("qwerty123456", "", "This password is too common."),
        ("ada.lovelace@partner", "", "The password is too similar to the e-mail address."),
        (NEW, NEW.upper(), "The two passwords differ. Type the same one twice."),
    ],
    ids=["short", "common", "similar", "different"],
)
def test_a_weak_password_gets_a_sentence(password: str, again: str, sentence: str) -> None:
    user = factories.make_user("ada.lovelace@partner.example")
    page = choose(Client(), RESET.link(user), password, again)
    assert page.status_code == 200
    assert sentence in text_of(page)
    assert f'value="{password}"' not in html_of(page)


def test_a_password_may_be_long_hold_anything_and_keep_its_spaces() -> None:
    user = factories.make_user()
    password = "  " + "żółw 🐢 " * 20 + "  "
    choose(Client(), RESET.link(user), password)
    assert is_in(enter(user, password))
    assert not is_in(enter(user, password.strip()))


def change(client: Client, old: str = factories.PASSWORD, new: str = NEW) -> Any:
    entry = {"oldpassword": old, "password1": new, "password2": new}
    return client.post(reverse("account_change_password"), entry)


def test_changing_a_password_ends_every_other_session() -> None:
    user = factories.make_user()
    here, there = enter(user), enter(user)
    answer = change(here)
    assert answer.headers["Location"] == reverse("account")
    assert (is_in(here), is_in(there)) == (True, False)
    assert is_in(enter(user, NEW))
    assert letters() == [("password_changed", user.email)]
    history = user.history.first()
    assert (history.history_change_reason, history.history_user) == ("password_chosen", user)


def test_changing_a_password_takes_the_present_one() -> None:
    user = factories.make_user()
    client = enter(user)
    page = change(client, old="guess")
    assert "This isn't your present password." in text_of(page)
    assert is_in(enter(user))
    for _try in range(10):
        answer = change(client, old="guess")
    assert answer.status_code == 429


def test_who_has_no_password_yet_is_sent_a_link() -> None:
    user = factories.make_user(password=None)
    client = Client()
    client.force_login(user)
    answer = client.get(reverse("account_change_password"))
    assert answer.headers["Location"] == reverse("account_reset_password")


@pytest.mark.parametrize("page", ["sign_in", "account_change_password", "new"])
def test_password_managers_know_what_is_asked(page: str) -> None:
    user = factories.make_user()
    client = enter(user) if page == "account_change_password" else Client()
    address = form_of(client, RESET.link(user)) if page == "new" else reverse(page)
    html = html_of(client.get(address))
    expected = {
        "sign_in": ["username", "current-password"],
        "account_change_password": ["username", "current-password", "new-password", "new-password"],
        "new": ["username", "new-password", "new-password"],
    }
    marks = [part.partition('"')[0] for part in html.split('autocomplete="')[1:]]
    assert marks == expected[page]
    assert "onpaste" not in html


def test_the_admin_s_own_password_page_leads_here() -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root@desk.example", "x", full_name="Root"))
    answer = client.get("/admin/password_change/")
    assert answer.headers["Location"] == reverse("account_change_password")
