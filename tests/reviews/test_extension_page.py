"""The page on which a lead reviewer gives the customer more time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.urls import reverse

from claims.models import Claim
from consent.models import ConsentRequest
from cpor_site.common.models import User
from tests import acts, factories
from tests.factories import at
from tests.shared import shared

from .acting import told
from .pages import browser_of, shown, text_of

pytestmark = pytest.mark.django_db
GIVEN = {"days": "7", "reason": "Company holidays."}


MONDAY = at("2026-06-01T10:00+02:00")


@pytest.fixture
def lead() -> User:
    return factories.make_reviewer(
        role="Lead reviewer", full_name="Lea Lead", time_zone="Europe/Berlin"
    )


@pytest.fixture(autouse=True)
def _a_monday() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@shared
@time_machine.travel(MONDAY, tick=False)
def claim() -> Claim:
    return acts.in_window()


def address(claim: Claim) -> str:
    return reverse("admin:reviews_extend_window", args=[claim.pk])


def test_a_lead_extends_and_the_clock_explains_it(claim: Claim, lead: User) -> None:
    client = browser_of(lead)
    clock = reverse("admin:reviews_clock", args=[claim.pk])
    assert f'href="{address(claim)}"' in client.get(clock).content.decode()
    page = client.get(address(claim))
    assert page.context["form"]["days"].value() == 7
    words = text_of(page)
    assert "At present the customer can refuse until Mon 8 June 2026 (Europe/Berlin)." in words
    assert "This can be done once." in words
    assert not ConsentRequest.objects.filter(extended_at__isnull=False).exists()

    response = client.post(address(claim), GIVEN)

    assert told(response) == [
        "The customer can answer until Mon 15 June 2026. Everybody who was asked gets a letter."
    ]
    words = text_of(client.get(clock))
    assert "Lea Lead gave the customer more time on Mon 1 June 2026" in words
    assert "until Mon 15 June 2026" in words
    assert "“Company holidays.”. That is done once." in words
    assert "day 14" in words
    assert address(claim) not in client.get(clock).content.decode()


def test_the_case_offers_it_to_leads_in_the_window_only(
    claim: Claim, lead: User, reviewer: User
) -> None:
    offer = "Give the customer more time…"
    assert offer in shown(claim, lead)
    assert offer not in shown(claim, reviewer)
    assert offer not in shown(acts.approved(), lead)
    assert offer not in shown(acts.under_review(), lead)


def test_what_is_wrong_is_told_with_what_was_typed(claim: Claim, lead: User) -> None:
    client = browser_of(lead)
    without = client.post(address(claim), GIVEN | {"reason": " "})
    assert (without.status_code, "REV-07" in text_of(without)) == (409, True)
    forever = client.post(address(claim), GIVEN | {"days": "365"})
    assert forever.status_code == 422
    assert "Company holidays." in forever.content.decode()
    client.post(address(claim), GIVEN)
    twice = client.post(address(claim), GIVEN)
    assert (twice.status_code, "CNS-05" in text_of(twice)) == (409, True)


def test_others_may_not(claim: Claim, reviewer: User, ops: User) -> None:
    for person in (reviewer, ops):
        client = browser_of(person)
        assert client.get(address(claim)).status_code == 403
        assert client.post(address(claim), GIVEN).status_code == 403
    assert not ConsentRequest.objects.filter(extended_at__isnull=False).exists()
