"""The pages about an organisation's people and places, for its global admins alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.actors import ROLE_CAPABILITIES, Capability
from claims.models import Membership, PartnerLocation, PartnerOrganization, ProgramEnrollment
from claims.people import CAPABILITY_WORDS
from cpor_site.common.models import OutboxMessage, User
from tests import factories
from tests.claims.pages import browser_of, html_of, problems_in, text_of
from tests.site.account_pages import enter

pytestmark = pytest.mark.django_db

Role = Membership.Role
ENTRY = {
    "email": "new.colleague@partner.example",
    "full_name": "New Colleague",
    "roles": [Role.INCENTIVES_USER],
    "scope": "all",
}


@pytest.fixture
def organization() -> PartnerOrganization:
    return factories.make_organization("Alpha")


@pytest.fixture
def office(organization: PartnerOrganization) -> Client:
    return browser_of(factories.make_membership(None, organization, Role.GLOBAL_ADMIN).user)


def of(name: str, organization: PartnerOrganization) -> str:
    return reverse(name, args=[organization.pk])


def role_url(name: str, membership: Membership) -> str:
    return reverse(name, args=[membership.organization_id, membership.pk])


def persons(office: Client, organization: PartnerOrganization) -> dict[str, Any]:
    found = office.get(of("people_list", organization)).context["persons"]
    return {each.email: each for each in found}


def test_a_colleague_is_invited(office: Client, organization: PartnerOrganization) -> None:
    answer = office.post(of("people_invite", organization), ENTRY)
    assert answer.headers["Location"] == of("people_list", organization)
    page = text_of(office.get(answer.headers["Location"]))
    assert f"{ENTRY['email']} is invited." in page
    assert OutboxMessage.objects.get().recipient == ENTRY["email"]


def test_the_page_doesn_t_tell_whether_an_address_had_an_account(
    office: Client, organization: PartnerOrganization
) -> None:
    """Neither at once nor in the list, until the person signs in."""
    known = factories.make_membership(
        factories.make_user("known@elsewhere.example", full_name="Their Own Name")
    ).user
    enter(known)
    answers: list[list[Any]] = []
    for email in (known.email, "knows.nobody@elsewhere.example"):
        answer = office.post(
            of("people_invite", organization), ENTRY | {"email": email}, follow=True
        )
        shown = persons(office, organization)[email]
        membership = Membership.objects.get(user__email=email, organization=organization)
        page = office.get(role_url("people_change", membership))
        answers.append(
            [
                text_of(answer).replace(email, "…"),
                text_of(page).replace(email, "…"),
                (shown.name, shown.last_login, shown.is_awaited, shown.is_active),
            ]
        )
        membership.delete()
    assert answers[0] == answers[1]
    assert "Their Own Name" not in str(answers)


def test_an_invited_person_is_shown_by_name_once_they_have_signed_in(
    office: Client, organization: PartnerOrganization
) -> None:
    known = factories.make_user("known@elsewhere.example", full_name="Their Own Name")
    office.post(of("people_invite", organization), ENTRY | {"email": known.email})
    assert persons(office, organization)[known.email].name == ""
    enter(known)
    shown = persons(office, organization)[known.email]
    assert (shown.name, shown.is_awaited) == ("Their Own Name", False)
    assert shown.last_login == User.objects.get(pk=known.pk).last_login


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"email": "no address"}, "This isn't an e-mail address."),
        ({"email": ""}, "Enter the person's e-mail address."),
        ({"full_name": "  "}, "Enter the person's name."),
        ({"roles": []}, "Choose at least one role."),
        ({"roles": ["emperor"]}, "Select a valid choice."),
        ({"scope": "listed"}, "Choose at least one location."),
        ({"scope": "listed", "locations": ["0"]}, "Select a valid choice."),
        ({"scope": ""}, "Say where the role is to hold."),
    ],
    ids=["address", "no address", "name", "no role", "role", "no place", "place", "no scope"],
)
def test_what_is_wrong_with_an_invitation_is_said_and_nothing_is_lost(
    office: Client, organization: PartnerOrganization, changes: dict[str, Any], sentence: str
) -> None:
    page = office.post(of("people_invite", organization), ENTRY | changes)
    assert sentence in text_of(page)
    assert 'class="error-summary"' in html_of(page)
    typed = page.context["form"].data
    assert typed["full_name"] == (ENTRY | changes)["full_name"]
    assert OutboxMessage.objects.count() == 0


def test_a_refusal_stands_at_its_field_with_its_code(
    office: Client, organization: PartnerOrganization
) -> None:
    staff = factories.make_user(is_staff=True)
    page = office.post(of("people_invite", organization), ENTRY | {"email": staff.email})
    assert problems_in(page) == ["USR-05"]
    assert 'href="#id_email"' in html_of(page)
    assert 'value="New Colleague"' in html_of(page)


def test_a_role_is_changed_ended_and_given_back(
    office: Client, organization: PartnerOrganization
) -> None:
    place = factories.make_location(organization)
    membership = factories.make_membership(None, organization, Role.INCENTIVES_USER)
    entry = {"role": Role.BILLING_ADMIN, "scope": "listed", "locations": [place.pk]}
    office.post(role_url("people_change", membership), entry)
    membership.refresh_from_db()
    assert (membership.role, list(membership.locations.all())) == (Role.BILLING_ADMIN, [place])

    def is_active() -> bool:
        return Membership.objects.get(pk=membership.pk).is_active

    ask = office.get(role_url("people_deactivate", membership))
    assert "You can give the role back at any time." in text_of(ask)
    assert is_active()
    office.post(role_url("people_deactivate", membership))
    assert not is_active()
    assert "has ended" in text_of(office.get(role_url("people_change", membership)))
    office.post(role_url("people_reactivate", membership))
    assert is_active()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("people_change", "USR-01"),
        ("people_deactivate", "USR-01"),
        ("people_reactivate", "USR-02"),
        ("people_resend", "USR-08"),
    ],
)
def test_one_s_own_role_is_shown_and_stays(
    office: Client, organization: PartnerOrganization, name: str, code: str
) -> None:
    own = Membership.objects.get(organization=organization)
    page = office.get(role_url("people_change", own))
    assert "This is your own role." in text_of(page)
    assert ">Save<" not in html_of(page)
    answer = office.post(role_url(name, own), {"role": Role.REPORT_VIEWER, "scope": "all"})
    assert problems_in(answer) == [code]


def test_another_letter_is_sent(office: Client, organization: PartnerOrganization) -> None:
    office.post(of("people_invite", organization), ENTRY)
    membership = Membership.objects.get(user__email=ENTRY["email"])
    assert "Send the letter again" in text_of(office.get(role_url("people_change", membership)))
    for _letter in range(3):
        office.post(role_url("people_resend", membership))
    assert OutboxMessage.objects.count() == 4
    page = office.post(role_url("people_resend", membership))
    assert problems_in(page) == ["LIM-01"]


def test_the_table_says_what_each_role_may_do(
    office: Client, organization: PartnerOrganization
) -> None:
    assert set(CAPABILITY_WORDS) == set(Capability)
    table = office.get(of("people_list", organization)).context["role_table"]
    shown = {
        role: {words for words, marks in table if marks[list(Role).index(role)]} for role in Role
    }
    assert shown == {
        role: {CAPABILITY_WORDS[each] for each in ROLE_CAPABILITIES[role]} for role in Role
    }


def test_locations_are_shown_with_type_and_enrolments(
    office: Client, organization: PartnerOrganization
) -> None:
    place = factories.make_location(
        organization, enrolled=False, partner_type=PartnerLocation.PartnerType.FRP
    )
    factories.make_enrollment(
        place,
        "OSU-M365",
        enrollment_status=ProgramEnrollment.Status.VALIDATING,
        payee_profile_ok=False,
    )
    closed = factories.make_location(organization, enrolled=False, is_active=False)
    foreign = factories.make_location()
    page = text_of(office.get(of("people_organization", organization)))
    for words in (
        place.partner_id,
        "FRP FastTrack",
        "Validating enrolment",
        "payee profile incomplete",
        closed.partner_id,
        "closed",
        "not enrolled in any program",
    ):
        assert words in page
    assert foreign.partner_id not in page


def test_a_suspended_organisation_is_read_only(
    office: Client, organization: PartnerOrganization
) -> None:
    membership = factories.make_membership(None, organization)
    organization.standing = PartnerOrganization.Standing.SUSPENDED
    organization.save()
    page = office.get(of("people_list", organization))
    assert "This organisation is suspended" in text_of(page)
    assert of("people_invite", organization) not in html_of(page)
    assert ">Save<" not in html_of(office.get(role_url("people_change", membership)))
    answer = office.post(of("people_invite", organization), ENTRY)
    assert problems_in(answer) == ["USR-07"]


def addresses(organization: PartnerOrganization, membership: Membership) -> list[str]:
    names = ("people_list", "people_invite", "people_organization")
    roles = ("people_change", "people_deactivate", "people_reactivate", "people_resend")
    return [of(name, organization) for name in names] + [
        role_url(name, membership) for name in roles
    ]


def test_to_a_former_admin_the_pages_don_t_exist(organization: PartnerOrganization) -> None:
    membership = factories.make_membership(None, organization)
    former = factories.make_membership(None, organization, Role.GLOBAL_ADMIN)
    Membership.objects.filter(pk=former.pk).update(is_active=False)
    office = browser_of(former.user)

    for address in addresses(organization, membership):
        answers = (office.get(address), office.post(address, ENTRY))
        assert [each.status_code for each in answers] == [404, 404]
    assert membership.history.count() == 1
    assert office.get(reverse("people")).status_code == 404
    assert reverse("people") not in html_of(office.get(reverse("claim_list")))


def test_the_navigation_leads_to_the_organisation_one_looks_at(
    office: Client, organization: PartnerOrganization
) -> None:
    assert reverse("people") in html_of(office.get(reverse("claim_list")))
    user = Membership.objects.get(organization=organization).user
    home = office.get(reverse("people"))
    assert home.headers["Location"] == of("people_list", organization)

    other = factories.make_membership(user, factories.make_organization("Beta"), Role.GLOBAL_ADMIN)
    page = text_of(office.get(reverse("people")))
    assert "Whose do you want to see?" in page
    office.post(reverse("choose_organization"), {"organization": other.organization_id})
    assert office.get(reverse("people")).headers["Location"] == of(
        "people_list", other.organization
    )


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("name", "expected"), [("people_list", 7), ("people_organization", 5)])
def test_the_number_of_queries_doesn_t_grow(
    office: Client, organization: PartnerOrganization, name: str, expected: int, rows: int
) -> None:
    for _row in range(rows):
        place = factories.make_location(organization)
        factories.make_membership(None, organization, locations=[place])
    office.get(of(name, organization))
    with CaptureQueriesContext(connection) as queries:
        assert office.get(of(name, organization)).status_code == 200
    assert len(queries) == expected
