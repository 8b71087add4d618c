"""The queue: its rows, order, filters and search."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import actors
from claims.models import Claim, ClaimLine
from claims.services.submission import resubmit_claim
from cpor_site.common import clock
from cpor_site.common.models import User
from reviews import queue_pages
from reviews.views.queues import count_words
from tests import acts, factories
from tests.shared import shared

from .pages import QUEUE, browser_of, html_of, numbers_in, rita, text_of, url

pytestmark = pytest.mark.django_db

UNKNOWN = "11111111-2222-4333-8444-555555555555"


def listed(user: User, **parameters: str) -> list[str]:
    return numbers_in(browser_of(user).get(reverse(QUEUE), parameters))


def resubmitted(reviewer: User) -> Claim:
    claim = acts.asked(reviewer=reviewer)
    return resubmit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=acts.fresh(claim).version,
        reply="Here it is.",
        confirmed=claim.confirmed_warnings,
    )


def test_a_row_says_what_a_reviewer_needs_to_choose(reviewer: User) -> None:
    organization = factories.make_organization("Fabrikam")
    location = factories.make_location(organization)
    with time_machine.travel("2026-06-02T10:00:00Z", tick=False):
        claim = acts.submit(
            factories.make_claim(
                location=location,
                tenant=factories.make_tenant("Contoso AG"),
                products=("exchange_online", "teams"),
            )
        )
        acts.under_review(
            factories.make_claim(tenant=claim.tenant, products=("teams",)), reviewer=reviewer
        )
        shown = text_of(browser_of(reviewer).get(reverse(QUEUE)))

    assert (
        f"{claim.number} competing Microsoft 365: Usage · 2 lines "
        f"Contoso AG Fabrikam {location.partner_id} "
        "Submitted nobody reviews it yet, another partner claims the same "
        f"Tue 9 June 2026 why? {claim.number} 5 business days left shown as overdue "
        "If nobody takes it up by then, it is shown as overdue; nothing is decided by itself. – "
        "round 1"
    ) in shown
    assert (
        "Under review you review it, another partner claims the same Tue 9 June 2026 why?"
    ) in shown
    assert "2 claims" in shown


def test_links_lead_to_the_case_and_know_the_way_back(claim: Claim, reviewer: User) -> None:
    client = browser_of(reviewer)

    page = client.get(reverse(QUEUE), {"queue": "unassigned"})
    case = f"{url('case', claim)}?_changelist_filters=queue%3Dunassigned"

    assert f'href="{case}"' in page.content.decode()
    assert f'href="{reverse(QUEUE)}?queue=unassigned"' in client.get(case).content.decode()


def test_the_most_urgent_stands_on_top(reviewer: User) -> None:
    def on(day: int) -> time_machine.travel:
        return time_machine.travel(f"2026-06-{day:02}T10:00:00Z", tick=False)

    with on(1):
        overdue = acts.submit(factories.make_claim())
    with on(2):
        asked = acts.asked(reviewer=reviewer)
        approved = acts.approved(reviewer=reviewer)
        held = acts.under_review()
    with on(8):
        others = resubmitted(factories.make_reviewer())
    with on(9):
        fresh = acts.submit(factories.make_claim())
    with on(10):
        mine = resubmitted(reviewer)

        assert listed(reviewer) == [
            each.number for each in (mine, overdue, held, others, fresh, asked, approved)
        ]


@shared
@time_machine.travel("2026-05-29T10:00:00Z", tick=False)
def of_may() -> Claim:
    return acts.submit(factories.make_claim())


@pytest.mark.parametrize(
    ("seen_at", "words"),
    [
        ("2026-06-05T21:59:00Z", "last day"),
        ("2026-06-05T22:00:00Z", "overdue"),
        ("2026-06-07T12:00:00Z", "overdue"),
        ("2026-06-08T12:00:00Z", "overdue by 1 business day"),
        ("2026-06-12T12:00:00Z", "overdue by 5 business days"),
    ],
)
@pytest.mark.usefixtures("of_may")
def test_a_late_claim_says_by_how_much(reviewer: User, seen_at: str, words: str) -> None:
    with time_machine.travel(seen_at, tick=False):
        shown = text_of(browser_of(reviewer).get(reverse(QUEUE)))

    assert re.search(rf" Fri 5 June 2026 why\? [-0-9A-Z]+ {words} (stays|shown as) overdue ", shown)


@shared
def claims() -> dict[str, Claim]:
    """One claim in each queue, as Rita Reviewer sees them."""
    first = acts.submit(factories.make_claim())
    with time_machine.travel(clock.now() - timedelta(days=30)):
        late = acts.under_review()
    return {
        "draft": factories.make_claim(),
        "first": first,
        "rival": acts.submit(factories.make_claim(tenant=first.tenant)),
        "held": acts.under_review(
            factories.make_claim(area_code=factories.BIZAPPS, products=("d365_sales",)),
            reviewer=rita(),
        ),
        "late": late,
        "back": resubmitted(rita()),
        "asked": acts.asked(reviewer=rita()),
        "approved": acts.approved(reviewer=rita()),
        "rejected": acts.rejected(reviewer=rita()),
    }


class TestFilters:
    def test_each_shows_exactly_its_claims(self, reviewer: User, claims: dict[str, Claim]) -> None:
        names = {claim.number: name for name, claim in claims.items()}
        expected = {
            "": {"first", "rival", "held", "late", "back", "asked", "approved"},
            "queue=unassigned": {"first", "rival"},
            "queue=mine": {"held", "back"},
            "queue=resubmitted": {"back"},
            "queue=overdue": {"late"},
            "queue=partner": {"asked"},
            "queue=customer": {"approved"},
            "queue=competing": set(),
            "queue=competing&status=rejected": {"rejected"},
            "queue=all": set(claims),
            "queue=disputes": set(),
            "queue=nonsense": {"first", "rival", "held", "late", "back", "asked", "approved"},
            "due=overdue": {"late"},
            "queue=unassigned&due=later": {"first", "rival"},
            "queue=unassigned&due=today": set(),
            "status=submitted": {"first", "rival", "back"},
            "status=rejected": {"rejected"},
            "status=editing": {"draft"},
            "area=business_applications": {"held"},
            "queue=mine&status=submitted": {"back"},
            "queue=all&area=microsoft_365&status=rejected": {"rejected"},
        }
        client = browser_of(reviewer)

        found = {
            query: {names[number] for number in numbers_in(client.get(f"{reverse(QUEUE)}?{query}"))}
            for query in expected
        }

        assert found == expected

    def test_every_row_says_why_it_is_there(self, reviewer: User, claims: dict[str, Claim]) -> None:
        client = browser_of(reviewer)

        shown = {
            name: text_of(client.get(reverse(QUEUE), {"q": claims[name].number}))
            for name in ("draft", "late", "rejected")
        }

        assert "Editing the partner hasn't handed it in" in shown["draft"]
        assert "Under review somebody else reviews it" in shown["late"]
        assert "Rejected the partner may dispute the rejection" in shown["rejected"]

    def test_the_chosen_ones_are_marked(self, reviewer: User) -> None:
        page = browser_of(reviewer).get(reverse(QUEUE), {"queue": "mine", "due": "today"})
        html = page.content.decode()

        assert 'href="?queue=mine" aria-current="true">Mine</a>' in html
        assert 'href="?queue=mine" aria-current="true">today</a>' in html
        assert html.count("aria-current") == 2


@pytest.mark.parametrize(
    "query",
    [
        "status__regex=(",
        "status=(",
        "queue=%00",
        "q=%00",
        "q=%EF%BF%BD%25",
        "area=%00&area__regex=(",
        "due=x",
        "after=0~2026-13-45~1",
        "after=0~2026-01-01T00:00:00~1",
        "after=9~~1",
        "after=0~~99999999999999999999",
        "before=~~",
        "p=x&o=1.2&e=1",
        "assigned_reviewer__email__startswith=a",
    ],
)
@pytest.mark.usefixtures("claim")
def test_no_address_breaks_the_page(query: str, reviewer: User) -> None:
    assert browser_of(reviewer).get(f"{reverse(QUEUE)}?{query}").status_code == 200


@shared
def claim() -> Claim:
    """The later of two claims, with all that a search may name."""
    acts.submit(factories.make_claim())
    return acts.submit(
        factories.make_claim(
            tenant=factories.make_tenant("Contoso AG", domain="contoso.example"),
            area_code=factories.BIZAPPS,
            products=("d365_sales",),
        )
    )


class TestSearch:
    TERMS: dict[str, Callable[[Claim], str]] = {  # noqa: RUF012
        "number": lambda claim: claim.number,
        "number in small letters": lambda claim: f" {claim.number.lower()} ",
        "tenant ID": lambda claim: str(claim.tenant.tenant_id),  # type: ignore[union-attr]
        "tenant ID in braces": lambda claim: f"{{{claim.tenant.tenant_id}}}".upper(),  # type: ignore[union-attr]
        "subscription ID": lambda claim: str(
            ClaimLine.objects.get(claim=claim).subscription.subscription_id  # type: ignore[union-attr]
        ),
        "digits of the number": lambda claim: claim.number[10:],
        "digits without zeros": lambda claim: claim.number[10:].lstrip("0"),
        "year and digits": lambda claim: f"{claim.number[5:9]}-{int(claim.number[10:])}",
        "domain": lambda claim: "contoso.example",
        "beginning of a domain": lambda claim: "CONTOSO.",
        "beginning of a name": lambda claim: "contoso a",
        "partner ID": lambda claim: claim.location.partner_id,  # type: ignore[union-attr]
    }

    @pytest.mark.parametrize("kind", TERMS)
    def test_finds_the_claim_by(self, kind: str, claim: Claim, reviewer: User) -> None:
        assert listed(reviewer, q=self.TERMS[kind](claim)) == [claim.number]

    def test_finds_all_claims_of_a_year(self, claim: Claim, reviewer: User) -> None:
        assert len(listed(reviewer, q=claim.number[:9])) == 2

    def test_looks_beyond_the_open_claims(self, reviewer: User) -> None:
        draft = factories.make_claim()

        assert listed(reviewer, q=draft.number) == [draft.number]

    @pytest.mark.parametrize("term", [UNKNOWN, "999", "CPOR-1999", "nobody.example", "%"])
    def test_says_what_it_takes_when_nothing_is_found(
        self, term: str, claim: Claim, reviewer: User
    ) -> None:
        page = browser_of(reviewer).get(reverse(QUEUE), {"q": term})

        assert numbers_in(page) == []
        assert f"Nothing is found for “{term}”. Search takes a claim number" in text_of(page)


def test_an_empty_queue_says_so(reviewer: User) -> None:
    client = browser_of(reviewer)

    assert "No claim waits for anybody now." in text_of(client.get(reverse(QUEUE)))
    assert "You review no claim now." in text_of(client.get(reverse(QUEUE), {"queue": "mine"}))


@shared
def drafts() -> list[Claim]:
    location = factories.make_location(enrolled=False)
    given: dict[str, Any] = {
        "user": factories.make_user(),
        "location": location,
        "tenant": factories.make_tenant(),
        "document": False,
        "contacts": False,
    }
    return [factories.make_claim(**given) for _number in range(7)]


class TestPaging:
    @pytest.fixture(autouse=True)
    def _a_page_takes_three(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queue_pages, "PAGE", 3)

    def walk(self, client: Client, start: str, words: str) -> list[list[str]]:
        """Return the numbers of each page, following the links with these words."""
        pages, query = [], start
        while query:
            page = client.get(f"{reverse(QUEUE)}{query}")
            pages.append(numbers_in(page))
            found = re.findall(rf'href="([^"]+)">{words}</a>', html_of(page))
            query = unescape(found[0]) if found else ""
            self.last = f"{reverse(QUEUE)}{query}" if query else page.wsgi_request.get_full_path()
        return pages

    def test_pages_follow_each_other_both_ways(self, reviewer: User, drafts: list[Claim]) -> None:
        client = browser_of(reviewer)
        newest = [claim.number for claim in reversed(drafts)]

        forth = self.walk(client, "?queue=all", "Next")
        back = self.walk(client, self.last.removeprefix(reverse(QUEUE)), "Previous")

        assert forth == [newest[:3], newest[3:6], newest[6:]]
        assert back == [newest[6:], newest[3:6], newest[:3]]

    @pytest.mark.usefixtures("drafts")
    def test_a_page_goes_on_from_segment_to_segment(self, reviewer: User) -> None:
        def on(day: int) -> time_machine.travel:
            return time_machine.travel(f"2026-06-{day:02}T10:00:00Z", tick=False)

        with on(2):
            asked = acts.asked(reviewer=reviewer)
            approved = acts.approved(reviewer=reviewer)
            same_day = [acts.submit(factories.make_claim()) for _number in range(4)]
        with on(3):
            later = acts.submit(factories.make_claim())
            client = browser_of(reviewer)
            forth = self.walk(client, "?", "Next")
            back = self.walk(client, self.last.removeprefix(reverse(QUEUE)), "Previous")

        every = [*same_day, later, asked, approved]
        assert [number for page in forth for number in page] == [each.number for each in every]
        assert back == list(reversed(forth))

    def test_a_page_begins_behind_a_row_that_is_gone(
        self, reviewer: User, drafts: list[Claim]
    ) -> None:
        """Nothing is skipped when rows left the queue meanwhile."""
        client = browser_of(reviewer)
        page = client.get(reverse(QUEUE), {"queue": "all", "after": f"0~~{drafts[4].pk + 1000}"})

        assert numbers_in(page) == [claim.number for claim in reversed(drafts)][:3]


@pytest.mark.parametrize(("counted", "words"), [(1, "1 claim"), (1000, "1000 claims"),
                                                (1001, "more than 1,000 claims")])  # fmt: skip
def test_counting_ends_somewhere(counted: int, words: str) -> None:
    assert count_words(counted) == words


def test_three_rows_take_as_many_queries_as_one(reviewer: User) -> None:
    client = browser_of(reviewer)
    first = acts.submit(factories.make_claim())
    client.get(reverse(QUEUE))  # The first page of a session also notes that its person is here.
    with CaptureQueriesContext(connection) as one:
        assert len(numbers_in(client.get(reverse(QUEUE)))) == 1
    acts.under_review(factories.make_claim(tenant=first.tenant), reviewer=reviewer)
    acts.approved(
        factories.make_claim(
            area_code=factories.BIZAPPS,
            activities=("usage", "presales"),
            products=("d365_sales", "d365_finance"),
        ),
        reviewer=factories.make_reviewer(),
    )
    with CaptureQueriesContext(connection) as three:
        assert len(numbers_in(client.get(reverse(QUEUE)))) == 3

    assert len(three) == len(one)
    assert len(one) <= 15
