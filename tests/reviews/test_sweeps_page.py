"""The page of tonight's sweeps tells which letters time will cause."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from claims import actors
from claims.models import Claim
from claims.services.reminders import remind_partners
from reviews.services.holds import place_hold
from tests import acts, factories

from .pages import browser_of, html_of, text_of

pytestmark = pytest.mark.django_db

MONDAY = factories.at("2026-03-02T09:00+01:00")
HALF_TIME = factories.at("2026-03-05T00:00+01:00")


def listed(job: str) -> list[str]:
    """Return the numbers of the claims that the page lists for one job."""
    browser = browser_of(factories.make_reviewer(role="Lead reviewer"))
    html = html_of(browser.get(reverse("admin:reviews_sweeps")))
    section = html.partition(f'aria-labelledby="plan-{job}"')[2].partition("</section>")[0]
    return re.findall(r'class="claim-number"[^>]*>([^<]+)<', section)


def made(make: Callable[[], Claim]) -> Claim:
    with time_machine.travel(MONDAY, tick=False):
        return make()


def test_reminders_of_the_coming_day_and_none_twice() -> None:
    claim = made(acts.asked)
    with time_machine.travel(HALF_TIME - timedelta(hours=25), tick=False):
        assert listed("remind_partners") == []
    with time_machine.travel(HALF_TIME - timedelta(hours=23), tick=False):
        assert listed("remind_partners") == [claim.number]
    with time_machine.travel(HALF_TIME + timedelta(days=1), tick=False):
        remind_partners()
        assert listed("remind_partners") == []


def test_a_row_without_a_deadline() -> None:
    claim = made(factories.make_claim)
    with time_machine.travel(MONDAY + timedelta(days=29, hours=1), tick=False):
        assert listed("remind_of_drafts") == [claim.number]


def test_customers_and_late_reviews() -> None:
    window, late = made(acts.in_window), made(lambda: acts.submit(factories.make_claim()))
    with time_machine.travel(factories.at("2026-03-05T12:00+01:00"), tick=False):
        assert listed("remind_customers") == [window.number]
        assert listed("report_late_reviews") == []
    with time_machine.travel(factories.at("2026-03-09T12:00+01:00"), tick=False):
        assert listed("report_late_reviews") == [late.number]


def test_what_is_due_stands_before_what_is_on_hold_and_what_is_not() -> None:
    claim, held = acts.asked(), acts.asked()
    lead = factories.make_reviewer(role="Lead reviewer")
    place_hold(claim_id=held.pk, actor=actors.reviewer(lead), reason="The portal was down.")
    with acts.past(claim):
        words = text_of(browser_of(lead).get(reverse("admin:reviews_sweeps")))

    due, hold, rest = (
        words.index(title)
        for title in ("Rejected for want of an answer", "On hold", "Nothing is due")
    )
    assert due < words.index(claim.number) < hold < words.index(held.number) < rest
    assert rest < words.index("No customer's time to refuse ends within the next 24 hours.")
    assert "No partner's time to answer ends" not in words
