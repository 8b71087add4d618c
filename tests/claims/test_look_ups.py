"""Nobody can try out which tenants and subscriptions exist."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import time_machine

from claims import actors
from claims.bulk.making import upload_drafts
from claims.models import Claim
from claims.services import look_ups
from claims.services.drafting import ClaimChanges, edit_claim
from claims.services.lines import LineChoice
from cpor_site.common.problems import Refused
from tests import factories
from tests.acts import fresh
from tests.claims.pages import browser_of, problems_in, typed_in, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_misses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_ups, "MOST_MISSES", 2)


def edit(claim: Claim, **changes: Any) -> Claim:
    return edit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=fresh(claim).version,
        changes=ClaimChanges(**changes),
    )


@pytest.mark.usefixtures("two_misses")
def test_after_too_many_misses_even_a_right_customer_is_not_looked_up() -> None:
    tenant = factories.make_tenant(domain="contoso.example")
    claim = factories.make_claim(tenant=tenant)
    for number in (1, 2):
        edit(claim, tenant_id=str(factories.guid(number)), domain="contoso.example")
    with pytest.raises(Refused) as refusal:
        edit(claim, tenant_id=str(tenant.tenant_id), domain="contoso.example")

    assert [(each.code, each.field) for each in refusal.value.problems] == [("LIM-01", "tenant_id")]
    assert fresh(claim).tenant_id_as_typed == str(factories.guid(2))


@pytest.mark.usefixtures("two_misses")
def test_hits_and_what_is_no_id_at_all_are_free() -> None:
    tenant = factories.make_tenant(domain="contoso.example")
    claim = factories.make_claim(tenant=tenant)
    for _ in range(4):
        edit(claim, tenant_id=str(tenant.tenant_id), domain="contoso.example")
        edit(claim, tenant_id="no tenant", domain="contoso.example")

    assert edit(claim, tenant_id=str(tenant.tenant_id), domain="contoso.example").tenant == tenant


@pytest.mark.usefixtures("two_misses")
def test_subscriptions_and_customers_count_together_and_for_each_person() -> None:
    claim = factories.make_claim(area_code=factories.BIZAPPS, products=("d365_sales",))
    sales = factories.product("d365_sales")
    edit(claim, tenant_id=str(factories.guid(1)))
    edit(claim, tenant_id=claim.tenant_id_as_typed)
    edit(claim, lines=[LineChoice(sales.pk, str(factories.guid(2)))])
    with pytest.raises(Refused) as refusal:
        edit(claim, lines=[LineChoice(sales.pk, str(factories.guid(3)))])
    assert [(each.code, each.field) for each in refusal.value.problems] == [("LIM-01", "lines")]
    edit(claim, lines=[LineChoice(sales.pk, str(factories.guid(2)))])

    other = factories.make_claim(area_code=factories.BIZAPPS, products=("d365_sales",))
    edit(other, lines=[LineChoice(sales.pk, str(factories.guid(4)))])


def test_misses_are_logged_with_who_asked(caplog: pytest.LogCaptureFixture) -> None:
    claim = factories.make_claim()
    with caplog.at_level(logging.INFO, logger=look_ups.__name__):
        edit(claim, tenant_id=str(factories.guid(1)), domain="contoso.example")

    (record,) = caplog.records
    assert record.getMessage() == (
        f"A customer wasn't found: user {claim.created_by_id} asked for {factories.guid(1)} "
        f"contoso.example in claim {claim.number}."
    )


@pytest.mark.usefixtures("two_misses")
def test_the_page_says_when_to_go_on_and_keeps_what_was_typed() -> None:
    claim = factories.make_claim()
    browser = browser_of(claim.created_by)
    address = url("claim_edit", claim, "customer")
    for number in (1, 2, 3):
        typed = typed_in(browser.get(address)) | {"tenant_id": str(factories.guid(number))}
        answer = browser.post(address, typed)

    assert problems_in(answer) == ["LIM-01"]
    assert typed_in(answer)["tenant_id"] == str(factories.guid(3))


@pytest.mark.usefixtures("two_misses")
def test_one_save_with_many_subscriptions_tries_out_no_more_than_the_limit(
    caplog: pytest.LogCaptureFixture,
) -> None:
    claim = factories.make_claim(area_code=factories.BIZAPPS, products=("d365_sales",))
    sales = factories.product("d365_sales")
    with caplog.at_level(logging.INFO, logger=look_ups.__name__), pytest.raises(Refused) as refusal:
        edit(claim, lines=[LineChoice(sales.pk, str(factories.guid(each))) for each in range(40)])

    assert refusal.value.codes == ("LIM-01",)
    assert len(caplog.records) == 0
    assert claim.lines.count() == 1


@pytest.mark.usefixtures("two_misses")
def test_any_number_of_right_subscriptions_is_free() -> None:
    claim = factories.make_claim(area_code=factories.BIZAPPS, products=("d365_sales",))
    sales = factories.product("d365_sales")
    assert claim.tenant is not None
    bought = [factories.make_subscription(claim.tenant, sales) for _ in range(look_ups.AT_ONCE + 5)]
    edit(claim, lines=[LineChoice(sales.pk, str(each.subscription_id)) for each in bought])

    assert claim.lines.exclude(subscription=None).count() == len(bought)


@pytest.mark.usefixtures("two_misses")
def test_subscriptions_noted_before_the_customer_count_when_the_customer_comes() -> None:
    tenant = factories.make_tenant(domain="contoso.example")
    claim = factories.make_claim(area_code=factories.BIZAPPS, products=("d365_sales",))
    sales = factories.product("d365_sales")
    edit(claim, tenant_id="", domain="")
    edit(claim, lines=[LineChoice(sales.pk, str(factories.guid(each))) for each in range(3)])
    with pytest.raises(Refused) as refusal:
        edit(claim, tenant_id=str(tenant.tenant_id), domain="contoso.example")

    assert [(each.code, each.field) for each in refusal.value.problems] == [("LIM-01", "lines")]
    assert fresh(claim).tenant is None


@pytest.mark.usefixtures("two_misses")
def test_the_rows_of_a_file_pass_the_same_limit() -> None:
    user = factories.make_membership().user
    location = factories.make_location(user.memberships.get().organization)
    head = "tenant_id,domain,activity,product,subscription_id,partner_id\r\n"
    rows = "".join(
        f"{factories.guid(each)},unknown{each}.example,usage,exchange_online,,"
        f"{location.partner_id}\r\n"
        for each in range(5)
    )
    upload = upload_drafts(
        actor=actors.partner(user),
        organization_id=location.organization_id,
        file_name="drafts.csv",
        content=(head + rows).encode(),
    )

    assert upload.draft_count == 2
    assert [each["code"] for each in upload.problems if each["row"]] == ["LIM-01"] * 3


def test_sessions_that_look_up_at_once_get_no_more_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each has counted its miss before it learns whether it is one."""
    monkeypatch.setattr(look_ups, "MOST_MISSES", 2)
    user = factories.make_user()
    begun = [look_ups.begin_look_up(user, field="tenant_id") for _session in range(2)]
    with pytest.raises(Refused) as refusal:
        look_ups.begin_look_up(user, field="tenant_id")
    assert refusal.value.codes == ("LIM-01",)

    begun[0].give_back(1)
    assert look_ups.begin_look_up(user, field="tenant_id").count == 1


def test_around_the_hour_there_is_no_second_helping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_ups, "MOST_MISSES", 2)
    user = factories.make_user()
    with time_machine.travel("2026-06-04T10:58:00+00:00", tick=False):
        for _miss in range(2):
            look_ups.begin_look_up(user, field="tenant_id")
    with (
        time_machine.travel("2026-06-04T11:02:00+00:00", tick=False),
        pytest.raises(Refused) as refusal,
    ):
        look_ups.begin_look_up(user, field="tenant_id")
    assert [str(each.message) for each in refusal.value.problems] == [
        "That was tried too often. Try again in 58 minutes."
    ]
    with time_machine.travel("2026-06-04T12:00:00+00:00", tick=False):
        assert look_ups.begin_look_up(user, field="tenant_id").count == 1
