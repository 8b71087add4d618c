"""What the tests of the reviewer's pages share."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client
from django.urls import reverse

from claims.models import Claim
from cpor_site.common.models import User
from tests import factories

QUEUE = "admin:claims_claim_changelist"
CASE = "admin:claims_claim_change"


def browser_of(user: User | None = None, **options: Any) -> Client:
    """Return a client in which the user, by default a new reviewer, is signed in."""
    client = Client(**options)
    client.force_login(user or factories.make_reviewer())
    return client


def rita() -> User:
    """The reviewer of several tests; she may be there already, from rows that they share."""
    email = "rita.reviewer@desk.example"
    return User.objects.filter(email=email).first() or factories.make_reviewer(
        email, full_name="Rita Reviewer", time_zone="Europe/Berlin"
    )


def url(name: str, claim: Claim) -> str:
    """Return the address of one page about the claim: ``case``, ``history``, or an act's name."""
    page = "change" if name == "case" else name
    return reverse(f"admin:claims_claim_{page}", args=[claim.pk])


def text_of(response: Any) -> str:
    """Return what a reader sees of the page's content: words only, single spaces."""
    html = html_of(response)
    html = html[html.index("<main") :]
    html = re.sub(r"<(script|style|svg).*?</\1>", "", html, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def shown(claim: Claim, user: User) -> str:
    """Return the words of the case page as the user sees it."""
    response = browser_of(user).get(url("case", claim))
    assert response.status_code == 200
    return text_of(response)


def html_of(response: Any) -> str:
    return str(response.content.decode())


def numbers_in(response: Any) -> list[str]:
    """Return the claim numbers of the queue's rows, from top to bottom."""
    return re.findall(r'class="claim-number">([^<]+)<', html_of(response))


def hrefs_in(response: Any) -> list[str]:
    return [unescape(each) for each in re.findall(r'href="([^"]+)"', html_of(response))]
