"""What another partner does, and what exists elsewhere, can't be told from any answer (5.7, 3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.models import Claim, ClaimLine, CustomerTenant
from claims.services.calendar import make_feed
from claims.states import AssociationState, LineStatus, Status
from tests import acts, factories
from tests.claims.pages import browser_of, codes_in, html_of, typed_in, url

pytestmark = pytest.mark.django_db

NOON = "2026-06-04T10:00:00+00:00"

RIVALS = {
    "submitted": (Status.SUBMITTED, AssociationState.NONE, LineStatus.INCLUDED),
    "under review": (Status.UNDER_REVIEW, AssociationState.NONE, LineStatus.INCLUDED),
    "in the window": (Status.APPROVED, AssociationState.PROVISIONAL, LineStatus.APPROVED),
    "active": (Status.APPROVED, AssociationState.ACTIVE, LineStatus.APPROVED),
}


def put(rival: Claim, state: str) -> None:
    """Bring a rival's claim into a state without anything else happening."""
    status, association, line = RIVALS[state]
    QuerySet(Claim).filter(pk=rival.pk).update(status=status, association_state=association)
    ClaimLine.objects.filter(claim=rival).update(line_status=line)


def read(browser: Client, address: str, *, warm: bool = False) -> tuple[int, str, int]:
    """Return an answer's status, its text without what is new each time, and its queries."""
    if not warm:
        browser.get(address)
    with CaptureQueriesContext(connection) as queries:
        answer: Any = browser.get(address)
    content = answer.getvalue() if answer.streaming else answer.content
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", content.decode())
    return answer.status_code, text, len(queries)


def everything(claim: Claim, browser: Client, feed: str) -> dict[str, tuple[int, str, int]]:
    """Return all that the partner of a claim can read of it."""
    pages = [
        # First, because other pages say when it was read.
        reverse("calendar_feed", args=[feed]),
        *(url(name, claim) for name in ("claim_page", "claim_history", "claim_check")),
        *(url(name, claim) for name in ("claim_support", "claim_support_file")),
        *(url("claim_edit", claim, section) for section in ("customer", "products", "contacts")),
        f"{url('claim_edit', claim, 'products')}?saved",
        url("claim_proof", claim),
        *(reverse(name) for name in ("claim_list", "claim_exports", "calendar_page")),
        *(f"{reverse(f'claim_export_{form}')}?rows=lines" for form in ("csv", "json")),
    ]
    return {page: read(browser, page, warm=True) for page in pages}


@pytest.mark.parametrize(
    ("area", "handed_in"), [(factories.M365, False), (factories.BIZAPPS, True)]
)
@time_machine.travel(NOON, tick=False)
def test_a_holder_can_not_be_told_from_a_claimant(area: str, handed_in: bool) -> None:
    """SUB-14 and SUB-15: every page, file and feed is the same, byte by byte."""
    product = "exchange_online" if area == factories.M365 else "d365_sales"
    tenant = factories.make_tenant()
    bought = (
        (factories.make_subscription(tenant, factories.product(product)),)
        if area == factories.BIZAPPS
        else ()
    )
    rival, claim = (
        factories.make_claim(
            tenant=tenant, area_code=area, products=(product,), subscriptions=bought
        )
        for _partner in range(2)
    )
    rival = acts.submit(rival)
    browser, feed = browser_of(claim.created_by), make_feed(claim.created_by)
    seen = {}
    for state in RIVALS:
        with transaction.atomic():
            put(rival, state)
            if handed_in:
                acts.submit(claim)
            seen[state] = everything(claim, browser, feed)
            transaction.set_rollback(True)

    if not handed_in:
        assert "SUB-14" in seen["submitted"][url("claim_check", claim)][1]
    for state, found in seen.items():
        first = seen["submitted"]
        assert [page for page in first if found[page][:2] != first[page][:2]] == [], state
        # The first round filled the caches, which takes queries of its own.
        if state != "submitted":
            first = seen["under review"]
            assert [page for page in first if found[page] != first[page]] == [], state


@time_machine.travel(NOON, tick=False)
def test_a_holder_notices_nothing_of_a_challenger() -> None:
    tenant = factories.make_tenant()
    holder = acts.submit(factories.make_claim(tenant=tenant))
    put(holder, "active")
    browser, feed = browser_of(holder.created_by), make_feed(holder.created_by)
    everything(holder, browser, feed)  # This fills the caches.
    before = everything(holder, browser, feed)
    acts.submit(factories.make_claim(tenant=tenant))

    after = everything(holder, browser, feed)
    assert [page for page in before if after[page] != before[page]] == []


GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def each_saved(
    claim: Claim, section: str, variants: dict[str, dict[str, Any]]
) -> dict[str, list[tuple[int, str, int]]]:
    """Save each of the variants and return what came of it: the answer, and the pages after it."""
    browser = browser_of(claim.created_by)
    address = url("claim_edit", claim, section)
    form = typed_in(browser.get(address))
    found = {}
    for what in (next(iter(variants)), *variants):  # The first round fills the caches.
        with transaction.atomic():
            with CaptureQueriesContext(connection) as queries:
                answer: Any = browser.post(address, form | variants[what])
            found[what] = masked(
                [
                    (answer.status_code, answer.headers.get("Location", ""), len(queries)),
                    read(browser, f"{address}?saved", warm=True),
                    read(browser, url("claim_check", claim), warm=True),
                ]
            )
            transaction.set_rollback(True)
    return found


def masked(found: list[tuple[int, str, int]]) -> list[tuple[int, str, int]]:
    """Leave out the IDs and domains that were typed; what is left must be the same."""
    return [
        (status, re.sub(r"[a-z0-9]+\.example", "…", re.sub(GUID, "…", text)), queries)
        for status, text, queries in found
    ]


def other(tenant: CustomerTenant) -> str:
    return factories.primary_domain(tenant)


CUSTOMERS: dict[str, Callable[[CustomerTenant, CustomerTenant], tuple[str, str]]] = {
    "both unknown": lambda one, two: (str(uuid4()), "nobody0.example"),
    "a known ID": lambda one, two: (str(one.tenant_id), "nobody0.example"),
    "a known domain": lambda one, two: (str(uuid4()), other(one)),
    "both known, of two": lambda one, two: (str(one.tenant_id), other(two)),
}


@time_machine.travel(NOON, tick=False)
def test_a_known_customer_under_a_wrong_name_reads_like_one_that_does_not_exist() -> None:
    """DOM-03."""
    one, two = factories.make_tenant(), factories.make_tenant()
    typed = {what: given(one, two) for what, given in CUSTOMERS.items()}
    found = each_saved(
        factories.make_claim(),
        "customer",
        {what: {"tenant_id": each, "domain": domain} for what, (each, domain) in typed.items()},
    )
    first = found.pop("both unknown")
    assert "DOM-03" in first[1][1]
    assert {what: each == first for what, each in found.items()} == dict.fromkeys(found, True)


@time_machine.travel(NOON, tick=False)
def test_another_customer_s_subscription_reads_like_one_that_does_not_exist() -> None:
    """SUB-03: whatever it is for, whatever state it is in."""
    claim = factories.make_claim(area_code=factories.BIZAPPS, products=("d365_sales",))
    elsewhere = factories.make_tenant()
    sales, service = (factories.product(code) for code in ("d365_sales", "d365_customer_service"))
    subscriptions = {
        "unknown": uuid4(),
        "of the product": factories.make_subscription(elsewhere, sales).subscription_id,
        "of another": factories.make_subscription(elsewhere, service).subscription_id,
        "over": factories.make_subscription(elsewhere, sales, state="expired").subscription_id,
        "a reseller's": factories.make_subscription(
            elsewhere, sales, channel="csp"
        ).subscription_id,
    }
    found = each_saved(
        claim,
        "products",
        {
            what: {"choice_0": "other", "subscription_0": str(subscription)}
            for what, subscription in subscriptions.items()
        },
    )
    first = found.pop("unknown")
    assert "SUB-03" in first[1][1]
    assert {what: each == first for what, each in found.items()} == dict.fromkeys(found, True)


def test_several_others_are_told_as_one() -> None:
    """SUB-14: how many want it, nobody learns."""
    tenant = factories.make_tenant()
    claim = factories.make_claim(tenant=tenant)
    browser = browser_of(claim.created_by)
    pages = []
    for _rival in range(2):
        acts.submit(factories.make_claim(tenant=tenant))
        pages.append(read(browser, url("claim_check", claim)))

    assert pages[0] == pages[1]
    assert codes_in(browser.get(url("claim_check", claim))).count("SUB-14") == 1
    assert html_of(browser.get(url("claim_check", claim))).count("Another partner is") == 1
