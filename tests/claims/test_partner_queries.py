"""The number of queries doesn't grow with the number of rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import actors
from claims.models import Claim, ReviewFinding
from claims.services.comments import add_comment
from tests import acts, factories
from tests.claims.pages import browser_of, url

pytestmark = pytest.mark.django_db

LIST = 18
LIST_SEARCHED = 19
EXPORTS = 11
EXPORT = 15
CLAIM_PAGE = 21
HISTORY = 27
CHECK_PAGE = 38


def queries_of(browser: Any, address: str) -> int:
    browser.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address).status_code == 200
    return len(queries)


def claim_with(rows: int) -> Claim:
    """Return a claim that was sent back, with so many of everything."""
    products = ("exchange_online", "sharepoint_online", "intune")[:rows]
    claim = factories.make_claim(products=products, document=False)
    for _ in range(rows):
        document = factories.make_document(claim)
        document.covers.set(claim.lines.all())
    claim = acts.asked(claim)
    finding = ReviewFinding.objects.get(claim=claim)
    finding.lines.set(claim.lines.all())
    for number in range(rows - 1):
        more = ReviewFinding.objects.create(
            claim=claim,
            round=claim.round,
            code="D-PROD",
            found_by=finding.found_by,
            created_at=finding.created_at,
        )
        more.lines.set(claim.lines.all())
        actor = actors.partner(claim.created_by)
        add_comment(claim_id=claim.pk, actor=actor, body=f"Note {number}")
    return claim


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list(rows: int) -> None:
    user = factories.make_user()
    location = factories.make_location()
    claims = [factories.make_claim(user=user, location=location) for _ in range(rows)]
    if rows == 3:
        acts.submit(claims[0])
        acts.asked(claims[1])

    browser = browser_of(user)
    assert queries_of(browser, reverse("claim_list")) == LIST
    assert queries_of(browser, f"{reverse('claim_list')}?migrated=&q=test") == LIST_SEARCHED
    assert queries_of(browser, reverse("claim_exports")) == EXPORTS


@pytest.mark.parametrize("rows", [1, 3])
def test_a_file_of_claims(rows: int) -> None:
    user = factories.make_user()
    location = factories.make_location()
    for _ in range(rows):
        factories.make_claim(user=user, location=location)
    browser = browser_of(user)
    with CaptureQueriesContext(connection) as queries:
        answer: Any = browser.get(reverse("claim_export_csv"), {"rows": "lines"})
        assert b"".join(answer.streaming_content).count(b"\n") == rows + 1

    assert len(queries) == EXPORT


@pytest.mark.parametrize("rows", [1, 3])
def test_the_pages_of_a_claim(rows: int) -> None:
    claim = claim_with(rows)
    browser = browser_of(claim.created_by)
    pages = ("claim_page", "claim_history", "claim_check")

    assert {page: queries_of(browser, url(page, claim)) for page in pages} == {
        "claim_page": CLAIM_PAGE,
        "claim_history": HISTORY,
        "claim_check": CHECK_PAGE,
    }
