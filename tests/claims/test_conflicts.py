"""Who else is on a line's exclusivity key, with real claims in every state (section 5.1)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from claims import actors, checks
from claims.conflicts import exclusivity_key, find_conflicts
from claims.models import Claim, ClaimLine, CustomerTenant, PartnerLocation, Subscription
from claims.services.submission import recall_claim, withdraw_claim
from claims.states import LineStatus
from cpor_site.common import clock, outbox
from cpor_site.common.problems import warning
from reviews.services import decisions
from reviews.services.decisions import FindingEntry
from tests import acts, factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> CustomerTenant:
    return factories.make_tenant()


@pytest.fixture
def location() -> PartnerLocation:
    return factories.make_location()


def m365(tenant: CustomerTenant, **fields: Any) -> Claim:
    return factories.make_claim(tenant=tenant, **fields)


def sales(tenant: CustomerTenant, subscription: Subscription, **fields: Any) -> Claim:
    return factories.make_claim(
        tenant=tenant,
        area_code=factories.BIZAPPS,
        products=("d365_sales",),
        subscriptions=(subscription,),
        **fields,
    )


def standings(claim: Claim) -> list[tuple[str, str]]:
    """Return whose the other lines are, and how they stand."""
    return [
        (
            "own" if each.own else "own, other activity" if each.other_activity else "rival",
            each.standing,
        )
        for each in find_conflicts(claim)
    ]


def problems(claim: Claim) -> list[tuple[str, str]]:
    return [(each.code, each.severity.value) for each in checks.check_conflicts(claim)]


def test_a_workloads_key_names_tenant_and_product(tenant: CustomerTenant) -> None:
    claim = m365(tenant)
    line = claim.lines.get()
    assert exclusivity_key(claim, line) == f"workload:{tenant.tenant_id}:exchange_online"


def test_a_subscriptions_key_names_the_subscription_alone(tenant: CustomerTenant) -> None:
    subscription = factories.make_subscription(tenant)
    claim = sales(tenant, subscription)
    key = exclusivity_key(claim, claim.lines.get())
    assert key == f"subscription:{subscription.subscription_id}"


def test_what_is_not_known_yet_has_no_key(tenant: CustomerTenant) -> None:
    claim = factories.make_claim(
        tenant=tenant, area_code=factories.BIZAPPS, products=("d365_sales",), subscriptions=(None,)
    )
    assert exclusivity_key(claim, claim.lines.get()) == ""
    assert find_conflicts(claim) == []


def test_another_organisation_counts_from_its_submission_to_its_end(
    tenant: CustomerTenant,
) -> None:
    """Scenario 8: however it stands, one and the same warning is given."""
    mine, rival = m365(tenant), m365(tenant)
    told = warning(
        "SUB-14",
        "Another partner is associated with Exchange Online. You can go on. The claim then "
        "passes the check for competing claims, which can take longer than five business "
        "days; strong and recent proof matters.",
        field="lines",
        line=mine.lines.get().pk,
        subject="exchange_online",
    )
    owner = actors.partner(rival.created_by)

    def seen(*expected: tuple[str, str]) -> None:
        assert standings(mine) == list(expected)
        assert checks.check_conflicts(mine) == [told] * len(expected)

    seen()
    acts.submit(rival)
    seen(("rival", "undecided"))
    recall_claim(claim_id=rival.pk, actor=owner)
    seen()
    reviewed = acts.under_review(acts.fresh(rival))
    seen(("rival", "undecided"))
    assert reviewed.assigned_reviewer is not None
    reviewer = actors.reviewer(reviewed.assigned_reviewer)
    with transaction.atomic():
        decisions.request_action(
            claim_id=rival.pk,
            actor=reviewer,
            findings=[FindingEntry("D-DATE")],
            comment="Which date?",
        )
        seen(("rival", "undecided"))
        withdraw_claim(claim_id=rival.pk, actor=owner, reason="Wrong customer.")
        seen()
        transaction.set_rollback(True)
    decisions.approve_claim(claim_id=rival.pk, actor=reviewer)
    seen(("rival", "holder"))
    outbox.send_due()
    assert acts.fresh(rival).consent_closes_at is not None
    seen(("rival", "holder"))


def test_another_customer_or_workload_is_no_conflict(tenant: CustomerTenant) -> None:
    acts.submit(m365(factories.make_tenant()))
    acts.submit(m365(tenant, products=("teams",)))
    assert find_conflicts(m365(tenant)) == []


def test_one_subscription_is_one_key_for_all_activities(tenant: CustomerTenant) -> None:
    subscription = factories.make_subscription(tenant)
    acts.submit(sales(tenant, subscription, activities=("presales",)))
    assert standings(sales(tenant, subscription)) == [("rival", "undecided")]


def test_another_subscription_of_the_product_is_no_conflict(tenant: CustomerTenant) -> None:
    acts.submit(sales(tenant, factories.make_subscription(tenant)))
    assert find_conflicts(sales(tenant, factories.make_subscription(tenant))) == []


def test_another_location_of_the_company_is_the_company_itself(
    tenant: CustomerTenant, location: PartnerLocation
) -> None:
    acts.submit(m365(tenant, location=location))
    sister = factories.make_location(location.organization)
    mine = m365(tenant, location=sister)
    assert standings(mine) == [("own", "undecided")]
    assert problems(mine) == [("SUB-13", "E")]


def test_a_company_may_hold_several_activities(
    tenant: CustomerTenant, location: PartnerLocation
) -> None:
    subscription = factories.make_subscription(tenant)
    acts.approved(sales(tenant, subscription, location=location, activities=("presales",)))
    mine = sales(tenant, subscription, location=location)
    assert standings(mine) == [("own, other activity", "holder")]
    assert problems(mine) == [("ACT-07", "W")]


def test_the_claim_that_is_replaced_is_no_conflict(
    tenant: CustomerTenant, location: PartnerLocation
) -> None:
    earlier = acts.approved(m365(tenant, location=location))
    assert find_conflicts(m365(tenant, location=location, replaces=earlier)) == []


def test_a_line_that_was_taken_out_neither_meets_nor_is_met(tenant: CustomerTenant) -> None:
    acts.submit(m365(tenant))
    mine = m365(tenant)
    line = ClaimLine.objects.get(claim=mine)
    line.line_status = LineStatus.REMOVED_BY_PARTNER
    line.save()
    assert find_conflicts(mine) == []
    assert standings(m365(tenant)) == [("rival", "undecided")]


def test_each_contested_line_is_named_once_and_nobody_else_is(tenant: CustomerTenant) -> None:
    rivals = [acts.submit(m365(tenant)) for _ in range(2)]
    mine = m365(tenant, products=("exchange_online", "teams"))
    assert len(find_conflicts(mine)) == 2
    told = checks.check_conflicts(mine)
    assert [(each.code, each.line) for each in told] == [
        ("SUB-14", mine.lines.get(product__code="exchange_online").pk)
    ]
    for rival in rivals:
        assert rival.number not in str(told[0].message)
        assert rival.organization.name not in str(told[0].message)


def test_three_lines_and_three_rivals_take_no_more_queries_than_one(
    tenant: CustomerTenant,
) -> None:
    counts = []
    for products in (("exchange_online",), ("exchange_online", "teams", "intune")):
        acts.submit(m365(tenant, products=products))
        claim = Claim.objects.select_related("tenant").get(pk=m365(tenant, products=products).pk)
        with CaptureQueriesContext(connection) as queries:
            find_conflicts(claim)
        counts.append(len(queries))
    assert counts == [2, 2]


def test_all_of_a_submission_takes_as_many_queries_for_three_lines_as_for_one(
    tenant: CustomerTenant,
) -> None:
    counts = []
    for products in (("d365_sales",), ("d365_sales", "d365_marketing", "d365_finance")):
        claim = factories.make_claim(tenant=tenant, area_code=factories.BIZAPPS, products=products)
        with CaptureQueriesContext(connection) as queries:
            checks.check_submission(claim, claim.created_by, clock.now())
        counts.append(len(queries))
    assert counts[0] == counts[1]
