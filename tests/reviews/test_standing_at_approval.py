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
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def claim() -> Claim:
    return acts.under_review()


def refused_codes(claim: Claim) -> tuple[str, ...]:
    assert claim.assigned_reviewer is not None
    with pytest.raises(Refused) as refusal:
        approve_claim(claim_id=claim.pk, actor=actors.reviewer(claim.assigned_reviewer))
    return refusal.value.codes


def test_a_suspended_partner(claim: Claim) -> None:
    PartnerOrganization.objects.update(standing=PartnerOrganization.Standing.SUSPENDED)
    assert refused_codes(claim) == ("REV-23",)


def test_a_location_that_is_no_longer_in_use(claim: Claim) -> None:
    PartnerLocation.objects.update(is_active=False)
    assert refused_codes(claim) == ("REV-23",)


def test_a_customer_that_nobody_has_confirmed(settings: Any, claim: Claim) -> None:
    settings.CPOR_REGISTRY_AUTHORITATIVE = False
    CustomerTenant.objects.update(source=CustomerTenant.Source.CLAIM)
    assert refused_codes(claim) == ("REV-24",)


def test_a_customer_that_was_blocked(claim: Claim) -> None:
    CustomerTenant.objects.update(is_blocked=True)
    assert refused_codes(claim) == ("TEN-06",)


def test_a_domain_the_customer_has_given_up_keeps_nobody_from_answering(claim: Claim) -> None:
    """Tenant and domain are frozen by then, so the partner couldn't mend it; the approval asks."""
    claim = acts.asked(claim)
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
