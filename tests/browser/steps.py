"""What people do at the desk, page by page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from playwright.sync_api import Locator, Page, expect

from tests.files import pdf
from tests.waiting import wait_until

from .registry import CUSTOMER, DOMAIN, LOCATION, TENANT_ID

M365 = "Microsoft 365"
BUSINESS_APPLICATIONS = "Business Applications"


@dataclass(frozen=True)
class Contact:
    """Somebody at the customer; letters reach them in ``language``."""

    name: str
    job_title: str
    email: str
    language: str = "English"


BUSINESS = Contact("Berta Klein", "Head of IT", f"berta.klein@{DOMAIN}")
QUESTION = f"Fabrikam Consulting says it works for {CUSTOMER}: is that right?"
TECHNICAL = Contact("Theo Brandt", "Application owner", f"theo.brandt@{DOMAIN}")

# -- a partner's draft -----------------------------------------------------------------------------


def start_claim(page: Page, name: str) -> str:
    """Start a draft; return its number. Ends on the customer's page."""
    page.goto("/claims/start/")
    page.get_by_label("Name of the claim").fill(name)
    page.get_by_role("button", name="Start the claim").click()
    expect_title(page, "Customer")
    return page.locator(".trail a").inner_text()


def name_customer(page: Page, tenant_id: str = TENANT_ID, domain: str = DOMAIN) -> None:
    page.get_by_label("Customer's tenant ID").fill(tenant_id)
    page.get_by_label("One of the customer's domains").fill(domain)
    save(page)


def choose_work(page: Page, area: str, activities: Iterable[str] = ("Usage",)) -> None:
    """Tick activities of an area and nothing else. Begins on the page about the work."""
    expect_title(page, "What you did")
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    for activity in activities:
        group = page.get_by_role("group", name=area, exact=True)
        group.get_by_role("checkbox", name=re.compile(rf"^{activity}\b")).check()
    save(page)


def choose_products(page: Page, products: Iterable[str]) -> None:
    expect_title(page, "Products")
    for product in products:
        page.get_by_role("checkbox", name=product, exact=True).check()
    save(page)


def choose_location(page: Page, partner_id: str = LOCATION) -> None:
    expect_title(page, "Partner ID")
    page.get_by_role("radio", name=re.compile(rf"^{partner_id} ")).check()
    save(page)


def name_contacts(page: Page, business: Contact, technical: Contact | None = None) -> None:
    """Name the people at the customer, and Ines Adler at the partner."""
    expect_title(page, "Contacts")
    _name_contact(page, "Customer's business contact", business)
    if technical is not None:
        _name_contact(page, "Customer's technical contact", technical)
    own = page.get_by_role("group", name="Partner's contact")
    own.get_by_label("Name").fill("Ines Adler")
    own.get_by_label("E-mail address").fill("incentives.admin@fabrikam.example")
    save(page)


def _name_contact(page: Page, title: str, contact: Contact) -> None:
    group = page.get_by_role("group", name=title)
    group.get_by_label("Name").fill(contact.name)
    group.get_by_label("Job title").fill(contact.job_title)
    group.get_by_label("E-mail address").fill(contact.email)
    group.get_by_label("Language of letters").select_option(label=contact.language)


def attach_proof(page: Page, file_name: str, signed_on: date) -> None:
    """Attach a PDF that covers every line. Begins and ends on the page about the proof."""
    expect_title(page, "Proof")
    text = f"{file_name}: Fabrikam Consulting works for {CUSTOMER}, tenant ID {TENANT_ID}."
    page.get_by_label("Files", exact=True).set_input_files(
        {"name": file_name, "mimeType": "application/pdf", "buffer": pdf(text)}
    )
    page.get_by_label("What is it?").select_option(label="signed statement of work")
    page.get_by_label("Date of the customer's signature").fill(signed_on.isoformat())
    page.get_by_label("Who signed for the customer?").fill(BUSINESS.name)
    page.get_by_label("Signer's job title").fill(BUSINESS.job_title)
    page.get_by_role("button", name="Attach", exact=True).click()
    attached = page.get_by_role("region", name="Attached so far")
    expect(attached.get_by_role("link", name=file_name, exact=True)).to_be_visible()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save and continue").click()


def find_claim(page: Page, name: str) -> str:
    """Find a claim in the partner's list by its name, open it and return its number."""
    page.goto("/claims/")
    page.get_by_role("searchbox").fill(name)
    page.get_by_role("button", name="Apply").click()
    link = page.get_by_role("row").filter(has_text=name).get_by_role("link")
    number = link.inner_text()
    link.click()
    expect_title(page, number)
    return number


# -- a reviewer's case -----------------------------------------------------------------------------


def open_case(page: Page, number: str) -> None:
    """Find a claim in the queue and open it."""
    page.goto("/admin/claims/claim/?queue=all")
    page.get_by_role("searchbox").fill(number)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=number, exact=True).click()
    expect_title(page, re.compile(f"^{number}"))


def take_up(page: Page) -> None:
    page.get_by_role("button", name="Take up").click()


def ask(page: Page, code: str, explanation: str, comment: str) -> None:
    """Ask the partner for one thing that is missing. Begins on the case page."""
    page.get_by_role("link", name="Ask the partner…").click()
    finding = page.locator(".finding").filter(has=page.get_by_text(code, exact=True))
    finding.get_by_role("checkbox").first.check()
    finding.get_by_label("What exactly is missing?").fill(explanation)
    page.get_by_label("Comment to the partner").fill(comment)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Ask the partner").click()


def approve(page: Page, text: str) -> None:
    """Approve the claim. Begins on the case page."""
    page.get_by_role("link", name="Approve…").click()
    page.get_by_label("Text to the partner").fill(text)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Approve the claim").click()


def reject(page: Page, reason: str, text: str) -> None:
    """Reject the claim. Begins on the case page."""
    page.get_by_role("link", name="Reject…").click()
    page.get_by_label(reason).check()
    page.get_by_label("Text to the partner").fill(text)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Reject the claim").click()


# -- what the operator's people look up ---------------------------------------------------------


def hand_offs(page: Page, number: str) -> list[tuple[str, str]]:
    """Return product and state of the rows handed over for a claim, once all have gone."""

    def gone() -> bool:
        rows = _products_and_states(page, "consent/incentivehandoff", number)
        return all(state != "pending" for _product, state in rows)

    wait_until(f"the hand-offs of {number} have gone", gone)
    return _products_and_states(page, "consent/incentivehandoff", number)


def associations(page: Page, number: str) -> list[tuple[str, str]]:
    """Return product and state of a claim's associations."""
    return _products_and_states(page, "claims/association", number)


def _products_and_states(page: Page, model: str, number: str) -> list[tuple[str, str]]:
    page.goto(f"/admin/{model}/?q={number}")
    expect(page.get_by_role("searchbox")).to_have_value(number)
    return sorted(
        (
            row.locator(".field-line__product").inner_text(),
            row.locator(".field-state").inner_text(),
        )
        for row in page.locator("#result_list tbody tr").all()
    )


# -- what pages say --------------------------------------------------------------------------------


def expect_title(page: Page, title: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def expect_later(page: Page, locator: Locator) -> None:
    """Load the page again and again until it shows something that worker and beat bring about."""

    def shows() -> bool:
        page.reload()
        return locator.first.is_visible()

    wait_until(f"{page.url} shows {locator}", shows)


def where_it_stands(page: Page) -> Locator:
    """Return the part of a claim's page that tells its partner whose move it is."""
    return page.get_by_role("region", name="Where the claim stands")


def own_link(page: Page) -> Locator:
    """Find the customer's own link in a letter that is open; others lead to what all may read."""
    return page.get_by_role("link", name=re.compile(r"\bconsent\W[\w-]{20,}"))


def open_letter(page: Page, recipient: str, subject: str) -> str:
    """Wait for a letter, open it and return its text."""
    page.goto("/demo/mail/")
    row = page.get_by_role("row").filter(has_text=recipient).filter(has_text=subject)
    expect_later(page, row)
    row.first.get_by_role("link").click()
    expect_title(page, re.compile(re.escape(subject)))
    return page.locator(".demo-mail-text").inner_text()
