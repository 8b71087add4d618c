"""Which claims are somebody's: by location, by role, and not any more once they are shut out."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from claims import selectors
from claims.models import Claim, Membership
from claims.states import Status
from cpor_site.common.models import User
from tests import acts, factories
from tests.claims.pages import (
    SECTIONS,
    addresses_of,
    browser_of,
    text_of,
    url,
)
from tests.shared import shared

pytestmark = pytest.mark.django_db

Role = Membership.Role
NO_PAGE = re.compile(r"comment|recover|documents|support.txt|proof-template")


@shared
def draft() -> Claim:
    return factories.make_claim()


@shared
def asked() -> Claim:
    return acts.asked()


def test_a_report_viewer_reads_that_there_are_no_single_claims_to_see(draft: Claim) -> None:
    viewer = factories.make_membership(None, draft.organization, Role.REPORT_VIEWER).user
    page = text_of(browser_of(viewer).get(reverse("claim_list")))

    assert draft.number not in page
    assert "Your role shows no single claims" in page


def test_a_location_scoped_person_sees_the_claims_of_those_locations_and_own_drafts() -> None:
    organization = factories.make_organization()
    munich, berlin = (factories.make_location(organization) for _ in range(2))
    scoped = factories.make_user()
    factories.make_membership(scoped, organization, locations=[munich])
    colleague = factories.make_user()
    factories.make_membership(colleague, organization)
    there = factories.make_claim(user=colleague, location=munich)
    elsewhere = factories.make_claim(user=colleague, location=berlin)
    own_draft = factories.make_claim(user=scoped, location=munich)
    foreign_draft = factories.make_claim(user=colleague, location=munich)
    Claim.objects.filter(pk__in=[own_draft.pk, foreign_draft.pk]).update(location=None)
    browser = browser_of(scoped)

    found = {
        claim.pk: browser.get(url("claim_page", claim)).status_code
        for claim in (there, elsewhere, own_draft, foreign_draft)
    }
    assert found == {
        there.pk: 200,
        elsewhere.pk: 404,
        own_draft.pk: 200,
        foreign_draft.pk: 404,
    }
    listed = set(selectors.claims_for(scoped).values_list("pk", flat=True))
    assert listed == {there.pk, own_draft.pk}
    for address in addresses_of(elsewhere):
        assert browser.post(address, {"version": elsewhere.version}).status_code == 404


@pytest.mark.parametrize("what", ["membership", "user"])
def test_whoever_was_shut_out_sees_nothing_from_the_next_request_on(
    draft: Claim, what: str
) -> None:
    claim = draft
    user = claim.created_by
    browser = browser_of(user)
    assert browser.get(url("claim_page", claim)).status_code == 200

    if what == "membership":
        Membership.objects.filter(user=user).update(is_active=False)
        assert browser.get(url("claim_page", claim)).status_code == 404
    else:
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert browser.get(url("claim_page", claim)).status_code == 302


def test_a_person_who_may_only_draft_can_not_hand_in_recall_or_withdraw() -> None:
    draft = factories.make_claim()
    submitted = acts.submit(factories.make_claim(location=draft.location))
    drafter = factories.make_user()
    factories.make_membership(drafter, draft.organization, Role.INCENTIVES_USER)
    browser = browser_of(drafter)

    page = browser.get(url("claim_check", draft))
    assert "Your role may draft but not submit." in text_of(page)
    assert "Submit the claim" not in text_of(page)
    entry = {"version": draft.version, "statements": "on"}
    assert browser.post(url("claim_check", draft), entry).status_code == 404
    for name in ("claim_recall", "claim_withdraw", "claim_end", "claim_dispute"):
        entry = {"version": submitted.version, "reason": "Mine"}
        assert browser.post(url(name, submitted), entry).status_code == 404
    statuses = Claim.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == [Status.EDITING, Status.SUBMITTED]


def test_an_unknown_section_is_not_found(draft: Claim) -> None:
    claim = draft

    answer = browser_of(claim.created_by).get(url("claim_edit", claim, "payment"))
    assert answer.status_code == 404
    assert SECTIONS[0] == "customer"


def test_pages_of_claims_are_not_kept_by_caches_and_hold_no_inline_code(
    asked: Claim,
) -> None:
    claim = asked
    browser = browser_of(claim.created_by)
    addresses = [
        *(each for each in addresses_of(claim) if not NO_PAGE.search(each)),
        reverse("claim_list"),
        reverse("claim_start"),
    ]

    for address in addresses:
        answer = browser.get(address)
        assert "no-store" in answer.headers["Cache-Control"]
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        page = answer.content.decode()
        assert re.findall(r"<script(?! src=\"/static/)", page) == []
        assert " style=" not in page
        assert " onclick=" not in page
