"""Finding customers by how their name or a domain of theirs begins, without reading all of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from claims.models import CustomerTenant, TenantDomain

CUSTOMERS = 200
"""A beginning that more customers share is too short to be searched for in full."""


@dataclass(frozen=True)
class Customers:
    """The keys of customers that a term names.

    ``notice`` tells the reader that the term was too short, or is empty.
    """

    tenants: frozenset[int]
    notice: str = ""


def customers_beginning(term: str) -> Customers:
    """Return the customers whose name or whose domain begins with ``term``; two queries."""
    domains = TenantDomain.objects.filter(domain__startswith=term.lower(), is_active=True)
    named = CustomerTenant.objects.filter(name__istartswith=term)
    tenants = {
        *domains.order_by().values_list("tenant_id", flat=True)[: CUSTOMERS + 1],
        *named.order_by().values_list("pk", flat=True)[: CUSTOMERS + 1],
    }
    if len(tenants) <= CUSTOMERS:
        return Customers(frozenset(tenants))
    notice = gettext(
        "More than %(number)d customers begin like this, and only some of them are shown. Type "
        "more of the name or domain."
    ) % {"number": CUSTOMERS}
    return Customers(frozenset(sorted(tenants)[:CUSTOMERS]), notice)
