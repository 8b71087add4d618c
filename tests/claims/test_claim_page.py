"""What a claim's page tells: what is to be done now, what was before, and what was confirmed."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from claims import actors
from claims.models import Claim, Membership
from claims.services.lines import included_lines
from claims.services.submission import resubmit_claim
from cpor_site.common.models import User
from reviews.services import decisions
from reviews.services.decisions import FindingEntry
from tests import acts, factories
from tests.claims.pages import browser_of, html_of, text_of, url

pytestmark = pytest.mark.django_db

Role = Membership.Role


def answered(claim: Claim) -> Claim:
    claim = resubmit_claim(
        claim_id=claim.pk,
        actor=actors.partner(claim.created_by),
        version=claim.version,
        reply="It is on page 2.",
        confirmed=acts.warnings(claim),
    )
    assert claim.assigned_reviewer is not None
    return decisions.take_up_claim(
        claim_id=claim.pk, actor=actors.reviewer(claim.assigned_reviewer)
    )


def folded(claim: Claim) -> list[str]:
    """Return the text of each folded part of the claim's page."""
    page = html_of(browser_of(claim.created_by).get(url("claim_page", claim)))
    parts = re.findall(r"<details.*?</details>", page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", part).split()) for part in parts]


def test_what_was_asked_before_is_folded_below_what_is_asked_now() -> None:
    claim = acts.asked()
    assert folded(claim) == []
    claim = answered(claim)
    [before] = folded(claim)
    assert re.fullmatch(
        r"What was asked before \S.* Exchange Online: Missing or old dates D-DATE No date\.", before
    )
    assert "To do" not in text_of(browser_of(claim.created_by).get(url("claim_page", claim)))

    assert claim.assigned_reviewer is not None
    claim = decisions.request_action(
        claim_id=claim.pk,
        actor=actors.reviewer(claim.assigned_reviewer),
        findings=[FindingEntry("D-WORK", [included_lines(claim)[0].pk], "What did you do?")],
        comment="And the work?",
    )
    page = html_of(browser_of(claim.created_by).get(url("claim_page", claim)))
    todo = page.split('id="findings-title"')[1].split("</section>")[0]
    assert re.findall(r'<span class="code">(D-\w+)</span>', todo) == ["D-WORK"]
    assert page.index("What did you do?") < page.index("What was asked before")
    assert folded(claim) == [before]


def test_confirmed_warnings_are_told_in_words() -> None:
    claim = acts.submit(factories.make_claim(tenant=factories.make_tenant(country="SE")))
    assert claim.location is not None
    browser = browser_of(claim.created_by)
    words = "The location is in another region than the customer."
    page = text_of(browser.get(url("claim_page", claim)))
    assert f"{words} {claim.location.partner_id} MPN-07 Known." in page
    assert "No document is marked as covering some of the lines. Exchange Online POE-10" in page
    assert f"{words} (MPN-07) “Known.”" in text_of(browser.get(url("claim_history", claim)))


def test_a_printed_page_has_no_form_to_fill_in() -> None:
    claim = acts.submit(factories.make_claim())
    page = html_of(browser_of(claim.created_by).get(url("claim_page", claim)))
    main = page[page.index("<main") :].split("</main>")[0]
    assert re.findall(r'<form class="([^"]*)"', main) == ["no-print"]
    assert main.count("<form") == 1


def entries(user: User) -> list[str]:
    """Return the entries of the main menu."""
    page = html_of(browser_of(user).get(reverse("account")))
    menu = page.split('<nav class="desk-nav"')[1].split("</nav>")[0]
    return re.findall(r"<a [^>]+>([^<]+)</a>", menu)


MENUS: dict[str, list[str]] = {
    Role.GLOBAL_ADMIN: ["Claims", "Start a claim", "People"],
    Role.BILLING_ADMIN: ["Claims", "Start a claim"],
    Role.INCENTIVES_ADMIN: ["Claims", "Start a claim"],
    Role.INCENTIVES_USER: ["Claims", "Start a claim"],
    Role.REPORT_VIEWER: ["Export claims"],
}


@pytest.mark.parametrize("role", Role.values)
def test_the_menu_names_what_a_role_may_do(role: str) -> None:
    membership = factories.make_membership(role=role)
    assert entries(membership.user) == MENUS[role]
    membership.is_active = False
    membership.save()
    assert entries(membership.user) == []


def test_reviewers_have_no_partner_s_menu() -> None:
    assert entries(factories.make_reviewer()) == ["Review"]


def test_proof_of_a_product_with_two_activities_names_it_once() -> None:
    claim = factories.make_claim(
        area_code=factories.BIZAPPS, activities=("presales", "usage"), products=("d365_sales",)
    )
    lines = included_lines(claim)
    assert len(lines) == 2
    claim.documents.get().covers.set(lines)
    page = text_of(browser_of(claim.created_by).get(url("claim_page", claim)))
    assert "Proves: Dynamics 365 Sales Attached by" in page
