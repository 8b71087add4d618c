"""The page of competing claims: parties side by side, who rules, and what lists tell of cases."""

from __future__ import annotations

import pytest
from django.urls import reverse

from reviews.models import CompetingClaimsCase
from tests import acts, factories

from .pages import browser_of, text_of

pytestmark = pytest.mark.django_db

LIST = "admin:reviews_competingclaimscase_changelist"


def page_of(case: CompetingClaimsCase) -> str:
    return reverse("admin:reviews_competingclaimscase_change", args=[case.pk])


def contested(challengers: int = 1, *, holder: bool = True) -> CompetingClaimsCase:
    """Make a case with so many challengers under review, beside a partner of record or none."""
    tenant = factories.make_tenant("Contoso AG")
    if holder:
        acts.active(factories.make_claim(tenant=tenant))
    for _ in range(challengers):
        acts.under_review(factories.make_claim(tenant=tenant))
    return CompetingClaimsCase.objects.order_by("-pk")[0]


def test_the_page_lays_the_parties_side_by_side() -> None:
    case = contested(2)
    shown = text_of(browser_of().get(page_of(case)))
    assert "Exchange Online at Contoso AG" in shown
