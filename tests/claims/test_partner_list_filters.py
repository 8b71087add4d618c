"""What the list can be narrowed to, its chips and its columns."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from claims.models import Claim, PoEDocument
from cpor_site.common import clock
from cpor_site.common.models import User
from tests import acts, factories
from tests.claims.pages import browser_of, html_of, text_of
from tests.claims.test_partner_list import numbers_in, open_list
from tests.shared import shared

pytestmark = pytest.mark.django_db


Two = tuple[User, Claim, Claim]


def two_claims(**fields: Any) -> Two:
    """Return a person, a claim with ``fields``, and a plain one of the same location."""
    wanted = factories.make_claim(**fields)
    user = wanted.created_by
    return user, wanted, factories.make_claim(user=user, location=wanted.location)


@shared
def two() -> Two:
    return two_claims(name="Intranet", tenant=factories.make_tenant("Contoso AG"))


@shared
def with_sales() -> Two:
    """The first of the two is for Dynamics 365 Sales."""
    return two_claims(area_code=factories.BIZAPPS, products=("d365_sales",))


def only(user: User, claim: Claim, **filters: str) -> bool:
    return numbers_in(open_list(user, **filters)) == [claim.number]


def test_area_activity_and_product(with_sales: Two) -> None:
    user, wanted, _other = with_sales

    assert only(user, wanted, area=factories.BIZAPPS)
    assert only(user, wanted, activity=f"{factories.BIZAPPS}.usage")
    assert only(user, wanted, product="d365_sales")
    assert numbers_in(open_list(user, area=factories.BIZAPPS, product="exchange_online")) == []


def test_location_and_customer() -> None:
    tenant = factories.make_tenant("Contoso AG", domain="contoso.example")
    wanted = factories.make_claim(tenant=tenant)
    user, organization = wanted.created_by, wanted.organization
    factories.make_claim(user=user, location=factories.make_location(organization))
    assert wanted.location is not None

    assert only(user, wanted, location=wanted.location.partner_id)
    for customer in ("contoso", "contoso.example", str(tenant.tenant_id)):
        assert only(user, wanted, customer=customer), customer


def test_a_search_finds_tenant_and_subscription_by_guid(with_sales: Two) -> None:
    user, wanted, _other = with_sales
    assert wanted.tenant is not None
    line = wanted.lines.get()
    assert line.subscription is not None

    assert only(user, wanted, q=str(wanted.tenant.tenant_id).upper())
    assert only(user, wanted, q=str(line.subscription.subscription_id))
    assert numbers_in(open_list(user, q=str(uuid4()))) == []


def test_migrated(two: Two) -> None:
    user, wanted, _other = two
    Claim.objects.filter(pk=wanted.pk).update(migrated=True)

    assert only(user, wanted, migrated="on")


def test_due_within_days(two: Two) -> None:
    user, wanted, _draft = two
    acts.asked(wanted)

    assert only(user, wanted, due="30")
    assert numbers_in(open_list(user, due="0")) == []


def test_proof_older_than_months_goes_by_the_newest_that_counts(two: Two) -> None:
    user, wanted, _other = two
    document = PoEDocument.objects.get(claim=wanted)
    document.signed_on = factories.today() - timedelta(days=400)
    document.save()

    assert only(user, wanted, proof_age="12")
    newer = factories.make_document(wanted)
    assert numbers_in(open_list(user, proof_age="12")) == []
    newer.withdrawn_at = clock.now()
    newer.save()
    assert only(user, wanted, proof_age="12")


def test_a_subscription_that_ends_within_days(with_sales: Two) -> None:
    user, wanted, _other = with_sales

    assert only(user, wanted, ending="600")
    assert numbers_in(open_list(user, ending="400")) == []


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        ({"due": "soon"}, "Enter a whole number, such as 14."),
        ({"due": "-1"}, "Enter 0 or more."),
        ({"due": "9" * 19}, "Enter 3650 days or fewer."),
        ({"due": "9" * 5000}, "Enter a whole number, such as 14."),
        ({"ending": "99999"}, "Enter 3650 days or fewer."),
        ({"proof_age": "1e9"}, "Enter a whole number, such as 12."),
        ({"proof_age": "241"}, "Enter 240 months or fewer."),
        ({"area": "nowhere"}, "Choose one of the list; this one is not in it."),
        ({"activity": "a.b.c\0"}, "Choose one of the list; this one is not in it."),
        ({"product": "9" * 400}, "Choose one of the list; this one is not in it."),
        ({"location": "0"}, "Choose one of the list; this one is not in it."),
        ({"q": "x" * 101}, "Search for up to 100 characters."),
        ({"customer": "x" * 101}, "Enter up to 100 characters."),
        ({"status": "nonsense"}, "There is no such status, so all claims are shown."),
    ],
)
def test_a_bad_value_reads_why_and_narrows_nothing(
    two: Two, filters: dict[str, str], sentence: str
) -> None:
    user, wanted, other = two
    page = open_list(user, **filters)

    assert sorted(numbers_in(page)) == [wanted.number, other.number]
    assert sentence in text_of(page)
    assert only(user, wanted, **{"q": "intranet"} | {k: v for k, v in filters.items() if k != "q"})


def test_a_nul_in_a_customer_is_left_out(two: Two) -> None:
    user, wanted, _other = two

    assert only(user, wanted, customer="con\0toso")


def test_chips_say_what_is_active_and_take_it_away(two: Two) -> None:
    user, *_ = two
    html = html_of(open_list(user, area=factories.M365, due="1", migrated="on", sort="due"))
    chips = re.findall(r'<a class="chip" href="([^"]+)">(.*?)</a>', html)
    words = [" ".join(re.sub(r"<[^>]+>", "", text).split()) for _address, text in chips]

    assert words == [
        "Remove the filter: Solution area: Microsoft 365 ×",
        "Remove the filter: Due within so many days: 1 day ×",
        "Remove the filter: Migrated claims only ×",
    ]
    assert chips[0][0] == "?due=1&amp;migrated=on&amp;sort=due"


def test_columns_are_chosen_and_kept(two: Two) -> None:
    user, *_ = two
    page = open_list(user, columns="owner", q="test")
    headings = [
        " ".join(h.split()) for h in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', html_of(page))
    ]

    assert [re.sub(r"<[^>]+>", "", heading) for heading in headings] == ["Claim / name", "Owner"]
    assert str(user) in text_of(page)
    assert 'href="?q=test&amp;sort=-number&amp;columns=owner"' in html_of(page)


def test_the_list_tells_nothing_of_competing_claims(two: Two) -> None:
    """A partner must not learn that there is a rival (5.7)."""
    user, wanted, _other = two
    wanted.lines.update(contested=True)
    words = html_of(open_list(user, contested="1", competing="1"))

    assert "compet" not in words.lower().replace("competing=1", "")
    assert len(numbers_in(open_list(user, contested="1"))) == 2


def test_one_organisation_at_a_time() -> None:
    user = factories.make_user()
    here, there = (factories.make_claim(user=user) for _ in range(2))
    browser = browser_of(user)
    assert len(numbers_in(browser.get(reverse("claim_list")))) == 2

    browser.post(reverse("choose_organization"), {"organization": here.organization_id})
    page = browser.get(reverse("claim_list"))
    assert numbers_in(page) == [here.number]
    assert "All claims (1)" in text_of(page)
    assert there.location is not None
    assert there.location.partner_id not in html_of(page)
