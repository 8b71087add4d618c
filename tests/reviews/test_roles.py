"""Who gets where among the pages around the queues: a table of roles, written by hand."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from claims.models import Claim
from cpor_site.common.models import User
from reviews.models import CaseLease
from tests import acts, factories
from tests.shared import shared

from .pages import browser_of

pytestmark = pytest.mark.django_db

DECIDES, LEADS = {"Reviewer", "Lead reviewer"}, {"Lead reviewer"}
READS = {*DECIDES, "Ops", "Auditor"}
ROLES = [*sorted(READS), "no role"]

PAGES: dict[str, set[str]] = {
    "claims_claim_changelist": READS,
    "reviews_sweeps": READS,
    "reviews_clock": READS,
    "reviews_no_case": DECIDES,
    "reviews_take_over_case": LEADS,
    "reviews_hold": LEADS,
    "reviews_reassign_claim": LEADS,
}
"""Who may open each page; the claim is somebody else's."""

POSTS: dict[str, set[str]] = {
    "reviews_next_case": DECIDES,
    "reviews_take_case": DECIDES,
    "reviews_release_case": DECIDES,
    "reviews_take_over_case": LEADS,
    "reviews_reassign_claim": LEADS,
    "reviews_hold": LEADS,
    "reviews_lift": LEADS,
}
"""Whom each act doesn't turn away with a 403, whatever it then says of the claim."""

BULK: dict[str, set[str]] = {"assign": LEADS, "release": DECIDES, "export": READS}

ABOUT_ONE = {"reviews_clock", *PAGES, *POSTS} - {
    "claims_claim_changelist",
    "reviews_sweeps",
    "reviews_no_case",
    "reviews_next_case",
}


@shared
def submitted() -> Claim:
    return acts.submit(factories.make_claim())


@shared
def asked(submitted: Claim) -> Claim:
    return acts.asked(submitted)


def person(role: str) -> User:
    if role == "no role":
        return factories.make_user(is_staff=True)
    return factories.make_reviewer(role=role)


def address(name: str, claim: Claim) -> str:
    return reverse(f"admin:{name}", args=[claim.pk] if name in ABOUT_ONE else [])


@pytest.mark.parametrize("role", ROLES)
def test_opening(role: str, asked: Claim) -> None:
    claim, client = asked, browser_of(person(role))
    statuses = {name: client.get(address(name, claim)).status_code for name in PAGES}

    assert statuses == {name: 200 if role in allowed else 403 for name, allowed in PAGES.items()}


@pytest.mark.parametrize("role", ROLES)
def test_acting(role: str, submitted: Claim) -> None:
    claim, client = submitted, browser_of(person(role))
    refused = {name: client.post(address(name, claim)).status_code == 403 for name in POSTS}
    refused_in_bulk = {
        act: client.post(
            reverse("admin:reviews_bulk"), {"act": act, "claims": [claim.pk]}
        ).status_code
        == 403
        for act in BULK
    }

    assert refused == {name: role not in allowed for name, allowed in POSTS.items()}
    assert refused_in_bulk == {act: role not in allowed for act, allowed in BULK.items()}
    if role not in DECIDES:
        assert not CaseLease.objects.exists()
        assert Claim.objects.get(pk=claim.pk).version == claim.version


@pytest.mark.parametrize("name", sorted(set(POSTS) - set(PAGES)))
def test_acts_are_posts(name: str, submitted: Claim) -> None:
    claim = submitted
    client = browser_of(person("Lead reviewer"))

    assert client.get(address(name, claim)).status_code == 405


@pytest.mark.parametrize("name", sorted({*PAGES, *POSTS}))
def test_strangers(name: str, submitted: Claim) -> None:
    claim = submitted
    partner = browser_of(claim.created_by)

    assert Client().post(address(name, claim)).status_code == 302
    assert partner.post(address(name, claim), follow=True).status_code == 403


@pytest.mark.parametrize("name", sorted(ABOUT_ONE))
def test_unknown_claims(name: str) -> None:
    client = browser_of(person("Lead reviewer"))

    assert client.post(reverse(f"admin:{name}", args=[999_999])).status_code in (404, 405)
