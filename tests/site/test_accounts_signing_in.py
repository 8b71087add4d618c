"""Signing in, being locked out, and when a session ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone

from cpor_site.account import adapter
from cpor_site.common.models import User
from tests import factories
from tests.claims.pages import text_of
from tests.site.account_pages import enter, is_in, sign_in
from tests.site.factor_pages import enter_with_app, give_app

pytestmark = pytest.mark.django_db

LOCKED = "There were too many tries with a wrong password."
WRONG = "The e-mail address and the password don't fit together."


def guess(user: User, address: str, tries: int) -> list[bool]:
    """Try wrong passwords from an address; return which tries met a lock."""
    browser = Client(REMOTE_ADDR=address)
    return [LOCKED in text_of(sign_in(browser, user.email, "wrong")) for _try in range(tries)]


def test_six_wrong_passwords_lock_the_account_for_their_address() -> None:
    user = factories.make_user()
    client = Client()
    for _try in range(6):
        assert WRONG in text_of(sign_in(client, user.email, "wrong"))

    for email in (user.email, user.email.upper()):
        assert LOCKED in text_of(sign_in(Client(), email))


def test_a_stranger_elsewhere_locks_nobody_out() -> None:
    """However often one address tries, the person still signs in from their own."""
    user = factories.make_user()
    locked = guess(user, "192.0.2.9", 55)

    assert locked == [False] * 6 + [True] * 49
    assert is_in(enter(user))


def test_all_addresses_of_one_network_count_as_one() -> None:
    user = factories.make_user()
    first, second = guess(user, "2001:db8::1", 4), guess(user, "2001:db8::2", 4)

    assert first + second == [False] * 6 + [True] * 2
    assert is_in(enter(user, REMOTE_ADDR="2001:db8:0:1::1"))


def test_many_addresses_can_t_share_the_guessing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "MOST_FROM_ANYWHERE", 12)
    user, other = factories.make_user(), factories.make_user()
    for _time in range(2):  # What succeeds doesn't count.
        assert is_in(enter(user, REMOTE_ADDR="192.0.2.20"))
    for last in range(1, 3):
        assert guess(user, f"192.0.2.{last}", 6) == [False] * 6

    assert LOCKED in text_of(sign_in(Client(REMOTE_ADDR="192.0.2.20"), user.email))
    assert is_in(enter(other, REMOTE_ADDR="192.0.2.20"))


def test_the_lock_opens_after_a_quarter_of_an_hour() -> None:
    user = factories.make_user()
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        for _try in range(7):
            sign_in(Client(), user.email, "wrong")
        assert not is_in(enter(user))
    with time_machine.travel(start + timedelta(minutes=15, seconds=1), tick=False):
        assert is_in(enter(user))


def test_other_accounts_stay_open_and_success_doesn_t_count() -> None:
    user, other = factories.make_user(), factories.make_user()
    for _try in range(6):
        sign_in(Client(), other.email, "wrong")
    for _try in range(12):
        assert is_in(enter(user))


def test_unknown_addresses_are_locked_like_known_ones() -> None:
    """So a lock doesn't tell whether there is an account."""
    answers = [text_of(sign_in(Client(), "nobody@people.example", "x")) for _try in range(7)]
    assert [LOCKED in each for each in answers] == [False] * 6 + [True]


def test_one_address_can_t_try_one_account_after_the_other() -> None:
    """Also not if somebody there signs in with a second factor every now and then."""
    client, own = Client(REMOTE_ADDR="192.0.2.77"), factories.make_user()
    give_app(own)
    for number in range(50):
        if number == 25:
            assert is_in(enter_with_app(own, REMOTE_ADDR="192.0.2.77"))
        sign_in(client, f"person{number}@nowhere.example", "wrong")
    user = factories.make_user()
    assert LOCKED in text_of(sign_in(client, user.email))
    assert is_in(enter(user, REMOTE_ADDR="192.0.2.78"))


def test_too_many_tries_in_a_minute_get_a_page_of_the_desk() -> None:
    client = Client(REMOTE_ADDR="192.0.2.80")
    answers = [sign_in(client, "", "") for _try in range(61)]
    assert [each.status_code for each in answers] == [200] * 60 + [429]
    assert "cpor/desk.css" in answers[-1].content.decode()
    assert "Wait 15 minutes" in text_of(answers[-1])


def test_the_admin_leads_to_the_same_page(client: Client) -> None:
    user = factories.make_reviewer()
    page = client.get("/admin/", follow=True)
    assert page.redirect_chain[-1][0] == f"{reverse('sign_in')}?next=/admin/"

    for _try in range(6):
        sign_in(client, user.email, "wrong")
    client.post("/admin/login/", {"username": user.email, "password": factories.PASSWORD})
    assert not is_in(client)


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"password": "changed elsewhere"}],
    ids=["closed", "other password"],
)
def test_a_session_ends_with_the_account_or_its_password(change: dict[str, Any]) -> None:
    user = factories.make_user()
    client = enter(user)
    assert is_in(client)
    if "password" in change:
        user.set_password(change["password"])
    else:
        user.is_active = False
    user.save()
    assert not is_in(client)


def test_a_person_s_session_lasts_half_a_day() -> None:
    client = enter(factories.make_user())
    assert client.session.get_expiry_age() == 12 * 60 * 60


@pytest.mark.parametrize(
    "path",
    [
        "accounts/login/",
        "accounts/signup/",
        "account/signup/",
        "account/login/",
        "account/logout/",
        "account/email/",
        "account/confirm-email/",
        "account/inactive/",
        "account/password/set/",
        "account/password/reset/",
        "account/reauthenticate/",
        "admin/account/emailaddress/",
        "admin/usersessions/usersession/",
    ],
)
def test_nothing_of_the_library_is_reachable_but_what_the_desk_shows(path: str) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root@desk.example", "x", full_name="Root"))
    assert client.get(f"/{path}").status_code == 404


def test_the_library_s_addresses_are_these() -> None:
    names = {
        str(name)
        for name in get_resolver().reverse_dict
        if isinstance(name, str)
        and name.startswith(("account", "usersessions", "mfa", "social", "openid"))
    }
    assert names == {
        "account",
        "account_change_password",
        "account_end_session",
        "account_login",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_sessions",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_authenticate",
        "mfa_deactivate_totp",
        "mfa_edit_webauthn",
        "mfa_generate_recovery_codes",
        "mfa_index",
        "mfa_login_webauthn",
        "mfa_remove_webauthn",
        "mfa_view_recovery_codes",
        "openid_connect_callback",
        "openid_connect_login",
    }
    with pytest.raises(NoReverseMatch):
        reverse("account_signup")


def test_the_cache_names_nobody() -> None:
    user = factories.make_user()
    sign_in(Client(), user.email, "wrong")
    entries = getattr(caches["default"], "_cache", {})
    assert not [entry for entry in entries if user.email in entry]
