"""Who is partner of record for a customer: one read-only page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import actors
from claims.models import Association, Claim
from claims.services.endings import end_association
from cpor_site.common.models import User
from reviews.partners_of_record import PAGE
from tests import acts, factories
from tests.shared import shared

from .pages import browser_of, html_of, numbers_in, text_of

pytestmark = pytest.mark.django_db

ADDRESS = "admin:reviews_partners_of_record"


def found(user: User, term: str, **parameters: str) -> list[str]:
    return numbers_in(browser_of(user).get(reverse(ADDRESS), {"q": term, **parameters}))


def with_subscription() -> Claim:
    tenant = factories.make_tenant("Woodgrove Bank")
    return acts.in_window(
        factories.make_claim(tenant=tenant, area_code=factories.BIZAPPS, products=("d365_sales",))
    )


@shared
def in_force() -> Claim:
    """Fabrikam is partner of record at Contoso AG."""
    location = factories.make_location(factories.make_organization("Fabrikam"))
    tenant = factories.make_tenant("Contoso AG")
    return acts.active(factories.make_claim(tenant=tenant, location=location))


def ended(claim: Claim) -> Claim:
    """Let the window pass, and the partner end the association on the day after."""
    claim = acts.active(claim)
    assert claim.activated_at is not None
    with time_machine.travel(claim.activated_at + timedelta(days=1), tick=False):
        return end_association(
            claim_id=claim.pk, actor=actors.partner(claim.created_by), reason="It has ended."
        )


def test_a_row_says_who_for_what_since_when_and_why_it_ended(
    in_force: Claim, reviewer: User
) -> None:
    tenant, location = in_force.tenant, in_force.location
    assert tenant is not None
    assert location is not None
    old = ended(in_force)
    new = acts.in_window(factories.make_claim(tenant=tenant, location=location))
    shown = text_of(browser_of(reviewer).get(reverse(ADDRESS), {"q": "contoso a"}))

    who = (
        f"Contoso AG {tenant.tenant_id} Exchange Online Microsoft 365: Usage "
        f"Fabrikam {location.partner_id} {location.name}"
    )
    assert re.search(
        f"{who} the customer may refuse not yet; the customer's time ends [^~]*? {new.number} "
        f"{who} ended the partner ended it \\w+ [^~]*? to \\w+ [^~]*? {old.number}",
        shown,
    )


def test_what_can_be_searched_for(reviewer: User) -> None:
    claim = with_subscription()
    acts.in_window()
    assert claim.tenant is not None
    line = claim.lines.get()
    assert line.subscription is not None
    domain = factories.primary_domain(claim.tenant)

    for term in (
        str(claim.tenant.tenant_id),
        f"{{{str(claim.tenant.tenant_id).upper()}}}",
        str(line.subscription.subscription_id),
        domain,
        f"https://www.{domain}/about?x=1",
        f"jana.meier@{domain}",
        domain[:-3],
        "woodgrove",
        " Woodgrove B\0",
    ):
        assert found(reviewer, term) == [claim.number], term
    for term in (str(factories.guid(1)), "nobody.example", "100%", "", "jana@"):
        assert found(reviewer, term) == [], term


def test_those_that_stand_come_first_and_can_be_asked_for_alone(
    in_force: Claim, reviewer: User
) -> None:
    def make(product: str) -> Claim:
        return factories.make_claim(
            tenant=in_force.tenant, location=in_force.location, products=(product,)
        )

    active, over = in_force, ended(make("intune"))
    window = acts.in_window(make("teams"))

    assert found(reviewer, "Contoso") == [window.number, active.number, over.number]
    assert found(reviewer, "Contoso", show="now") == [window.number, active.number]
    assert found(reviewer, "Contoso", show="ended") == [over.number]
    assert found(reviewer, "Contoso", show="x", after="y", before="7~1") == [
        window.number,
        active.number,
        over.number,
    ]


def many(claim: Claim, rows: int) -> list[str]:
    """Make associations of one claim in force, half of them ended; return what is shown, in order.

    As many lines as the test needs, beside those that the services make.
    """
    first = Association.objects.get(claim=claim)
    line = first.line
    for number in range(1, rows):
        line.pk, line.subscription_as_typed = None, str(number)
        line.save()
        hold = first.hold
        hold.pk, hold.key = None, f"workload:{number}"
        hold.save()
        first.pk, first.line, first.hold = None, line, hold
        if number % 2:
            first.state, first.effective_to = "ended", first.effective_from
            first.end_reason = Association.EndReason.CUSTOMER_WITHDREW
        else:
            first.state, first.effective_to, first.end_reason = "active", None, ""
        first.save()
    in_order = Association.objects.order_by("state", "-pk")
    return [str(key) for key in in_order.values_list("pk", flat=True)]


def test_pages_follow_each_other_forwards_and_backwards(in_force: Claim, reviewer: User) -> None:
    keys = many(in_force, 2 * PAGE + 3)
    client, query = browser_of(reviewer), "?q=Contoso"
    pages = []
    while query:
        response = client.get(reverse(ADDRESS) + query)
        pages.append([str(row.pk) for row in response.context["rows"]])
        query = response.context["next"]
    back, query = [pages[-1]], response.context["previous"]
    while query:
        response = client.get(reverse(ADDRESS) + query)
        back.insert(0, [str(row.pk) for row in response.context["rows"]])
        query = response.context["previous"]

    assert [len(page) for page in pages] == [PAGE, PAGE, 3]
    assert [key for page in pages for key in page] == keys
    assert back == pages


@pytest.mark.parametrize("rows", [1, 3])
def test_one_query_for_all_rows(rows: int, in_force: Claim, reviewer: User) -> None:
    many(in_force, rows)
    client = browser_of(reviewer)
    address = f"{reverse(ADDRESS)}?q=Contoso"
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)

    assert len(response.context["rows"]) == rows
    asked = [each["sql"] for each in queries if 'FROM "claims_association"' in each["sql"]]
    assert len(asked) == 1
    assert len(queries) == 7


@pytest.mark.parametrize(
    ("role", "status"),
    [("Reviewer", 200), ("Lead reviewer", 200), ("Ops", 200), ("Auditor", 200), ("", 403)],
)
def test_who_may_look_and_finds_it_on_the_first_page(role: str, status: int) -> None:
    user = factories.make_reviewer(role=role) if role else factories.make_user(is_staff=True)
    client = browser_of(user)

    assert client.get(reverse(ADDRESS)).status_code == status
    listed = f'href="{reverse(ADDRESS)}"' in html_of(client.get(reverse("admin:index")))
    assert listed == (status == 200)


def test_it_only_reads_and_is_closed_to_partners(in_force: Claim, reviewer: User) -> None:
    assert browser_of(reviewer).post(reverse(ADDRESS)).status_code == 405
    assert browser_of(in_force.created_by).get(reverse(ADDRESS), follow=True).status_code == 403
