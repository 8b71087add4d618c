"""Acts that ask once more who sits there, and lose nothing of what was typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from claims import actors
from claims.models import ConsentRenewal, RuleProfile
from claims.services.renewals import ask_renewal
from consent.services import answers
from consent.services.answers import Responder
from cpor_site.common.models import User
from tests import acts, factories
from tests.claims.pages import html_of, text_of
from tests.site.account_pages import enter, is_in
from tests.site.factor_pages import code, give_app

pytestmark = pytest.mark.django_db

ASKED = "Confirm that it's you"
LATER = timedelta(minutes=16)
NAME = 'Ada "the first"\r\n<Lovelace> & Ülküm'


def post(client: Client, page: str, fields: dict[str, Any]) -> Any:
    """Post a form as browsers do that has no files."""
    typed = urlencode(fields)
    return client.post(page, typed, content_type="application/x-www-form-urlencoded")


def hidden_in(html: str) -> dict[str, str]:
    """Return the hidden fields of the page that asks, as a browser would post them."""
    form = html[html.index("<main") :]
    found = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', form)
    kept = {name: re.sub(r"\r?\n", "\r\n", unescape(value)) for name, value in found}
    return {name: value for name, value in kept.items() if name not in ("next",)}


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root@desk.example", factories.PASSWORD, full_name="Root")


def giving(person: User) -> dict[str, Any]:
    """Return what the admin's form for a person posts to make them staff."""
    return {
        "email": person.email,
        "full_name": NAME,
        "locale": "en",
        "time_zone": "UTC",
        "is_active": "on",
        "is_staff": "on",
    }


def test_giving_rights_asks_after_a_while_and_loses_nothing(root: User) -> None:
    person = factories.make_user()
    page = reverse("admin:common_user_change", args=[person.pk])
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        client = enter(root)
        clock.shift(LATER)
        assert client.get(page).status_code == 200  # Reading asks for nothing.
        asked = post(client, page, giving(person))
        assert (asked.status_code, ASKED in text_of(asked)) == (403, True)
        assert "What you typed is kept" in text_of(asked)
        assert asked.headers["Cache-Control"] == "no-store"
        assert not User.objects.get(pk=person.pk).is_staff

        fields = hidden_in(html_of(asked))
        wrong = post(client, page, fields | {"confirm-password": "wrong"})
        assert "This isn't your password." in text_of(wrong)
        again = hidden_in(html_of(wrong))
        before = client.session.session_key
        done = post(client, page, again | {"confirm-password": factories.PASSWORD})
        assert done.status_code == 302
        person.refresh_from_db()
        assert (person.is_staff, person.full_name) == (True, NAME)
        assert client.session.session_key != before
        [device] = client.get(reverse("account_sessions")).context["devices"]
        assert device.is_this

        clock.shift(timedelta(minutes=14))  # From now on the time counts anew.
        assert post(client, page, giving(person)).status_code == 302


def test_a_code_confirms_instead_and_works_once(root: User) -> None:
    give_app(root)
    page = reverse("admin:reset_second_factor", args=[factories.make_user().pk])
    with time_machine.travel(timezone.now(), tick=False) as clock:
        clients = [Client(), Client()]
        for client in clients:
            client.force_login(root)
        clock.shift(LATER)
        answers = [
            post(client, page, hidden_in(html_of(client.post(page))) | {"confirm-code": code()})
            for client in clients
        ]
    assert [each.status_code for each in answers] == [302, 403]


def test_what_leads_alone_decide_asks_and_keeps_every_word() -> None:
    claim = acts.in_window()
    answers.decline(token=acts.token_of(claim), responder=Responder("Berta", "Assistant"))
    partner = actors.partner(claim.created_by)
    ask_renewal(claim_id=claim.pk, actor=partner, reason="A slip of hers.")
    typed = {
        "version": acts.fresh(claim).version,
        "decision": "refuse",
        "text": 'No:\r\n  "declined" <is> & stays Ü.',
        "days": "7",
        "reason": "Why",
    }
    names = ("reviews_renewal", "reviews_extend_window", "reviews_close")
    renewal, *others = (reverse(f"admin:{name}", args=[claim.pk]) for name in names)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        lead = Client()
        lead.force_login(factories.make_reviewer(role="Lead reviewer"))
        clock.shift(LATER)
        for page in (renewal, *others):
            assert lead.get(page).status_code == 200
            asked = post(lead, page, typed)
            assert (asked.status_code, ASKED in text_of(asked)) == (403, True), page
            kept = hidden_in(html_of(asked))
            assert {name: kept[name] for name in typed} == {k: str(v) for k, v in typed.items()}
        assert ConsentRenewal.objects.get().outcome == ""

        kept = hidden_in(html_of(post(lead, renewal, typed)))
        done = post(lead, renewal, kept | {"confirm-password": factories.PASSWORD})
    assert (done.status_code, done.headers["Location"]) == (
        302,
        reverse("admin:claims_claim_change", args=[claim.pk]),
    )
    wish = ConsentRenewal.objects.get()
    assert (wish.outcome, wish.text) == ("refused", typed["text"])


@pytest.mark.parametrize("model", ["claims_membership", "claims_ruleprofile", "common_user"])
def test_giving_rights_and_changing_rules_ask_on_every_form(root: User, model: str) -> None:
    makers: dict[str, Callable[[], Any]] = {
        "claims_membership": factories.make_membership,
        "claims_ruleprofile": RuleProfile.objects.first,
        "common_user": factories.make_user,
    }
    row = makers[model]()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = Client()
        client.force_login(root)
        clock.shift(LATER)
        pages = reverse(f"admin:{model}_add"), reverse(f"admin:{model}_change", args=[row.pk])
        for page in pages:
            assert client.get(page).status_code == 200
            assert ASKED in text_of(post(client, page, {"reason": "x"}))


def test_pages_about_factors_ask_before_they_are_read() -> None:
    user = factories.make_user()
    page = reverse("mfa_activate_totp")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = enter(user)
        assert client.get(page).status_code == 200
        clock.shift(LATER)
        asked = client.get(page)
        assert (asked.status_code, ASKED in text_of(asked)) == (403, True)
        fields = hidden_in(html_of(asked))
        done = post(client, page, fields | {"confirm-password": factories.PASSWORD})
        assert (done.status_code, done.headers["Location"]) == (302, page)
        assert client.get(page).status_code == 200


def test_guessing_here_locks_like_signing_in() -> None:
    user = factories.make_user()
    page = reverse("mfa_activate_totp")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = enter(user)
        clock.shift(LATER)
        fields = hidden_in(html_of(client.get(page)))
        said = [
            "too many tries" in text_of(post(client, page, fields | {"confirm-password": "x"}))
            for _try in range(7)
        ]
        assert said == [False] * 6 + [True]
        right = post(client, page, fields | {"confirm-password": factories.PASSWORD})
        assert right.status_code == 403
        assert is_in(client)


def test_fields_of_the_question_do_nothing_for_strangers() -> None:
    answer = Client().post(
        reverse("mfa_activate_totp"),
        {"confirm-method": "GET", "confirm-password": factories.PASSWORD},
    )
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("sign_in"))
