"""The pages on which a partner learns that the customer wasn't reached, and names somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from claims.models import Claim, ClaimContact
from consent.models import ConsentRequest
from cpor_site.common import clock, deliveries
from cpor_site.common.models import OutboxMessage
from tests import acts, factories
from tests.claims.pages import browser_of, html_of, problems_in, text_of, typed_in, url
from tests.reviews import pages as staff
from tests.shared import shared

pytestmark = pytest.mark.django_db


MONDAY = "2026-03-02T09:00+00:00"


@pytest.fixture(autouse=True)
def on_a_monday() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@shared
@time_machine.travel(MONDAY, tick=False)
def claim() -> Claim:
    claim = acts.in_window(factories.make_claim(tenant=factories.make_tenant(domain="c.example")))
    (letter,) = OutboxMessage.objects.filter(kind="consent_request")
    deliveries.note_bounced(letter.pk, at=clock.now(), reason="550 no such user")
    return acts.fresh(claim)


def send(claim: Claim, **typed: Any) -> Any:
    browser = browser_of(claim.created_by)
    address = url("claim_other_contact", claim)
    return browser.post(address, typed_in(browser.get(address)) | typed, follow=True)


NEW = {
    "business_name": "Carla New",
    "business_job_title": "CIO",
    "business_email": "carla@c.example",
}


def test_the_claims_page_says_what_happened_and_what_to_do(claim: Claim) -> None:
    page = browser_of(claim.created_by).get(url("claim_page", claim))
    shown = text_of(page)
    for words in (
        "Waiting for another contact",
        "Your move: name another contact at the customer.",
        "To do: another contact at the customer",
        "Our letter to Business contact (business@c.example) could not be delivered",
        "The letter to the customer came back",
        "It stands still, because our letter came back",
    ):
        assert words in shown
    assert html_of(page).count("button primary") == 1
    assert f'class="button primary" href="{url("claim_other_contact", claim)}"' in html_of(page)


def test_it_stands_among_what_needs_the_partner(claim: Claim) -> None:
    acts.in_window(factories.make_claim(user=claim.created_by, location=claim.location))
    browser = browser_of(claim.created_by)
    for narrowed in ("", "&q=test"):
        page = browser.get(f"{reverse('claim_list')}?status=mine{narrowed}")
        assert html_of(page).count("Your move: name another contact") == 1
        assert "1 claim" in text_of(page)


def test_somebody_else_is_named_and_asked(claim: Claim) -> None:
    page = text_of(send(claim, **NEW))
    assert "Thank you. We write to the customer again" in page
    assert "Waiting for the letter to the customer" in page
    contact = ClaimContact.objects.get(claim=claim, kind="business")
    assert (contact.name, contact.email) == ("Carla New", "carla@c.example")
    assert ConsentRequest.objects.filter(claim=claim).count() == 2
    again = browser_of(claim.created_by).get(url("claim_other_contact", claim), follow=True)
    assert "That isn't possible now" in text_of(again)


def test_an_unusual_address_is_confirmed_with_a_reason_and_nothing_typed_is_lost(
    claim: Claim,
) -> None:
    outside = NEW | {"business_email": "carla@parent.example"}
    page = send(claim, **outside)
    assert problems_in(page) == ["CON-01"]
    typed = typed_in(page)
    assert {name: typed[name] for name in outside} == outside
    box = next(name for name in html_of(page).split('"') if name.startswith("confirm_"))
    ticked = typed | {
        "warning": "CON-01:business:carla@parent.example",
        box: "on",
        box.replace("confirm_", "reason_"): "The parent company signs.",
    }
    browser = browser_of(claim.created_by)
    done = browser.post(url("claim_other_contact", claim), ticked, follow=True)
    assert "We write to the customer again" in text_of(done)


def test_what_is_wrong_is_said_at_its_field(claim: Claim) -> None:
    page = send(claim, **(NEW | {"business_email": ""}))
    assert problems_in(page) == ["CON-03"]
    assert 'href="#id_business_email"' in html_of(page)
    assert "Enter a valid email address" in text_of(send(claim, **(NEW | {"business_email": "x"})))


def test_a_stale_page_keeps_what_was_typed(claim: Claim) -> None:
    page = send(claim, **NEW, version="1")
    assert problems_in(page) == ["SUBM-02"]
    assert typed_in(page)["business_name"] == "Carla New"


def test_who_may_not_submit_is_offered_nothing(claim: Claim) -> None:
    drafter = factories.make_user()
    factories.make_membership(drafter, claim.organization, role="incentives_user")
    browser = browser_of(drafter)
    assert browser.get(url("claim_other_contact", claim)).status_code == 404
    page = browser.get(url("claim_page", claim))
    assert url("claim_other_contact", claim) not in html_of(page)


def test_reviewers_read_it_in_their_queue_on_the_case_and_at_the_clock(claim: Claim) -> None:
    running = acts.in_window()
    browser = staff.browser_of()
    partner = browser.get(reverse(staff.QUEUE), {"queue": "partner"})
    assert staff.numbers_in(partner) == [claim.number]
    assert "no letter reached the customer" in staff.text_of(partner)
    assert "the clock stands still" in staff.text_of(partner)
    customer = browser.get(reverse(staff.QUEUE), {"queue": "customer"})
    assert staff.numbers_in(customer) == [running.number]
    assert sorted(staff.numbers_in(browser.get(reverse(staff.QUEUE)))) == [
        claim.number,
        running.number,
    ]
    case = staff.text_of(browser.get(reverse(staff.CASE, args=[claim.pk])))
    assert f"{claim.organization}'s move: name another contact at the customer" in case
    clock_page = staff.text_of(browser.get(reverse("admin:reviews_clock", args=[claim.pk])))
    assert "The customer's clock stands still since" in clock_page
    assert "The letter to business@c.example (business contact) came back" in clock_page
    assert "“550 no such user”" in clock_page
    assert "Mon 9 March 2026" in clock_page
