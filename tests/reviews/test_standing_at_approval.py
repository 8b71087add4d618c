"""REV-23 and REV-24: what partner and customer have become since the claim was handed in."""

from __future__ import annotations

from typing import Any

import pytest

from claims import actors
from claims.models import (
    Claim,
    CustomerTenant,
    PartnerLocation,
    PartnerOrganization,
    TenantDomain,
)
from claims.services.submission import resubmit_claim
from cpor_site.common.problems import Refused
from reviews.services.decisions import approve_claim, take_up_claim
from tests import acts

pytestmark = pytest.mark.django_db


def refused_codes(claim: Claim) -> tuple[str, ...]:
    assert claim.assigned_reviewer is not None
    with pytest.raises(Refused) as refusal:
        approve_claim(claim_id=claim.pk, actor=actors.reviewer(claim.assigned_reviewer))
    return refusal.value.codes


def test_a_suspended_partner() -> None:
    claim = acts.under_review()
    PartnerOrganization.objects.update(standing=PartnerOrganization.Standing.SUSPENDED)
    assert refused_codes(claim) == ("REV-23",)


def test_a_location_that_is_no_longer_in_use() -> None:
    claim = acts.under_review()
    PartnerLocation.objects.update(is_active=False)
    assert refused_codes(claim) == ("REV-23",)


def test_a_customer_that_nobody_has_confirmed(settings: Any) -> None:
    claim = acts.under_review()
    settings.CPOR_REGISTRY_AUTHORITATIVE = False
    CustomerTenant.objects.update(source=CustomerTenant.Source.CLAIM)
    assert refused_codes(claim) == ("REV-24",)


def test_a_customer_that_was_blocked() -> None:
    claim = acts.under_review()
    CustomerTenant.objects.update(is_blocked=True)
    assert refused_codes(claim) == ("TEN-06",)


def test_a_domain_the_customer_has_given_up_keeps_nobody_from_answering() -> None:
    """Tenant and domain are frozen by then, so the partner couldn't mend it; the approval asks."""
    claim = acts.asked()
    TenantDomain.objects.update(is_active=False)
    claim = resubmit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=claim.version,
        reply="Here.",
        confirmed=acts.warnings(claim),
    )
    assert claim.assigned_reviewer is not None
    claim = take_up_claim(claim_id=claim.pk, actor=actors.reviewer(claim.assigned_reviewer))
    assert "DOM-03" in refused_codes(claim)
