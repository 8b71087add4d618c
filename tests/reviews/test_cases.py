"""Cases of competing claims: opened at submission, joined by several, closed when one is left."""

from __future__ import annotations

from typing import Any

import pytest

from claims import actors
from claims.models import Claim, ClaimLine
from claims.services.drafting import ClaimChanges
from claims.services.lines import LineChoice
from claims.services.submission import recall_claim, withdraw_claim
from claims.states import RejectionReason
from consent.services.answers import Responder, decline
from reviews.models import CompetingClaimsCase, CompetingParty
from reviews.services.decisions import approve_claim, reject_claim, take_up_claim
from tests import acts, factories
from tests.shared import shared

pytestmark = pytest.mark.django_db


def rival_of(claim: Claim, **fields: Any) -> Claim:
    """Submit another partner's claim for the same customer and, by default, the same workload."""
    return acts.submit(factories.make_claim(tenant=claim.tenant, **fields))


def parties(case: CompetingClaimsCase) -> list[tuple[int, str, bool]]:
    """Claim, standing and whether still present, in the order of joining."""
    found = CompetingParty.objects.filter(case=case).order_by("pk")
    return [(each.claim_id, each.standing, each.left_at is None) for each in found]


def withdraw(claim: Claim) -> None:
    withdraw_claim(claim_id=claim.pk, actor=actors.partner(claim.created_by), reason="Wrong ID.")


@shared
def first() -> Claim:
    return acts.submit(factories.make_claim())


@shared
def second(first: Claim) -> Claim:
    """Another partner's claim for the same."""
    return rival_of(first)


def test_no_case_without_a_rival(first: Claim) -> None:
    rival_of(first, products=("teams",))

    assert not CompetingClaimsCase.objects.exists()


def test_opened_when_the_second_partner_submits(first: Claim, second: Claim) -> None:
    case = CompetingClaimsCase.objects.get()
    assert first.tenant is not None
    assert (case.key, case.closed_at) == (
        f"workload:{first.tenant.tenant_id}:exchange_online",
        None,
    )
    assert case.opened_at == acts.fresh(second).last_submitted_at
    assert parties(case) == [
        (second.pk, "challenger", True),
        (first.pk, "challenger", True),
    ]


def test_a_draft_is_no_rival() -> None:
    draft = factories.make_claim()

    rival_of(draft)

    assert not CompetingClaimsCase.objects.exists()


@pytest.mark.parametrize("stage", ["approved", "in window"])
def test_who_holds_the_key_is_the_incumbent(stage: str, first: Claim) -> None:
    holder = acts.approved(first) if stage == "approved" else acts.in_window(first)

    challenger = rival_of(holder)

    assert parties(CompetingClaimsCase.objects.get()) == [
        (challenger.pk, "challenger", True),
        (holder.pk, "incumbent", True),
    ]


def test_another_activity_of_the_same_company_is_no_rival() -> None:
    tenant = factories.make_tenant()
    subscription = factories.make_subscription(tenant)
    usage = acts.submit(
        factories.make_claim(
            tenant=tenant,
            area_code=factories.BIZAPPS,
            products=("d365_sales",),
            subscriptions=(subscription,),
        )
    )
    acts.submit(
        factories.make_claim(
            user=usage.created_by,
            location=usage.location,
            tenant=tenant,
            area_code=factories.BIZAPPS,
            activities=("presales",),
            products=("d365_sales",),
            subscriptions=(subscription,),
        )
    )

    assert not CompetingClaimsCase.objects.exists()


def test_several_challengers_join_one_case(first: Claim, second: Claim) -> None:
    third = rival_of(first)

    case = CompetingClaimsCase.objects.get()
    assert {claim for claim, _standing, _present in parties(case)} == {
        first.pk,
        second.pk,
        third.pk,
    }


def test_each_key_has_its_own_case() -> None:
    first = acts.submit(factories.make_claim(products=("exchange_online", "teams")))

    rival_of(first, products=("exchange_online", "teams", "sharepoint_online"))

    assert {
        case.key.rpartition(":")[2]: case.parties.count()
        for case in CompetingClaimsCase.objects.all()
    } == {"exchange_online": 2, "teams": 2}


def test_both_activities_on_one_subscription_are_parties_of_one_case() -> None:
    tenant = factories.make_tenant()
    subscription = factories.make_subscription(tenant)
    common: dict[str, Any] = {
        "area_code": factories.BIZAPPS,
        "products": ("d365_sales",),
        "subscriptions": (subscription,),
    }
    first = acts.submit(
        factories.make_claim(tenant=tenant, activities=("usage", "presales"), **common)
    )
    second = rival_of(first, **common)

    case = CompetingClaimsCase.objects.get()
    assert sorted(parties(case)) == sorted(
        [
            (second.pk, "challenger", True),
            (first.pk, "challenger", True),
            (first.pk, "challenger", True),
        ]
    )
    withdraw(first)
    assert CompetingClaimsCase.objects.get().closed_at is not None


class TestClosing:
    def test_closed_when_a_single_partner_is_left_who_can_then_be_approved(
        self, first: Claim, second: Claim
    ) -> None:
        first = acts.under_review(first)

        withdraw(second)

        case = CompetingClaimsCase.objects.get()
        assert case.closed_at == acts.fresh(second).decided_at
        assert parties(case) == [
            (second.pk, "challenger", False),
            (first.pk, "challenger", True),
        ]
        assert first.assigned_reviewer is not None
        approve_claim(claim_id=first.pk, actor=actors.reviewer(first.assigned_reviewer))

    def test_stays_open_while_two_are_left(self, first: Claim, second: Claim) -> None:
        third = rival_of(first)

        withdraw(second)
        assert CompetingClaimsCase.objects.get().closed_at is None
        withdraw(third)
        assert CompetingClaimsCase.objects.get().closed_at is not None

    def test_by_a_recall(self, second: Claim) -> None:
        recall_claim(claim_id=second.pk, actor=actors.partner(second.created_by))

        assert CompetingClaimsCase.objects.get().closed_at is not None

    def test_by_a_rejection(self, second: Claim) -> None:
        reviewer = actors.reviewer(factories.make_reviewer())
        take_up_claim(claim_id=second.pk, actor=reviewer)

        reject_claim(
            claim_id=second.pk, actor=reviewer, reasons=[RejectionReason.POE], text="No work."
        )

        assert CompetingClaimsCase.objects.get().closed_at is not None

    def test_when_the_customer_refuses_the_incumbent(self, first: Claim) -> None:
        holder = acts.in_window(first)
        challenger = rival_of(holder)

        decline(token=acts.token_of(holder), responder=Responder("Jana Meier"))

        case = CompetingClaimsCase.objects.get()
        assert case.closed_at is not None
        assert parties(case) == [
            (challenger.pk, "challenger", True),
            (holder.pk, "incumbent", False),
        ]

    def test_when_the_contested_line_is_taken_out(self, first: Claim) -> None:
        second = rival_of(first, products=("exchange_online", "teams"))

        acts.edit(second, ClaimChanges(lines=[LineChoice(factories.product("teams").pk)]))

        assert CompetingClaimsCase.objects.get().closed_at is not None
        assert not ClaimLine.objects.get(
            claim=second, product__code="teams"
        ).competing_parties.exists()

    def test_a_new_rival_on_the_same_key_opens_a_new_case(
        self, first: Claim, second: Claim
    ) -> None:
        withdraw(second)

        third = rival_of(first)

        old, new = CompetingClaimsCase.objects.order_by("pk")
        assert (old.key, old.closed_at is None) == (new.key, False)
        assert new.closed_at is None
        assert parties(new) == [
            (third.pk, "challenger", True),
            (first.pk, "challenger", True),
        ]
