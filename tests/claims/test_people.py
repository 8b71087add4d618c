"""What a global admin decides about the people of an organisation, and what nobody may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from claims import actors
from claims.actors import SYSTEM, Actor
from claims.models import Membership, PartnerLocation, PartnerOrganization
from claims.services import people
from claims.services.people import NotInCharge
from cpor_site.common import outbox
from cpor_site.common.models import OutboxMessage, User
from cpor_site.common.problems import Refused
from tests import factories
from tests.site.account_pages import LINK, NEW, choose, enter, is_in, sent_link

pytestmark = pytest.mark.django_db

Role = Membership.Role
EMAIL = "new.colleague@partner.example"


@pytest.fixture
def organization() -> PartnerOrganization:
    return factories.make_organization(locale="sv", time_zone="Europe/Stockholm")


@pytest.fixture
def admin(organization: PartnerOrganization) -> User:
    return factories.make_membership(None, organization, Role.GLOBAL_ADMIN).user


@pytest.fixture
def place(organization: PartnerOrganization) -> PartnerLocation:
    return factories.make_location(organization)


def invite(admin: User, organization: PartnerOrganization, **changes: Any) -> list[Membership]:
    values: dict[str, Any] = {
        "actor": actors.partner(admin),
        "organization_id": organization.pk,
        "email": EMAIL,
        "full_name": "New Colleague",
        "roles": [Role.INCENTIVES_USER],
        "location_ids": [],
    }
    return people.invite(**values | changes)


def codes(act: Callable[[], object]) -> tuple[str, ...]:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.codes


def member(organization: PartnerOrganization, role: str = Role.BILLING_ADMIN, **more: Any) -> Any:
    return factories.make_membership(None, organization, role, **more)


def places_of(membership: Membership) -> set[int]:
    return {each.pk for each in membership.locations.all()}


def test_somebody_new_gets_an_account_roles_and_a_letter_with_a_link(
    admin: User, organization: PartnerOrganization, place: PartnerLocation, mailoutbox: list[Any]
) -> None:
    roles = [Role.INCENTIVES_USER, Role.REPORT_VIEWER]
    found = invite(
        admin, organization, email=f" {EMAIL.title()}", roles=roles, location_ids=[place.pk]
    )
    user = User.objects.get(email=EMAIL)
    assert [(each.user, each.role, places_of(each)) for each in found] == [
        (user, role, {place.pk}) for role in roles
    ]
    assert (user.full_name, user.locale, user.time_zone, user.has_usable_password()) == (
        "New Colleague",
        "sv",
        "Europe/Stockholm",
        False,
    )
    letter = OutboxMessage.objects.get()
    assert (letter.kind, letter.recipient, letter.locale) == ("people_invited", EMAIL, "sv")
    assert LINK.search(letter.text_body) is None

    choose(Client(), sent_link(mailoutbox))
    assert is_in(enter(user, NEW))


def test_somebody_known_gets_the_news_and_keeps_their_account(
    admin: User, organization: PartnerOrganization
) -> None:
    other = factories.make_membership()
    before = User.objects.values().get(pk=other.user.pk)
    (membership,) = invite(admin, organization, email=other.user.email, full_name="Not Their Name")
    assert membership.user == other.user
    assert User.objects.values().get(pk=other.user.pk) == before
    letter = OutboxMessage.objects.get()
    assert (letter.kind, letter.recipient) == ("people_added", other.user.email)
    assert outbox.MARKER not in letter.text_body + letter.html_body
    assert "Not Their Name" not in letter.text_body


def test_somebody_invited_elsewhere_who_has_no_password_yet_gets_a_link_here_too(
    admin: User, organization: PartnerOrganization
) -> None:
    other = factories.make_membership(factories.make_user(EMAIL, password=None)).user
    invite(admin, organization)
    assert OutboxMessage.objects.get().kind == "people_invited"
    assert Membership.objects.filter(user=other).count() == 2


def test_the_link_is_good_for_a_week_and_once(
    admin: User, organization: PartnerOrganization, mailoutbox: list[Any]
) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        invite(admin, organization)
        link = sent_link(mailoutbox)
    with time_machine.travel(start + timedelta(days=7, seconds=1), tick=False):
        assert Client().get(link).status_code == 404
    with time_machine.travel(start + timedelta(days=7), tick=False):
        choose(Client(), link)
        assert Client().get(link).status_code == 404


def test_everything_stands_in_the_history(
    admin: User, organization: PartnerOrganization, place: PartnerLocation
) -> None:
    actor = actors.partner(admin)
    (membership,) = invite(admin, organization)
    people.change(
        actor=actor, membership_id=membership.pk, role=Role.BILLING_ADMIN, location_ids=[place.pk]
    )
    people.deactivate(actor=actor, membership_id=membership.pk)
    people.reactivate(actor=actor, membership_id=membership.pk)
    entries = [
        (
            each.history_change_reason,
            each.history_user,
            each.role,
            each.is_active,
            [link.partnerlocation_id for link in each.locations.all()],
        )
        for each in membership.history.order_by("history_id")
    ]
    assert entries == [
        ("invited", admin, Role.INCENTIVES_USER, True, []),
        ("membership_changed", admin, Role.BILLING_ADMIN, True, [place.pk]),
        ("membership_deactivated", admin, Role.BILLING_ADMIN, False, [place.pk]),
        ("membership_reactivated", admin, Role.BILLING_ADMIN, True, [place.pk]),
    ]
    user_entry = membership.user.history.get()
    assert (user_entry.history_user, user_entry.history_change_reason) == (admin, "invited")


def test_what_is_the_same_already_leaves_no_trace(
    admin: User, organization: PartnerOrganization
) -> None:
    membership = member(organization)
    actor = actors.partner(admin)
    people.change(actor=actor, membership_id=membership.pk, role=membership.role, location_ids=[])
    people.reactivate(actor=actor, membership_id=membership.pk)
    assert membership.history.count() == 1


def test_a_role_that_has_ended_opens_nothing_any_more(
    admin: User, organization: PartnerOrganization
) -> None:
    membership = member(organization)
    location = factories.make_location(organization)
    claim = factories.make_claim(location=location)
    assert actors.partner_can(membership.user, actors.Capability.SEE, claim)
    people.deactivate(actor=actors.partner(admin), membership_id=membership.pk)
    assert not actors.partner_can(membership.user, actors.Capability.SEE, claim)


# Nobody takes the organisation's last admin away (USR-01), nor touches their own role (USR-02).


def test_the_last_global_admin_stays(admin: User, organization: PartnerOrganization) -> None:
    place = factories.make_location(organization)
    own = Membership.objects.get(user=admin)
    # None of these could step in.
    member(organization, Role.GLOBAL_ADMIN, locations=[place])
    member(organization, Role.GLOBAL_ADMIN, is_active=False)
    factories.make_membership(factories.make_user(is_active=False), organization, Role.GLOBAL_ADMIN)
    factories.make_membership(role=Role.GLOBAL_ADMIN)
    actor = actors.partner(admin)

    def change(role: str, location_ids: list[int]) -> Callable[[], object]:
        return lambda: people.change(
            actor=actor, membership_id=own.pk, role=role, location_ids=location_ids
        )

    assert codes(lambda: people.deactivate(actor=actor, membership_id=own.pk)) == ("USR-01",)
    assert codes(change(Role.BILLING_ADMIN, [])) == ("USR-01",)
    assert codes(change(Role.GLOBAL_ADMIN, [place.pk])) == ("USR-01",)
    assert codes(change(Role.GLOBAL_ADMIN, [])) == ("USR-02",)


def test_nobody_changes_a_role_of_their_own(admin: User, organization: PartnerOrganization) -> None:
    member(organization, Role.GLOBAL_ADMIN)
    actor = actors.partner(admin)
    own = Membership.objects.get(user=admin)
    second = factories.make_membership(admin, organization, Role.REPORT_VIEWER, is_active=False)
    for membership in (own, second):
        values: dict[str, Any] = {"actor": actor, "membership_id": membership.pk}
        acts: list[Callable[[], object]] = [
            partial(people.deactivate, **values),
            partial(people.reactivate, **values),
            partial(people.change, **values, role=Role.BILLING_ADMIN, location_ids=[]),
        ]
        assert [codes(act) for act in acts] == [("USR-02",)] * 3


def test_two_admins_can_take_out_one_another_only_one_after_the_other(
    admin: User, organization: PartnerOrganization
) -> None:
    other = member(organization, Role.GLOBAL_ADMIN)
    own = Membership.objects.get(user=admin)
    people.deactivate(actor=actors.partner(admin), membership_id=other.pk)
    with pytest.raises(NotInCharge):
        people.deactivate(actor=actors.partner(other.user), membership_id=own.pk)


# Only locations of the organisation (USR-03), only those that one administers (USR-04).


def test_locations_are_the_organisation_s_own(
    admin: User, organization: PartnerOrganization, place: PartnerLocation
) -> None:
    foreign = factories.make_location()
    membership = member(organization)
    change = partial(
        people.change,
        actor=actors.partner(admin),
        membership_id=membership.pk,
        role=Role.BILLING_ADMIN,
    )
    for wanted in ([foreign.pk], [place.pk, foreign.pk], [place.pk, 0]):
        assert codes(partial(invite, admin, organization, location_ids=wanted)) == ("USR-03",)
        assert codes(partial(change, location_ids=wanted)) == ("USR-03",)
    assert not User.objects.filter(email=EMAIL).exists()


def test_an_admin_of_some_locations_decides_about_these(
    organization: PartnerOrganization, place: PartnerLocation
) -> None:
    elsewhere = factories.make_location(organization)
    local = member(organization, Role.GLOBAL_ADMIN, locations=[place]).user
    actor = actors.partner(local)
    (mine,) = invite(local, organization, location_ids=[place.pk])
    assert places_of(mine) == {place.pk}

    change = partial(people.change, actor=actor, membership_id=mine.pk, role=mine.role)
    asked = partial(invite, local, organization, email="x@y.example")
    for wanted in ([], [elsewhere.pk], [place.pk, elsewhere.pk]):
        assert codes(partial(asked, location_ids=wanted)) == ("USR-04",)
        assert codes(partial(change, location_ids=wanted)) == ("USR-04",)
    for locations in ([], [elsewhere], [place, elsewhere]):
        theirs = member(organization, locations=locations)
        assert codes(partial(people.deactivate, actor=actor, membership_id=theirs.pk)) == (
            "USR-04",
        )


# Who can't be given a role (USR-05), and who has it already (USR-06).


@pytest.mark.parametrize(
    "fields",
    [{"is_staff": True}, {"is_active": False}, {"is_demo": True}],
    ids=["staff", "closed", "demo"],
)
def test_some_accounts_belong_to_no_partner(
    admin: User, organization: PartnerOrganization, fields: dict[str, Any]
) -> None:
    user = factories.make_user(**fields)
    assert codes(lambda: invite(admin, organization, email=user.email)) == ("USR-05",)
    ended = factories.make_membership(user, organization, is_active=False)
    actor = actors.partner(admin)
    assert codes(lambda: people.reactivate(actor=actor, membership_id=ended.pk)) == ("USR-05",)
    assert codes(lambda: people.resend(actor=actor, membership_id=ended.pk)) == ("USR-05",)
    assert OutboxMessage.objects.count() == 0


@pytest.mark.parametrize("is_active", [True, False])
def test_a_role_is_held_once(
    admin: User, organization: PartnerOrganization, is_active: bool
) -> None:
    held = member(organization, is_active=is_active)
    second = factories.make_membership(held.user, organization, Role.REPORT_VIEWER)
    roles = [Role.INCENTIVES_ADMIN, held.role]
    assert codes(lambda: invite(admin, organization, email=held.user.email, roles=roles)) == (
        "USR-06",
    )
    assert codes(
        lambda: people.change(
            actor=actors.partner(admin),
            membership_id=second.pk,
            role=held.role,
            location_ids=[],
        )
    ) == ("USR-06",)
    assert Membership.objects.filter(user=held.user).count() == 2


# A suspended organisation stays as it is (USR-07).


def test_nothing_changes_while_the_organisation_is_suspended(
    admin: User, organization: PartnerOrganization
) -> None:
    membership = member(organization)
    organization.standing = PartnerOrganization.Standing.SUSPENDED
    organization.save()
    values: dict[str, Any] = {"actor": actors.partner(admin), "membership_id": membership.pk}
    for act in (
        lambda: invite(admin, organization),
        lambda: people.change(**values, role=Role.REPORT_VIEWER, location_ids=[]),
        lambda: people.deactivate(**values),
        lambda: people.reactivate(**values),
        lambda: people.resend(**values),
    ):
        assert codes(act) == ("USR-07",)


# Another letter goes to whoever hasn't come yet (USR-08), not too often (LIM-01).


def test_another_letter_goes_to_whoever_has_not_signed_in(
    admin: User, organization: PartnerOrganization, mailoutbox: list[Any]
) -> None:
    (membership,) = invite(admin, organization)
    actor = actors.partner(admin)
    first = sent_link(mailoutbox)
    people.resend(actor=actor, membership_id=membership.pk)
    second = sent_link(mailoutbox)
    assert Client().get(first).status_code == Client().get(second).status_code == 302

    choose(Client(), second)
    enter(membership.user, NEW)
    assert codes(lambda: people.resend(actor=actor, membership_id=membership.pk)) == ("USR-08",)


def test_three_more_letters_a_day_are_enough(
    admin: User, organization: PartnerOrganization
) -> None:
    actor = actors.partner(admin)
    (membership,) = invite(admin, organization)
    for _letter in range(3):
        people.resend(actor=actor, membership_id=membership.pk)
    assert codes(lambda: people.resend(actor=actor, membership_id=membership.pk)) == ("LIM-01",)
    people.deactivate(actor=actor, membership_id=membership.pk)
    assert codes(lambda: people.resend(actor=actor, membership_id=membership.pk)) == ("USR-08",)


def test_a_hundred_invitations_a_day_are_enough(
    admin: User, organization: PartnerOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "INVITATIONS_A_DAY", 2)
    for number in range(2):
        invite(admin, organization, email=f"{number}@partner.example")
    assert codes(lambda: invite(admin, organization)) == ("LIM-01",)
    assert not User.objects.filter(email=EMAIL).exists()


# Only who manages the people of the organisation.


@pytest.mark.parametrize("role", [role for role in Role if role != Role.GLOBAL_ADMIN], ids=str)
def test_other_roles_decide_nothing(organization: PartnerOrganization, role: str) -> None:
    someone = member(organization)
    _nothing_allowed(actors.partner(member(organization, role).user), organization, someone)


@pytest.mark.parametrize("who", ["elsewhere", "ended", "closed", "system", "reviewer"])
def test_others_decide_nothing(admin: User, organization: PartnerOrganization, who: str) -> None:
    someone = member(organization)
    if who == "ended":
        Membership.objects.filter(user=admin).update(is_active=False)
    if who == "closed":
        admin.is_active = False
        admin.save()
    elsewhere = factories.make_membership(role=Role.GLOBAL_ADMIN).user
    actor = {
        "elsewhere": actors.partner(elsewhere),
        "system": SYSTEM,
        "reviewer": actors.reviewer(admin),
    }.get(who, actors.partner(admin))
    _nothing_allowed(actor, organization, someone)


def _nothing_allowed(actor: Actor, organization: PartnerOrganization, someone: Membership) -> None:
    before = Membership.objects.count()
    values: dict[str, Any] = {"actor": actor, "membership_id": someone.pk}
    for act in (
        lambda: invite(factories.make_user(), organization, actor=actor),
        lambda: invite(factories.make_user(), organization, actor=actor, organization_id=0),
        lambda: people.change(**values, role=Role.GLOBAL_ADMIN, location_ids=[]),
        lambda: people.deactivate(**values),
        lambda: people.reactivate(**values),
        lambda: people.resend(**values),
        lambda: people.deactivate(actor=actor, membership_id=0),
    ):
        assert codes(act) == ("ACC-02",)
    assert Membership.objects.count() == before
    assert OutboxMessage.objects.count() == 0
