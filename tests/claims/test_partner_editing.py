"""Entering a claim, section by section."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from claims import actors
from claims.models import Claim, ClaimContact, PartnerLocation
from claims.services.drafting import ClaimChanges, edit_claim, start_claim
from claims.states import LineStatus, Status
from cpor_site.common.models import User
from tests import acts, factories
from tests.acts import fresh
from tests.claims.pages import (
    browser_of,
    codes_in,
    html_of,
    problems_in,
    text_of,
    typed_in,
    url,
)
from tests.shared import shared

pytestmark = pytest.mark.django_db

BIZAPPS = factories.BIZAPPS


@shared
def empty() -> Claim:
    user = factories.make_user()
    location = factories.make_location()
    factories.make_membership(user, location.organization)
    return start_claim(
        actor=actors.partner(user), organization_id=location.organization_id, name="Draft"
    )


@shared
def workloads() -> Claim:
    """A draft for Exchange Online in which nothing is missing."""
    return factories.make_claim()


@shared
def submitted(workloads: Claim) -> Claim:
    return acts.submit(workloads)


@shared
def reviewed(workloads: Claim) -> Claim:
    return acts.under_review(workloads)


@shared
def asked(workloads: Claim) -> Claim:
    return acts.asked(workloads)


@shared
def approved(workloads: Claim) -> Claim:
    return acts.approved(workloads)


@shared
def dynamics() -> Claim:
    """A draft for Dynamics 365 Sales by its subscription in which nothing is missing."""
    return factories.make_claim(area_code=BIZAPPS, products=("d365_sales",))


@shared
def undecided() -> Claim:
    """A draft for Dynamics 365 Sales that names no subscription yet."""
    return factories.make_claim(area_code=BIZAPPS, products=("d365_sales",), subscriptions=(None,))


def save(claim: Claim, section: str, user: User | None = None, **entry: Any) -> Any:
    """Open a section, change what is named, and save it as the page would."""
    browser = browser_of(user or claim.created_by)
    address = url("claim_edit", claim, section)
    typed = typed_in(browser.get(address)) | entry
    return browser.post(address, {key: value for key, value in typed.items() if value != ""})


def section(claim: Claim, code: str) -> str:
    return reverse("claim_edit", args=[claim.pk, code])


def test_a_whole_claim_is_entered_page_by_page(empty: Claim) -> None:
    claim = empty
    tenant = factories.make_tenant("Contoso AG", domain="contoso.example")
    sold = factories.make_subscription(tenant, factories.product("d365_sales"))
    factories.make_subscription(tenant, factories.product("d365_sales"))
    location = PartnerLocation.objects.get(organization=claim.organization)
    usage = factories.activity("usage", BIZAPPS)
    sales = factories.product("d365_sales")
    pages: list[tuple[str, dict[str, Any], str]] = [
        (
            "customer",
            {"tenant_id": "{" + str(tenant.tenant_id).upper() + "}", "domain": "CONTOSO.example"},
            section(claim, "work"),
        ),
        ("work", {"activity_ids": [usage.pk]}, section(claim, "products")),
        ("products", {"product_ids": [sales.pk]}, section(claim, "products") + "?saved"),
        ("products", {"subscription_0": str(sold.subscription_id)}, section(claim, "partner")),
        ("partner", {"location_id": location.pk}, section(claim, "contacts")),
        (
            "contacts",
            {
                "business_name": "Jana Meier",
                "business_job_title": "CIO",
                "business_email": "jana@contoso.example",
                "technical_name": "Tom Roth",
                "technical_job_title": "Admin",
                "technical_email": "tom@contoso.example",
            },
            section(claim, "proof"),
        ),
    ]
    for code, entry, onward in pages:
        assert save(claim, code, **entry).headers["Location"] == onward, code

    claim = fresh(claim)
    line = claim.lines.get()
    assert (claim.tenant, claim.area, claim.location) == (tenant, usage.area, location)
    assert list(claim.activities.all()) == [usage]
    assert (line.product, line.activity, line.subscription) == (sales, usage, sold)
    assert {contact.kind: contact.name for contact in claim.contacts.all()} == {
        "business": "Jana Meier",
        "technical": "Tom Roth",
        "partner": claim.created_by.full_name,
    }


def test_a_section_with_problems_shows_them_when_it_was_saved_and_not_before(empty: Claim) -> None:
    claim = empty
    tenant = factories.make_tenant(domain="contoso.example")
    browser = browser_of(claim.created_by)
    assert codes_in(browser.get(section(claim, "customer"))) == []

    answer = save(claim, "customer", tenant_id=str(tenant.tenant_id), domain="fabrikam.example")
    assert answer.headers["Location"] == section(claim, "customer") + "?saved"
    page = browser.get(answer.headers["Location"])
    assert codes_in(page) == ["DOM-03"]
    assert 'href="#id_domain"' in html_of(page)
    assert section(claim, "work") in html_of(page)
    assert fresh(claim).tenant is None


def test_a_warning_is_shown_once_and_then_lets_the_reader_go_on(empty: Claim) -> None:
    claim = empty
    away = PartnerLocation.objects.get(organization=claim.organization)
    tenant = factories.make_tenant(domain="contoso.example", country="SE")
    entry: dict[str, Any] = {
        "tenant_id": f"{{{str(tenant.tenant_id).upper()}}}",
        "domain": "contoso.example",
    }
    save(claim, "customer", **entry)
    address = section(claim, "partner")

    first = save(claim, "partner", location_id=away.pk)
    assert first.headers["Location"] == f"{address}?saved"
    page = browser_of(claim.created_by).get(first.headers["Location"])
    assert codes_in(page) == ["MPN-07"]
    assert "you confirm it on the last page" in text_of(page)
    read = page.context["warnings_read"]
    assert read == [f"MPN-07:{away.partner_id}"]
    assert f'<input type="hidden" name="read_warning" value="{read[0]}">' in html_of(page)

    second = save(claim, "partner", read_warning=read)
    assert second.headers["Location"] == section(claim, "contacts")
    another = save(claim, "partner", read_warning="MPN-06")
    assert another.headers["Location"] == f"{address}?saved"
    assert str(tenant.tenant_id) in text_of(
        browser_of(claim.created_by).get(url("claim_page", claim))
    )


def test_an_error_holds_up_however_often_it_was_shown(empty: Claim) -> None:
    claim = empty

    again = save(claim, "customer", tenant_id="not a tenant", read_warning=["TEN-02", "DOM-01"])
    assert again.headers["Location"] == section(claim, "customer") + "?saved"


def test_save_and_leave_goes_to_the_claim_whatever_is_missing(empty: Claim) -> None:
    claim = empty

    answer = save(claim, "customer", tenant_id="not a tenant", leave="1")
    assert answer.headers["Location"] == url("claim_page", claim)
    assert fresh(claim).tenant_id_as_typed == "not a tenant"


def test_a_stale_page_keeps_what_was_typed_and_may_replace_the_other_change(empty: Claim) -> None:
    claim = empty
    browser = browser_of(claim.created_by)
    address = section(claim, "customer")
    mine = typed_in(browser.get(address)) | {"name": "My name"}
    edit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=claim.version,
        changes=ClaimChanges(name="The other's name"),
    )
    refused = browser.post(address, mine)

    assert problems_in(refused) == ["SUBM-02"]
    assert "What you typed is still here." in text_of(refused)
    assert fresh(claim).name == "The other's name"
    again = typed_in(refused)
    assert again["name"] == "My name"
    browser.post(address, again)
    assert fresh(claim).name == "My name"


@pytest.mark.parametrize("version", ["", "x", "0", "-1", "1.5", "99999999999999999999"])
def test_a_broken_version_is_refused_with_a_sentence(empty: Claim, version: str) -> None:
    claim = empty
    browser = browser_of(claim.created_by)
    answer = browser.post(section(claim, "customer"), {"version": version, "name": "Mine"})

    assert answer.status_code == 200
    assert 'class="error-summary"' in html_of(answer)
    assert fresh(claim).name == "Draft"


def test_saving_the_same_twice_is_harmless(empty: Claim) -> None:
    claim = empty
    browser = browser_of(claim.created_by)
    typed = typed_in(browser.get(section(claim, "customer"))) | {"name": "New"}
    browser.post(section(claim, "customer"), typed)
    second = browser.post(section(claim, "customer"), typed)

    assert problems_in(second) == ["SUBM-02"]
    assert fresh(claim).name == "New"


# -- what was done ---------------------------------------------------------------------------------


def test_activities_of_two_areas_are_refused_and_stay_ticked(empty: Claim) -> None:
    claim = empty
    m365, bizapps = factories.activity("usage"), factories.activity("usage", BIZAPPS)
    answer = save(claim, "work", activity_ids=[m365.pk, bizapps.pk])

    assert "Choose activities of one solution area." in text_of(answer)
    assert html_of(answer).count(" checked") == 2
    assert fresh(claim).area is None


def test_the_purchase_is_asked_for_only_where_it_matters(dynamics: Claim) -> None:
    claim = dynamics
    browser = browser_of(claim.created_by)
    gone = browser.get(section(claim, "details"), follow=True)
    assert gone.redirect_chain == [(url("claim_page", claim), 302)]

    for code, fields in (
        ("presales", ["transaction_on"]),
        ("revenue", ["solution_seller_name", "revenue_customer_name", "isv_product_name"]),
    ):
        claim.activities.set([factories.activity(code, BIZAPPS)])
        page = browser.get(section(claim, "details"))
        asked = [field.name for field in page.context["form"].visible_fields()]
        assert sorted(asked) == sorted(fields)


def test_the_date_of_the_purchase_is_kept(dynamics: Claim) -> None:
    claim = dynamics
    claim.activities.set([factories.activity("presales", BIZAPPS)])
    save(claim, "details", transaction_on="2026-05-04")

    assert fresh(claim).transaction_on == date(2026, 5, 4)
    page = browser_of(claim.created_by).get(section(claim, "details"))
    assert 'value="2026-05-04"' in html_of(page)


# -- products --------------------------------------------------------------------------------------


def products_of(claim: Claim) -> list[tuple[str, str]]:
    lines = claim.lines.filter(line_status=LineStatus.INCLUDED).order_by("pk")
    return [(line.product.code, line.subscription_as_typed) for line in lines]


def test_workloads_are_ticked_and_unticked() -> None:
    claim = factories.make_claim(products=("exchange_online", "teams"))
    wanted = [factories.product(code).pk for code in ("teams", "intune")]
    save(claim, "products", product_ids=wanted, opt_out_of_incentive="on")

    assert products_of(claim) == [("teams", ""), ("intune", "")]
    assert fresh(claim).opt_out_of_incentive is True
    page = browser_of(claim.created_by).get(section(claim, "products"))
    assert sorted(page.context["form"].initial["product_ids"]) == sorted(wanted)


def test_unticking_everything_leaves_no_line(workloads: Claim) -> None:
    claim = workloads
    browser = browser_of(claim.created_by)
    browser.post(section(claim, "products"), {"version": claim.version})

    assert products_of(claim) == []


def test_a_product_is_claimed_for_two_subscriptions_and_two_activities() -> None:
    tenant = factories.make_tenant()
    sales = factories.product("d365_sales")
    first, second = (factories.make_subscription(tenant, sales) for _ in range(2))
    claim = factories.make_claim(
        tenant=tenant,
        area_code=BIZAPPS,
        activities=("presales", "usage"),
        products=("d365_sales",),
        subscriptions=(first,),
    )
    added = save(claim, "products", product_ids=[sales.pk])
    assert added.headers["Location"] == section(claim, "products") + "?saved"
    rows = browser_of(claim.created_by).get(section(claim, "products")).context["form"].rows()
    assert [(row.chosen.product.code, len(row.chosen.lines)) for row in rows] == [
        ("d365_sales", 2),
        ("d365_sales", 2),
    ]

    save(claim, "products", subscription_1=str(second.subscription_id))
    typed = [str(first.subscription_id)] * 2 + [str(second.subscription_id)] * 2
    assert products_of(claim) == [("d365_sales", each) for each in typed]


def test_the_only_subscription_on_record_is_offered_and_written_down_when_saved(
    undecided: Claim,
) -> None:
    claim = undecided
    assert claim.tenant is not None
    only = factories.make_subscription(claim.tenant, factories.product("d365_sales"))
    line = claim.lines.get()
    claim.documents.get().covers.set([line])
    page = browser_of(claim.created_by).get(section(claim, "products"))
    assert typed_in(page)["choice_0"] == str(only.subscription_id)

    save(claim, "products")
    assert products_of(claim) == [("d365_sales", str(only.subscription_id))]
    assert claim.lines.get() == line
    assert claim.documents.get().covers.get() == line


def test_one_of_several_subscriptions_is_chosen_or_another_typed(undecided: Claim) -> None:
    claim = undecided
    assert claim.tenant is not None
    first, second = (
        factories.make_subscription(claim.tenant, factories.product("d365_sales")) for _ in range(2)
    )
    row = browser_of(claim.created_by).get(section(claim, "products")).context["form"].rows()[0]
    assert [value for value, _label in row.choice.field.choices] == [
        str(first.subscription_id),
        str(second.subscription_id),
        "other",
    ]
    assert not row.choice.value()

    save(claim, "products", choice_0=str(second.subscription_id))
    assert products_of(claim) == [("d365_sales", str(second.subscription_id))]
    save(claim, "products", choice_0="other", subscription_0="order 4711")
    assert products_of(claim) == [("d365_sales", "order 4711")]
    save(claim, "products", choice_0=str(first.subscription_id))
    assert products_of(claim) == [("d365_sales", str(first.subscription_id))]
    save(claim, "products", subscription_0=str(second.subscription_id))
    assert products_of(claim) == [("d365_sales", str(second.subscription_id))]


def test_only_the_named_customers_subscriptions_are_listed(undecided: Claim) -> None:
    factories.make_subscription(factories.make_tenant(), factories.product("d365_sales"))
    claim = undecided
    claim_rows = browser_of(claim.created_by).get(section(claim, "products")).context["form"]

    assert [row.choice for row in claim_rows.rows()] == [None]


def test_a_product_is_taken_out_of_a_claim_by_subscription() -> None:
    tenant = factories.make_tenant()
    claim = factories.make_claim(
        tenant=tenant, area_code=BIZAPPS, products=("d365_sales", "d365_field_service")
    )
    save(claim, "products", remove_0="on")

    assert [code for code, _typed in products_of(claim)] == ["d365_field_service"]


def test_the_same_subscription_twice_is_refused_with_everything_kept(dynamics: Claim) -> None:
    claim = dynamics
    sales = factories.product("d365_sales")
    save(claim, "products", product_ids=[sales.pk])
    typed = products_of(claim)[0][1]
    answer = save(claim, "products", subscription_1=typed)

    assert problems_in(answer) == ["LIN-04"]
    assert typed_in(answer)["choice_0"] == typed
    assert typed_in(answer)["subscription_1"] == typed
    assert [each for _code, each in products_of(claim)] == [typed, ""]


def test_a_problem_of_a_subscription_links_to_its_row(dynamics: Claim) -> None:
    claim = dynamics
    answer = save(claim, "products", subscription_0=str(factories.guid(1)))
    page = browser_of(claim.created_by).get(answer.headers["Location"])
    line = claim.lines.get()

    assert codes_in(page) == ["SUB-03"]
    assert f'href="#line-{line.pk}"' in html_of(page)
    assert f'id="line-{line.pk}"' in html_of(page)


def test_without_an_activity_the_products_page_says_where_to_begin(empty: Claim) -> None:
    claim = empty
    page = browser_of(claim.created_by).get(section(claim, "products"))

    assert "First say what you did for the customer" in text_of(page)


# -- partner ID and contacts -----------------------------------------------------------------------


def test_locations_show_type_and_enrolment_and_only_ones_own(empty: Claim) -> None:
    claim = empty
    organization = claim.organization
    fasttrack = factories.make_location(
        organization, partner_type="frp", name="FastTrack", enrolled=False
    )
    closed = factories.make_location(organization, is_active=False)
    foreign = factories.make_location()
    claim.activities.set([factories.activity("usage")])
    browser = browser_of(claim.created_by)
    page = text_of(browser.get(section(claim, "partner")))

    usable, unusable = page.split("These can't be used for this claim")
    assert f"{fasttrack.partner_id} FastTrack FRP FastTrack ID Munich, Germany" in unusable
    assert "Online Services Usage, Microsoft 365: Enrolled" in usable
    assert "Online Services Usage, Microsoft 365: not enrolled" in unusable
    assert "MPN-03" in unusable
    typed = {"version": claim.version, "location_id": fasttrack.pk}
    assert browser.post(section(claim, "partner"), typed).status_code == 200
    assert fresh(claim).location is None
    assert closed.partner_id not in page
    assert foreign.partner_id not in page
    typed = {"version": claim.version, "location_id": foreign.pk}
    assert browser.post(section(claim, "partner"), typed).status_code == 200
    assert fresh(claim).location is None


def kinds_asked_for(claim: Claim) -> list[str]:
    page = browser_of(claim.created_by).get(section(claim, "contacts"))
    return list(page.context["form"].kinds)


def test_a_technical_contact_is_asked_for_with_dynamics(dynamics: Claim) -> None:
    assert kinds_asked_for(dynamics) == ["business", "technical", "partner"]


def test_no_technical_contact_is_asked_for_with_workloads(workloads: Claim) -> None:
    assert kinds_asked_for(workloads) == ["business", "partner"]


def test_what_the_contacts_page_does_not_ask_for_is_kept(workloads: Claim) -> None:
    claim = workloads
    contact = claim.contacts.get(kind=ClaimContact.Kind.PARTNER)
    assert contact.job_title == "Head of IT"
    save(claim, "contacts", partner_name="Ada Winter")

    after = claim.contacts.get(kind=ClaimContact.Kind.PARTNER)
    assert (after.name, after.job_title) == ("Ada Winter", "Head of IT")


def test_a_broken_address_is_refused_at_its_field(workloads: Claim) -> None:
    claim = workloads
    answer = save(claim, "contacts", business_email="jana at contoso")

    assert 'href="#id_business_email"' in html_of(answer)
    assert 'value="jana at contoso"' in html_of(answer)
    assert claim.contacts.get(kind="business").email != "jana at contoso"


# -- what a status leaves open ---------------------------------------------------------------------


def opened(claim: Claim) -> list[str]:
    """Return the sections that can be changed."""
    browser = browser_of(claim.created_by)
    every = ("customer", "work", "details", "products", "partner", "contacts", "proof")
    return [code for code in every if browser.get(section(claim, code)).status_code == 200]


def test_what_is_open_in_a_draft(workloads: Claim) -> None:
    assert opened(workloads) == ["customer", "work", "products", "partner", "contacts", "proof"]


def test_what_is_open_once_it_is_submitted(submitted: Claim) -> None:
    assert opened(submitted) == ["customer", "products", "partner", "contacts", "proof"]


def test_what_is_open_under_review(reviewed: Claim) -> None:
    assert opened(reviewed) == ["customer", "proof"]


def test_what_is_open_while_the_partner_is_asked(asked: Claim) -> None:
    assert opened(asked) == ["customer", "products", "partner", "contacts", "proof"]


def test_what_is_open_once_it_is_approved(approved: Claim) -> None:
    assert opened(approved) == ["customer", "contacts", "proof"]
    assert kinds_asked_for(approved) == ["partner"]


def test_a_frozen_section_leads_to_the_claim_and_takes_nothing(reviewed: Claim) -> None:
    claim = reviewed
    browser = browser_of(claim.created_by)
    answer = browser.post(section(claim, "products"), {"version": claim.version}, follow=True)

    assert answer.redirect_chain == [(url("claim_page", claim), 302)]
    assert "This part can't be changed now: the claim is in the status “Under review”." in text_of(
        answer
    )
    assert products_of(claim) == [("exchange_online", "")]


def test_only_the_name_is_open_in_the_first_section_of_a_claim_under_review(
    reviewed: Claim,
) -> None:
    claim = reviewed
    browser = browser_of(claim.created_by)
    page = browser.get(section(claim, "customer"))
    assert [field.name for field in page.context["form"].visible_fields()] == ["name"]

    typed = typed_in(page) | {"name": "Renamed", "domain": "evil.example"}
    answer = browser.post(section(claim, "customer"), typed)
    assert answer.headers["Location"] == url("claim_page", claim)
    after = fresh(claim)
    assert (after.name, after.domain_as_typed) == ("Renamed", claim.domain_as_typed)


def test_an_edit_of_a_submitted_claim_that_would_break_it_is_refused(submitted: Claim) -> None:
    claim = submitted
    browser = browser_of(claim.created_by)
    answer = browser.post(section(claim, "products"), {"version": claim.version})

    assert problems_in(answer) == ["LIN-01"]
    assert fresh(claim).status == Status.SUBMITTED
    assert products_of(claim) == [("exchange_online", "")]
