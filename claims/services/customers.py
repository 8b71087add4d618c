"""Settling which customer a claim is about."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from cpor_site.common.models import User

from .. import checks
from ..models import Claim, CustomerTenant
from ..rules.identifiers import normalise_domain, parse_guid
from .look_ups import begin_look_up, log_miss


def look_up_customer(claim: Claim, *, user: User, now: datetime) -> CustomerTenant | None:
    """Return the customer that was typed, as ``settle_customer`` does, for somebody who typed it.

    A customer who isn't on record is a miss. Raises ``Refused`` (LIM-01) after too many.
    """
    tenant_id, domain = (
        parse_guid(claim.tenant_id_as_typed),
        normalise_domain(claim.domain_as_typed),
    )
    if tenant_id is None or domain is None:
        return settle_customer(claim, now=now)
    taken = begin_look_up(user, field="tenant_id")
    found = settle_customer(claim, now=now)
    if found is None or found.source == CustomerTenant.Source.CLAIM:
        log_miss(user, claim, what="customer", asked=f"{tenant_id} {domain}")
    else:
        taken.give_back(1)
    return found


def settle_customer(claim: Claim, *, now: datetime) -> CustomerTenant | None:
    """Return the customer that was typed; None if tenant ID and domain name none together.

    Where the registry isn't complete (``CPOR_REGISTRY_AUTHORITATIVE`` off), a customer without any
    record is noted down as named in a claim, for a reviewer to confirm (TEN-05, Q1). The note holds
    no domain: nobody has proved one, and it must not stand in the way of the true owner's. Nor does
    it take a domain for a name: the next partner who types this tenant ID would read it.
    """
    tenant = checks.find_tenant(claim)
    if tenant is not None or settings.CPOR_REGISTRY_AUTHORITATIVE:
        return tenant
    if not any(problem.code == "TEN-05" for problem in checks.check_customer(claim)):
        return None
    guid = parse_guid(claim.tenant_id_as_typed)
    tenant, _new = CustomerTenant.objects.get_or_create(
        tenant_id=guid,
        defaults={
            "name": str(guid),
            "source": CustomerTenant.Source.CLAIM,
            "known_since": now,
        },
    )
    return tenant
