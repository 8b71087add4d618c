from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import DjangoAssertNumQueries, Settings

from claims.directory import (
    ImportedRegistry,
    RegistryFigures,
    TenantLookup,
    customer_directory,
)
from claims.models import CustomerTenant
from cpor_site.common import clock
from tests import factories
from tests.claims.directories import OutOfReach

REGISTRY = ImportedRegistry()


def test_the_imported_tables_are_the_default() -> None:
    assert type(customer_directory()) is ImportedRegistry


def test_a_deployer_can_name_another_directory(settings: Settings) -> None:
    settings.CPOR_CUSTOMER_DIRECTORY = "tests.claims.directories.OutOfReach"
    directory = customer_directory()
    assert type(directory) is OutOfReach
    assert customer_directory() is directory


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("nowhere.Directory", "can't be imported: No module named 'tests.claims.nowhere'"),
        ("directories.Missing", 'can\'t be imported: Module .* does not define a "Missing" '),
        ("directories.A_VALUE", "is no class but int."),
        ("directories.WithArguments", "can't be made without arguments: .*'address'"),
        ("directories.Halfway", "lacks domains, subscriptions, figures of claims.directory."),
    ],
)
def test_a_directory_that_can_not_be_used_is_named(
    settings: Settings, name: str, fault: str
) -> None:
    settings.CPOR_CUSTOMER_DIRECTORY = path = f"tests.claims.{name}"
    with pytest.raises(
        ImproperlyConfigured, match=f"^CPOR_CUSTOMER_DIRECTORY names '{path}', which {fault}"
    ):
        customer_directory()


@pytest.mark.django_db
def test_a_tenant_is_found_by_any_of_its_domains() -> None:
    tenant = factories.make_tenant(domain="contoso.example")
    factories.make_domain(tenant, "unproved.example", is_verified=False)
    initial = tenant.domains.get(kind="initial").domain
    found = {
        domain: REGISTRY.look_up(tenant.tenant_id, domain)
        for domain in ("contoso.example", initial, "unproved.example")
    }
    assert found == {
        "contoso.example": TenantLookup(tenant, domain_verified=True, known=True),
        initial: TenantLookup(tenant, domain_verified=True, known=True),
        "unproved.example": TenantLookup(tenant, domain_verified=False, known=True),
    }


@pytest.mark.django_db
def test_what_does_not_belong_together_is_not_found() -> None:
    tenant = factories.make_tenant(domain="contoso.example")
    other = factories.make_tenant(domain="fabrikam.example")
    factories.make_domain(tenant, "sold.example", is_active=False)
    assert REGISTRY.look_up(tenant.tenant_id, "fabrikam.example") == TenantLookup(known=True)
    assert REGISTRY.look_up(other.tenant_id, "contoso.example") == TenantLookup(known=True)
    assert REGISTRY.look_up(tenant.tenant_id, "sold.example") == TenantLookup(known=True)
    assert REGISTRY.look_up(tenant.tenant_id, "nowhere.example") == TenantLookup(known=True)
    assert REGISTRY.look_up(uuid4(), "contoso.example") == TenantLookup(known=True)
    assert REGISTRY.look_up(uuid4(), "nowhere.example") == TenantLookup(known=False)


@pytest.mark.django_db
def test_a_tenant_known_from_a_claim_alone_is_not_on_record() -> None:
    tenant = factories.make_tenant(domain="contoso.example", source=CustomerTenant.Source.CLAIM)
    assert REGISTRY.look_up(tenant.tenant_id, "contoso.example") == TenantLookup(known=False)


@pytest.mark.django_db
def test_an_id_is_known_as_a_subscription_with_the_right_domain_only() -> None:
    tenant = factories.make_tenant(domain="contoso.example")
    factories.make_tenant(domain="fabrikam.example")
    subscription = factories.make_subscription(tenant)
    asked = {
        domain: REGISTRY.is_subscription_of(subscription.subscription_id, domain)
        for domain in ("contoso.example", "fabrikam.example")
    }
    assert asked == {"contoso.example": True, "fabrikam.example": False}
    assert REGISTRY.is_subscription_of(tenant.tenant_id, "contoso.example") is False


@pytest.mark.django_db
def test_the_domains_that_are_active_and_verified() -> None:
    tenant = factories.make_tenant(domain="contoso.example")
    factories.make_domain(tenant, "unproved.example", is_verified=False)
    factories.make_domain(tenant, "sold.example", is_active=False)
    initial = tenant.domains.get(kind="initial").domain
    assert REGISTRY.domains(tenant) == {"contoso.example", initial}


@pytest.mark.django_db
def test_the_subscriptions_that_were_asked_for(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    sales, finance = factories.product("d365_sales"), factories.product("d365_finance")
    tenant, other = factories.make_tenant(), factories.make_tenant()
    now = clock.now()
    late = factories.make_subscription(tenant, sales, first_seen_at=now)
    early = factories.make_subscription(tenant, sales, first_seen_at=now - timedelta(days=9))
    named = factories.make_subscription(tenant, finance, first_seen_at=now - timedelta(days=5))
    factories.make_subscription(tenant, finance)
    theirs = factories.make_subscription(other, sales)
    with django_assert_num_queries(1):
        found = REGISTRY.subscriptions(
            tenant,
            product_ids={sales.pk},
            subscription_ids={named.subscription_id, theirs.subscription_id, uuid4()},
        )
        products = [each.listed_product.product for each in found]
    assert found == [early, named, late]
    assert products == [sales, finance, sales]


@pytest.mark.django_db
def test_the_figures_count_what_is_in_use() -> None:
    tenant, now = factories.make_tenant(), clock.now()
    assert REGISTRY.figures(tenant) == RegistryFigures(seats=0, refreshed_at=None)
    long_ago = now - timedelta(days=30)
    for state, seats in (("active", 100), ("in_grace", 20), ("expired", 3), ("suspended", 4)):
        factories.make_subscription(tenant, state=state, seats=seats, last_synced_at=long_ago)
    latest = factories.make_subscription(tenant, seats=1, last_synced_at=now)
    factories.make_subscription(factories.make_tenant(), seats=1000)
    assert REGISTRY.figures(tenant) == RegistryFigures(121, latest.last_synced_at)
