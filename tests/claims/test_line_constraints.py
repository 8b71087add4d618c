"""Which lines one claim can hold beside each other, and that a doubled one is told."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from claims import actors, checks
from claims.models import Claim, ClaimLine, Subscription
from claims.services.drafting import ClaimChanges, edit_claim
from claims.services.lines import LineChoice
from claims.states import LineStatus
from cpor_site.common import clock
from tests import factories

pytestmark = pytest.mark.django_db

SALES = "d365_sales"


@pytest.fixture
def claim() -> Claim:
    return factories.make_claim(
        area_code=factories.BIZAPPS, products=(), document=False, contacts=False
    )


def add(
    claim: Claim,
    typed: str = "",
    subscription: Subscription | None = None,
    line_status: LineStatus = LineStatus.INCLUDED,
) -> ClaimLine:
    with transaction.atomic():
        return ClaimLine.objects.create(
            claim=claim,
            product=factories.product(SALES),
            activity=factories.activity("usage", factories.BIZAPPS),
            subscription=subscription,
            subscription_as_typed=typed,
            line_status=line_status,
        )


def test_two_texts_that_name_no_subscription_are_two_lines(claim: Claim) -> None:
    add(claim, "first order number")
    add(claim, "second order number")
    assert claim.lines.count() == 2


def test_one_text_is_one_line_whatever_its_case(claim: Claim) -> None:
    add(claim, "order A1")
    with pytest.raises(IntegrityError):
        add(claim, "ORDER a1")


def test_one_subscription_is_one_line_however_it_was_typed(claim: Claim) -> None:
    assert claim.tenant is not None
    subscription = factories.make_subscription(claim.tenant, factories.product(SALES))
    add(claim, "", subscription)
    with pytest.raises(IntegrityError):
        add(claim, str(subscription.subscription_id), subscription)


def test_what_was_removed_may_come_back(claim: Claim) -> None:
    assert claim.tenant is not None
    subscription = factories.make_subscription(claim.tenant, factories.product(SALES))
    add(claim, "typed", subscription, LineStatus.REMOVED_BY_PARTNER)
    add(claim, "typed", subscription)
    assert claim.lines.count() == 2


def choose(claim: Claim, *typed: str) -> Claim:
    product = factories.product(SALES)
    return edit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=claim.version,
        changes=ClaimChanges(lines=[LineChoice(product.pk, each) for each in typed]),
    )


def test_a_subscription_named_twice_is_told_and_the_draft_kept(claim: Claim) -> None:
    assert claim.tenant is not None
    subscription = factories.make_subscription(claim.tenant, factories.product(SALES))
    written = str(subscription.subscription_id)
    claim = choose(claim, "", written, f"{{{written.upper()}}}")
    assert [line.subscription for line in claim.lines.order_by("pk")] == [subscription, None, None]
    told = [problem for problem in checks.check_lines(claim, clock.now()) if problem.blocks]
    assert [problem.code for problem in told] == ["LIN-04"]


def test_two_subscriptions_of_one_product_are_two_lines(claim: Claim) -> None:
    assert claim.tenant is not None
    product = factories.product(SALES)
    bought = [factories.make_subscription(claim.tenant, product) for _ in range(2)]
    claim = choose(claim, *(str(each.subscription_id) for each in bought))
    assert [line.subscription for line in claim.lines.order_by("pk")] == bought
    assert [each for each in checks.check_lines(claim, clock.now()) if each.blocks] == []


def test_texts_that_name_nothing_are_kept_to_be_corrected(claim: Claim) -> None:
    claim = choose(claim, "order 1", "order 2")
    assert [line.subscription_as_typed for line in claim.lines.order_by("pk")] == [
        "order 1",
        "order 2",
    ]
    told = [each for each in checks.check_lines(claim, clock.now()) if each.blocks]
    assert [each.code for each in told] == ["SUB-02", "SUB-02"]
