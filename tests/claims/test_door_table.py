"""The door's answer for every status, act and role, against a table written by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from claims import actors, door
from claims.actors import Actor
from claims.models import Claim, Membership
from claims.refusals import AlreadyHeld, ConflictOfInterest, MovedOn, NotYours
from claims.states import Act, AssociationState, Side, Status
from tests import factories
from tests.shared import shared

pytestmark = pytest.mark.django_db

S, A = Status, Act
FROM: dict[Act, set[Status]] = {
    A.SUBMIT: {S.EDITING},
    A.TAKE_UP: {S.SUBMITTED},
    A.RECALL: {S.SUBMITTED},
    A.REQUEST_ACTION: {S.UNDER_REVIEW, S.DISPUTED},
    A.RESUBMIT: {S.PARTNER_ACTION_REQUIRED},
    A.REJECT_UNANSWERED: {S.PARTNER_ACTION_REQUIRED},
    A.APPROVE: {S.UNDER_REVIEW, S.DISPUTED},
    A.REJECT: {S.UNDER_REVIEW, S.DISPUTED},
    A.DECLINE: {S.APPROVED},
    A.CLOSE_WINDOW: {S.APPROVED},
    A.END_ASSOCIATION: {S.APPROVED},
    # Approved too, but only once the window has passed: see the test below.
    A.WITHDRAW_CONSENT: set(),
    A.DISPUTE: {S.REJECTED},
    A.DISPLACE: {S.APPROVED},
    A.EXPIRE: {S.APPROVED},
    A.WITHDRAW: {S.SUBMITTED, S.UNDER_REVIEW, S.PARTNER_ACTION_REQUIRED},
    A.DISCARD: {S.EDITING},
    A.CLOSE_BY_OPERATOR: {
        S.SUBMITTED,
        S.UNDER_REVIEW,
        S.PARTNER_ACTION_REQUIRED,
        S.DISPUTED,
        S.APPROVED,
    },
    # From a draft and a rejection, but only one split off and one that the customer caused.
    A.SPLIT_OFF: set(),
    A.RENEW_CONSENT: set(),
}
PARTNER_ACTS = {
    A.SUBMIT,
    A.RECALL,
    A.RESUBMIT,
    A.END_ASSOCIATION,
    A.WITHDRAW,
    A.DISPUTE,
    A.DISCARD,
}
REVIEWER_ACTS = {A.TAKE_UP, A.REQUEST_ACTION, A.APPROVE, A.REJECT, A.SPLIT_OFF}
LEAD_ACTS = {A.RENEW_CONSENT, A.CLOSE_BY_OPERATOR}
SYSTEM_ACTS = {A.REJECT_UNANSWERED, A.CLOSE_WINDOW, A.DISPLACE, A.EXPIRE}
MAY: dict[str, set[Act]] = {
    "global admin": PARTNER_ACTS,
    "billing admin": PARTNER_ACTS,
    "incentives admin": PARTNER_ACTS,
    "incentives user": {A.DISCARD},
    "report viewer": set(),
    "admin of another location": set(),
    "admin of another partner": set(),
    "inactive admin": set(),
    "reviewer": REVIEWER_ACTS,
    "lead reviewer": REVIEWER_ACTS | LEAD_ACTS,
    "ops": set(),
    "auditor": set(),
    "reviewer posing as partner": set(),
    "partner posing as reviewer": set(),
    "customer": {A.DECLINE, A.WITHDRAW_CONSENT},
    "customer of another claim": set(),
    "system": SYSTEM_ACTS,
}


@dataclass
class World:
    claim: Claim
    actors: dict[str, Actor]


@shared
def made() -> World:
    claim = factories.make_claim(document=False, contacts=False)
    organization, location = claim.organization, claim.location
    role = Membership.Role

    def member(kind: str, **fields: Any) -> Actor:
        user = factories.make_user()
        factories.make_membership(user, fields.pop("organization", organization), kind, **fields)
        return actors.partner(user)

    elsewhere = factories.make_location(organization, enrolled=False)
    inactive = factories.make_user(is_active=False)
    factories.make_membership(inactive, organization)
    reviewer = factories.make_reviewer()
    partner_user = factories.make_user()
    factories.make_membership(partner_user, organization)
    return World(
        claim,
        {
            "global admin": member(role.GLOBAL_ADMIN),
            "billing admin": member(role.BILLING_ADMIN),
            "incentives admin": member(role.INCENTIVES_ADMIN, locations=[location]),
            "incentives user": member(role.INCENTIVES_USER),
            "report viewer": member(role.REPORT_VIEWER),
            "admin of another location": member(role.INCENTIVES_ADMIN, locations=[elsewhere]),
            "admin of another partner": member(
                role.INCENTIVES_ADMIN, organization=factories.make_organization()
            ),
            "inactive admin": actors.partner(inactive),
            "reviewer": actors.reviewer(reviewer),
            "lead reviewer": actors.reviewer(factories.make_reviewer(role="Lead reviewer")),
            "ops": actors.reviewer(factories.make_reviewer(role="Ops")),
            "auditor": actors.reviewer(factories.make_reviewer(role="Auditor")),
            "reviewer posing as partner": actors.partner(reviewer),
            "partner posing as reviewer": actors.reviewer(partner_user),
            "customer": actors.customer(claim_id=claim.pk, name="C"),
            "customer of another claim": actors.customer(claim_id=claim.pk + 1, name="C"),
        },
    )


@pytest.fixture
def world(made: World) -> World:
    made.actors["system"] = actors.SYSTEM  # No copy of it passes the door.
    return made


def answer(claim: Claim, act: Act, actor: Actor) -> str:
    """Ask the door and step back before anything is done."""

    class StepBack(Exception):
        pass

    try:
        with door.passage(claim_id=claim.pk, act=act, actor=actor):
            raise StepBack
    except StepBack:
        return "may"
    except NotYours:
        return "not yours"
    except MovedOn:
        return "moved on"


def put(claim: Claim, status: Status) -> None:
    """Write a status straight into the table, as no product code can."""
    from django.db import connection

    state = AssociationState.NONE
    if status == Status.APPROVED:
        state = AssociationState.PROVISIONAL
    if status == Status.ENDED:
        state = AssociationState.ENDED
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE claims_claim SET status = %s, association_state = %s, "
            "first_submitted_at = created_at, rejection_reasons = %s WHERE id = %s",
            [status.value, state.value, '["R-POE"]', claim.pk],
        )


@pytest.mark.parametrize("status", list(Status))
def test_every_act_and_role(world: World, status: Status) -> None:
    put(world.claim, status)
    wanted, found = {}, {}
    for name, actor in world.actors.items():
        for act in Act:
            expected = "moved on" if status not in FROM[act] else "may"
            wanted[name, act] = expected if act in MAY[name] else "not yours"
            found[name, act] = answer(world.claim, act, actor)
    assert found == wanted


WINDOW_ACTS = {A.DECLINE, A.CLOSE_WINDOW}
LATER_ACTS = {A.WITHDRAW_CONSENT, A.END_ASSOCIATION, A.DISPLACE, A.EXPIRE}


def test_an_active_association_is_out_of_the_windows_reach(world: World) -> None:
    from django.db import connection

    put(world.claim, Status.APPROVED)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE claims_claim SET association_state = 'active' WHERE id = %s", [world.claim.pk]
        )
    by = {Side.CUSTOMER: "customer", Side.SYSTEM: "system", Side.PARTNER: "global admin"}
    found = {
        act: answer(world.claim, act, world.actors[by[actors.ACT_SIDE[act]]])
        for act in WINDOW_ACTS | LATER_ACTS
    }
    assert found == dict.fromkeys(WINDOW_ACTS, "moved on") | dict.fromkeys(LATER_ACTS, "may")


def test_a_held_claim_is_decided_by_its_reviewer_or_a_lead(world: World) -> None:
    other = factories.make_reviewer()
    put(world.claim, Status.UNDER_REVIEW)
    Claim.objects.filter(pk=world.claim.pk).update(assigned_reviewer=other)
    with (
        pytest.raises(AlreadyHeld),
        door.passage(claim_id=world.claim.pk, act=Act.APPROVE, actor=world.actors["reviewer"]),
    ):
        pass
    assert answer(world.claim, Act.APPROVE, world.actors["lead reviewer"]) == "may"
    assert answer(world.claim, Act.APPROVE, actors.reviewer(other)) == "may"


def test_a_reviewer_who_is_a_contact_has_an_interest(world: World) -> None:
    reviewer = world.actors["reviewer"]
    assert reviewer.user is not None
    factories.make_contact(world.claim, "business", email=reviewer.user.email.upper())
    put(world.claim, Status.SUBMITTED)
    with (
        pytest.raises(ConflictOfInterest),
        door.passage(claim_id=world.claim.pk, act=Act.TAKE_UP, actor=reviewer),
    ):
        pass


def test_a_forged_system_actor_is_not_the_system(world: World) -> None:
    put(world.claim, Status.PARTNER_ACTION_REQUIRED)
    forged = Actor(actors.SYSTEM.side, name="System")
    assert answer(world.claim, Act.REJECT_UNANSWERED, forged) == "not yours"


def test_leaving_without_going_through_is_an_error(world: World) -> None:
    with (
        pytest.raises(RuntimeError, match="Nobody went through the door"),
        door.passage(claim_id=world.claim.pk, act=Act.DISCARD, actor=world.actors["global admin"]),
    ):
        pass
    assert Claim.objects.get(pk=world.claim.pk).status == Status.EDITING


@pytest.mark.parametrize("field", ["status", "association_state"])
def test_the_queryset_refuses_to_write_what_only_the_door_may(world: World, field: str) -> None:
    claims = Claim.objects.filter(pk=world.claim.pk)
    for write in (
        lambda: claims.update(**{field: "approved"}),
        lambda: Claim.objects.bulk_update([world.claim], [field]),
        lambda: Claim.objects.create(**{field: "approved"}),
        lambda: Claim.objects.bulk_create([Claim()]),
    ):
        with pytest.raises(ValueError, match="door|born"):
            write()
    with pytest.raises(AttributeError):
        setattr(world.claim, field, "approved")
