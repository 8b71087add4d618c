"""What people see and change of their own account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cpor_site.account.devices import name_of
from cpor_site.account.forms import time_zones
from cpor_site.common import clock
from cpor_site.common.models import User
from tests import factories
from tests.claims.pages import html_of, text_of
from tests.site.account_pages import enter, is_in

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)
DETAILS = {"full_name": "Ada Lovelace", "locale": "sv", "time_zone": "Asia/Taipei"}


def save(client: Client, **changes: str) -> Any:
    return client.post(reverse("account"), DETAILS | changes)


def test_the_header_leads_to_the_account() -> None:
    user = factories.make_user()
    html = html_of(enter(user).get(reverse("claim_list")))
    assert f'<a href="{reverse("account")}" title="{user.email}">' in html


def test_name_language_and_zone_are_changed() -> None:
    user = factories.make_user()
    client = enter(user)
    answer = save(client, full_name="  Ada   Lovelace ")
    assert answer.headers["Location"] == reverse("account")
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "sv"
    user = User.objects.get(pk=user.pk)
    assert {name: getattr(user, name) for name in DETAILS} == DETAILS
    change = user.history.first()
    assert (change.history_change_reason, change.history_user) == ("details_changed", user)


def test_saving_the_same_leaves_no_trace() -> None:
    user = factories.make_user(**DETAILS)
    client = enter(user)
    entries = user.history.count()
    save(client)
    assert user.history.count() == entries


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("full_name", " ", "Enter your name."),
        ("time_zone", "Mars/Olympus", "There is no time zone “Mars/Olympus”"),
        ("time_zone", "", "Enter a time zone."),
        ("locale", "tlh", "Select a valid choice."),
    ],
    ids=["no name", "unknown zone", "no zone", "unknown language"],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(field: str, value: str, sentence: str) -> None:
    user = factories.make_user()
    page = save(enter(user), **{field: value})
    assert sentence in text_of(page)
    assert f'href="#id_{field}"' in html_of(page)
    kept = DETAILS | {field: value.strip()}
    assert f'value="{kept["full_name"]}"' in html_of(page) or field == "full_name"
    assert User.objects.get(pk=user.pk).full_name == user.full_name


def test_zones_to_choose_from_are_places() -> None:
    zones = time_zones()
    assert set(zones) <= available_timezones()
    assert {"UTC", "Europe/Berlin", "Asia/Taipei", "America/Argentina/Ushuaia"} <= set(zones)
    assert not [zone for zone in zones if zone.startswith(("Etc/", "posix/", "US/", "SystemV/"))]


@pytest.mark.parametrize("name", ["account", "account_change_password", "account_sessions"])
def test_visitors_are_sent_to_sign_in(name: str) -> None:
    answer = Client().get(reverse(name))
    assert answer.headers["Location"] == f"{reverse('sign_in')}?next={reverse(name)}"
    assert Client().post(reverse("account_end_session", args=[1])).status_code == 302


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        (EDGE, "Edge on Windows"),
        ("curl/8.0", "Unknown device"),
        ("", "Unknown device"),
    ],
    ids=["firefox", "iphone", "edge", "curl", "nothing"],
)
def test_devices_are_named_in_words(user_agent: str, name: str) -> None:
    assert name_of(user_agent) == name


def test_sessions_are_listed_with_this_one_first() -> None:
    user = factories.make_user()
    here = enter(user, HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="192.0.2.1")
    enter(user, HTTP_USER_AGENT=IPHONE, REMOTE_ADDR="192.0.2.2")
    enter(factories.make_user(), HTTP_USER_AGENT=EDGE)
    answer = here.get(reverse("account_sessions"))
    found = [(each.name, each.address, each.is_this) for each in answer.context["devices"]]
    assert found == [
        ("Firefox on Linux", "192.0.2.1", True),
        ("Safari on iPhone", "192.0.2.2", False),
    ]


def test_one_session_is_ended_from_another() -> None:
    user = factories.make_user()
    here, there, third = enter(user), enter(user), enter(user)
    session = UserSession.objects.get(session_key=there.session.session_key)
    answer = here.post(reverse("account_end_session", args=[session.pk]))
    assert answer.headers["Location"] == reverse("account_sessions")
    assert [is_in(each) for each in (here, there, third)] == [True, False, True]


def test_all_other_sessions_are_ended_at_once() -> None:
    user = factories.make_user()
    here, there, third = enter(user), enter(user), enter(user)
    here.post(reverse("account_sessions"))
    assert [is_in(each) for each in (here, there, third)] == [True, False, False]


def test_ending_the_present_session_signs_out() -> None:
    user = factories.make_user()
    here = enter(user)
    session = UserSession.objects.get(user=user)
    answer = here.post(reverse("account_end_session", args=[session.pk]))
    assert answer.headers["Location"] == reverse("sign_in")
    assert not is_in(here)


def test_nobody_ends_another_s_session() -> None:
    other = factories.make_user()
    there = enter(other)
    session = UserSession.objects.get(user=other)
    here = enter(factories.make_user())
    assert here.post(reverse("account_end_session", args=[session.pk])).status_code == 404
    assert here.get(reverse("account_end_session", args=[session.pk])).status_code == 405
    assert is_in(there)


def test_sessions_that_ran_out_aren_t_listed() -> None:
    user = factories.make_user()
    enter(user)
    with time_machine.travel(timezone.now() + timedelta(hours=13), tick=False):
        here = enter(user)
        assert len(here.get(reverse("account_sessions")).context["devices"]) == 1


def test_a_session_from_before_the_list_lists_itself() -> None:
    user = factories.make_user()
    client = Client()
    client.force_login(user)
    answer = client.get(reverse("account_sessions"))
    assert [each.is_this for each in answer.context["devices"]] == [True]


def test_signing_in_is_dated_by_the_product_s_clock_and_is_no_change_of_the_person() -> None:
    user = factories.make_user()
    entries = user.history.count()
    clock.move(timedelta(days=8))
    try:
        enter(user)
        user = User.objects.get(pk=user.pk)
        session = UserSession.objects.get(user=user)
        assert user.last_login is not None
        assert clock.now() - user.last_login < timedelta(minutes=5)
        assert session.created_at == user.last_login <= session.last_seen_at <= clock.now()
    finally:
        clock.reset()
    assert user.history.count() == entries


def test_the_last_use_is_noted_every_ten_minutes() -> None:
    user = factories.make_user()
    start = timezone.now().replace(microsecond=0)
    with time_machine.travel(start, tick=False) as travel:
        client = enter(user)
        seen = []
        for minutes in (0, 9, 2):
            travel.shift(timedelta(minutes=minutes))
            client.get(reverse("account"))
            seen.append(UserSession.objects.get(user=user).last_seen_at)
    assert seen == [start, start, start + timedelta(minutes=11)]


@pytest.mark.parametrize("others", [0, 2])
def test_the_list_takes_the_same_number_of_queries(others: int) -> None:
    user = factories.make_user()
    client = enter(user)
    for _session in range(others):
        enter(user)
    client.get(reverse("account_sessions"))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse("account_sessions")).status_code == 200
    assert len(queries) == 4
