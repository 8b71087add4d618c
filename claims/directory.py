"""What is known about customers: tenants, their domains and their subscriptions (Q1).

The rules ask through ``CustomerDirectory``. Its default reads the imported tables; a deployer can
name another class in ``CPOR_CUSTOMER_DIRECTORY``, for instance one that asks a live source.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol, runtime_checkable
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Max, Q, Sum
from django.utils.module_loading import import_string

from .models import CustomerTenant, Subscription, TenantDomain


class DirectoryUnavailable(Exception):
    """The directory can't answer at present (SUB-17, TEN-08)."""


@dataclass(frozen=True)
class TenantLookup:
    """What a tenant ID and a domain, asked about together, led to.

    ``tenant`` is set only if the domain is the tenant's own; ``domain_verified`` says whether
    the tenant has proved it. ``known`` tells that the tenant ID or the domain is on record, even
    though they may not belong together. Whoever asked must not learn which (DOM-03).
    """

    tenant: CustomerTenant | None = None
    domain_verified: bool = False
    known: bool = False


@dataclass(frozen=True)
class RegistryFigures:
    """A tenant's seats in usable subscriptions, and when the latest of them was refreshed (UTC).

    ``refreshed_at`` is None if nothing is on record or if the directory is always fresh.
    """

    seats: int = 0
    refreshed_at: datetime | None = None


@runtime_checkable
class CustomerDirectory(Protocol):
    """Where the rules look customers up; every method may raise ``DirectoryUnavailable``.

    Tenants and subscriptions are rows of the database, because claims refer to them: a directory
    with a live source writes down what it has learned before it returns it. An instance is made
    once per process, without arguments, and is used by several threads.
    """

    def look_up(self, tenant_id: UUID, domain: str) -> TenantLookup:
        """Look a tenant up by its ID and one of its domains (lower case, IDNA)."""

    def is_subscription_of(self, identifier: UUID, domain: str) -> bool:
        """Whether the ID is a subscription's, held by the customer with this domain (TEN-04)."""

    def domains(self, tenant: CustomerTenant) -> frozenset[str]:
        """Return the tenant's verified domains (lower case, IDNA)."""

    def subscriptions(
        self,
        tenant: CustomerTenant,
        *,
        product_ids: Collection[int],
        subscription_ids: Collection[UUID],
    ) -> list[Subscription]:
        """Return those of the tenant's subscriptions that were asked for, oldest first.

        These are the subscriptions of the named claimable products (primary keys), and those among
        the named subscription IDs that are the tenant's, whatever they were bought for. Each has
        ``listed_product`` and its ``product`` loaded. In one query, however much is asked for.
        """

    def figures(self, tenant: CustomerTenant) -> RegistryFigures:
        """Return what is on record about the tenant as a whole."""


class ImportedRegistry:
    """The directory over the imported tables.

    Tenants that are known from a partner's claim alone (source "named in a claim") are not on
    record here.
    """

    USABLE = (Subscription.State.ACTIVE, Subscription.State.IN_GRACE)

    def look_up(self, tenant_id: UUID, domain: str) -> TenantLookup:
        # Both are asked for whatever the first finds, lest the time of an answer tell it (DOM-03).
        on_record = CustomerTenant.objects.exclude(source=CustomerTenant.Source.CLAIM)
        named = on_record.filter(tenant_id=tenant_id).first()
        owned = (
            TenantDomain.objects.filter(domain=domain, is_active=True)
            .exclude(tenant__source=CustomerTenant.Source.CLAIM)
            .first()
        )
        if named is not None and owned is not None and owned.tenant_id == named.pk:
            return TenantLookup(named, domain_verified=owned.is_verified, known=True)
        return TenantLookup(known=named is not None or owned is not None)

    def is_subscription_of(self, identifier: UUID, domain: str) -> bool:
        return Subscription.objects.filter(
            subscription_id=identifier,
            tenant__domains__domain=domain,
            tenant__domains__is_active=True,
        ).exists()

    def domains(self, tenant: CustomerTenant) -> frozenset[str]:
        return frozenset(
            TenantDomain.objects.filter(
                tenant=tenant, is_active=True, is_verified=True
            ).values_list("domain", flat=True)
        )

    def subscriptions(
        self,
        tenant: CustomerTenant,
        *,
        product_ids: Collection[int],
        subscription_ids: Collection[UUID],
    ) -> list[Subscription]:
        return list(
            Subscription.objects.filter(
                Q(listed_product__product__in=product_ids)
                | Q(subscription_id__in=subscription_ids),
                tenant=tenant,
            )
            .select_related("listed_product__product")
            .order_by("first_seen_at", "pk")
        )

    def figures(self, tenant: CustomerTenant) -> RegistryFigures:
        figures = Subscription.objects.filter(tenant=tenant).aggregate(
            seats=Sum("seats", filter=Q(state__in=self.USABLE)), refreshed_at=Max("last_synced_at")
        )
        return RegistryFigures(
            seats=figures["seats"] or 0,
            refreshed_at=figures["refreshed_at"],
        )


def customer_directory() -> CustomerDirectory:
    """Return the directory that ``CPOR_CUSTOMER_DIRECTORY`` names; ``ImproperlyConfigured``."""
    return _load(settings.CPOR_CUSTOMER_DIRECTORY)


@cache
def _load(path: str) -> CustomerDirectory:
    try:
        directory_class = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(
            f"CPOR_CUSTOMER_DIRECTORY names {path!r}, which can't be imported: {error}"
        ) from error
    if not isinstance(directory_class, type):
        raise ImproperlyConfigured(
            f"CPOR_CUSTOMER_DIRECTORY names {path!r}, which is no class but "
            f"{type(directory_class).__name__}."
        )
    try:
        directory = directory_class()
    except TypeError as error:
        raise ImproperlyConfigured(
            f"CPOR_CUSTOMER_DIRECTORY names {path!r}, which can't be made without arguments: "
            f"{error}"
        ) from error
    if not isinstance(directory, CustomerDirectory):
        methods = ("look_up", "is_subscription_of", "domains", "subscriptions", "figures")
        missing = [name for name in methods if not hasattr(directory, name)]
        raise ImproperlyConfigured(
            f"CPOR_CUSTOMER_DIRECTORY names {path!r}, which lacks {', '.join(missing)} of "
            "claims.directory.CustomerDirectory."
        )
    return directory
