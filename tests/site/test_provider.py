"""Signing in through a real OpenID Connect provider, which runs as a process of its own."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse

from cpor_site.common.models import User
from cpor_site.env import BASE_DIR
from cpor_site.env_sign_in import Provider
from tests import factories
from tests.claims.pages import html_of, text_of
from tests.provider.server import CLIENT_ID, CLIENT_SECRET, PASSWORD
from tests.site.account_pages import enter, is_in, letters
from tests.site.environments import process_environ
from tests.site.factor_pages import LIST, code, give_app
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.stack]

BACK = "http://testserver/sign-in/provider/back/"
START = "/sign-in/provider/"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a provider that knows the desk."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder: Path = tmp_path_factory.mktemp("provider")
    url = f"http://127.0.0.1:{port}"
    program = [sys.executable, "-m", "tests.provider.server", str(folder), str(port), BACK]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            program, cwd=BASE_DIR, env=process_environ({}), stdout=log, stderr=log
        )
    try:
        wait_until("the provider is up", lambda: _answers(url, process), 90)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None
    try:
        return requests.get(f"{url}/.well-known/openid-configuration", timeout=5).ok
    except requests.RequestException:
        return False


@pytest.fixture
def desk(settings: Any, issuer: str) -> Any:
    """The settings of a desk that has the provider; tests change them by ``allow``."""
    return use(settings, issuer)


def use(settings: Any, issuer: str, *, secret: str = CLIENT_SECRET, **rules: bool) -> Any:
    provider = Provider(
        issuer=issuer,
        client_id=CLIENT_ID,
        client_secret=secret,
        name="Contoso login",
        links_by_mail=rules.get("links_by_mail", False),
        creates_people=rules.get("creates_people", False),
    )
    settings.CPOR_OIDC = provider
    app: dict[str, Any] = {"provider_id": "provider", "name": provider.name, "client_id": CLIENT_ID}
    app |= {"secret": secret, "settings": {"server_url": issuer}}
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
    }
    return settings


def allow(settings: Any, **rules: bool) -> None:
    settings.CPOR_OIDC = replace(settings.CPOR_OIDC, **rules)


def at_the_provider(address: str, name: str, *, agrees: bool = True) -> str:
    """Be somebody's browser at the provider; return the address to which it sends them back."""
    browser = requests.Session()
    page = browser.get(address, timeout=20)
    assert "Sign in at the provider" in page.text, page.text
    fields = {"username": name, "password": PASSWORD} | _hidden(page.text)
    page = browser.post(page.url, fields, timeout=20)
    assert page.ok, page.text
    answer = _hidden(page.text) | ({"allow": "Authorize"} if agrees else {})
    done = browser.post(page.url, answer, timeout=20, allow_redirects=False)
    assert done.status_code == 302, done.text
    return done.headers["Location"]


def _hidden(html: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', html)
    return {name: unescape(value) for name, value in found}


def come_back(client: Client, name: str, *, start: str = START, agrees: bool = True) -> Any:
    """Sign somebody in through the provider; return the page on which they end."""
    there = client.get(start).headers["Location"]
    back = at_the_provider(there, name, agrees=agrees)
    assert back.startswith(BACK)
    parts = urlsplit(back)
    return client.get(f"{parts.path}?{parts.query}", follow=True)


def test_without_the_setting_there_is_no_provider(client: Client) -> None:
    assert "Sign in with" not in text_of(client.get(reverse("sign_in")))
    for address in (START, f"{START}back/", f"{START}back/?code=1&state=2"):
        assert client.get(address).status_code == 404


def test_nobody_comes_in_whom_the_desk_doesn_t_know(client: Client, desk: Any) -> None:
    factories.make_user("ada@partner.example")
    assert "Sign in with Contoso login" in text_of(client.get(reverse("sign_in")))
    page = come_back(client, "ada")
    assert "Contoso login knows you, but no account here is linked to you." in text_of(page)
    assert not is_in(client)
    assert (User.objects.count(), SocialAccount.objects.count()) == (1, 0)


def test_an_owner_links_their_account_and_then_signs_in(client: Client, desk: Any) -> None:
    user = factories.make_user("somebody.else@partner.example")
    own = enter(user)
    assert "Link my account" in html_of(own.get(LIST))
    lured = own.get(f"{START}?process=connect")  # By a page from elsewhere.
    assert lured.headers["Location"] == LIST
    started = own.post(reverse("provider_link")).headers["Location"]
    page = come_back(own, "ada", start=started)
    assert own.get(started).headers["Location"] == LIST
    assert "Contoso login signs you in from now on." in text_of(page)
    assert letters() == [("provider_linked", user.email)]
    assert user.history.first().history_change_reason == "provider_linked"

    page = come_back(client, "ada", start=f"{START}?next=/account/sessions/")
    assert page.redirect_chain[-1][0] == "/account/sessions/"
    assert page.context["user"] == user
    link = SocialAccount.objects.get()
    assert link.extra_data == {"email": "ada@partner.example", "name": "Ada Lovelace"}
    assert not EmailAddress.objects.exists()

    own.post(reverse("provider_unlink"))
    assert not SocialAccount.objects.exists()
    client.post(reverse("sign_out"))
    come_back(client, "ada")
    assert not is_in(client)


def test_a_link_belongs_to_one_account(desk: Any) -> None:
    first, second = enter(factories.make_user()), enter(factories.make_user())
    for own in (first, second):
        page = come_back(own, "ada", start=own.post(reverse("provider_link")).headers["Location"])
    assert "Contoso login is linked to another account here." in text_of(page)
    assert SocialAccount.objects.count() == 1


@pytest.mark.parametrize(("name", "comes_in"), [("ada", True), ("eve", False), ("lies", False)])
def test_a_verified_address_links_if_the_setting_allows(
    client: Client, desk: Any, name: str, comes_in: bool
) -> None:
    allow(desk, links_by_mail=True)
    user = factories.make_user("ada@partner.example")
    factories.make_user("victim@partner.example")
    come_back(client, name)
    assert is_in(client) == comes_in
    assert [each.user for each in SocialAccount.objects.all()] == [user] * comes_in
    user.refresh_from_db()
    assert user.check_password(factories.PASSWORD)


def test_an_address_that_is_somebody_else_s_now_links_nothing(client: Client, desk: Any) -> None:
    """Providers give addresses of people who left to others; those have another key there."""
    allow(desk, links_by_mail=True)
    user = factories.make_user("ada@partner.example")
    SocialAccount.objects.create(user=user, provider="provider", uid="the former Ada")
    come_back(client, "ada")
    assert not is_in(client)


def test_people_are_made_if_the_setting_allows_but_never_staff(client: Client, desk: Any) -> None:
    allow(desk, creates_people=True)
    come_back(client, "ada")
    user = User.objects.get()
    assert (user.email, user.full_name) == ("ada@partner.example", "Ada Lovelace")
    assert (user.is_staff, user.is_superuser, user.groups.count()) == (False, False, 0)
    assert not user.has_usable_password()
    assert client.get("/admin/").status_code in (302, 403)
    for name in ("eve", "nobody"):
        come_back(Client(), name)
    assert User.objects.count() == 1


def test_a_second_factor_is_asked_for_all_the_same(client: Client, desk: Any) -> None:
    user = factories.make_reviewer()
    SocialAccount.objects.create(user=user, provider="provider", uid=uid_of(desk, "ada"))
    give_app(user)
    page = come_back(client, "ada")
    assert page.redirect_chain[-1][0] == reverse("mfa_authenticate")
    assert not is_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code()})
    assert is_in(client)


def test_a_closed_account_stays_closed(client: Client, desk: Any) -> None:
    uid = uid_of(desk, "ada")
    kinds: list[dict[str, Any]] = [{"is_active": False}, {"is_demo": True}]
    for closed in kinds:
        SocialAccount.objects.all().delete()
        user = factories.make_user(**closed)
        SocialAccount.objects.create(user=user, provider="provider", uid=uid)
        page = come_back(client, "ada")
        assert "You can't sign in with this account any more." in text_of(page)
        assert not is_in(client)


def uid_of(settings: Any, name: str) -> str:
    """Return the key by which the provider knows somebody."""
    user = factories.make_user()
    own = enter(user)
    come_back(own, name, start=own.post(reverse("provider_link")).headers["Location"])
    link = SocialAccount.objects.get(user=user)
    link.delete()
    return str(link.uid)


def test_who_says_no_at_the_provider_reads_so(client: Client, desk: Any) -> None:
    page = come_back(client, "ada", agrees=False)
    assert "You stopped signing in at Contoso login." in text_of(page)


def test_the_request_is_bound_to_the_browser_and_the_exchange(client: Client, desk: Any) -> None:
    """PKCE and state: an answer is worth nothing in another browser, nor a second time."""
    there = client.get(START).headers["Location"]
    asked = parse_qs(urlsplit(there).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [BACK]
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    user = factories.make_user()
    SocialAccount.objects.create(user=user, provider="provider", uid=uid_of(desk, "ada"))
    parts = urlsplit(at_the_provider(there, "ada"))
    back = f"{parts.path}?{parts.query}"
    sentence = "Signing in through Contoso login didn't work"
    assert sentence in text_of(Client().get(back, follow=True))
    client.get(back)
    assert is_in(client)
    other = Client()
    assert sentence in text_of(other.get(back, follow=True))
    assert not is_in(other)


def test_a_wrong_secret_is_a_sentence(client: Client, settings: Any, issuer: str) -> None:
    use(settings, issuer, secret="not the one that was agreed on")
    page = come_back(client, "ada")
    assert "Signing in through Contoso login didn't work" in text_of(page)


def test_a_provider_that_is_away_is_a_sentence(client: Client, settings: Any) -> None:
    use(settings, "http://127.0.0.1:9")
    for address in (START, f"{START}back/?code=1&state=2"):
        page = client.get(address, follow=True)
        assert page.status_code == 200
        assert "Contoso login" in text_of(page)
        assert "Try again" in text_of(page)
