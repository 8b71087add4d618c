"""Nobody sees or touches a claim that isn't theirs: every page, GET and POST."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, reverse

from claims import selectors
from claims.models import Claim, Membership
from claims.states import Status
from cpor_site.common.models import User
from tests import acts, factories
from tests.claims.pages import (
    CLAIM_PAGES,
    DOCUMENT_PAGES,
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
def each_kind() -> list[Claim]:
    """Return a draft, a submitted claim and one that was sent back, of three organisations."""
    return [
        factories.make_claim(),
        acts.submit(factories.make_claim()),
        acts.asked(factories.make_claim()),
    ]


def outsiders() -> dict[str, User]:
    stranger = factories.make_user()
    factories.make_membership(stranger)
    nobody = factories.make_user()
    reviewer = factories.make_reviewer()
    return {"another partner": stranger, "no membership": nobody, "reviewer": reviewer}


def test_a_foreign_claim_is_not_found_on_any_page(each_kind: list[Claim]) -> None:
    """Every address in every state by role is in test_every_address; here is who else there is."""
    for number, claim in enumerate(each_kind):
        before = Claim.objects.filter(pk=claim.pk).values().get()
        for turn, (who, user) in enumerate(outsiders().items()):
            browser = browser_of(user)
            for each in [url("claim_page", claim)] if number else addresses_of(claim):
                # Two of the three read and the third writes, or the other way round.
                turn += 1
                answer = browser.post(each, {"version": 1}) if turn % 2 else browser.get(each)
                assert (answer.status_code, who, each) == (404, who, each)
        assert Claim.objects.filter(pk=claim.pk).values().get() == before


def test_visitors_are_sent_to_sign_in(draft: Claim) -> None:
    claim = draft
    browser = Client()

    for address in [*addresses_of(claim), reverse("claim_list"), reverse("claim_start")]:
        for answer in (browser.get(address), browser.post(address)):
            assert answer.status_code == 302
            assert answer.headers["Location"] == f"{reverse('sign_in')}?next={address}"


def test_a_report_viewer_sees_no_single_claim(draft: Claim) -> None:
    claim = draft
    viewer = factories.make_user()
    factories.make_membership(viewer, claim.organization, Role.REPORT_VIEWER)
    browser = browser_of(viewer)

    for address in addresses_of(claim):
        assert browser.post(address, {"version": 1}).status_code == 404
    assert browser.get(url("claim_page", claim)).status_code == 404
    assert claim.number not in text_of(browser.get(reverse("claim_list")))
    assert "Your role shows no single claims" in text_of(browser.get(reverse("claim_list")))
    assert browser.get(reverse("claim_start")).status_code == 403


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


def test_a_document_of_another_claim_is_not_found_under_ones_own() -> None:
    mine, foreign = factories.make_claim(), factories.make_claim()
    document = foreign.documents.get()
    browser = browser_of(mine.created_by)

    for name in ("document_describe", "document_withdraw"):
        assert browser.post(url(name, mine, document.pk)).status_code == 404
    assert foreign.documents.get().withdrawn_at is None


def test_an_unknown_section_is_not_found(draft: Claim) -> None:
    claim = draft

    answer = browser_of(claim.created_by).get(url("claim_edit", claim, "payment"))
    assert answer.status_code == 404
    assert SECTIONS[0] == "customer"


def test_pages_of_claims_are_not_kept_by_caches_and_hold_no_inline_code(
    each_kind: list[Claim],
) -> None:
    claim = each_kind[2]
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


def test_every_address_of_one_claim_is_tried_here() -> None:
    patterns: list[Any] = get_resolver("claims.urls").url_patterns
    names = {each.name for each in patterns if "<int:claim_id>" in str(each.pattern)}

    assert names == {*CLAIM_PAGES, *DOCUMENT_PAGES, "claim_edit"}
    assert settings.LOGIN_URL == "sign_in"
