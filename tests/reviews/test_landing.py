"""The first page: tiles, what expires today, one's cases, deadlines met, what went wrong."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from claims import actors
from claims.models import Claim
from consent.models import HandoffEndpoint, IncentiveHandoff
from cpor_site.common import clock, deliveries
from cpor_site.common.models import JobRun, OutboxMessage, User
from reviews.services import decisions
from tests import acts, factories
from tests.shared import shared

from .pages import browser_of, html_of, numbers_in, rita, text_of

pytestmark = pytest.mark.django_db
INDEX = "admin:index"


@shared
def held() -> Claim:
    """Rita Reviewer has it."""
    return acts.under_review(reviewer=rita())


def tiles(page: object) -> dict[str, str]:
    found = re.findall(
        r'tile-count">([^<]+)</span> <span class="tile-name">([^<]+)<', html_of(page)
    )
    return {unescape(name): count for count, name in found}


@pytest.mark.usefixtures("held")
def test_tiles_count_and_lead_to_their_rows(reviewer: User) -> None:
    with time_machine.travel(clock.now() - timedelta(days=30)):
        acts.submit(factories.make_claim())
    acts.submit(factories.make_claim())
    acts.asked()
    acts.in_window()
    client = browser_of(reviewer)
    page = client.get(reverse(INDEX))

    assert tiles(page) == {
        "Unassigned": "2",
        "Mine": "1",
        "Resubmitted": "0",
        "Overdue": "1",
        "Waiting for the partner": "1",
        "Waiting for the customer": "1",
        "Competing": "0",
        "Disputes": "0",
    }
    for href, count in re.findall(r'<a class="part-\w+" href="([^"]+)">(\d+) ', html_of(page)):
        assert len(numbers_in(client.get(unescape(href)))) == int(count)


def test_what_expires_today_and_whose_move_it_is(reviewer: User) -> None:
    with time_machine.travel("2026-06-01T10:00:00Z", tick=False):
        claim = acts.asked(reviewer=factories.make_reviewer())
    with time_machine.travel("2026-06-08T09:00:00Z", tick=False):
        shown = text_of(browser_of(reviewer).get(reverse(INDEX)))

    assert f"Expires today {claim.number} {claim.tenant} · {claim.organization} partner" in shown


def test_deadlines_met_are_counted_by_week(reviewer: User) -> None:
    actor = actors.reviewer(reviewer)
    with time_machine.travel("2026-06-01T10:00:00Z", tick=False):
        first, second = acts.submit(factories.make_claim()), acts.submit(factories.make_claim())
    with time_machine.travel("2026-06-03T10:00:00Z", tick=False):
        decisions.take_up_claim(claim_id=first.pk, actor=actor)
    with time_machine.travel("2026-06-15T10:00:00Z", tick=False):
        decisions.take_up_claim(claim_id=second.pk, actor=actor)
    with time_machine.travel("2026-06-17T10:00:00Z", tick=False):
        shown = text_of(browser_of(reviewer).get(reverse(INDEX)))

    assert "1 Jun 2026 1 0 100 % 8 Jun 2026 0 0 – 15 Jun 2026 0 1 0 %" in shown


def test_troubles_are_tiles_only_when_there_are_any(ops: User, reviewer: User) -> None:
    client = browser_of(ops)
    assert "tile-bad" not in html_of(client.get(reverse(INDEX)))
    acts.asked()
    letter = OutboxMessage.objects.first()
    assert letter is not None
    OutboxMessage.objects.filter(pk=letter.pk).update(state="failed")
    acts.submit(factories.make_claim())
    newest = OutboxMessage.objects.order_by("-pk")[0]
    deliveries.note_bounced(newest.pk, at=clock.now(), reason="550 no such user")
    JobRun.objects.create(
        job="send_outbox", started_at=clock.now(), finished_at=clock.now(), examined=1, failed=1
    )
    JobRun.objects.create(job="send_outbox", started_at=clock.now() - timedelta(hours=2))
    page = client.get(reverse(INDEX))

    found = {
        name: count for name, count in tiles(page).items() if name.startswith(("Letters", "Job"))
    }
    assert found == {
        "Letters that failed or came back": "2",
        "Job runs with failures": "1",
        "Job runs that never ended": "1",
    }
    for href in re.findall(r'tile-bad"><a href="([^"]+)"', html_of(page)):
        assert re.search("[12] ", text_of(client.get(unescape(href))))
    assert "tile-bad" not in html_of(browser_of(reviewer).get(reverse(INDEX)))


@pytest.mark.usefixtures("held")
def test_the_number_of_queries_is_the_same_whatever_the_data(reviewer: User) -> None:
    client = browser_of(reviewer)

    def queries() -> int:
        client.get(reverse(INDEX))
        with CaptureQueriesContext(connection) as found:
            assert client.get(reverse(INDEX)).status_code == 200
        return len(found)

    one = queries()
    for _ in range(2):
        acts.under_review(reviewer=reviewer)

    assert queries() == one


@pytest.mark.parametrize(
    "address",
    [
        "common_outboxmessage_changelist",
        "common_jobrun_changelist",
        "claims_claimevent_changelist",
        "claims_partnerorganization_changelist",
    ],
)
def test_lists_answer_what_they_do_not_offer_without_falling_over(address: str, ops: User) -> None:
    browser = browser_of(ops)
    for query in ("kind__regex=(", "id__foo=1", "name__regex=(", "state__in=,"):
        answer = browser.get(f"{reverse(f'admin:{address}')}?{query}")
        assert answer.status_code in (302, 400), query


def test_hand_offs_in_trouble_are_tiles_for_operations(
    ops: User, reviewer: User, settings: Settings
) -> None:
    settings.CPOR_HANDOFF_URL = "https://program.example/in"
    claim = acts.active()
    IncentiveHandoff.objects.filter(claim=claim).update(state="failed")
    HandoffEndpoint.objects.create(url="https://other.example/", gone_at=clock.now())
    client = browser_of(ops)
    assert {
        name: count
        for name, count in tiles(client.get(reverse(INDEX))).items()
        if "hand-off" in name.lower()
    } == {"Hand-offs that failed": "1"}

    HandoffEndpoint.objects.create(url=settings.CPOR_HANDOFF_URL, gone_at=clock.now())
    page = client.get(reverse(INDEX))

    assert "Address for hand-offs that is gone" in tiles(page)
    for href in re.findall(r'tile-bad"><a href="([^"]+)"', html_of(page)):
        assert client.get(unescape(href)).status_code == 200
    assert "tile-bad" not in html_of(browser_of(reviewer).get(reverse(INDEX)))
