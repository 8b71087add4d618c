"""Customers without a record, and that nobody learns who has one (Q1, TEN-05, DOM-03)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import actors, checks
from claims.models import Claim, CustomerTenant
from claims.services.drafting import ClaimChanges, edit_claim
from claims.states import Status
from tests import acts, factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def incomplete(settings: Any) -> None:
    settings.CPOR_REGISTRY_AUTHORITATIVE = False


def enter(claim: Claim, tenant_id: object, domain: str) -> Claim:
    """Type another customer into the claim."""
    return edit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=claim.version,
        changes=ClaimChanges(tenant_id=str(tenant_id), domain=domain),
    )


def codes(claim: Claim) -> list[str]:
    return [problem.code for problem in checks.check_customer(claim)]


def test_a_complete_registry_knows_no_customer_it_has_no_record_of() -> None:
    claim = enter(factories.make_claim(), uuid4(), "newcomer.example")
    assert (claim.tenant, codes(claim)) == (None, ["DOM-03"])


@pytest.mark.usefixtures("incomplete")
def test_a_customer_without_a_record_is_noted_and_the_claim_can_be_submitted() -> None:
    tenant_id = uuid4()
    claim = factories.make_claim()
    claim = enter(claim, tenant_id, "Newcomer.example")
    noted = CustomerTenant.objects.get(tenant_id=tenant_id)
    assert (noted.source, noted.name, noted.country) == ("claim", str(noted.tenant_id), "")
    assert list(noted.domains.all()) == []
    assert (claim.tenant, codes(claim)) == (noted, ["TEN-05"])
    assert acts.submit(claim).status == Status.SUBMITTED


@pytest.mark.usefixtures("incomplete")
def test_two_claims_that_name_one_new_customer_share_it() -> None:
    tenant_id = uuid4()
    first = enter(factories.make_claim(), tenant_id, "newcomer.example")
    second = enter(factories.make_claim(), tenant_id, "newcomer.onmicrosoft.com")
    assert first.tenant == second.tenant
    assert codes(second) == ["TEN-05"]


@pytest.mark.usefixtures("incomplete")
@pytest.mark.parametrize("domain", ["gmail.com", "not a domain!", ""])
def test_nothing_is_noted_for_a_domain_that_belongs_to_nobody(domain: str) -> None:
    before = CustomerTenant.objects.count() + 1
    claim = enter(factories.make_claim(), uuid4(), domain)
    assert (claim.tenant, CustomerTenant.objects.count()) == (None, before)


@pytest.mark.usefixtures("incomplete")
def test_the_owner_of_a_domain_stays_its_owner() -> None:
    factories.make_tenant(domain="taken.example")
    claim = enter(factories.make_claim(), uuid4(), "taken.example")
    assert (claim.tenant, codes(claim)) == (None, ["DOM-03"])


@pytest.mark.usefixtures("incomplete")
def test_a_record_that_arrives_later_decides() -> None:
    tenant_id = uuid4()
    claim = enter(factories.make_claim(), tenant_id, "newcomer.example")
    noted = CustomerTenant.objects.get(tenant_id=tenant_id)
    noted.source = CustomerTenant.Source.IMPORT
    noted.save()
    factories.make_domain(noted, "true-name.example", is_primary=True)
    assert codes(claim) == ["DOM-03"]
    assert codes(enter(claim, tenant_id, "true-name.example")) == []


def test_no_answer_tells_whether_a_tenant_or_a_domain_is_on_record() -> None:
    known = factories.make_tenant(domain="known.example")
    factories.make_tenant(domain="other.example")
    pairs = [
        (uuid4(), "nobody.example"),
        (uuid4(), "known.example"),
        (known.tenant_id, "nobody.example"),
        (known.tenant_id, "other.example"),
    ]
    answers = []
    for tenant_id, domain in pairs:
        claim = enter(factories.make_claim(), tenant_id, domain)
        with CaptureQueriesContext(connection) as queries:
            problems = checks.check_customer(claim)
        answers.append((problems, len(queries)))
    assert answers == [answers[0]] * len(pairs)
    assert [problem.code for problem in answers[0][0]] == ["DOM-03"]
