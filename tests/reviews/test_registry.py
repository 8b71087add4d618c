"""What Ops edits of partners and customers: what is kept, what is refused and how."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from claims.models import CustomerTenant, Membership, PartnerLocation, Subscription, TenantDomain
from cpor_site.common import clock
from tests import factories

from .editing import add, change, page, saved, shown
from .pages import html_of, text_of

pytestmark = pytest.mark.django_db


class TestPartners:
    def test_a_location_names_its_company_by_key(self, client: Client) -> None:
        organization = factories.make_organization()

        response = add(
            client,
            PartnerLocation,
            organization=f" {organization.global_partner_id} ",
            partner_id="5000123",
            name="Munich",
            country="de",
            partner_type="standard",
            is_active="on",
        )

        assert saved(response)
        location = PartnerLocation.objects.get()
        assert (location.organization, location.country) == (organization, "DE")
        form = client.get(page(location, "change", location.pk))
        assert f'value="{organization.global_partner_id}"' in html_of(form)
        assert organization.name in text_of(form)

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"organization": "42"}, "There is nothing with the key “42”."),
            ({"country": "Germany"}, "Choose a country of the list."),
            ({"country": "D1"}, "Choose a country of the list."),
            ({"partner_id": "abc"}, "A partner ID is a number of up to ten digits."),
        ],
    )
    def test_a_location_is_refused_with_a_sentence(
        self, wrong: dict[str, str], sentence: str, client: Client
    ) -> None:
        location = factories.make_location(enrolled=False)

        response = change(client, location, **wrong)

        assert not saved(response)
        assert sentence in text_of(response)

    def test_a_name_from_outside_stays_text_beside_its_key(self, client: Client) -> None:
        organization = factories.make_organization(name="<form action=/x>Fabrikam")
        location = factories.make_location(organization)

        html = html_of(client.get(page(location, "change", location.pk)))

        assert "&lt;form action=/x&gt;Fabrikam" in html
        assert "<form action=/x>" not in html

    def test_a_membership_at_some_locations(self, client: Client) -> None:
        organization = factories.make_organization()
        first, second = (factories.make_location(organization, enrolled=False) for _ in range(2))
        user = factories.make_user("paula@fabrikam.example")

        response = add(
            client,
            Membership,
            user="Paula@Fabrikam.example",
            organization=organization.global_partner_id,
            role="incentives_admin",
            locations=f"{first.partner_id}\n\n {second.partner_id}\n{first.partner_id}",
            is_active="on",
        )

        assert saved(response)
        membership = Membership.objects.get()
        assert (membership.user, membership.organization) == (user, organization)
        assert set(membership.locations.all()) == {first, second}
        assert shown(client, membership)["locations"].split() == [
            first.partner_id,
            second.partner_id,
        ]

    @pytest.mark.parametrize("kind", ["another company's", "unknown"])
    def test_a_membership_at_a_strange_location(self, kind: str, client: Client) -> None:
        membership = factories.make_membership()
        strange = factories.make_location(enrolled=False)
        key = strange.partner_id if kind == "another company's" else "4711"

        response = change(client, membership, locations=key)

        assert not saved(response)
        assert (
            f"{strange} isn't a location of {membership.organization}."
            if kind == "another company's"
            else "There is nothing with the key “4711”."
        ) in text_of(response)
        assert not membership.locations.exists()

    def test_a_period_that_ends_before_it_begins(self, client: Client) -> None:
        enrollment = factories.make_location().enrollments.first()

        response = change(client, enrollment, starts_on="2026-07-01", ends_on="2026-06-30")

        assert not saved(response)
        assert "The end lies before the start." in text_of(response)


class TestCustomers:
    def test_a_tenant_entered_by_hand(self, client: Client) -> None:
        guid = uuid4()

        response = add(
            client,
            CustomerTenant,
            tenant_id=str(guid),
            name="Contoso AG",
            country="de",
            sector="public",
            cloud="public",
            admin_emails="Admin@Contoso.example\nit@contoso.example\nadmin@contoso.example",
        )

        assert saved(response)
        tenant = CustomerTenant.objects.get(tenant_id=guid)
        assert (tenant.source, tenant.country, tenant.admin_emails) == (
            CustomerTenant.Source.MANUAL,
            "DE",
            ["admin@contoso.example", "it@contoso.example"],
        )
        assert (clock.now() - tenant.known_since).total_seconds() < 60

    def test_an_address_that_is_none(self, client: Client) -> None:
        response = change(client, factories.make_tenant(), admin_emails="ok@x.example\nnonsense")

        assert not saved(response)
        assert "“nonsense” isn't an e-mail address." in text_of(response)

    def test_a_domain_is_kept_in_lower_case_and_idna(self, client: Client) -> None:
        tenant = factories.make_tenant()

        response = add(
            client,
            TenantDomain,
            tenant=str(tenant.tenant_id),
            domain=" Müller.Example. ",
            kind="custom",
            is_active="on",
        )

        assert saved(response)
        assert TenantDomain.objects.filter(tenant=tenant, domain="xn--mller-kva.example").exists()

    @pytest.mark.parametrize(
        "wrong", ["contoso", "a b.example", "-.example", "x" * 64 + ".example"]
    )
    def test_no_domain(self, wrong: str, client: Client) -> None:
        domain = factories.make_domain(factories.make_tenant(), "contoso.example")

        response = change(client, domain, domain=wrong)

        assert not saved(response)
        assert "isn't a domain name." in text_of(response)

    def test_a_domain_that_another_customer_has(self, client: Client) -> None:
        factories.make_tenant("Contoso AG", domain="contoso.example")
        domain = factories.make_domain(factories.make_tenant(), "other.example")

        response = change(client, domain, domain="contoso.example")

        assert not saved(response)
        assert ("contoso.example belongs to Contoso AG. Make it inactive there first.") in text_of(
            response
        )
        assert saved(change(client, domain, domain="contoso.example", is_active=""))

    def test_a_second_primary_domain(self, client: Client) -> None:
        tenant = factories.make_tenant("Contoso AG", domain="contoso.example")
        domain = factories.make_domain(tenant, "other.example")

        response = change(client, domain, is_primary="on")

        assert not saved(response)
        assert "Contoso AG has the primary domain contoso.example already." in text_of(response)

    def test_a_subscription(self, client: Client) -> None:
        tenant = factories.make_tenant("Contoso AG")
        listed = factories.make_listed_product(factories.product("d365_sales"))
        guid = uuid4()

        response = add(
            client,
            Subscription,
            subscription_id=str(guid),
            tenant=str(tenant.tenant_id).upper(),
            listed_product=str(listed.sku_id),
            channel="vl_ea",
            state="active",
            seats="20",
            provisioned_at="2026-01-02T03:04:05",
        )

        assert saved(response)
        subscription = Subscription.objects.get(subscription_id=guid)
        assert (subscription.tenant, subscription.listed_product) == (tenant, listed)
        assert subscription.first_seen_at == subscription.last_synced_at
        before = subscription.history.count()
        assert saved(change(client, subscription))
        again = Subscription.objects.get(pk=subscription.pk)
        assert (again.provisioned_at, again.history.count()) == (
            subscription.provisioned_at,
            before + 1,
        )

    @pytest.mark.parametrize("key", ["nonsense", "11111111-2222-4333-8444-555555555555"])
    def test_a_subscription_of_an_unknown_tenant(self, key: str, client: Client) -> None:
        subscription = factories.make_subscription(factories.make_tenant())

        response = change(client, subscription, tenant=key)

        assert not saved(response)
        assert f"There is nothing with the key “{key}”." in text_of(response)

    @pytest.mark.parametrize("braces", [False, True])
    def test_a_guid_finds_its_row_and_a_name_its_beginning(
        self, braces: bool, client: Client
    ) -> None:
        contoso, other = factories.make_tenant("Contoso AG"), factories.make_tenant("Other AG")
        term = f"{{{contoso.tenant_id}}}" if braces else str(contoso.tenant_id)

        for each in (term, "conto"):
            found = text_of(client.get(page(CustomerTenant, "changelist"), {"q": each}))
            assert contoso.name in found
            assert other.name not in found
