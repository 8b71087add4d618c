"""Which of their organisations a person looks at."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from claims import organizations
from claims.models import Membership, PartnerOrganization
from cpor_site.common.models import User
from tests import factories
from tests.claims.pages import browser_of, html_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return factories.make_user()


@pytest.fixture
def two(user: User) -> list[PartnerOrganization]:
    """Two organisations of the user's, by name."""
    return [
        factories.make_membership(user, factories.make_organization(name)).organization
        for name in ("Alpha", "Beta")
    ]


def shown(browser: Client) -> PartnerOrganization | None:
    request = browser.get(reverse("claim_list")).wsgi_request
    return organizations.current_organization(request)


def switch(browser: Client, organization: Any, **more: str) -> Any:
    return browser.post(reverse("choose_organization"), {"organization": organization} | more)


def test_whoever_has_one_organisation_looks_at_it_and_is_offered_no_choice(user: User) -> None:
    membership = factories.make_membership(user)
    browser = browser_of(user)
    assert shown(browser) == membership.organization
    assert reverse("choose_organization") not in html_of(browser.get(reverse("claim_list")))


def test_whoever_has_several_looks_at_all_of_them_first(
    user: User, two: list[PartnerOrganization]
) -> None:
    browser = browser_of(user)
    assert shown(browser) is None
    response = browser.get(reverse("claim_list"))
    assert organizations.choices(response.wsgi_request) == two
    assert reverse("choose_organization") in html_of(response)


def test_a_choice_stays_until_the_next_one(user: User, two: list[PartnerOrganization]) -> None:
    browser = browser_of(user)
    for organization in two:
        switch(browser, organization.pk)
        assert shown(browser) == organization
    switch(browser, "all")
    assert shown(browser) is None


def test_a_choice_ends_with_the_membership(user: User, two: list[PartnerOrganization]) -> None:
    """Three organisations, so that two are left."""
    third = factories.make_membership(user)
    browser = browser_of(user)
    switch(browser, third.organization_id)
    Membership.objects.filter(pk=third.pk).update(is_active=False)
    assert shown(browser) is None
    assert switch(browser, third.organization_id).status_code == 404


def repr_of(text: str) -> str:
    return f"{text[:3]} of {len(text)}"


@pytest.mark.parametrize("wanted", ["", "0", "-1", "x", "²", "9" * 30, "9" * 5000], ids=repr_of)
def test_nothing_else_can_be_chosen(
    user: User, two: list[PartnerOrganization], wanted: str
) -> None:
    browser = browser_of(user)
    assert switch(browser, wanted).status_code == 404
    assert switch(browser, factories.make_organization().pk).status_code == 404


@pytest.mark.parametrize(
    ("back", "address"),
    [
        ("/claims/?status=mine", "/claims/?status=mine"),
        ("", "/claims/"),
        ("https://elsewhere.example/", "/claims/"),
        ("//elsewhere.example", "/claims/"),
        ("javascript:alert(1)", "/claims/"),
        ("claim_start", "/claims/"),
    ],
    ids=["a page", "none", "elsewhere", "elsewhere without scheme", "script", "a view's name"],
)
def test_it_leads_back_to_pages_of_the_desk_only(
    user: User, two: list[PartnerOrganization], back: str, address: str
) -> None:
    response = switch(browser_of(user), two[0].pk, next=back)
    assert (response.status_code, response.headers["Location"]) == (302, address)


def test_visitors_and_links_change_nothing(user: User, two: list[PartnerOrganization]) -> None:
    assert browser_of(user).get(reverse("choose_organization")).status_code == 405
    assert switch(Client(), two[0].pk).headers["Location"].startswith(reverse("sign_in"))


def test_people_are_managed_where_one_is_global_admin(user: User) -> None:
    theirs = factories.make_membership(user, role=Membership.Role.GLOBAL_ADMIN).organization
    factories.make_membership(user, role=Membership.Role.BILLING_ADMIN)
    factories.make_membership(user, role=Membership.Role.GLOBAL_ADMIN, is_active=False)
    request = browser_of(user).get(reverse("claim_list")).wsgi_request
    assert organizations.managed(request) == [theirs]


@pytest.mark.parametrize("name", ["claim_start", "upload"])
def test_a_form_begins_with_the_organisation_that_is_looked_at(
    name: str, user: User, two: list[PartnerOrganization]
) -> None:
    browser = browser_of(user)

    def chosen() -> tuple[list[str], Any]:
        field = browser.get(reverse(name)).context["form"]["organization"]
        return [str(label) for _key, label in field.field.choices], field.value()

    names = ["Choose one", *(each.name for each in two)]
    assert chosen() == (names, None)
    switch(browser, two[1].pk)
    assert chosen() == (names, two[1].pk)
