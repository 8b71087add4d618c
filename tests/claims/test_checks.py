"""The rules asked about claims in the database: whether the right facts reach them."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from claims import checks
from claims.models import Claim, ClaimContact, ClaimLine, CustomerTenant, Membership
from cpor_site.common import clock
from tests import factories
from tests.claims.asking import change, codes, cover_everything, lines_of, submission
from tests.factories import BIZAPPS

pytestmark = pytest.mark.django_db

# -- the whole claim -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("area", "products"),
    [
        (factories.M365, ("exchange_online", "teams", "intune")),
        (BIZAPPS, ("d365_sales", "d365_finance")),
    ],
)
def test_a_complete_claim_can_be_submitted(area: str, products: tuple[str, ...]) -> None:
    claim = factories.make_claim(area_code=area, products=products)
    cover_everything(claim)
    assert submission(claim) == []


def test_problems_come_in_the_order_of_the_pages() -> None:
    claim = factories.make_claim(area_code=BIZAPPS, contacts=False, document=False)
    claim.lines.all().delete()
    claim.activities.clear()
    change(claim, location=None, domain_as_typed="")
    assert codes(submission(claim)) == [
        "DOM-01",
        "ACT-01",
        "LIN-01",
        "MPN-01",
        "CON-03",
        "CON-03",
        "POE-01",
    ]


@pytest.mark.parametrize("area", [factories.M365, BIZAPPS])
def test_the_number_of_queries_does_not_grow_with_the_lines(area: str) -> None:
    products = {
        factories.M365: ("exchange_online", "teams", "intune"),
        BIZAPPS: ("d365_sales", "d365_finance", "d365_field_service"),
    }[area]
    counts = []
    for chosen in (products[:1], products):
        claim = factories.make_claim(area_code=area, products=chosen)
        for number in range(len(chosen)):
            factories.make_document(claim, original_name=f"{number}.pdf")
        cover_everything(claim)
        claim, user, now = Claim.objects.get(pk=claim.pk), claim.created_by, clock.now()
        with CaptureQueriesContext(connection) as queries:
            assert checks.check_submission(claim, user, now) == []
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 30


def test_looking_subscriptions_up_takes_one_query_for_all_lines() -> None:
    claim = factories.make_claim(area_code=BIZAPPS, products=("d365_sales", "d365_finance"))
    claim = Claim.objects.select_related("tenant", "area", "rule_profile").get(pk=claim.pk)
    lines = lines_of(claim)
    with CaptureQueriesContext(connection) as queries:
        checks.resolve_subscriptions(claim, lines)
    assert len(queries) == 1


# -- the customer --------------------------------------------------------------------------------


def test_the_customer_is_found_by_what_was_typed() -> None:
    tenant = factories.make_tenant(domain="contoso.example")
    initial = tenant.domains.get(kind="initial").domain
    claim = factories.make_claim(tenant=tenant)
    for typed in ("https://Contoso.example/about", initial, initial.partition(".")[0]):
        change(claim, tenant_id_as_typed=f" {{{str(tenant.tenant_id).upper()}}}")
        assert checks.find_tenant(change(claim, domain_as_typed=typed)) == tenant
        assert checks.check_customer(claim) == []


def test_unknown_and_foreign_get_one_answer_and_no_customer() -> None:
    tenant, other = factories.make_tenant(), factories.make_tenant()
    claim = factories.make_claim(tenant=tenant)
    asked = []
    for tenant_id, domain in (
        (tenant.tenant_id, "nowhere.example"),
        (tenant.tenant_id, factories.primary_domain(other)),
        (factories.guid(1), factories.primary_domain(tenant)),
        (factories.guid(1), "nowhere.example"),
    ):
        change(claim, tenant_id_as_typed=str(tenant_id), domain_as_typed=domain, tenant=None)
        assert checks.find_tenant(claim) is None
        asked.append(checks.check_customer(claim))
    assert [codes(each) for each in asked] == [["DOM-03"]] * 4
    assert asked.count(asked[0]) == 4


def test_a_subscription_of_the_customer_typed_as_tenant_id() -> None:
    tenant = factories.make_tenant()
    subscription = factories.make_subscription(tenant)
    stranger = factories.make_subscription(factories.make_tenant())
    claim = factories.make_claim(tenant=tenant)
    change(claim, tenant_id_as_typed=str(subscription.subscription_id))
    assert codes(checks.check_customer(claim)) == ["TEN-04"]
    change(claim, tenant_id_as_typed=str(stranger.subscription_id))
    assert codes(checks.check_customer(claim)) == ["DOM-03"]


def test_the_partners_own_tenant() -> None:
    tenant = factories.make_tenant()
    organization = factories.make_organization(tenant_id=tenant.tenant_id)
    claim = factories.make_claim(tenant=tenant, location=factories.make_location(organization))
    assert codes(checks.check_customer(claim)) == ["TEN-06"]


def test_the_clouds_are_a_setting(settings: Settings) -> None:
    claim = factories.make_claim(tenant=factories.make_tenant(cloud="china"))
    assert codes(checks.check_customer(claim)) == ["TEN-07"]
    settings.CPOR_OFFERED_CLOUDS = ("public", "china")
    assert checks.check_customer(claim) == []


def test_a_customer_that_came_on_record_later_has_to_be_saved_again() -> None:
    claim = change(factories.make_claim(), tenant=None)
    assert codes(checks.check_customer(claim)) == ["TEN-08"]


# -- the location --------------------------------------------------------------------------------


def location_codes(claim: Claim) -> list[str]:
    return codes(checks.check_location(claim, claim.created_by, clock.now()))


def test_scenario_14_a_location_enrolled_in_sell_only() -> None:
    location = factories.make_location(enrolled=False)
    factories.make_enrollment(location, "OSA-BIZAPPS")
    claim = factories.make_claim(location=location, area_code=BIZAPPS, activities=("usage",))
    assert location_codes(claim) == ["MPN-03"]
    claim.activities.set([factories.activity("presales", BIZAPPS)])
    assert location_codes(claim) == []


def test_a_right_at_another_location_is_none_here() -> None:
    organization = factories.make_organization()
    here, there = (factories.make_location(organization) for _ in range(2))
    user = factories.make_user()
    factories.make_membership(user, organization, locations=[there])
    factories.make_membership(
        factories.make_user(full_name="Ada Admin"), organization, Membership.Role.GLOBAL_ADMIN
    )
    claim = factories.make_claim(user=user, location=here)
    [problem] = checks.check_location(claim, user, clock.now())
    assert problem.code == "MPN-08"
    assert "Ask Ada Admin for" in str(problem.message)
    assert checks.check_location(change(claim, location=there), user, clock.now()) == []


@pytest.mark.parametrize("role", list(Membership.Role))
def test_who_may_claim(role: Membership.Role) -> None:
    location, user = factories.make_location(), factories.make_user()
    factories.make_membership(user, location.organization, role)
    claim = factories.make_claim(user=user, location=location)
    full = role in ("global_admin", "billing_admin", "incentives_admin")
    assert location_codes(claim) == ([] if full else ["MPN-08"])


def test_a_role_at_another_organisation_is_none_here() -> None:
    claim, other = factories.make_claim(), factories.make_location()
    assert location_codes(change(claim, location=other)) == ["MPN-08"]


@pytest.mark.parametrize(("spare", "expected"), [(-1, ["MPN-05"]), (0, [])])
def test_the_enrolment_is_held_against_review_and_window(spare: int, expected: list[str]) -> None:
    """Submitted on Monday 4 May 2026: 10 business days and a holiday, then 7 calendar days."""
    location = factories.make_location(enrolled=False)
    now = factories.at("2026-05-04T12:00+02:00")
    last = (now + timedelta(days=22 + spare)).date()
    factories.make_enrollment(location, "OSU-M365", ends_on=last)
    claim = factories.make_claim(location=location)
    assert codes(checks.check_location(claim, claim.created_by, now)) == expected


def test_the_day_is_the_operators() -> None:
    """Half past eleven at night in UTC is the next day in Berlin."""
    location = factories.make_location(enrolled=False)
    late = factories.at("2026-05-04T22:30+00:00")
    factories.make_enrollment(location, "OSU-M365", starts_on=date(2026, 5, 5))
    claim = factories.make_claim(location=location)
    assert codes(checks.check_location(claim, claim.created_by, late)) == []
    earlier = late - timedelta(hours=1)
    assert codes(checks.check_location(claim, claim.created_by, earlier)) == ["MPN-03"]


# -- contacts ------------------------------------------------------------------------------------


def write_to(claim: Claim, email: str, kind: str = "business") -> list[str]:
    ClaimContact.objects.filter(claim=claim, kind=kind).update(email=email)
    return codes(checks.check_contacts(Claim.objects.get(pk=claim.pk)))


def test_contacts_are_held_against_the_domains_of_both_sides() -> None:
    tenant = factories.make_tenant()
    factories.make_domain(tenant, "second.example")
    factories.make_domain(tenant, "unproved.example", is_verified=False)
    claim = factories.make_claim(tenant=tenant)
    colleague = factories.make_membership(organization=claim.organization, is_active=False).user
    assert write_to(claim, "jana@second.example") == []
    assert write_to(claim, "jana@unproved.example") == ["CON-01"]
    assert write_to(claim, f"jana@{claim.organization.mail_domain}") == ["CON-02"]
    assert write_to(claim, colleague.email.upper()) == ["CON-02"]


def test_the_partners_own_contact_can_not_answer_for_the_customer() -> None:
    claim = factories.make_claim()
    ClaimContact.objects.filter(claim=claim, kind="partner").update(email="ann@private.example")
    assert write_to(claim, "ann@private.example") == ["CON-02"]


@pytest.mark.parametrize(
    ("profile", "product", "area", "expected"),
    [
        ("2020", "d365_sales", BIZAPPS, ["CON-04"]),
        ("2023", "d365_sales", BIZAPPS, []),
        ("2020", "power_apps", BIZAPPS, []),
        ("2020", "exchange_online", factories.M365, []),
    ],
)
def test_a_technical_contact_is_for_dynamics(
    profile: str, product: str, area: str, expected: list[str]
) -> None:
    claim = factories.make_claim(area_code=area, products=(product,), rule_profile=profile)
    ClaimContact.objects.filter(claim=claim, kind="technical").delete()
    assert codes(checks.check_contacts(claim)) == expected


# -- documents -----------------------------------------------------------------------------------


def document_codes(claim: Claim, now: datetime | None = None) -> list[str]:
    return codes(checks.check_documents(claim, now or clock.now()))


def test_a_withdrawn_document_is_none() -> None:
    claim = factories.make_claim(document=False)
    document = factories.make_document(claim)
    cover_everything(claim)
    assert document_codes(claim) == []
    document.withdrawn_at = clock.now()
    document.save()
    assert document_codes(claim) == ["POE-01"]


def test_a_file_that_was_handed_in_for_another_customer() -> None:
    location, content = factories.make_location(), factories.make_pdf()
    tenant = factories.make_tenant()
    claim = factories.make_claim(location=location, tenant=tenant, document=False)
    factories.make_document(claim, content)
    cover_everything(claim)
    same_customer = factories.make_claim(location=location, tenant=tenant, document=False)
    factories.make_document(same_customer, content)
    another_partner = factories.make_claim(document=False)
    factories.make_document(another_partner, content)
    no_customer = factories.make_claim(location=location, document=False)
    factories.make_document(no_customer, content)
    change(no_customer, tenant=None).save()
    assert document_codes(claim) == []

    another_customer = factories.make_claim(location=location, document=False)
    used = factories.make_document(another_customer, content)
    assert document_codes(claim) == ["POE-07"]
    used.withdrawn_at = clock.now()
    used.save()
    assert document_codes(claim) == []


def test_lines_that_were_taken_out_need_no_proof() -> None:
    claim = factories.make_claim(products=("exchange_online", "teams"))
    [first, second] = lines_of(claim)
    claim.documents.get().covers.set([first])
    assert document_codes(claim) == ["POE-10"]
    ClaimLine.objects.filter(pk=second.pk).update(line_status="removed_by_partner")
    assert document_codes(claim) == []


def test_the_limits_are_settings(settings: Settings) -> None:
    claim = factories.make_claim()
    factories.make_document(claim)
    cover_everything(claim)
    assert document_codes(claim) == []
    settings.CPOR_POE_MAX_FILES = 1
    assert document_codes(claim) == ["POE-03"]


def test_a_signature_ages_by_the_claims_own_rules() -> None:
    claim = factories.make_claim(document=False)
    now = factories.at("2026-05-04T12:00+02:00")
    factories.make_document(claim, signed_on=date(2025, 5, 3))
    cover_everything(claim)
    assert document_codes(claim, now) == ["POE-09"]
    claim.rule_profile.poe_max_age_months = 13
    assert document_codes(claim, now) == []


def test_the_public_sector_needs_its_disclosure() -> None:
    claim = factories.make_claim(tenant=factories.make_tenant(sector=CustomerTenant.Sector.PUBLIC))
    cover_everything(claim)
    assert document_codes(claim) == ["POE-11"]
    assert document_codes(change(claim, public_sector_disclosure_confirmed=True)) == []
