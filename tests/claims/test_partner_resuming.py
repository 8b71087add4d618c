"""Leaving a draft and coming back to the step at which it was left."""

from __future__ import annotations

import pytest

from claims.models import Claim
from claims.views.sections import resume_url
from tests import acts, factories
from tests.acts import fresh
from tests.claims.pages import browser_of, typed_in, url

pytestmark = pytest.mark.django_db


def test_opening_a_step_is_remembered_without_a_new_version() -> None:
    claim = factories.make_claim()
    browser = browser_of(claim.created_by)
    entries = claim.history.count()

    for code in ("customer", "work", "products", "partner", "contacts"):
        browser.get(url("claim_edit", claim, code))
        assert resume_url(fresh(claim)) == url("claim_edit", claim, code)
    browser.get(url("claim_proof", claim))
    assert resume_url(fresh(claim)) == url("claim_proof", claim)
    browser.get(url("claim_check", claim))
    assert resume_url(fresh(claim)) == url("claim_check", claim)

    assert fresh(claim).version == claim.version
    assert claim.history.count() == entries
    assert claim.events.count() == 0


def test_saving_and_leaving_comes_back_to_the_same_step() -> None:
    claim = factories.make_claim()
    browser = browser_of(claim.created_by)
    address = url("claim_edit", claim, "contacts")
    typed = typed_in(browser.get(address))

    response = browser.post(address, typed | {"business_name": "Jana Meier", "leave": "1"})

    assert response["Location"] == url("claim_page", claim)
    assert resume_url(fresh(claim)) == address


def test_a_draft_that_nobody_has_opened_begins_with_the_customer() -> None:
    claim = factories.make_claim()

    assert resume_url(claim) == url("claim_edit", claim, "customer")


def test_a_step_that_the_status_has_closed_is_not_led_to() -> None:
    claim = factories.make_claim()
    Claim.objects.filter(pk=claim.pk).update(last_section="work")
    claim = acts.asked(fresh(claim))

    assert resume_url(fresh(claim)) == url("claim_edit", claim, "customer")


def test_a_claim_that_is_closed_leads_nowhere() -> None:
    claim = factories.make_claim(last_section="proof")
    browser_of(claim.created_by).post(url("claim_discard", claim), {"version": claim.version})

    assert resume_url(fresh(claim)) == ""
