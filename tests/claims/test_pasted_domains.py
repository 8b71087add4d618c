"""Addresses pasted as a customer's domain, and saves that change nothing."""

from __future__ import annotations

import pytest

from claims import actors, checks
from claims.models import Claim, ClaimEvent
from claims.rules.identifiers import without_www
from claims.services.drafting import ClaimChanges, edit_claim
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("domain", "bare"),
    [
        ("www.contoso.example", "contoso.example"),
        ("contoso.example", "contoso.example"),
        ("www.example", "www.example"),
        ("wwwcontoso.example", "wwwcontoso.example"),
    ],
)
def test_only_a_www_in_front_of_a_domain_is_left_out(domain: str, bare: str) -> None:
    assert without_www(domain) == bare


def test_a_pasted_address_finds_the_customer_and_stays_as_typed() -> None:
    claim = factories.make_claim()
    assert claim.tenant is not None
    pasted = f"https://www.{factories.primary_domain(claim.tenant)}/"
    edited = edit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=claim.version,
        changes=ClaimChanges(domain=pasted),
    )
    assert (edited.tenant, edited.domain_as_typed) == (claim.tenant, pasted)
    assert checks.check_customer(edited) == []


def test_a_save_that_changes_nothing_leaves_no_trace() -> None:
    claim = factories.make_claim()
    before = ClaimEvent.objects.filter(claim=claim).count()
    edited = edit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=claim.version,
        changes=ClaimChanges(name=claim.name, domain=claim.domain_as_typed),
    )
    assert edited.version == Claim.objects.get(pk=claim.pk).version == claim.version
    assert ClaimEvent.objects.filter(claim=claim).count() == before
