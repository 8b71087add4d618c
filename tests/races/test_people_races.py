"""Two admins, or two organisations, act on the same people in the same instant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from claims import actors
from claims.models import Membership
from claims.services import people
from cpor_site.common.models import User
from tests import factories
from tests.races import rounds
from tests.races.test_claim_races import race

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = rounds(5)
Role = Membership.Role


def test_two_admins_who_take_each_other_out_leave_one() -> None:
    for _round in range(ROUNDS):
        organization = factories.make_organization()
        one, two = (
            factories.make_membership(None, organization, Role.GLOBAL_ADMIN) for _admin in range(2)
        )

        def take_out(by: Membership, whom: Membership) -> Callable[[], object]:
            return lambda: people.deactivate(actor=actors.partner(by.user), membership_id=whom.pk)

        assert sorted(race(take_out(one, two), take_out(two, one))) == ["ACC-02", "done"]
        left = Membership.objects.filter(organization=organization, is_active=True)
        assert left.count() == 1


def test_two_organisations_that_invite_the_same_person_share_one_account() -> None:
    for number in range(ROUNDS):
        email = f"sought{number}@people.example"
        admins = [factories.make_membership(role=Role.GLOBAL_ADMIN) for _admin in range(2)]

        def invite(admin: Membership, email: str = email) -> Callable[[], object]:
            return lambda: people.invite(
                actor=actors.partner(admin.user),
                organization_id=admin.organization_id,
                email=email,
                full_name="Sought After",
                roles=[Role.INCENTIVES_USER],
                location_ids=[],
            )

        assert race(*(invite(admin) for admin in admins)) == ["done", "done"]
        assert User.objects.get(email=email).memberships.count() == 2
