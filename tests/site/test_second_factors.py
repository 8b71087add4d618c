"""Second factors: who needs one, setting one up, showing it, losing it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cpor_site.account.factor_adapter import DeskFactorAdapter
from cpor_site.common.models import User
from tests import factories
from tests.claims.pages import html_of, text_of
from tests.site.account_pages import NEW, choose, enter, is_in, letters, sent_link, sign_in
from tests.site.factor_pages import (
    LIST,
    code,
    enter_with_app,
    give_app,
    recovery_codes,
    set_up_app,
)

pytestmark = pytest.mark.django_db

WRONG = "This code isn't right, or has been used already."
NEEDED = "Set up a second factor to go on"


@pytest.fixture
def _required(settings: Any) -> None:
    settings.CPOR_STAFF_SECOND_FACTOR = "required"


required = pytest.mark.usefixtures("_required")


@required
def test_staff_set_an_app_up_at_the_first_sign_in() -> None:
    user = factories.make_reviewer()
    client = enter(user)
    other = enter(user)
    wanted = f"{reverse('admin:claims_claim_changelist')}?o=1"
    page = client.get(wanted, follow=True)
    assert page.redirect_chain == [(LIST, 302)]
    assert NEEDED in text_of(page)

    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert "This code isn't right. Wait for the next one" in text_of(wrong)
    assert client.get(wanted).status_code == 302
    set_up_app(client)
    assert client.get("/admin/").status_code == 200
    assert not is_in(other)  # It has shown none, so it has ended.

    first, again = (html_of(client.get(reverse("mfa_view_recovery_codes"))) for _time in range(2))
    shown = re.findall(r"<li>(\d{8})</li>", first)
    assert shown == recovery_codes(user)
    assert len(shown) == 10
    assert f'href="{wanted}"' in first
    assert [each for each in shown if each in again] == []
    assert letters() == [("second_factor_added", user.email)]
    entry = user.history.first()
    assert (entry.history_change_reason, entry.history_user) == ("second_factor_added", user)


@required
def test_who_becomes_staff_needs_one_from_then_on() -> None:
    user = factories.make_user()
    client = enter(user)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert client.get("/claims/").headers["Location"] == LIST


@required
def test_a_session_without_the_factor_can_t_touch_it() -> None:
    """However it came about: it ends instead of setting up another one."""
    user = factories.make_reviewer()
    client = enter(user)
    give_app(user)
    for page in ("mfa_index", "mfa_activate_totp", "mfa_add_webauthn"):
        answer = client.get(reverse(page))
        assert answer.status_code == 302
    assert not is_in(client)


@required
def test_staff_sign_in_with_password_and_code() -> None:
    user = factories.make_reviewer()
    give_app(user)
    client = Client()
    answer = sign_in(client, user.email)
    assert answer.headers["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)
    assert client.get("/admin/").status_code == 302

    before = client.session.session_key
    answer = client.post(reverse("mfa_authenticate"), {"code": code()})
    assert answer.headers["Location"] == "/"
    assert client.session.session_key != before
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/admin/").status_code == 200
    assert "mfa_authenticator" not in str(asked.captured_queries)


def test_a_code_works_once_in_the_half_minutes_around_it() -> None:
    user = factories.make_user()
    give_app(user)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        used = code()
        assert is_in(enter_with_app(user))
        for between in (" ", "-", "._,"):
            client = Client()
            sign_in(client, user.email)
            typed = {"code": f" {used[:3]}{between}{used[3:]}"}
            answer = client.post(reverse("mfa_authenticate"), typed)
            assert WRONG in text_of(answer)
            clock.shift(timedelta(seconds=30))
        assert is_in(enter_with_app(user))


def test_codes_around_now_count_and_others_don_t() -> None:
    user = factories.make_user()
    give_app(user)
    with time_machine.travel(timezone.now(), tick=False):
        results = {}
        for halves in (-2, -1, 1, 2):
            client = Client()
            sign_in(client, user.email)
            client.post(reverse("mfa_authenticate"), {"code": code(halves=halves)})
            results[halves] = is_in(client)
    assert results == {-2: False, -1: True, 1: True, 2: False}


def test_six_wrong_codes_lock_the_second_factor() -> None:
    user = factories.make_user()
    give_app(user)
    client = Client()
    sign_in(client, user.email)
    for _try in range(6):
        assert WRONG in text_of(client.post(reverse("mfa_authenticate"), {"code": "000000"}))
    answer = client.post(reverse("mfa_authenticate"), {"code": code()})
    assert "There were too many tries" in text_of(answer)
    assert not is_in(client)


def test_who_has_shown_a_password_only_may_begin_anew() -> None:
    first, second = factories.make_user(), factories.make_user()
    give_app(first)
    client = Client()
    sign_in(client, first.email)
    assert client.get(reverse("sign_in")).status_code == 200
    sign_in(client, second.email)
    assert client.get("/account/").context["user"] == second


def test_a_recovery_code_signs_in_once() -> None:
    user = factories.make_user()
    give_app(user)
    first = recovery_codes(user)[0]
    outcome = []
    for _time in range(2):
        client = Client()
        sign_in(client, user.email)
        client.post(reverse("mfa_authenticate"), {"code": first})
        outcome.append(is_in(client))
    assert outcome == [True, False]
    assert len(recovery_codes(user)) == 9


def test_new_codes_end_the_former_ones() -> None:
    user = factories.make_user()
    give_app(user)
    former = recovery_codes(user)
    client = enter_with_app(user)
    assert "10 codes that are left" in text_of(client.get(reverse("mfa_generate_recovery_codes")))
    client.post(reverse("mfa_generate_recovery_codes"))
    assert not set(former) & set(recovery_codes(user))
    assert letters() == [("recovery_codes_made", user.email)]


def test_a_forgotten_password_s_link_doesn_t_replace_the_factor(mailoutbox: list[Any]) -> None:
    user = factories.make_user()
    give_app(user)
    client = Client()
    client.post(reverse("account_reset_password"), {"email": user.email})
    choose(client, sent_link(mailoutbox))
    sign_in(client, user.email, NEW)
    assert not is_in(client)


def test_partners_may_have_one_and_may_remove_it() -> None:
    user = factories.make_user()
    client = enter(user)
    assert "Whoever works here" not in text_of(client.get(LIST))
    set_up_app(client)
    other = enter_with_app(user)
    assert "Your authenticator app is set up." in text_of(client.get(LIST))
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.exists()
    assert (is_in(client), is_in(other)) == (True, False)
    kinds = [("second_factor_added", user.email), ("second_factor_removed", user.email)]
    assert letters() == kinds


@required
def test_the_last_one_of_staff_stays() -> None:
    user = factories.make_reviewer()
    give_app(user)
    client = enter_with_app(user)
    sentence = "Add another one before you remove this one."
    assert sentence in text_of(client.get(reverse("mfa_deactivate_totp")))
    assert sentence in text_of(client.post(reverse("mfa_deactivate_totp")))
    assert Authenticator.objects.filter(type=Authenticator.Type.TOTP).count() == 1


def test_secrets_are_stored_sealed_and_survive_another_key(settings: Any) -> None:
    user = factories.make_user()
    row = give_app(user)
    sealed = row.data["secret"]
    assert "JBSWY3DP" not in str(Authenticator.objects.values_list("data", flat=True))

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key " * 6
    assert is_in(enter_with_app(user))
    row.refresh_from_db()
    assert row.data["secret"] != sealed
    settings.SECRET_KEY_FALLBACKS = []
    assert DeskFactorAdapter().decrypt(row.data["secret"]).startswith("JBSWY3DP")
    assert DeskFactorAdapter().decrypt(sealed) != DeskFactorAdapter().decrypt(sealed)


def test_another_s_passkey_is_as_unknown_as_none() -> None:
    own, foreign = factories.make_user(), factories.make_user()
    row = Authenticator.objects.create(
        user=foreign, type=Authenticator.Type.WEBAUTHN, data={"name": "Key", "credential": {}}
    )
    client = enter(own)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        for number in (row.pk, row.pk + 999):
            assert client.get(reverse(name, args=[number])).status_code == 404
            assert client.post(reverse(name, args=[number]), {"name": "x"}).status_code == 404
    assert Authenticator.objects.get().data["name"] == "Key"


def resets(person: User) -> str:
    return reverse("admin:reset_second_factor", args=[person.pk])


def test_a_lead_resets_somebody_s_factors() -> None:
    lead = factories.make_reviewer(role="Lead reviewer", full_name="Lea Lead")
    user = factories.make_reviewer(full_name="Rita Reviewer")
    give_app(user)
    theirs = enter_with_app(user)
    client = enter(lead)
    change = reverse("admin:common_user_change", args=[user.pk])
    assert resets(user) in html_of(client.get(change))
    assert "Authenticator app" in text_of(client.get(resets(user)))
    assert Authenticator.objects.filter(user=user).exists()
    answer = client.post(resets(user), follow=True)
    assert "Rita Reviewer signs in with the password alone now" in text_of(answer)

    assert not Authenticator.objects.filter(user=user).exists()
    assert not is_in(theirs)
    assert is_in(enter(user))
    assert letters() == [("second_factor_reset", user.email)]
    entry = user.history.first()
    assert (entry.history_change_reason, entry.history_user) == ("second_factors_reset", lead)


@pytest.mark.parametrize("role", ["Reviewer", "Ops", "Auditor", "own", "superuser's"])
def test_nobody_else_resets_anything(role: str) -> None:
    lead = factories.make_reviewer(role="Lead reviewer")
    actor = {
        "own": lambda: lead,
        "superuser's": lambda: lead,
    }.get(role, lambda: factories.make_reviewer(role=role))()
    person = lead if role == "own" else factories.make_user()
    if role == "superuser's":
        User.objects.filter(pk=person.pk).update(is_superuser=True)
    give_app(person)
    client = Client()
    client.force_login(actor)
    for answer in (client.get(resets(person)), client.post(resets(person))):
        assert answer.status_code == 403
    assert Authenticator.objects.filter(user=person).count() == 2


def test_the_command_resets_the_only_superuser_s() -> None:
    root = User.objects.create_superuser("root@desk.example", "x", full_name="Root")
    give_app(root)
    call_command("reset_second_factor", "Root@desk.example", verbosity=0)
    assert not Authenticator.objects.exists()
    assert letters() == [("second_factor_reset", root.email)]
    for email in ("root@desk.example", "nobody@desk.example"):
        with pytest.raises(CommandError):
            call_command("reset_second_factor", email)


def test_the_list_of_factors_asks_no_more_for_more_of_them() -> None:
    counts = []
    for passkeys in (1, 3):
        user = factories.make_user()
        for number in range(passkeys):
            Authenticator.objects.create(
                user=user,
                type=Authenticator.Type.WEBAUTHN,
                data={"name": f"Key {number}", "credential": {}},
            )
        client = Client()
        client.force_login(user)
        client.get(LIST)
        with CaptureQueriesContext(connection) as asked:
            assert text_of(client.get(LIST)).count("Rename Key") == passkeys
        counts.append(len(asked))
    assert counts[0] == counts[1]
