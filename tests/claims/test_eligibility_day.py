"""What could be claimed on the day of the claim can still be approved later."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine

from claims import actors, checks
from claims.models import Claim
from claims.services.submission import recall_claim
from cpor_site.common import clock
from tests import acts, factories

pytestmark = pytest.mark.django_db

LAST_DAY = factories.at("2026-06-30T12:00+02:00")


def until_the_last_day(claim: Claim) -> Claim:
    product = claim.lines.get().product
    product.eligible_to = date(2026, 6, 30)
    product.save()
    return claim


def codes_a_week_later(claim: Claim) -> list[str]:
    with time_machine.travel(LAST_DAY + timedelta(days=7)):
        return [each.code for each in checks.check_lines(acts.fresh(claim), clock.now())]


def test_a_product_that_leaves_the_list_during_the_review_is_still_approved() -> None:
    with time_machine.travel(LAST_DAY):
        claim = acts.under_review(until_the_last_day(factories.make_claim()))
    assert codes_a_week_later(claim) == []


def test_a_draft_is_too_late_once_the_product_has_left_the_list() -> None:
    with time_machine.travel(LAST_DAY):
        claim = until_the_last_day(factories.make_claim())
        assert checks.check_lines(claim, clock.now()) == []
    assert codes_a_week_later(claim) == ["LIN-02"]


def test_a_claim_taken_back_is_a_draft_again() -> None:
    with time_machine.travel(LAST_DAY):
        claim = acts.submit(until_the_last_day(factories.make_claim()))
        recall_claim(claim_id=claim.pk, actor=actors.partner(claim.created_by))
    assert codes_a_week_later(claim) == ["LIN-02"]


def test_a_purchase_is_as_old_as_it_was_when_it_was_claimed() -> None:
    with time_machine.travel(LAST_DAY):
        claim = factories.make_claim(
            area_code=factories.BIZAPPS,
            activities=("presales",),
            products=("d365_sales",),
            transaction_on=LAST_DAY.date() - timedelta(days=90),
        )
        draft_codes = codes_a_week_later(claim)
        claim = acts.submit(claim)
    assert "ACT-05" in draft_codes
    assert "ACT-05" not in codes_a_week_later(claim)
