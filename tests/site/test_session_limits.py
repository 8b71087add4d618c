"""How long sessions last, what ends them, and what signing in tells of who has an account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cpor_site.common import clock
from cpor_site.common.models import User
from tests import factories
from tests.claims.pages import text_of
from tests.site.account_pages import enter, is_in, sign_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("make", "minutes"), [(factories.make_user, 240), (factories.make_reviewer, 60)]
)
def test_a_session_that_nobody_uses_ends(make: Callable[[], User], minutes: int) -> None:
    with time_machine.travel(timezone.now(), tick=False) as now:
        client = enter(make())
        now.shift(timedelta(minutes=minutes - 1))
        assert is_in(client)
        now.shift(timedelta(minutes=minutes - 1))
        assert is_in(client)
        now.shift(timedelta(minutes=minutes))
        page = client.get("/account/", follow=True)
        assert page.redirect_chain[-1][0] == f"{reverse('sign_in')}?next=/account/"
        assert "You were away for a while" in text_of(page)
    assert not Session.objects.exists() or not is_in(client)


def test_a_session_ends_after_half_a_day_however_much_it_is_used() -> None:
    with time_machine.travel(timezone.now(), tick=False) as now:
        client = enter(factories.make_reviewer())
        alive = []
        for _half_hour in range(25):
            now.shift(timedelta(minutes=30))
            alive.append(is_in(client))
    assert alive == [True] * 23 + [False] * 2


def test_a_clock_that_leaps_ends_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each step of the demo's clock would sign everybody out."""
    client = enter(factories.make_reviewer())
    later = clock.now() + timedelta(days=8)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert is_in(client)


def test_a_session_without_a_beginning_isn_t_one() -> None:
    client = enter(factories.make_user())
    session = client.session
    del session["began_at"]
    session.save()
    assert not is_in(client)


def test_signing_in_makes_a_new_session() -> None:
    """What somebody may have slipped to the browser before is worth nothing afterwards."""
    user = factories.make_user()
    client = enter(user)
    before = client.session.session_key
    client.post(reverse("sign_out"))
    assert not Session.objects.filter(session_key=before).exists()
    sign_in(client, user.email)
    assert client.session.session_key != before


def kinds_of_accounts() -> dict[str, str]:
    """Return an address for everything that an account may be."""
    without = factories.make_user()
    without.set_unusable_password()
    without.save()
    return {
        "known": factories.make_user().email,
        "unknown": "nobody@people.example",
        "closed": factories.make_user(is_active=False).email,
        "never chose a password": without.email,
        "of the demo": factories.make_user(is_demo=True).email,
        "staff": factories.make_reviewer().email,
    }


def test_signing_in_tells_nobody_who_has_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by words or status nor by time: each try costs as many passwords' hashes."""
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return str(encode(self, password, salt))

    accounts = kinds_of_accounts()
    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    met = {}
    for kind, email in accounts.items():
        hashed.clear()
        answer = sign_in(Client(), email, "a wrong password")
        text = text_of(answer).replace(email, "")
        met[kind] = (answer.status_code, text, len(hashed))
    assert {kind: found for kind, found in met.items() if found != met["unknown"]} == {}
    assert met["unknown"][0::2] == (200, 1)


def test_asking_for_a_new_password_tells_nobody_either() -> None:
    met = set()
    for email in kinds_of_accounts().values():
        client = Client()
        answer = client.post(reverse("account_reset_password"), {"email": email}, follow=True)
        met.add((tuple(answer.redirect_chain), answer.status_code, text_of(answer)))
    assert len(met) == 1
