"""What Ops edits in the admin: what is kept, what is refused, and with which sentence."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from claims.models import (
    Activity,
    CustomerTenant,
    ListedProduct,
    Membership,
    PartnerLocation,
    Product,
    Program,
    RuleProfile,
    Subscription,
    TenantDomain,
)
from cpor_site.common import clock, outbox
from cpor_site.common.models import NonWorkingDay, OutboxMessage, User
from tests import acts, factories

from .pages import browser_of, html_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ops() -> User:
    return factories.make_reviewer(
        "otto@desk.example", role="Ops", full_name="Otto Ops", time_zone="Europe/Berlin"
    )


@pytest.fixture
def client(ops: User) -> Client:
    return browser_of(ops)


def page(model: Any, name: str, *arguments: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=arguments)


def shown(client: Client, row: Any) -> dict[str, Any]:
    """What the row's form would send if somebody only pressed Save."""
    form = client.get(page(row, "change", row.pk)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False)}


def change(client: Client, row: Any, **changes: Any) -> Any:
    data = shown(client, row) | changes
    return client.post(
        page(row, "change", row.pk), {name: value for name, value in data.items() if value}
    )


def add(client: Client, model: Any, **values: Any) -> Any:
    return client.post(page(model, "add"), values)


def saved(response: Any) -> bool:
    assert response.status_code in (200, 302)
    return response.status_code == 302


class TestUsers:
    NEW: dict[str, Any] = {  # noqa: RUF012
        "email": "Nora@Desk.example",
        "full_name": "Nora New",
        "locale": "pl",
        "time_zone": "Europe/Warsaw",
        "usable_password": "true",
        "password1": factories.PASSWORD,
        "password2": factories.PASSWORD,
    }

    def test_a_person_is_added_without_rights(self, client: Client, ops: User) -> None:
        assert saved(add(client, User, **self.NEW, is_staff="on", is_superuser="on"))

        nora = User.objects.get(email="nora@desk.example")
        assert (nora.full_name, nora.locale, nora.time_zone) == ("Nora New", "pl", "Europe/Warsaw")
        assert (nora.is_staff, nora.is_superuser, nora.is_demo) == (False, False, False)
        assert nora.check_password(factories.PASSWORD)
        assert nora.history.get().history_user == ops

    def test_the_same_address_in_other_letters_is_the_same_person(self, client: Client) -> None:
        factories.make_user("nora@desk.example")

        response = add(client, User, **self.NEW)

        assert not saved(response)
        assert "already exists" in text_of(response)

    def test_an_unknown_zone_is_refused(self, client: Client) -> None:
        response = add(client, User, **self.NEW | {"time_zone": "Europe/Atlantis"})

        assert not saved(response)
        assert "There is no time zone “Europe/Atlantis”" in text_of(response)

    def test_a_superuser_gives_a_role_and_deactivates_a_person(self) -> None:
        client = browser_of(User.objects.create_superuser("root@desk.example"))
        person = factories.make_user()
        role = Group.objects.get(name="Reviewer")

        assert saved(change(client, person, is_staff="on", groups=[role.pk]))
        person = User.objects.get(pk=person.pk)
        assert person.is_staff
        assert [group.name for group in person.groups.all()] == ["Reviewer"]
        history = text_of(client.get(page(person, "history", person.pk)))
        assert "root@desk.example Changed: – → Reviewer" in history
        assert saved(change(client, person, is_active=""))
        assert not User.objects.get(pk=person.pk).is_active

    def test_ops_looks_after_the_people_of_partners(self, client: Client) -> None:
        person = factories.make_user()
        address = reverse("admin:auth_user_password_change", args=[person.pk])
        typed = {
            "usable_password": "true",
            "password1": "good and new",
            "password2": "good and new",
        }

        assert client.post(address, typed).status_code == 302
        assert saved(change(client, person, full_name="Paula", is_active=""))

        person = User.objects.get(pk=person.pk)
        assert person.check_password("good and new")
        assert (person.full_name, person.is_active) == ("Paula", False)

    def test_ops_gives_nobody_a_role(self, client: Client) -> None:
        """Or they could review with a second account of their own."""
        person = factories.make_user()
        lead = Group.objects.get(name="Lead reviewer")

        assert saved(change(client, person, is_staff="on", groups=[lead.pk]))

        person = User.objects.get(pk=person.pk)
        assert not person.is_staff
        assert not person.groups.exists()

    @pytest.mark.parametrize("role", ["Reviewer", "Lead reviewer", "Ops", "Auditor"])
    def test_ops_can_not_sign_in_as_a_colleague(self, role: str, client: Client) -> None:
        colleague = factories.make_reviewer("lena@desk.example", role=role)
        address = reverse("admin:auth_user_password_change", args=[colleague.pk])
        typed = {
            "usable_password": "true",
            "password1": "good and new",
            "password2": "good and new",
        }

        assert client.post(address, typed).status_code == 403
        assert (
            client.post(
                page(colleague, "change", colleague.pk), {"email": "mine@desk.example"}
            ).status_code
            == 403
        )

        colleague = User.objects.get(pk=colleague.pk)
        assert colleague.email == "lena@desk.example"
        assert colleague.check_password(factories.PASSWORD)

    def test_nobody_changes_their_own_rights(self, client: Client, ops: User) -> None:
        lead = Group.objects.get(name="Lead reviewer")

        assert saved(change(client, ops, full_name="Otto O.", groups=[lead.pk], is_staff=""))

        ops = User.objects.get(pk=ops.pk)
        assert ops.full_name == "Otto O."
        assert ops.is_staff
        assert [group.name for group in ops.groups.all()] == ["Ops"]

    def test_nobody_becomes_a_superuser_here(self, client: Client) -> None:
        person = factories.make_user()

        assert saved(change(client, person, is_superuser="on", user_permissions=["1"]))

        person = User.objects.get(pk=person.pk)
        assert not person.is_superuser
        assert not person.user_permissions.exists()

    def test_only_a_superuser_touches_a_superuser(self, client: Client) -> None:
        root = User.objects.create_superuser("root@desk.example", factories.PASSWORD)
        typed = {"email": "mine@desk.example", "full_name": "Mine"}
        password = {"password1": "another good one", "password2": "another good one"}

        assert client.post(page(root, "change", root.pk), typed).status_code == 403
        address = reverse("admin:auth_user_password_change", args=[root.pk])
        assert client.post(address, password).status_code == 403

        root = User.objects.get(pk=root.pk)
        assert root.email == "root@desk.example"
        assert root.check_password(factories.PASSWORD)
        assert saved(change(browser_of(root), root, full_name="Root"))

    def test_groups_and_permissions_have_no_pages(self) -> None:
        client = browser_of(User.objects.create_superuser("root@desk.example"))

        assert client.get("/admin/auth/group/").status_code == 404


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
            ({"country": "Germany"}, "Enter the country's two-letter code, such as DE."),
            ({"country": "D1"}, "Enter the country's two-letter code, such as DE."),
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


class TestCatalogue:
    @pytest.fixture(autouse=True)
    def catalogue(self) -> None:
        factories.make_catalogue()

    def test_a_products_other_names_stand_one_on_a_line(self, client: Client) -> None:
        product = factories.product("teams")
        assert shown(client, product)["synonyms"] == "Teams\nMS Teams"

        assert saved(change(client, product, synonyms="Teams\n\n  Microsoft Teams \nTeams"))

        assert factories.product("teams").synonyms == ["Teams", "Microsoft Teams"]

    def test_an_activity_of_the_other_area(self, client: Client) -> None:
        product = factories.product("teams")
        foreign = factories.activity("presales", factories.BIZAPPS)

        response = change(client, product, activities=[foreign.pk])

        assert not saved(response)
        assert "Presales isn't an activity of Microsoft 365." in text_of(response)
        assert "Business Applications: Presales" in text_of(response)

    @pytest.mark.parametrize("model", [Product, Program, Activity, RuleProfile])
    def test_a_code_is_chosen_once(self, model: Any, client: Client) -> None:
        row = model.objects.order_by("pk").first()

        assert saved(change(client, row, code="other"))

        assert model.objects.get(pk=row.pk).code == row.code

    def test_an_activitys_channels(self, client: Client) -> None:
        activity = factories.activity()

        assert saved(change(client, activity, restricted_to_channels=["vl_ea", "csp"]))
        assert factories.activity().restricted_to_channels == ["vl_ea", "csp"]
        assert not saved(change(client, activity, restricted_to_channels=["nonsense"]))

    def test_a_programs_guide(self, client: Client) -> None:
        program = Program.objects.get(code="OSU-M365")

        assert saved(change(client, program, guide_url="guide.example/2026"))

        assert Program.objects.get(pk=program.pk).guide_url == "https://guide.example/2026"

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"review_days": "0"}, "A deadline needs at least one day."),
            ({"status_labels": '{"gone": "Gone"}'}, "There is no status “gone”."),
            ({"status_labels": '["editing"]'}, "Write each status with its label"),
            ({"status_labels": '{"editing": 1}'}, "Write each status with its label"),
            ({"status_labels": "{"}, "Enter a valid JSON."),
        ],
    )
    def test_a_rule_profile_is_checked(
        self, wrong: dict[str, str], sentence: str, client: Client
    ) -> None:
        profile = RuleProfile.objects.get(code="2023")

        response = change(client, profile, **wrong)

        assert not saved(response)
        assert sentence in text_of(response)

    def test_a_changed_profile_leaves_running_deadlines_alone(self, client: Client) -> None:
        claim = acts.under_review()

        assert saved(change(client, claim.rule_profile, review_days="9"))

        assert acts.fresh(claim).due_at == claim.due_at
        later = acts.under_review()
        assert later.due_at is not None
        assert claim.due_at is not None
        assert later.due_at > claim.due_at

    def test_of_the_vendors_list_only_the_link_is_the_operators(self, client: Client) -> None:
        listed = factories.make_listed_product(factories.product("d365_sales"))
        other = factories.product("d365_finance")

        assert saved(change(client, listed, product=str(other.pk), display_name="Changed"))

        again = ListedProduct.objects.get(pk=listed.pk)
        assert (again.product, again.display_name) == (other, listed.display_name)


class TestLetters:
    @pytest.fixture
    def letter(self) -> OutboxMessage:
        claim = acts.approved()
        letter = acts.letters(claim, "consent_request")[0]
        letter.state = OutboxMessage.State.FAILED
        letter.tries = 10
        letter.last_error = "SMTPRecipientsRefused"
        letter.save()
        return letter

    def test_are_read_without_the_customers_link(
        self, client: Client, letter: OutboxMessage
    ) -> None:
        shown = text_of(client.get(page(letter, "change", letter.pk)))

        assert "(the recipient's personal link)" in shown
        assert outbox.MARKER not in shown
        assert "This letter could not be sent and is not tried any more." in shown

    def test_a_failed_one_is_queued_anew(self, client: Client, letter: OutboxMessage) -> None:
        response = client.post(page(letter, "retry", letter.pk), follow=True)

        assert "The letter is queued and leaves within a few minutes." in text_of(response)
        again = OutboxMessage.objects.get(pk=letter.pk)
        assert (again.state, again.tries) == (OutboxMessage.State.QUEUED, 0)

    def test_twice_does_it_once(self, client: Client, letter: OutboxMessage) -> None:
        client.post(page(letter, "retry", letter.pk))
        response = client.post(page(letter, "retry", letter.pk), follow=True)

        assert "Only a failed letter can be queued anew; this one isn't." in text_of(response)

    def test_not_by_get(self, client: Client, letter: OutboxMessage) -> None:
        assert client.get(page(letter, "retry", letter.pk)).status_code == 405
        assert OutboxMessage.objects.get(pk=letter.pk).state == OutboxMessage.State.FAILED

    @pytest.mark.parametrize("role", ["Reviewer", "Lead reviewer", "Auditor"])
    def test_not_by_other_roles(self, role: str, letter: OutboxMessage) -> None:
        client = browser_of(factories.make_reviewer(role=role))

        assert client.post(page(letter, "retry", letter.pk)).status_code == 403
        assert OutboxMessage.objects.get(pk=letter.pk).state == OutboxMessage.State.FAILED
        if role == "Auditor":
            shown = html_of(client.get(page(letter, "change", letter.pk)))
            assert page(letter, "retry", letter.pk) not in shown


def test_closing_days_are_kept_with_who_entered_them(client: Client, ops: User) -> None:
    assert saved(add(client, NonWorkingDay, day="2026-12-24", name="Christmas Eve"))

    day = NonWorkingDay.objects.get()
    assert (day.name, day.history.get().history_user) == ("Christmas Eve", ops)
