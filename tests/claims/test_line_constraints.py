"""What the database refuses about the lines of one claim."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from claims.models import Claim, ClaimLine, Subscription
from claims.states import LineStatus
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
