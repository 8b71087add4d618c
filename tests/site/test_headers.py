"""Walks the pages by their links, as everybody who may, and looks at what each answer carries."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from cpor_site.common.password_links import INVITATION
from tests import acts, factories
from tests.shared import shared

pytestmark = pytest.mark.django_db

POLICY = {
    "default-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}
HANDLER = re.compile(r"on[a-z]+")


class Page(HTMLParser):
    """Gathers a page's links, and what a strict policy would not let run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.assets: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(given.get("href", ""))
        if tag in ("script", "img", "iframe", "source", "video", "audio", "embed"):
            self.assets.append(given.get("src", ""))
        if tag == "link":
            self.assets.append(given.get("href", ""))
        is_script = tag == "script" and not given.get("src")
        # Data for a script of ours is no script.
        if is_script and given.get("type") not in ("application/json", "text/plain"):
            self.inline.append("script")
        if tag == "style":
            self.inline.append("style")
        self.inline += [name for name in given if name == "style" or HANDLER.fullmatch(name)]
        if any(value.strip().lower().startswith("javascript:") for value in given.values()):
            self.inline.append("javascript:")


def walk(client: Client, *starts: str) -> dict[str, Any]:
    """Return the answers to one address of each name that links lead to."""
    waiting, seen = list(starts), dict[str, Any]()
    while waiting:
        address = waiting.pop(0)
        path = urlsplit(address).path
        try:
            found = resolve(path)
        except Resolver404:
            continue
        if found.view_name in seen:
            continue
        answer = client.get(address)
        seen[found.view_name] = answer
        if answer.get("Content-Type", "").startswith("text/html") and answer.status_code < 400:
            links = Page(answer.content.decode()).links
            waiting += [urljoin(address, each) for each in links if not urlsplit(each).netloc]
    return seen


def wrong_with(answer: Any) -> list[str]:
    """Return what an answer lacks, or has too much of."""
    problems = []
    if answer.get("X-Content-Type-Options") != "nosniff":
        problems.append("nosniff")
    if answer.get("X-Frame-Options") != "DENY":
        problems.append("frames")
    if answer.get("Referrer-Policy") not in ("same-origin", "no-referrer"):
        problems.append("referrer")
    if not re.fullmatch(r"[0-9a-f]{16}", answer.get("X-Request-ID", "")):
        problems.append("number")
    if not answer.get("Content-Type", "").startswith("text/html"):
        return problems
    parts = [each.partition(" ") for each in answer["Content-Security-Policy"].split("; ")]
    if {name: value for name, _space, value in parts} != POLICY:
        problems.append("policy")
    page = Page(answer.content.decode())
    problems += page.inline
    problems += [each for each in page.assets if each and not each.startswith("/")]
    return problems


@shared
def _claims() -> None:
    claim = acts.submit(factories.make_claim())
    factories.make_claim(user=claim.created_by)
    acts.under_review(factories.make_claim(user=claim.created_by))


@pytest.mark.usefixtures("_claims")
@pytest.mark.parametrize(
    ("who", "start", "at_least"),
    [("visitor", "/", 3), ("partner", "/claims/", 25), ("reviewer", "/admin/", 25)],
)
def test_every_page_is_strict_about_what_it_runs(who: str, start: str, at_least: int) -> None:
    from claims.models import Claim

    client = Client()
    if who == "partner":
        client.force_login(Claim.objects.order_by("pk").first().created_by)  # type: ignore[union-attr]
    elif who == "reviewer":
        client.force_login(factories.make_user(is_staff=True, is_superuser=True))
    seen = walk(client, start, *(["/sign-in/", "/nowhere/"] if who == "visitor" else []))
    for answer in seen.values():
        if answer.streaming:
            answer.close()
    found = {name: wrong_with(answer) for name, answer in seen.items()}
    assert {name: each for name, each in found.items() if each} == {}
    assert len(seen) >= at_least, sorted(seen)


def test_pages_behind_a_secret_link_tell_it_to_nobody(client: Client) -> None:
    claim = acts.in_window()
    token = acts.token_of(claim)
    calendar = "x" * 40
    addresses = [
        reverse("consent_page", args=[token]),
        reverse("consent_page", args=["unknown" * 6]),
        reverse("calendar_feed", args=[calendar]),
    ]
    for address in addresses:
        answer = client.get(address)
        found = (address.replace(token, "..."), answer.get("Referrer-Policy"))
        assert found == (found[0], "no-referrer")
        assert "noindex" in answer.get("X-Robots-Tag", "") + answer.content.decode(), found[0]
        if answer["Content-Type"].startswith("text/html"):
            assert wrong_with(answer) == [], found[0]


def test_a_link_for_a_password_leaves_the_address_at_once(client: Client) -> None:
    """A page with a form can't be without any referrer: the form would come from nowhere (CSRF)."""
    address = urlsplit(INVITATION.link(factories.make_user())).path
    answer = client.get(address)
    assert answer.status_code == 302
    assert address.rpartition("-")[2] not in answer["Location"]
    page = client.get(answer["Location"])
    assert (page.status_code, page["Referrer-Policy"]) == (200, "same-origin")
    assert wrong_with(page) == []


def test_cookies_are_kept_from_scripts_and_other_sites() -> None:
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.CSRF_COOKIE_HTTPONLY
    assert settings.LANGUAGE_COOKIE_HTTPONLY
    same_site = settings.SESSION_COOKIE_SAMESITE, settings.CSRF_COOKIE_SAMESITE
    assert (*same_site, settings.LANGUAGE_COOKIE_SAMESITE) == ("Lax", "Lax", "Lax")
