"""The rules asked about claims in the database: whether the right facts reach them."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from claims import checks
from claims.models import Claim, ClaimContact, ClaimLine, CustomerTenant, Membership, Subscription
from claims.states import Status
from cpor_site.common import clock
from cpor_site.common.problems import Problem
from tests import factories
from tests.factories import BIZAPPS

pytestmark = pytest.mark.django_db

OUT_OF_REACH = "tests.claims.directories.OutOfReach"


def codes(problems: list[Problem]) -> list[str]:
    return [each.code for each in problems]


def change(claim: Claim, **fields: Any) -> Claim:
    for name, value in fields.items():
        setattr(claim, name, value)
    return claim


def lines_of(claim: Claim) -> list[ClaimLine]:
    return list(claim.lines.select_related("product", "activity__program").order_by("pk"))


def cover_everything(claim: Claim) -> None:
    for document in claim.documents.all():
        document.covers.set(claim.lines.all())


def submission(claim: Claim) -> list[Problem]:
    return checks.check_submission(claim, claim.created_by, clock.now())


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


# -- lines and subscriptions ---------------------------------------------------------------------


def dynamics_claim(*subscriptions: Subscription | None, typed: object = "", **fields: Any) -> Claim:
    """Make a claim for Dynamics 365 Sales with one line on which ``typed`` was typed."""
    tenant = subscriptions[0].tenant if subscriptions and subscriptions[0] else None
    claim = factories.make_claim(
        area_code=BIZAPPS,
        products=("d365_sales",),
        subscriptions=(None,),
        tenant=tenant,
        **fields,
    )
    claim.lines.update(subscription_as_typed=str(typed))
    return claim


def found_for(claim: Claim) -> list[Subscription | None]:
    return [each for _, each in checks.resolve_subscriptions(claim, lines_of(claim))]


def line_codes(claim: Claim) -> list[str]:
    return codes(checks.check_lines(claim, clock.now()))


def test_the_only_subscription_is_taken_and_several_are_not() -> None:
    tenant = factories.make_tenant()
    first = factories.make_subscription(tenant)
    claim = dynamics_claim(first)
    assert (found_for(claim), line_codes(claim)) == ([first], [])
    second = factories.make_subscription(tenant)
    assert (found_for(claim), line_codes(claim)) == ([None], ["SUB-01"])
    claim.lines.update(subscription_as_typed=f"{{{second.subscription_id}}}")
    assert (found_for(claim), line_codes(claim)) == ([second], [])


def test_what_was_taken_at_submission_survives_a_later_purchase() -> None:
    tenant = factories.make_tenant()
    first = factories.make_subscription(tenant)
    claim = dynamics_claim(first, first_submitted_at=clock.now())
    claim.lines.update(subscription=first)
    factories.make_subscription(tenant)
    assert (found_for(claim), line_codes(claim)) == ([first], [])


def test_the_rules_of_2023_always_want_an_id() -> None:
    subscription = factories.make_subscription(factories.make_tenant())
    claim = dynamics_claim(subscription, rule_profile="2023")
    assert (found_for(claim), line_codes(claim)) == ([None], ["SUB-01"])


def test_another_customers_subscription_is_as_good_as_none() -> None:
    here = factories.make_subscription(factories.make_tenant())
    theirs = factories.make_subscription(factories.make_tenant())
    answers = []
    for typed in (theirs.subscription_id, factories.guid(77)):
        claim = dynamics_claim(here, typed=typed)
        assert found_for(claim) == [None]
        [problem] = checks.check_lines(claim, clock.now())
        answers.append((problem.code, str(problem.message)))
    assert answers[0] == answers[1]
    assert answers[0][0] == "SUB-03"


def test_scenario_3_dynamics_is_checked_before_csp() -> None:
    tenant = factories.make_tenant()
    sales = factories.make_subscription(tenant)
    mail = factories.make_subscription(tenant, factories.product("exchange_online"), channel="csp")
    assert line_codes(dynamics_claim(sales, typed=mail.subscription_id)) == ["SUB-06"]
    csp = factories.make_subscription(tenant, channel="csp")
    assert line_codes(dynamics_claim(sales, typed=csp.subscription_id)) == ["SUB-07"]


def test_a_purchase_of_a_sibling_edition_counts_as_the_product() -> None:
    """Several listed products belong to one claimable product."""
    tenant, sales = factories.make_tenant(), factories.product("d365_sales")
    editions = [factories.make_listed_product(sales, display_name=name) for name in ("Pro", "Ent")]
    bought = [factories.make_subscription(tenant, listed_product=each) for each in editions]
    claim = dynamics_claim(bought[0])
    assert line_codes(claim) == ["SUB-01"]
    claim.lines.update(subscription_as_typed=str(bought[1].subscription_id))
    assert (found_for(claim), line_codes(claim)) == ([bought[1]], [])


def test_workloads_need_no_subscription() -> None:
    tenant = factories.make_tenant()
    claim = factories.make_claim(products=("exchange_online",), tenant=tenant)
    factories.make_subscription(tenant, factories.product("exchange_online"))
    assert (found_for(claim), line_codes(claim)) == ([None], [])


def test_seats_are_told_where_the_program_counts_them() -> None:
    tenant = factories.make_tenant()
    claim = factories.make_claim(products=("exchange_online",), tenant=tenant)
    subscription = factories.make_subscription(tenant, seats=149)
    assert line_codes(claim) == ["LIN-05"]
    Subscription.objects.filter(pk=subscription.pk).update(seats=150)
    assert line_codes(claim) == []


def test_old_data_is_told_where_subscriptions_are_checked() -> None:
    old = clock.now() - timedelta(hours=49)
    claim = factories.make_claim(area_code=BIZAPPS, products=("d365_sales",))
    Subscription.objects.update(last_synced_at=old)
    assert line_codes(claim) == ["SUB-16"]


def test_one_fault_of_one_subscription_is_told_once_for_both_activities() -> None:
    bought = factories.make_subscription(factories.make_tenant(), state="suspended")
    claim = dynamics_claim(bought, activities=("usage", "presales"))
    assert line_codes(claim) == ["SUB-10"]


def test_a_line_of_another_area_is_not_eligible() -> None:
    claim = factories.make_claim(products=("exchange_online",))
    change(claim, area=factories.area(BIZAPPS)).save()
    claim.activities.set([factories.activity("usage", BIZAPPS)])
    assert line_codes(claim) == ["LIN-02"]


# -- an unavailable directory --------------------------------------------------------------------


def test_without_the_directory_a_claim_can_be_submitted_with_a_warning(settings: Settings) -> None:
    claim = factories.make_claim(area_code=BIZAPPS, products=("d365_sales",))
    cover_everything(claim)
    settings.CPOR_CUSTOMER_DIRECTORY = OUT_OF_REACH
    problems = submission(claim)
    assert [each.key for each in problems] == ["SUB-17:customer", "SUB-17"]
    assert not any(each.blocks for each in problems)
    line = claim.lines.get()
    assert found_for(claim) == [line.subscription]
    assert checks.find_tenant(claim) == claim.tenant


def test_without_the_directory_nothing_new_is_believed(settings: Settings) -> None:
    claim, other = factories.make_claim(), factories.make_tenant()
    settings.CPOR_CUSTOMER_DIRECTORY = OUT_OF_REACH
    change(claim, tenant_id_as_typed=str(other.tenant_id))
    assert checks.find_tenant(claim) is None
    assert codes(checks.check_customer(claim)) == ["TEN-08"]


def test_without_the_directory_a_workload_can_be_claimed(settings: Settings) -> None:
    claim = factories.make_claim()
    settings.CPOR_CUSTOMER_DIRECTORY = OUT_OF_REACH
    assert line_codes(claim) == []


def test_without_the_directory_no_subscription_is_approved(settings: Settings) -> None:
    claim = factories.make_claim(area_code=BIZAPPS, products=("d365_sales",))
    settings.CPOR_CUSTOMER_DIRECTORY = OUT_OF_REACH
    under_review = Claim.objects.get(pk=claim.pk)
    under_review.__dict__["status"] = Status.UNDER_REVIEW
    problems = checks.check_lines(under_review, clock.now())
    assert [(each.code, each.blocks) for each in problems] == [("SUB-17", True)]


# -- conflicts -----------------------------------------------------------------------------------


def undecided(**arguments: Any) -> Claim:
    """Make a claim that looks handed in; how it got there is the door's matter, not the rules'."""
    claim = factories.make_claim(**arguments, first_submitted_at=clock.now())
    claim.__dict__["status"] = Status.SUBMITTED
    claim.save()
    return claim


def test_scenario_8_own_duplicates_and_others() -> None:
    tenant, location = factories.make_tenant(), factories.make_location()
    rival = undecided(tenant=tenant)
    claim = factories.make_claim(tenant=tenant, location=location)
    cover_everything(claim)
    [problem] = submission(claim)
    assert problem.key == "SUB-14:exchange_online"
    told = str(problem.message)
    assert rival.number not in told
    assert rival.organization.name not in told

    own = undecided(tenant=tenant, location=location)
    problems = submission(claim)
    assert codes(problems) == ["SUB-14", "SUB-13"]
    assert own.number in str(problems[1].message)
    assert codes(checks.check_conflicts(claim)) == ["SUB-14", "SUB-13"]


def test_several_rivals_are_told_once() -> None:
    tenant = factories.make_tenant()
    for _ in range(3):
        undecided(tenant=tenant)
    assert codes(checks.check_conflicts(factories.make_claim(tenant=tenant))) == ["SUB-14"]


def test_own_claim_for_another_activity_has_to_be_confirmed() -> None:
    tenant, location = factories.make_tenant(), factories.make_location()
    bought = factories.make_subscription(tenant)
    both: dict[str, Any] = {
        "tenant": tenant,
        "location": location,
        "area_code": BIZAPPS,
        "products": ("d365_sales",),
        "subscriptions": (bought,),
    }
    undecided(**both, activities=("presales",))
    claim = factories.make_claim(**both, activities=("usage",))
    assert codes(checks.check_conflicts(claim)) == ["ACT-07"]


def test_the_first_error_of_a_subscription_hides_who_else_has_it() -> None:
    tenant = factories.make_tenant()
    bought = factories.make_subscription(tenant)
    both: dict[str, Any] = {
        "tenant": tenant,
        "area_code": BIZAPPS,
        "products": ("d365_sales",),
        "subscriptions": (bought,),
    }
    undecided(**both)
    claim = factories.make_claim(**both)
    cover_everything(claim)
    assert codes(submission(claim)) == ["SUB-14"]
    Subscription.objects.filter(pk=bought.pk).update(state="expired")
    assert codes(submission(claim)) == ["SUB-10"]


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
