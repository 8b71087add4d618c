"""Customer directories that a deployer could name, for the tests of claims.directory."""

from collections.abc import Collection
from uuid import UUID

from claims.directory import DirectoryUnavailable, ImportedRegistry, RegistryFigures, TenantLookup
from claims.models import CustomerTenant, Subscription

A_VALUE = 7


class OutOfReach(ImportedRegistry):
    """A live source that doesn't answer."""

    def look_up(self, tenant_id: UUID, domain: str) -> TenantLookup:
        raise DirectoryUnavailable

    def is_subscription_of(self, identifier: UUID, domain: str) -> bool:
        raise DirectoryUnavailable

    def domains(self, tenant: CustomerTenant) -> frozenset[str]:
        raise DirectoryUnavailable

    def subscriptions(
        self,
        tenant: CustomerTenant,
        *,
        product_ids: Collection[int],
        subscription_ids: Collection[UUID],
    ) -> list[Subscription]:
        raise DirectoryUnavailable

    def figures(self, tenant: CustomerTenant) -> RegistryFigures:
        raise DirectoryUnavailable


class WithArguments(ImportedRegistry):
    def __init__(self, address: str) -> None:
        self.address = address


class Halfway:
    def look_up(self, tenant_id: UUID, domain: str) -> TenantLookup:
        return TenantLookup()

    def is_subscription_of(self, identifier: UUID, domain: str) -> bool:
        return False
