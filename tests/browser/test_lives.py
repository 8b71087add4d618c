"""Whole lives of claims as their partner sees them, up to renewal, dispute and copy."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.claims.import_files import write_csv, write_json
from tests.files import pdf

from . import steps
from .accessibility import faults
from .desk import Desk, at
from .people import LEAD, OPS, PARTNER, REVIEWER, SECOND_REVIEWER, People
from .registry import FIELD_SERVICE_SKU, LOCATION, Registry

pytestmark = [pytest.mark.browser, pytest.mark.stack]

TENANT = "d2c4e6f8-1a3b-4c5d-8e7f-90a1b2c3d4e5"
DOMAIN = "lamna.example"
ENDING = "77f0c1de-0001-4a00-8000-0000000000a1"
FOLLOWING = "77f0c1de-0002-4a00-8000-0000000000b2"
BUSINESS = steps.Contact("Lena Fischer", "Head of IT", f"lena.fischer@{DOMAIN}")
TECHNICAL = steps.Contact("Tom Weber", "Application owner", f"tom.weber@{DOMAIN}")


@pytest.fixture(scope="module")
def lamna(
    desk: Desk, registry: Registry, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Import a customer with two subscriptions of one product, of which one ends in October."""
    folder = tmp_path_factory.mktemp("lamna")
    customer = {
        "tenant_id": TENANT,
        "name": "Lamna AG",
        "domains": DOMAIN,
        "initial_domain": "lamna.onmicrosoft.com",
        "country": "DE",
        "sector": "commercial",
        "locale": "en",
    }
    subscriptions = {
        "value": [_subscription(ENDING, 2026), _subscription(FOLLOWING, 2027)],
    }
    files: dict[str, tuple[str, ...]] = {
        "customers": (str(write_csv(folder / "customers.csv", [customer])),),
        "subscriptions": (
            str(write_json(folder / "subscriptions.json", subscriptions)),
            "--tenant",
            TENANT,
            "--channel",
            "vl_ea",
        ),
    }
    return desk.import_files(files)


def _subscription(subscription_id: str, ends_in: int) -> dict[str, Any]:
    return {
        "commerceSubscriptionId": subscription_id,
        "createdDateTime": "2025-07-01T00:00:00Z",
        "isTrial": False,
        "nextLifecycleDateTime": f"{ends_in}-10-15T00:00:00Z",
        "ownerTenantId": None,
        "serviceStatus": [
            {
                "servicePlanName": "DYN365_ENTERPRISE_FIELD_SERVICE",
                "provisioningStatus": "Success",
            }
        ],
        "skuId": FIELD_SERVICE_SKU,
        "skuPartNumber": "DYN365_ENTERPRISE_FIELD_SERVICE",
        "status": "Enabled",
        "totalLicenses": 40,
    }


def test_three_workloads_until_the_partner_ends_the_association(
    desk: Desk, people: People, lamna: dict[str, Any]
) -> None:
    desk.set_clock(at(1, 9, 10))
    partner, reviewer = people.signed_in(PARTNER), people.signed_in(REVIEWER)
    workloads = ["Exchange Online", "Microsoft Teams", "SharePoint Online"]
    number = _begin(partner, "Mail, meetings and sites", steps.M365)
    steps.choose_products(partner, workloads)
    _hand_in(partner, number, technical=False)
    _approve(reviewer, number)
    steps.open_letter(people.visitor(), BUSINESS.email, number)
    desk.set_clock(at(9, 9, 0, 6))
    _wait_for_the_association(partner, number)

    stands = steps.where_it_stands(partner)
    expect(stands.locator(".status")).to_have_text(
        ["Approved", "Active since Wed 9 September 2026"]
    )
    panel = partner.get_by_role("region", name="Customer and incentive program")
    expect(panel).to_contain_text("Being partner of record is not a payment.")
    for workload in workloads:
        expect(panel).to_contain_text(workload)
    sent = [(workload, "sent") for workload in workloads]
    assert steps.hand_offs(people.signed_in(OPS), number) == sent

    partner.get_by_role("link", name="End the association…").click()
    partner.get_by_role("button", name="End the association").click()
    expect(partner.get_by_role("alert").get_by_role("listitem")).to_have_text(
        ["Tell us why you're ending the association. ASC-01"]
    )
    assert faults(partner) == []
    partner.get_by_label("Why do you end it?").fill("The customer has another partner.")
    partner.get_by_role("button", name="End the association").click()
    expect(stands.locator(".status")).to_have_text(["Association ended"])
    expect(stands).to_contain_text("Reason: The customer has another partner.")
    expect(partner.get_by_role("link", name="Copy to a new claim…")).to_be_visible()
    assert faults(partner) == []
    assert steps.hand_offs(people.signed_in(OPS), number) == sorted(sent * 2)


def test_one_of_two_subscriptions_and_its_renewal(
    desk: Desk, people: People, lamna: dict[str, Any]
) -> None:
    desk.set_clock(at(10, 9, 10))
    partner = people.signed_in(PARTNER)
    number = _begin(partner, "Field service for Lamna", steps.BUSINESS_APPLICATIONS)
    steps.choose_products(partner, ["Dynamics 365 Field Service"])
    row = partner.get_by_role("group", name="Dynamics 365 Field Service")
    partner.get_by_role("button", name="Save and continue").click()
    expect(row).to_contain_text("SUB-01")
    row.get_by_role("radio", name=re.compile(ENDING)).check()
    steps.save(partner)
    _hand_in(partner, number, technical=True)
    _approve(people.signed_in(REVIEWER), number)
    steps.open_letter(people.visitor(), BUSINESS.email, number)
    desk.set_clock(at(18, 9, 0, 6))
    _wait_for_the_association(partner, number)
    products = partner.get_by_role("region", name="Products")
    expect(products).to_contain_text(ENDING)
    expect(products).to_contain_text("ends on Thu 15 October 2026")

    partner.get_by_role("link", name="Renew for a new subscription").click()
    expect(partner.get_by_role("button", name="Start the renewal")).to_be_visible()
    assert faults(partner) == []
    partner.get_by_role("button", name="Start the renewal").click()
    expect(partner.get_by_role("status").first).to_contain_text("is started.")
    way = partner.get_by_role("navigation", name="Steps of this claim")
    way.get_by_role("link", name="Products").click()
    expect(row.get_by_role("radio", name=re.compile(FOLLOWING))).to_be_checked()
    renewal = partner.locator(".trail a")
    expect(renewal).not_to_have_text(number)
    renewal.click()
    expect(partner.locator(".page-head")).to_contain_text(f"Renews {number}")


def test_a_revenue_association(desk: Desk, people: People, lamna: dict[str, Any]) -> None:
    desk.set_clock(at(21, 9, 10))
    partner = people.signed_in(PARTNER)
    number = _begin(
        partner,
        "Our planner beside field service",
        steps.BUSINESS_APPLICATIONS,
        ("Revenue association",),
    )
    steps.expect_title(partner, "Purchase")
    steps.save(partner)
    expect(partner.get_by_role("alert")).to_contain_text("ACT-04")
    partner.get_by_label("Dynamics solution seller").fill("Sam Seller")
    partner.get_by_label("Customer's name as it stands in the contract").fill("Lamna AG")
    partner.get_by_label("Your product or solution").fill("Fabrikam Planner")
    steps.save(partner)
    steps.choose_products(partner, ["Dynamics 365 Field Service"])
    row = partner.get_by_role("group", name="Dynamics 365 Field Service")
    row.get_by_role("radio", name=re.compile(FOLLOWING)).check()
    steps.save(partner)
    _hand_in(partner, number, technical=True, until_the_check=True, partner_id="5100001")
    expect(partner.get_by_text("ACT-06")).to_be_visible()
    _submit(partner, number)


def test_a_dispute_that_somebody_else_decides(
    desk: Desk, people: People, lamna: dict[str, Any]
) -> None:
    desk.set_clock(at(1, 10, 10))
    partner, reviewer = people.signed_in(PARTNER), people.signed_in(REVIEWER)
    number = _begin(partner, "Device management", steps.M365)
    steps.choose_products(partner, ["Microsoft Intune"])
    _hand_in(partner, number, technical=False)
    steps.open_case(reviewer, number)
    steps.take_up(reviewer)
    steps.reject(reviewer, "Insufficient PoE", "The work isn't described.")

    partner.reload()
    partner.get_by_role("link", name="Dispute the decision").click()
    expect(partner.get_by_role("region", name="What was decided")).to_contain_text(
        "The work isn't described."
    )
    partner.get_by_role("button", name="Send the dispute").click()
    expect(partner.get_by_role("alert").get_by_role("listitem")).to_have_text(
        ["Explain why the decision should change, or add new proof. DIS-03"]
    )
    partner.get_by_role("alert").get_by_role("link").click()
    expect(partner.get_by_label("Why should the decision change?")).to_be_focused()
    assert faults(partner) == []
    partner.get_by_label("Why should the decision change?").fill("Page 2 describes the roll-out.")
    partner.get_by_label("New proof").set_input_files(
        [
            _file("empty.pdf", b""),
            _file("roll-out.pdf", pdf("Roll-out of Microsoft Intune at Lamna AG")),
        ]
    )
    partner.get_by_role("button", name="Send the dispute").click()
    expect(partner.get_by_role("alert")).to_contain_text("POE-04")
    expect(partner.get_by_label("Why should the decision change?")).to_have_value(
        "Page 2 describes the roll-out."
    )
    expect(partner.get_by_role("link", name="roll-out.pdf")).to_be_visible()
    partner.get_by_role("button", name="Send the dispute").click()
    stands = steps.where_it_stands(partner)
    expect(stands.locator(".move")).to_have_text(
        "With the reviewers: your dispute is answered by Thu 8 October 2026 (5 business days left)."
    )
    assert faults(partner) == []

    steps.open_case(reviewer, number)
    expect(reviewer.get_by_role("link", name="Approve…")).to_have_count(0)
    second = people.signed_in(SECOND_REVIEWER)
    steps.open_case(second, number)
    expect(second.locator("#content")).to_contain_text("Page 2 describes the roll-out.")
    steps.approve(second, "Page 2 is convincing.")
    partner.reload()
    expect(stands.locator(".status").first).to_have_text("Approved")
    expect(partner.get_by_role("region", name="Your dispute")).to_contain_text("Approved")


def test_a_copy_of_a_rejected_claim(desk: Desk, people: People, lamna: dict[str, Any]) -> None:
    desk.set_clock(at(19, 10, 10))
    partner, lead = people.signed_in(PARTNER), people.signed_in(LEAD)
    number = _begin(partner, "Insights for Lamna", steps.M365)
    steps.choose_products(partner, ["Microsoft 365 Apps"])
    _hand_in(partner, number, technical=False)
    steps.open_case(lead, number)
    steps.take_up(lead)
    steps.reject(lead, "Insufficient PoE", "Nothing is dated.")
    desk.set_clock(at(20, 11, 10))
    partner.reload()
    expect(steps.where_it_stands(partner).locator(".status")).to_have_text("Rejected, final")
    expect(partner.get_by_role("link", name="Dispute the decision")).to_have_count(0)
    partner.goto(f"{partner.url}dispute/")
    expect(partner.get_by_text("DIS-01")).to_be_visible()
    partner.get_by_role("link", name="Copy to a new claim").click()
    partner.get_by_role("button", name="Start the copy").click()
    way = partner.get_by_role("navigation", name="Steps of this claim")
    way.get_by_role("link", name=re.compile("Check and submit|Proof")).last.click()
    expect(partner.get_by_text("agreement.pdf").first).to_be_visible()
    partner.locator(".trail a").click()
    expect(partner.locator(".page-head")).to_contain_text(f"Copied from {number}")


def _begin(page: Page, name: str, area: str, activities: tuple[str, ...] = ("Usage",)) -> str:
    number = steps.start_claim(page, name)
    steps.name_customer(page, TENANT, DOMAIN)
    steps.choose_work(page, area, activities)
    return number


def _hand_in(
    page: Page,
    number: str,
    *,
    technical: bool,
    until_the_check: bool = False,
    partner_id: str = LOCATION,
) -> None:
    """Go from the partner ID to the end; with ``until_the_check`` stop before submitting."""
    steps.choose_location(page, partner_id)
    steps.name_contacts(page, BUSINESS, TECHNICAL if technical else None)
    steps.attach_proof(page, "agreement.pdf", date(2026, 8, 20))
    page.get_by_role("link", name="Continue").click()
    steps.expect_title(page, "Check and submit")
    if not until_the_check:
        _submit(page, number)


def _submit(page: Page, number: str) -> None:
    for box in page.get_by_label("I have checked this").all():
        box.check()
    page.get_by_label("All three statements are true").check()
    page.get_by_role("button", name="Submit the claim").click()
    steps.expect_title(page, number)


def _approve(page: Page, number: str) -> None:
    steps.open_case(page, number)
    steps.take_up(page)
    steps.approve(page, "The proof is complete.")
    expect(page.locator(".messagelist")).to_contain_text(f"{number} is approved.")


def _wait_for_the_association(page: Page, number: str) -> None:
    page.goto("/claims/")
    page.get_by_role("searchbox").fill(number)
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name=number, exact=True).click()
    stands = steps.where_it_stands(page)
    steps.expect_later(page, stands.get_by_text("You are partner of record"))


def _file(name: str, content: bytes) -> Any:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}
