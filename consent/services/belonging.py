"""Which customers a mail address belongs to, and how much of a customer it may see."""

from __future__ import annotations

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from claims.models import Claim, ClaimContact, CustomerTenant
from claims.states import Status
from cpor_site.common.mail_addresses import folded, is_address

from ..models import ConsentRecipient


def on_claims_of(email: str) -> Q:
    """Return the condition for claims on which the address is one of the customer's.

    It is if it holds a link that wasn't superseded, is a contact of the customer (never the
    partner's own) or a registered administrator of the tenant.
    """
    asked = ConsentRecipient.objects.filter(is_address("email", email), superseded_at=None)
    contacts = ClaimContact.objects.filter(is_address("email", email)).exclude(
        kind=ClaimContact.Kind.PARTNER
    )
    return (
        Q(pk__in=asked.values("request__claim"))
        | Q(pk__in=contacts.values("claim"))
        | Q(tenant__in=administered_by(email))
    )


def living_claims() -> Q:
    """Return the condition for claims that a customer can still answer for."""
    return Q(status=Status.APPROVED)


def administered_by(email: str) -> list[int]:
    """Return the primary keys of the tenants that the address is registered to administer."""
    wanted = folded(email)
    found = CustomerTenant.objects.annotate(listed=Cast("admin_emails", TextField())).filter(
        listed__icontains=f'"{wanted}"'
    )
    return [tenant.pk for tenant in found.order_by() if administers(wanted, tenant)]


def administers(email: str, tenant: CustomerTenant) -> bool:
    """Whether the address is registered as an administrator of the tenant."""
    wanted = folded(email)
    return any(folded(each) == wanted for each in tenant.admin_emails)


def tenants_of(email: str) -> list[CustomerTenant]:
    """Return the customers that the address belongs to, by name: by a living claim or as admin."""
    claims = Claim.objects.filter(living_claims() & on_claims_of(email))
    return list(
        CustomerTenant.objects.filter(
            Q(pk__in=claims.values("tenant")) | Q(pk__in=administered_by(email))
        ).order_by("name", "pk")
    )


def sees_whole_tenant(email: str, tenant: CustomerTenant) -> bool:
    """Whether the address may see what partners it is no contact for hold on the tenant.

    Administrators may, and contacts with an address in a verified domain of the tenant. A contact
    elsewhere was typed by one partner and vouched for by nobody, so it sees that partner's claims
    only: no partner shall read another's associations through an address of its choice (5.7).
    """
    if administers(email, tenant):
        return True
    domain = folded(email).rpartition("@")[2]
    return tenant.domains.filter(domain=domain, is_active=True, is_verified=True).exists()
