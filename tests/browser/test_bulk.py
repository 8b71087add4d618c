"""Many drafts from a spreadsheet, and the deadlines in a calendar of one's own."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from . import steps
from .accessibility import faults
from .desk import Desk
from .people import PARTNER, People

pytestmark = [pytest.mark.browser, pytest.mark.stack]

CONTOSO = "3f1c9a52-6a1d-4c0e-9b57-2d8f4e6a7b10"
HEADER = ("claim_name", "tenant_id", "domain", "activity", "product", "partner_id", "Budget")
ROWS = (
    ("Spring mail", CONTOSO, "contoso.example", "Usage", "Exchange", "5100001", "1"),
    ("Spring sites", CONTOSO, "contoso.example", "Usage", "SharePoint Online", "5100001", "2"),
    ("Spring who", CONTOSO, "nobody.example", "Usage", "Exchange Online", "5100001", "3"),
    ("Spring guess", CONTOSO, "contoso.example", "Usage", "Exchnge Online", "5100001", "4"),
    ("Spring other", CONTOSO, "contoso.example", "Presales", "Intune", "5200001", "5"),
)


def choose(page: Page, content: str, name: str = "spring.csv") -> None:
    page.get_by_label("CSV file").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    )
    page.get_by_role("button", name="Upload", exact=True).click()


def text_of(rows: tuple[tuple[str, ...], ...]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows([HEADER, *rows])
    return text.getvalue()


def test_three_good_rows_and_two_bad_ones(desk: Desk, people: People, tmp_path: Path) -> None:
    page = people.signed_in(PARTNER)
    page.goto("/claims/")
    page.get_by_role("link", name="Upload drafts").click()
    choose(page, "name,customer\r\n1,2\r\n")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("these are missing: tenant_id, domain, activity")
    summary.get_by_role("link").click()
    expect(page.get_by_label("CSV file")).to_be_focused()
    assert faults(page) == []

    choose(page, text_of(ROWS))
    steps.expect_title(page, "spring.csv")
    expect(page.locator(".notice").first).to_have_text(
        "3 drafts were made. 2 rows became none and have to be mended. Nothing was submitted."
    )
    expect(page.get_by_text("was not read: Budget.")).to_be_visible()
    mend = page.get_by_role("region", name="Rows to mend")
    expect(mend.locator("tbody tr")).to_contain_text(
        [
            (
                "5 Product Exchnge Online “Exchnge Online” isn't in the catalogue. "
                "Is it Exchange Online? LIN-02"
            ),
            (
                "6 Activity Presales “Presales” is no activity of Microsoft 365. "
                "Possible: Usage. ACT-03"
            ),
            (
                "6 Partner ID 5200001 “5200001” is none of the partner IDs that you can claim "
                "with. Possible:"
            ),
        ]
    )
    drafts = page.get_by_role("region", name="Drafts")
    expect(drafts.locator("tbody tr")).to_have_count(3)
    expect(drafts.locator("tbody tr").filter(has_text="Spring who")).to_contain_text("DOM-03")
    assert faults(page) == []

    with page.expect_download() as download:
        page.get_by_role("link", name="Download the 2 rows to mend").click()
    refused = tmp_path / "refused.csv"
    download.value.save_as(refused)
    assert download.value.suggested_filename == "spring to mend.csv"
    with refused.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["claim_name"], row["problem"][-8:]) for row in rows] == [
        ("Spring guess", "(LIN-02)"),
        ("Spring other", "(MPN-01)"),
    ]

    # The file is as it was, so the desk asks; one mended row of what came back is enough.
    page.get_by_role("link", name="Earlier uploads").click()
    steps.expect_title(page, "Earlier uploads")
    assert faults(page) == []
    page.get_by_role("link", name="Upload drafts").click()
    choose(page, text_of(ROWS))
    steps.expect_title(page, "Upload it again?")
    assert faults(page) == []
    page.get_by_role("button", name="Upload it again").click()
    left_out = page.get_by_role("region", name="Left out")
    expect(left_out.locator("tbody tr")).to_have_count(3)
    assert faults(page) == []
    left_out.get_by_label("Row 2", exact=True).check()
    left_out.get_by_role("button", name="Make drafts of the ticked rows").click()
    expect(page.get_by_role("status")).to_have_text("1 draft was made.")
    page.get_by_role("link", name="Discard these drafts…").click()
    steps.expect_title(page, "Discard these drafts?")
    assert faults(page) == []
    page.get_by_role("button", name="Discard the ticked drafts").click()
    expect(page.get_by_role("status")).to_have_text("1 draft is discarded.")
    assert faults(page) == []

    page.goto("/claims/upload/")
    mended = refused.read_text("utf-8-sig").replace("Exchnge Online", "Microsoft Teams")
    choose(page, mended, "mended.csv")
    expect(page.locator(".notice").first).to_contain_text("1 draft was made.")

    draft = drafts.locator("tbody tr").filter(has_text="Spring guess")
    number = draft.get_by_role("rowheader").get_by_role("link").inner_text()
    draft.get_by_role("link", name=number).click()
    steps.expect_title(page, number)
    expect(steps.where_it_stands(page)).to_contain_text("Your move: finish this draft")


def test_deadlines_in_a_calendar(desk: Desk, people: People) -> None:
    page = people.signed_in(PARTNER)
    page.goto("/claims/")
    page.get_by_role("link", name="Deadlines in your calendar").click()
    steps.expect_title(page, "Deadlines in your calendar")
    assert faults(page) == []
    page.get_by_role("button", name="Make the address").click()
    address = page.get_by_label("Address", exact=True).input_value()
    assert faults(page) == []

    answer = people.visitor().request.get(address)
    assert answer.ok
    assert "BEGIN:VCALENDAR" in answer.text()
    page.get_by_role("button", name="Copy the address").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("status")).to_contain_text("The calendar is switched off.")
    assert people.visitor().request.get(address).status == 404
