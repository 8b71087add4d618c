"""Every code of the rules that a partner can meet, met on its page.

Each is in the summary on top with a link to its place, the summary has the focus, the message
stands at the place too, and what was typed is still there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.files import pdf

from . import codes_data as data
from . import steps
from .desk import Desk
from .people import OTHER_PARTNER, PARTNER, People, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.stack]

CONTOSO = ("3f1c9a52-6a1d-4c0e-9b57-2d8f4e6a7b10", "contoso.example")
ADVENTURE = ("8b2d7e64-1f3a-4d5c-8e90-7a6b5c4d3e21", "adventure-works.example")
TAILSPIN = ("c47e0f13-5b6a-4e7d-a1b2-9c8d7e6f5a32", "tailspintoys.example")
WOODGROVE = ("d58f1a24-6c7b-4f8e-b2c3-0d9e8f7a6b43", "woodgrove.example")
LITWARE = ("e69a2b35-7d8c-4a9f-83d4-1e0f9a8b7c54", "litware.example")
SHOP = (data.SMALL_SHOP, "smallshop.example")
STALE = (data.STALE, "unseen.example")
SALES, FINANCE = "Dynamics 365 Sales", "Dynamics 365 Finance"
SERVICE, SUPPLY = "Dynamics 365 Customer Service", "Dynamics 365 Supply Chain Management"
ZEROS = "00000000-0000-0000-0000-000000000000"
NOBODY = "00000000-1111-4222-8333-444444444444"


@pytest.fixture(scope="module")
def flawed(desk: Desk) -> None:
    _inside(desk, "load()")


def _inside(desk: Desk, call: str) -> None:
    done = desk.manage("shell", "-c", f"from tests.browser import codes_data as d; d.{call}")
    assert done.returncode == 0, done.stderr


# -- what holds for every code ---------------------------------------------------------------------


def expect_codes(
    page: Page, codes: Iterable[str], kept: Mapping[str, str] | None = None, *, at: bool = True
) -> None:
    """Expect the codes in the summary, its focus, its links' targets, and the codes at them."""
    summary = page.get_by_role("alert").first
    expect(summary).to_be_focused()
    for code in codes:
        item = summary.get_by_role("listitem").filter(has=page.get_by_text(code, exact=True)).first
        expect(item).to_be_visible()
        if not at:
            continue
        target = item.get_by_role("link").get_attribute("href") or ""
        assert target.startswith("#"), (code, target)
        told = page.locator(".errorlist, .warninglist").filter(has_text=code)
        expect(told.first).to_be_visible()
        item.get_by_role("link").click()
        expect(page.locator(target)).to_be_focused()
    for label, value in (kept or {}).items():
        expect(page.get_by_label(label, exact=True).first).to_have_value(value)


def expect_information(page: Page, *codes: str) -> None:
    told = page.get_by_role("region", name="Good to know").get_by_role("listitem")
    for code in codes:
        expect(told.filter(has_text=code).first).to_be_visible()


def go(page: Page, step: str) -> None:
    page.get_by_role("navigation", name="Steps of this claim").get_by_role(
        "link", name=re.compile(f"^{step}")
    ).click()
    steps.expect_title(page, step)


def draft(
    page: Page,
    name: str,
    customer: tuple[str, str],
    area: str = steps.BUSINESS_APPLICATIONS,
    activities: Iterable[str] = ("Usage",),
) -> None:
    """Start a draft and say for whom and what; ends on the page after that."""
    steps.start_claim(page, name)
    steps.name_customer(page, *customer)
    steps.choose_work(page, area, activities)


def change_customer(page: Page, customer: tuple[str, str]) -> None:
    go(page, "Customer")
    steps.name_customer(page, *customer)
    steps.expect_title(page, "What you did")


# -- 3.1 -------------------------------------------------------------------------------------------


def test_codes_of_the_customer(desk: Desk, flawed: None, people: People) -> None:
    page = people.signed_in(PARTNER)
    steps.start_claim(page, "Codes of 3.1")
    for tenant_id, domain, codes in (
        ("", "contoso.example", ["TEN-01"]),
        ("3f1c9a52-6a1d", "contoso.example", ["TEN-02"]),
        (ZEROS, "contoso.example", ["TEN-03"]),
        ("11a0c1de-0001-4a00-8000-0000000000a1", "contoso.example", ["TEN-04"]),
        (CONTOSO[0], "", ["DOM-01"]),
        (CONTOSO[0], "gmail.com", ["DOM-02"]),
        (NOBODY, "contoso.example", ["DOM-03"]),
        (data.BLOCKED, "blocked.example", ["TEN-06"]),
        (data.CHINA, "faraway.example", ["TEN-07"]),
        (data.SMALL_SHOP, "unproved.example", ["DOM-04"]),
    ):
        steps.name_customer(page, tenant_id, domain)
        typed = {"Customer's tenant ID": tenant_id, "One of the customer's domains": domain}
        expect_codes(page, codes, typed)

    steps.name_customer(page, f" {{{CONTOSO[0].upper()} }} ", "https://Contoso.example/about")
    steps.choose_work(page, steps.BUSINESS_APPLICATIONS)
    steps.choose_products(page, [SALES])
    go(page, "Contacts")
    steps.save(page)
    expect_codes(page, ["CON-03", "CON-04"])
    mine = {"Name": "Ines Adler", "E-mail address": "incentives.admin@fabrikam.example"}
    other = {"Name": "Jo Roth", "E-mail address": "jo@elsewhere.example"}
    for business, technical, codes in (
        (mine, other, ["CON-02", "CON-01"]),
        (other, other, ["CON-05"]),
    ):
        for title, person in (("business", business), ("technical", technical)):
            group = page.get_by_role("group", name=f"Customer's {title} contact")
            group.get_by_label("Job title").fill("Head of IT")
            for label, value in person.items():
                group.get_by_label(label).fill(value)
        steps.save(page)
        expect_codes(page, codes, business)


# -- 3.2 -------------------------------------------------------------------------------------------


def test_codes_of_the_partner(desk: Desk, flawed: None, people: People) -> None:
    page = people.signed_in(PARTNER)
    draft(page, "Codes of 3.2", CONTOSO, steps.M365)
    go(page, "Partner ID")
    steps.save(page)
    expect_codes(page, ["MPN-01"])
    for partner_id, code in (
        (data.ENROLLING, "MPN-04"),
        (data.LAPSING, "MPN-05"),
        ("5100003", "MPN-06"),
        ("5100002", "MPN-07"),
    ):
        choice = page.get_by_role("radio", name=re.compile(f"^{partner_id} "))
        choice.check()
        steps.save(page)
        expect_codes(page, [code])
        expect(choice).to_be_checked()

    go(page, "What you did")
    steps.choose_work(page, steps.BUSINESS_APPLICATIONS, ["Presales"])
    go(page, "Partner ID")
    unusable = page.get_by_role("region", name="These can't be used for this claim")
    for partner_id, code in (("5100003", "MPN-03"), (data.GLOBAL_ID, "MPN-02")):
        item = unusable.get_by_role("listitem").filter(has_text=partner_id)
        expect(item.first).to_contain_text(code)
        expect(page.get_by_role("radio", name=re.compile(f"^{partner_id} "))).to_have_count(0)

    scoped = people.signed_in("incentives.user@fabrikam.example")
    draft(scoped, "Only Warsaw", CONTOSO, steps.M365)
    go(scoped, "Partner ID")
    foreign = scoped.get_by_role("listitem").filter(has_text="5100001")
    expect(foreign.first).to_contain_text("MPN-08")

    closed = people.visitor()
    sign_in(closed, data.SUSPENDED)
    closed.goto("/claims/start/")
    closed.get_by_label("Name of the claim").fill("Not now")
    closed.get_by_role("button", name="Start the claim").click()
    expect_codes(closed, ["MPN-09"], {"Name of the claim": "Not now"}, at=False)


# -- 3.3 -------------------------------------------------------------------------------------------


def test_codes_of_activities_and_products(desk: Desk, flawed: None, people: People) -> None:
    page = people.signed_in(PARTNER)
    steps.start_claim(page, "Codes of 3.3")
    steps.name_customer(page, *SHOP)
    steps.expect_title(page, "What you did")
    steps.save(page)
    expect_codes(page, ["ACT-01"])
    business = page.get_by_role("group", name=steps.BUSINESS_APPLICATIONS, exact=True)
    microsoft = page.get_by_role("group", name=steps.M365, exact=True)
    _tick(business, "Usage", "Revenue association")
    steps.save(page)
    expect_codes(page, ["ACT-02"])
    _tick(microsoft, "Usage")
    steps.save(page)
    expect_codes(page, ["ACT-03"])
    expect(microsoft.get_by_role("checkbox")).to_be_checked()
    steps.choose_work(page, steps.BUSINESS_APPLICATIONS, ["Revenue association"])
    steps.save(page)
    expect_codes(page, ["ACT-04"])
    go(page, "What you did")
    expect_information(page, "ACT-06")
    steps.choose_work(page, steps.BUSINESS_APPLICATIONS, ["Presales"])
    page.get_by_label("Date of the purchase").fill("2025-06-01")
    steps.save(page)
    expect_codes(page, ["ACT-05"], {"Date of the purchase": "2025-06-01"})

    go(page, "Products")
    steps.save(page)
    expect_codes(page, ["LIN-01"])
    go(page, "What you did")
    steps.choose_work(page, steps.M365)
    steps.choose_products(page, [data.FUTURE_WORKLOAD, "Microsoft Teams"])
    page.get_by_role("checkbox", name=re.compile("^Yammer")).check()
    steps.save(page)
    expect_codes(page, ["LIN-02", "LIN-03"])
    expect_information(page, "LIN-05", "LIN-06")

    change_customer(page, CONTOSO)
    steps.choose_work(page, steps.BUSINESS_APPLICATIONS, ["Usage"])
    for box in page.get_by_role("checkbox", name=re.compile("^Take .* out")).all():
        box.check()
    steps.choose_products(page, [SERVICE])
    page.get_by_role("radio", name=re.compile("headquarters")).check()
    steps.choose_products(page, [SERVICE])
    for choice in page.get_by_role("radio", name=re.compile("headquarters")).all():
        choice.check()
    steps.save(page)
    expect_codes(page, ["LIN-04"])
    expect(page.get_by_role("radio", name=re.compile("headquarters")).nth(1)).to_be_checked()

    draft(page, "Another activity", CONTOSO, activities=["Revenue association"])
    go(page, "Products")
    steps.choose_products(page, [SALES])
    expect_codes(page, ["ACT-07"])


def _tick(group: Locator, *names: str) -> None:
    for name in names:
        group.get_by_role("checkbox", name=re.compile(rf"^{name}\b")).check()


# -- 3.4 -------------------------------------------------------------------------------------------


def test_codes_of_subscriptions(desk: Desk, flawed: None, people: People) -> None:
    page = people.signed_in(PARTNER)
    draft(page, "Codes of 3.4", ADVENTURE)
    for customer, product, typed, codes in (
        (ADVENTURE, SUPPLY, "agreement 4711", ["SUB-02"]),
        (ADVENTURE, SUPPLY, "11a0c1de-0001-4a00-8000-0000000000a1", ["SUB-03"]),
        (ADVENTURE, SUPPLY, "22b0c1de-0001-4a00-8000-0000000000b1", ["SUB-05"]),
        (ADVENTURE, SUPPLY, "{22b0c1de-0002-4a00-8000-0000000000b2}", ["SUB-07"]),
        (ADVENTURE, SALES, "", ["SUB-04"]),
        (ADVENTURE, FINANCE, None, ["SUB-14"]),
        (TAILSPIN, SALES, None, ["SUB-09"]),
        (LITWARE, FINANCE, None, ["SUB-10"]),
        (SHOP, SALES, None, ["SUB-08"]),
        (CONTOSO, SERVICE, "", ["SUB-01"]),
        (CONTOSO, SERVICE, "11a0c1de-0003-4a00-8000-0000000000a3", ["SUB-11"]),
        (CONTOSO, SALES, "11a0c1de-0004-4a00-8000-0000000000a4", ["SUB-06"]),
        (CONTOSO, SALES, "11a0c1de-0001-4a00-8000-0000000000a1", ["SUB-13"]),
    ):
        if page.get_by_role("group", name=product, exact=True).count() != 1 or not _at(
            page, customer
        ):
            _only(page, customer, product)
        if typed is not None:
            other = page.get_by_role("radio", name="Another one")
            if other.count() and typed:
                other.check()
            page.get_by_label(re.compile("^(Subscription ID|ID of another)")).fill(typed)
        # A warning that the page has shown already lets its reader go on.
        if codes != ["SUB-14"]:
            steps.save(page)
        expect_codes(page, codes)

    for customer, product, code in ((SHOP, FINANCE, "SUB-12"), (STALE, SALES, "SUB-16")):
        _only(page, customer, product)
        expect_information(page, code)


_customers: dict[str, tuple[str, str]] = {}


def _at(page: Page, customer: tuple[str, str]) -> bool:
    return _customers.get(page.url.split("/claims/")[1].split("/")[0]) == customer


def _only(page: Page, customer: tuple[str, str], product: str) -> None:
    """Name a customer, and let the product be the only one of the claim."""
    change_customer(page, customer)
    _customers[page.url.split("/claims/")[1].split("/")[0]] = customer
    go(page, "Products")
    for box in page.get_by_role("checkbox", name=re.compile("^Take .* out")).all():
        box.check()
    steps.choose_products(page, [product])
    steps.expect_title(page, "Products")


# -- 3.5 -------------------------------------------------------------------------------------------


def test_codes_of_proof_and_handing_in(
    desk: Desk, flawed: None, people: People, tmp_path: Path
) -> None:
    page, paper = people.signed_in(PARTNER), pdf("Future")
    draft(page, "Codes of 3.5", WOODGROVE, steps.M365)
    steps.choose_products(page, ["SharePoint Online"])
    go(page, "Proof")
    proof = page.url
    page.goto(f"{proof}?saved")
    expect_codes(page, ["POE-01"], at=False)
    expect_codes(page, ["POE-11"])

    _attach(page, tmp_path, ("tool.exe", b"MZ"), ("empty.pdf", b""), ("big.txt", b"x" * 27_000_000))
    expect_codes(page, ["POE-02", "POE-04", "POE-03"])
    _attach(page, tmp_path, ("future.pdf", paper), signed_on="2999-01-01")
    expect_codes(page, ["POE-08"], {"Date of the customer's signature": "2999-01-01"})
    page.goto(proof)
    for box in page.get_by_role("group", name="What does it prove?").get_by_role("checkbox").all():
        box.uncheck()
    _attach(page, tmp_path, ("future copy.pdf", paper), signed_on="2024-01-01")
    expect_codes(page, ["POE-06", "POE-09"])
    # One that only waits is checked by a job before long.
    _inside(desk, "set_scan_state('future copy.pdf', 'infected')")
    page.goto(f"{proof}?saved")
    expect_codes(page, ["POE-05"])

    draft(page, "The same paper", CONTOSO, steps.M365)
    steps.choose_products(page, ["Microsoft Intune"])
    go(page, "Proof")
    for box in page.get_by_role("group", name="What does it prove?").get_by_role("checkbox").all():
        box.uncheck()
    _attach(page, tmp_path, ("future.pdf", paper))
    expect_codes(page, ["POE-10"], at=False)
    expect_codes(page, ["POE-07"])

    page.get_by_role("link", name=re.compile("^Check and submit")).click()
    other_tab = page.context.new_page()
    other_tab.goto(page.url)
    page.get_by_role("button", name="Submit the claim").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("SUBM-01")
    summary.get_by_role("link", name="Confirm the statements before submitting.").click()
    expect(page.get_by_label("All three statements are true")).to_be_focused()
    page.get_by_role("checkbox", name="I have checked this").first.check()
    page.get_by_role("button", name="Save and leave").click()
    other_tab.get_by_label("All three statements are true").check()
    other_tab.get_by_role("button", name="Submit the claim").click()
    expect_codes(other_tab, ["SUBM-02"], at=False)
    expect(other_tab.get_by_label("All three statements are true")).to_be_checked()

    answering = people.signed_in(OTHER_PARTNER)
    steps.find_claim(answering, "Finance go-live")
    answering.get_by_role("link", name="Answer and resubmit").first.click()
    answering.get_by_role("button", name="Resubmit the claim").click()
    summary = answering.get_by_role("alert")
    expect(summary).to_contain_text("SUBM-04")
    summary.get_by_role("link").first.click()
    expect(answering.get_by_label("Your answer to the reviewers")).to_be_focused()


def _attach(page: Page, folder: Path, *files: tuple[str, bytes], signed_on: str = "") -> None:
    paths = [folder / name for name, _content in files]
    for path, (_name, content) in zip(paths, files, strict=True):
        path.write_bytes(content)
    page.get_by_label("Files", exact=True).set_input_files(paths)
    page.get_by_label("Date of the customer's signature").fill(signed_on)
    page.get_by_role("button", name="Attach", exact=True).click()
