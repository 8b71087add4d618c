"""The search of the queues: each kind of term asks its own index, and none asks all."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext

from claims.models import ClaimLine, CustomerTenant, PartnerLocation, TenantDomain

CUSTOMERS = 200
"""A beginning that more customers share is too short to be searched for in full."""

LONGEST = 253


@dataclass(frozen=True)
class Found:
    """What a term names: a condition for claims.

    ``few`` says that an index leads to the rows themselves; ``notice`` tells the reader that the
    term was too short, or is empty.
    """

    condition: Q
    few: bool = True
    notice: str = ""


def search(term: str) -> Found:
    """Return the claims that ``term`` names.

    A claim number or its beginning, a tenant or subscription GUID, a partner ID, or the beginning
    of a domain or of a customer's name.
    """
    term = term.replace("\0", "").strip()[:LONGEST]
    guid = _guid(term)
    if guid is not None:
        return _by_guid(guid)
    if term.isascii() and term.isdigit():
        locations = PartnerLocation.objects.filter(partner_id=term)
        return Found(Q(location__in=list(locations.values_list("pk", flat=True))), few=False)
    if term.upper().startswith("CPOR"):
        return Found(Q(number__startswith=term.upper()), few=False)
    return _by_beginning(term)


def _by_guid(guid: UUID) -> Found:
    tenants = list(CustomerTenant.objects.filter(tenant_id=guid).values_list("pk", flat=True))
    if tenants:
        return Found(Q(tenant__in=tenants))
    lines = ClaimLine.objects.filter(subscription__subscription_id=guid).order_by()
    return Found(Q(pk__in=list(lines.values_list("claim", flat=True).distinct())))


def _by_beginning(term: str) -> Found:
    domains = TenantDomain.objects.filter(domain__startswith=term.lower(), is_active=True)
    named = CustomerTenant.objects.filter(name__istartswith=term)
    tenants = {
        *domains.order_by().values_list("tenant_id", flat=True)[: CUSTOMERS + 1],
        *named.order_by().values_list("pk", flat=True)[: CUSTOMERS + 1],
    }
    notice = ""
    if len(tenants) > CUSTOMERS:
        notice = gettext(
            "More than %(number)d customers begin like this, and only some of them are shown. Type "
            "more of the name or domain."
        ) % {"number": CUSTOMERS}
        tenants = set(sorted(tenants)[:CUSTOMERS])
    return Found(Q(tenant__in=tenants), notice=notice)


def _guid(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None
