"""The rules about lines asked about claims in the database: subscriptions and conflicts."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from claims import checks
from claims.models import Claim, Subscription
from claims.states import Status
from cpor_site.common import clock
from tests import factories
from tests.claims.asking import change, codes, cover_everything, lines_of, submission
from tests.factories import BIZAPPS

pytestmark = pytest.mark.django_db

OUT_OF_REACH = "tests.claims.directories.OutOfReach"


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
    assert (found_for(claim), line_codes(claim)) == ([None], ["ACT-06", "SUB-01"])


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
