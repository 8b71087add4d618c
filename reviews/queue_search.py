"""The search of the queues: each kind of term asks its own index, and none asks all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from claims.models import Claim, ClaimCounter, ClaimLine, CustomerTenant, PartnerLocation

from .customer_search import customers_beginning

LONGEST = 253

DIGITS = re.compile(r"(?:(?:CPOR[- ]?)?(?P<year>[0-9]{4})[- /])?(?P<last>[0-9]{1,9})")


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

    A claim number, its beginning or its digits with or without the year, a tenant or subscription
    GUID, a partner ID, or the beginning of a domain or of a customer's name.
    """
    term = term.replace("\0", "").strip()[:LONGEST]
    guid = _guid(term)
    if guid is not None:
        return _by_guid(guid)
    numbered = _numbered(term)
    if term.isascii() and term.isdigit():
        bearing = PartnerLocation.objects.filter(partner_id=term).values_list("pk", flat=True)
        locations = list(bearing)
        if not locations:
            return Found(Q(pk__in=numbered))
        either = Q(pk__in=numbered) if numbered else Q()
        return Found(Q(location__in=locations) | either, few=False)
    if numbered:
        return Found(Q(pk__in=numbered))
    if term.upper().startswith("CPOR"):
        return Found(Q(number__startswith=term.upper()), few=False)
    customers = customers_beginning(term)
    return Found(Q(tenant__in=customers.tenants), notice=customers.notice)


def _numbered(term: str) -> list[int]:
    """Return the claims with these digits: "12", "000012", "2026-12", "CPOR-2026-12".

    Whole numbers are looked up, one for each year in which claims were numbered, so that the index
    of the number serves.
    """
    digits = DIGITS.fullmatch(term.upper())
    if digits is None:
        return []
    year, last = digits["year"], int(digits["last"])
    years = [year] if year else list(ClaimCounter.objects.values_list("year", flat=True))
    numbers = [f"CPOR-{each}-{last:06d}" for each in years]
    return list(Claim.objects.filter(number__in=numbers).order_by().values_list("pk", flat=True))


def _by_guid(guid: UUID) -> Found:
    tenants = list(CustomerTenant.objects.filter(tenant_id=guid).values_list("pk", flat=True))
    if tenants:
        return Found(Q(tenant__in=tenants))
    lines = ClaimLine.objects.filter(subscription__subscription_id=guid).order_by()
    return Found(Q(pk__in=list(lines.values_list("claim", flat=True).distinct())))


def _guid(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None
