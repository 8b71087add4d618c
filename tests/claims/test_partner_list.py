"""The list of a person's claims, and the start of a new one."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from claims import listing_pages
from claims.listing_pages import COLUMNS
from claims.models import Claim, Membership, PartnerOrganization, ProofRequest
from claims.states import Status
from claims.views.list_view import SORTS
from cpor_site.common import clock
from cpor_site.common.models import User
from tests import acts, factories
from tests.claims.pages import browser_of, html_of, problems_in, text_of
from tests.shared import shared

pytestmark = pytest.mark.django_db

Three = tuple[User, Claim, Claim, Claim]


def numbers_in(response: Any) -> list[str]:
    body = html_of(response)
    return re.findall(r">(CPOR-\d{4}-\d{6})</a>", body[body.index("<main") :])


def open_list(user: User, **filters: str) -> Any:
    return browser_of(user).get(reverse("claim_list"), filters)


@shared
def three() -> Three:
    """Return a person with a submitted claim, a draft, and a claim that was sent back."""
    user, location = factories.make_user(), factories.make_location()
    claims = [
        factories.make_claim(user=user, location=location, name=name)
        for name in ("Intranet", "Migration", "Roll-out")
    ]
    return user, acts.submit(claims[0]), claims[1], acts.asked(claims[2])


def test_what_waits_for_the_reader_comes_first(three: Three) -> None:
    user, submitted, draft, asked = three
    page = open_list(user)

    assert numbers_in(page) == [asked.number, draft.number, submitted.number]
    words = text_of(page)
    assert "Your move: answer by" in words
    assert "(5 business days left)" in words
    assert "With the reviewers: somebody takes it up by" in words


def asked_anew(user: User, like: Claim) -> Claim:
    """Return an approved claim of the person whose newest proof is asked for."""
    claim = acts.active(factories.make_claim(user=user, location=like.location))
    now = clock.now()
    ProofRequest.objects.create(claim=claim, asked_at=now, due_at=now + timedelta(days=7))
    return claim


def test_what_was_approved_and_waits_for_the_reader_comes_before_drafts(three: Three) -> None:
    user, submitted, draft, asked = three
    approved = asked_anew(user, submitted)

    expected = [asked.number, approved.number, draft.number, submitted.number]
    assert numbers_in(open_list(user)) == expected


def test_the_nearest_deadline_comes_first_among_equals(three: Three) -> None:
    user, _submitted, draft, sooner = three
    later = acts.asked(factories.make_claim(user=user, location=sooner.location))
    assert later.due_at is not None
    Claim.objects.filter(pk=later.pk).update(due_at=later.due_at.replace(year=2099))
    found = numbers_in(open_list(user))

    assert found[: found.index(draft.number)] == [sooner.number, later.number]


@pytest.mark.parametrize(
    ("folder", "count"),
    [("all", 3), ("mine", 2), ("submitted", 1), ("partner_action_required", 1), ("nonsense", 3)],
)
def test_the_filter_shows_one_status_and_says_how_many(
    three: Three, folder: str, count: int
) -> None:
    user, *_ = three
    page = open_list(user, status=folder)

    assert len(numbers_in(page)) == count
    assert "Needs my action (2)" in text_of(page)


def test_a_search_finds_number_name_customer_domain_and_partner_id() -> None:
    tenant = factories.make_tenant("Contoso AG", domain="contoso.example")
    claim = factories.make_claim(tenant=tenant, name="Intranet")
    assert claim.location is not None
    user = claim.created_by
    other = factories.make_claim(user=user, location=claim.location, name="Other")

    for term in (claim.number, "intran", "contoso ag", "CONTOSO.EX"):
        assert numbers_in(open_list(user, q=term)) == [claim.number], term
    both = open_list(user, q=claim.location.partner_id)
    assert sorted(numbers_in(both)) == [claim.number, other.number]
    assert numbers_in(open_list(user, q="100%")) == []
    assert "No claim fits" in text_of(open_list(user, q="100%"))


def drafts(user: User, number: int) -> list[Claim]:
    location = factories.make_location()
    nothing: dict[str, Any] = {"products": (), "contacts": False, "document": False}
    return [factories.make_claim(user=user, location=location, **nothing) for _ in range(number)]


def link(page: Any, rel: str) -> str:
    """Return the address of the neighbouring page, or ""."""
    found = re.search(rf'rel="{rel}" href="([^"]+)"', html_of(page))
    return unescape(found.group(1)) if found else ""


def test_pages_begin_behind_the_last_row_and_keep_filter_and_search() -> None:
    user = factories.make_user()
    claims = drafts(user, 26)
    browser = browser_of(user)
    first = browser.get(reverse("claim_list"), {"status": "editing", "q": "test"})
    second = browser.get(reverse("claim_list") + link(first, "next"))
    back = browser.get(reverse("claim_list") + link(second, "prev"))

    numbers = [claim.number for claim in reversed(claims)]
    assert numbers_in(first) == numbers[:25] == numbers_in(back)
    assert numbers_in(second) == numbers[25:]
    assert link(second, "prev").startswith("?status=editing&q=test&before=")
    assert (link(first, "prev"), link(second, "next"), link(back, "prev")) == ("", "", "")


@shared
def six(three: Three) -> tuple[User, list[str]]:
    """Return the person, and the numbers of the three claims, of two drafts and of an approval."""
    user, *claims = three
    more = [*drafts(user, 2), asked_anew(user, claims[0])]
    Claim.objects.filter(pk=more[0].pk).update(tenant=None, location=None)
    return user, sorted(claim.number for claim in (*claims, *more))


@pytest.mark.parametrize("sort", ["", *COLUMNS, *(f"-{c}" for c in COLUMNS)])
def test_every_order_shows_each_claim_once_page_by_page(
    six: tuple[User, list[str]], sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_pages, "PAGE", 2)
    user, whole = six
    browser = browser_of(user)
    page = browser.get(reverse("claim_list"), {"sort": sort})
    found, seen = numbers_in(page), [numbers_in(page)]
    while following := link(page, "next"):
        page = browser.get(reverse("claim_list") + following)
        seen.append(numbers_in(page))
        found += numbers_in(page)

    assert sorted(found) == whole
    back = [numbers_in(page)]
    while before := link(page, "prev"):
        page = browser.get(reverse("claim_list") + before)
        back.append(numbers_in(page))
    assert back == list(reversed(seen))


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize("sort", ["name", "number", "due"])
def test_a_heading_sorts_and_says_so(three: Three, sort: str, way: int) -> None:
    user, submitted, draft, asked = three
    order = {
        "name": [submitted, draft, asked],
        "number": [submitted, draft, asked],
        "due": sorted((submitted, asked), key=lambda claim: str(claim.due_at)),
    }[sort]
    page = open_list(user, sort=sort if way == 1 else f"-{sort}")
    expected = [claim.number for claim in order[::way]]
    if sort == "due":
        expected.append(draft.number)  # What has no date comes last, whichever way.

    assert numbers_in(page) == expected
    words = "ascending" if way == 1 else "descending"
    assert re.findall(r'aria-sort="(\w+)"', html_of(page)) == [words]


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "\0",
        "=" * 3000,
        "WzAsImQiLCIyMDI2IiwxXQ",  # a moment without a zone
        "WzAsICJkIiwgIjk5OTktMTItMzFUMjM6NTk6NTktMTI6MDAiLCAxXQ",  # a moment past all calendars
        "WzksInQiLCJhIiwxXQ",  # a ninth segment
        "WzAsInQiLCJhIiw5OTk5OTk5OTk5OTk5OTk5OTk5OTk5XQ",  # a key that no table holds
        "W1tbW1tbW1tb" * 150,
    ],
)
def test_a_place_that_is_none_leads_to_the_beginning(three: Three, text: str) -> None:
    user, *_ = three
    page = open_list(user, after=text)

    assert len(numbers_in(page)) == 3
    assert "That page of the list is no longer there." in text_of(page)


def test_an_empty_list_teaches() -> None:
    user = factories.make_user()
    factories.make_membership(user)

    assert "A claim says which customer you work for" in text_of(open_list(user))


def test_the_order_can_be_chosen_without_headings(three: Three) -> None:
    user, *_claims = three
    page = html_of(open_list(user, sort="-number", q="CPOR"))
    control = page.partition('<form class="list-sort"')[2].partition("</form>")[0]
    assert '<option value="-number" selected>' in control
    assert '<input type="hidden" name="q" value="CPOR">' in control


def test_every_order_of_the_control_is_one_of_the_list() -> None:
    assert {code.removeprefix("-") for code in SORTS} == {"", *COLUMNS}


@pytest.mark.parametrize("role", Membership.Role.values)
def test_the_menu_offers_a_claim_to_those_alone_who_may_start_one(role: str) -> None:
    user = factories.make_user()
    factories.make_membership(user, factories.make_organization(), role)
    offered = reverse("claim_start") in open_list(user).content.decode()
    assert offered == (role != Membership.Role.REPORT_VIEWER)


def test_names_are_shown_as_text() -> None:
    claim = factories.make_claim(name="<b>bold</b>")

    assert "&lt;b&gt;bold&lt;/b&gt;" in html_of(open_list(claim.created_by))


# -- starting --------------------------------------------------------------------------------------


def test_a_claim_is_started_for_the_only_organisation() -> None:
    user = factories.make_user()
    organization = factories.make_membership(user).organization
    browser = browser_of(user)
    entry = {"organization": organization.pk, "name": "Contoso roll-out"}
    answer = browser.post(reverse("claim_start"), entry)

    claim = Claim.objects.get()
    assert answer.headers["Location"] == reverse("claim_edit", args=[claim.pk, "customer"])
    assert (claim.name, claim.organization, claim.created_by, claim.status) == (
        "Contoso roll-out",
        organization,
        user,
        Status.EDITING,
    )


def test_with_several_organisations_one_is_chosen() -> None:
    user = factories.make_user()
    names = ["Adatum", "Fabrikam"]
    for name in names:
        factories.make_membership(user, factories.make_organization(name))
    factories.make_membership(
        user, factories.make_organization("Reports only"), Membership.Role.REPORT_VIEWER
    )
    browser = browser_of(user)
    page = browser.get(reverse("claim_start"))
    offered = [label for _value, label in page.context["form"].fields["organization"].choices]
    assert [str(label) for label in offered] == ["Choose one", *names]

    kept = browser.post(reverse("claim_start"), {"organization": "", "name": "Keep me"})
    assert 'value="Keep me"' in html_of(kept)
    assert "Fill in this field." in text_of(kept)
    assert Claim.objects.count() == 0


def test_a_foreign_organisation_can_not_be_chosen() -> None:
    user = factories.make_user()
    factories.make_membership(user)
    foreign = factories.make_organization()
    entry = {"organization": foreign.pk, "name": "Mine"}

    assert browser_of(user).post(reverse("claim_start"), entry).status_code == 200
    assert Claim.objects.count() == 0


def test_a_suspended_organisation_reads_why_and_keeps_what_was_typed() -> None:
    user = factories.make_user()
    organization = factories.make_membership(user).organization
    PartnerOrganization.objects.update(standing=PartnerOrganization.Standing.SUSPENDED)
    entry = {"organization": organization.pk, "name": "Contoso roll-out"}
    page = browser_of(user).post(reverse("claim_start"), entry)

    assert problems_in(page) == ["MPN-09"]
    assert 'value="Contoso roll-out"' in html_of(page)
    assert Claim.objects.count() == 0


def test_a_nul_in_the_search_is_left_out(three: Three) -> None:
    """PostgreSQL takes no text with one."""
    user, submitted, _draft, _asked = three

    assert numbers_in(open_list(user, q="Intra\0net")) == [submitted.number]
