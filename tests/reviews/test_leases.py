"""Who has a case open: taking, renewing, giving back, taking over, giving away, acting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine

from claims import actors
from claims.changes import changes_of
from claims.models import Claim, ClaimEvent
from claims.services.submission import withdraw_claim
from cpor_site.common import clock
from cpor_site.common.models import User
from cpor_site.common.problems import Refused
from reviews.models import CaseLease
from reviews.services import decisions, leases
from tests import acts, factories
from tests.shared import shared

from .acting import told
from .pages import browser_of, rita, shown, text_of, url

pytestmark = pytest.mark.django_db
End = CaseLease.End
NOON = "2026-06-02T10:00:00Z"


@pytest.fixture
def colleague() -> User:
    return factories.make_reviewer(full_name="Carl Colleague")


@pytest.fixture
def lead() -> User:
    return factories.make_reviewer(role="Lead reviewer", full_name="Lea Lead")


@shared
def claim() -> Claim:
    return acts.submit(factories.make_claim())


@shared
def held(claim: Claim) -> Claim:
    """Rita Reviewer is reviewing it."""
    return decisions.take_up_claim(claim_id=claim.pk, actor=actors.reviewer(rita()))


def take(claim: Claim, user: User) -> CaseLease:
    return leases.take_case(claim_id=claim.pk, actor=actors.reviewer(user))


def refusal(act: Callable[[], Any]) -> str:
    """Return the code with which the act is refused."""
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.codes[0]


def lease_rows(claim: Claim) -> list[tuple[str, str]]:
    rows = CaseLease.objects.filter(claim=claim).order_by("pk")
    return [(str(row.holder), row.end) for row in rows]


def test_taking_a_case_holds_it_for_half_an_hour(claim: Claim, reviewer: User) -> None:
    with time_machine.travel(NOON, tick=False):
        lease = take(claim, reviewer)

    assert lease.expires_at - lease.taken_at == timedelta(minutes=30)
    assert lease.taken_at == factories.at(NOON)


def test_a_lease_moves_no_deadline_and_no_version(claim: Claim, reviewer: User) -> None:
    before = Claim.objects.filter(pk=claim.pk).values().get()
    take(claim, reviewer)
    leases.release_case(claim_id=claim.pk, actor=actors.reviewer(reviewer))

    assert Claim.objects.filter(pk=claim.pk).values().get() == before


def test_taking_again_renews(claim: Claim, reviewer: User) -> None:
    with time_machine.travel(NOON, tick=False) as at:
        take(claim, reviewer)
        at.shift(timedelta(minutes=20))
        again = take(claim, reviewer)

    assert again.expires_at == factories.at("2026-06-02T10:50:00Z")
    assert lease_rows(claim) == [("Rita Reviewer", "")]


def test_others_are_told_who_has_it(claim: Claim, reviewer: User, colleague: User) -> None:
    take(claim, reviewer)

    assert refusal(lambda: take(claim, colleague)) == "REV-05"


def test_a_lease_that_ran_out_is_free(claim: Claim, reviewer: User, colleague: User) -> None:
    with time_machine.travel(NOON, tick=False) as at:
        take(claim, reviewer)
        at.shift(timedelta(minutes=30))
        take(claim, colleague)

    assert lease_rows(claim) == [("Rita Reviewer", End.EXPIRED), ("Carl Colleague", "")]


def test_acting_on_a_held_case_is_refused_and_changes_nothing(
    claim: Claim, reviewer: User, colleague: User
) -> None:
    take(claim, reviewer)
    before = Claim.objects.filter(pk=claim.pk).values().get()
    actor = actors.reviewer(colleague)

    assert refusal(lambda: decisions.take_up_claim(claim_id=claim.pk, actor=actor)) == "REV-05"
    assert Claim.objects.filter(pk=claim.pk).values().get() == before


def test_a_lead_acts_only_after_taking_over(claim: Claim, reviewer: User, lead: User) -> None:
    take(claim, reviewer)
    actor = actors.reviewer(lead)

    assert refusal(lambda: decisions.take_up_claim(claim_id=claim.pk, actor=actor)) == "REV-05"
    leases.take_over_case(claim_id=claim.pk, actor=actor, reason="Rita is ill.")
    taken_up = decisions.take_up_claim(claim_id=claim.pk, actor=actor)

    assert taken_up.assigned_reviewer == lead
    assert lease_rows(claim) == [("Rita Reviewer", End.TAKEN_OVER), ("Lea Lead", "")]
    event = ClaimEvent.objects.get(claim=claim, kind="case_taken_over")
    assert (event.internal, event.details) == (
        True,
        {"from": "Rita Reviewer", "reason": "Rita is ill."},
    )


def test_an_own_lease_that_ran_out_is_renewed_by_acting(claim: Claim, reviewer: User) -> None:
    with time_machine.travel(clock.now(), tick=False) as at:
        take(claim, reviewer)
        at.shift(timedelta(minutes=31))
        decisions.take_up_claim(claim_id=claim.pk, actor=actors.reviewer(reviewer))
        lease = leases.lease_of(claim, clock.now())

    assert lease is not None
    assert lease_rows(claim) == [("Rita Reviewer", "")]


def test_acting_without_a_lease_takes_one(claim: Claim, reviewer: User) -> None:
    decisions.take_up_claim(claim_id=claim.pk, actor=actors.reviewer(reviewer))

    assert lease_rows(claim) == [("Rita Reviewer", "")]


def test_a_decision_ends_the_lease(reviewer: User) -> None:
    claim = acts.asked(reviewer=reviewer)

    assert lease_rows(claim) == [("Rita Reviewer", End.MOVED_ON)]


def test_a_claim_that_the_partner_withdraws_is_held_by_nobody(claim: Claim, reviewer: User) -> None:
    take(claim, reviewer)
    withdraw_claim(claim_id=claim.pk, actor=actors.partner(claim.created_by), reason="Mistake.")

    assert lease_rows(claim) == [("Rita Reviewer", End.MOVED_ON)]
    assert refusal(lambda: take(claim, reviewer)) == "SUBM-03"


class TestGivingBack:
    def test_ones_own_needs_no_reason(self, claim: Claim, reviewer: User) -> None:
        take(claim, reviewer)
        leases.release_case(claim_id=claim.pk, actor=actors.reviewer(reviewer))

        assert lease_rows(claim) == [("Rita Reviewer", End.RELEASED)]

    def test_what_nobody_holds(self, claim: Claim, reviewer: User) -> None:
        actor = actors.reviewer(reviewer)

        assert refusal(lambda: leases.release_case(claim_id=claim.pk, actor=actor)) == "REV-06"

    def test_somebody_elses(self, claim: Claim, reviewer: User, colleague: User) -> None:
        take(claim, reviewer)
        actor = actors.reviewer(colleague)

        assert refusal(lambda: leases.release_case(claim_id=claim.pk, actor=actor)) == "REV-05"

    def test_a_lead_gives_a_reason(self, claim: Claim, reviewer: User, lead: User) -> None:
        take(claim, reviewer)
        actor = actors.reviewer(lead)

        assert refusal(lambda: leases.release_case(claim_id=claim.pk, actor=actor)) == "REV-07"
        leases.release_case(claim_id=claim.pk, actor=actor, reason="Forgotten.")
        row = CaseLease.objects.get(claim=claim)
        assert (row.end, row.ended_by, row.reason) == (End.RELEASED, lead, "Forgotten.")


class TestTakingOver:
    def test_is_for_leads(self, claim: Claim, reviewer: User, colleague: User) -> None:
        take(claim, reviewer)

        assert (
            refusal(
                lambda: leases.take_over_case(
                    claim_id=claim.pk, actor=actors.reviewer(colleague), reason="Mine."
                )
            )
            == "ACC-01"
        )

    @pytest.mark.parametrize(("reason", "code"), [("  ", "REV-07"), ("x" * 301, "REV-07")])
    def test_needs_a_reason(
        self, reason: str, code: str, claim: Claim, reviewer: User, lead: User
    ) -> None:
        take(claim, reviewer)
        actor = actors.reviewer(lead)

        assert (
            refusal(lambda: leases.take_over_case(claim_id=claim.pk, actor=actor, reason=reason))
            == code
        )
        assert lease_rows(claim) == [("Rita Reviewer", "")]


class TestReassigning:
    def reassign(self, claim: Claim, by: User, to: User | None, reason: str = "Holiday.") -> Claim:
        return leases.reassign_claim(
            claim_id=claim.pk, actor=actors.reviewer(by), to=to, reason=reason
        )

    def test_the_reviewer_gives_it_away(self, held: Claim, reviewer: User, colleague: User) -> None:
        due_at = held.due_at
        self.reassign(held, reviewer, colleague)

        after = acts.fresh(held)
        assert (after.assigned_reviewer, after.due_at, after.status) == (
            colleague,
            due_at,
            "under_review",
        )
        assert lease_rows(held) == [("Rita Reviewer", End.REASSIGNED)]
        event = ClaimEvent.objects.get(claim=held, kind="claim_reassigned")
        assert event.internal
        assert event.details == {
            "from": "Rita Reviewer",
            "to": "Carl Colleague",
            "reason": "Holiday.",
        }

    def test_a_lead_puts_it_back_to_the_unassigned(
        self, held: Claim, reviewer: User, lead: User
    ) -> None:
        self.reassign(held, lead, None)

        assert acts.fresh(held).assigned_reviewer is None

    def test_the_partner_sees_nothing_of_it(self, held: Claim, reviewer: User, lead: User) -> None:
        before = changes_of(held, for_partner=True)
        self.reassign(held, lead, None)

        assert changes_of(held, for_partner=True) == before
        assert [each.reason for each in changes_of(held)][0] == "Reviewer changed"

    def test_who_can_not_be_chosen(
        self, claim: Claim, reviewer: User, lead: User, ops: User
    ) -> None:
        contact = factories.make_reviewer(claim.contacts.get(kind="business").email)
        partner = claim.created_by

        for person in (ops, contact, partner, None):
            assert refusal(partial(self.reassign, claim, lead, person)) == "REV-08"

    def test_not_for_others(self, held: Claim, reviewer: User, colleague: User) -> None:
        assert refusal(lambda: self.reassign(held, colleague, colleague)) == "ACC-01"

    def test_not_without_a_reason(self, held: Claim, reviewer: User, colleague: User) -> None:
        assert refusal(lambda: self.reassign(held, reviewer, colleague, " ")) == "REV-07"

    def test_not_when_it_moved_on(self, reviewer: User, colleague: User) -> None:
        claim = acts.asked(reviewer=reviewer)

        assert refusal(lambda: self.reassign(claim, reviewer, colleague)) == "SUBM-03"


class TestPages:
    def test_the_queue_and_others_see_who_has_it(
        self, claim: Claim, reviewer: User, colleague: User
    ) -> None:
        take(claim, reviewer)
        queue = url("case", claim).removesuffix(f"{claim.pk}/")

        assert "open with Rita Reviewer" in text_of(browser_of(colleague).get(queue))
        assert "open with you" in text_of(browser_of(reviewer).get(queue))

    def test_opening_keeps_ones_own_lease_and_no_other(
        self, claim: Claim, reviewer: User, colleague: User
    ) -> None:
        with time_machine.travel(clock.now(), tick=False) as at:
            lease = take(claim, reviewer)
            at.shift(timedelta(minutes=10))
            leases.renew_on_opening(claim, colleague, clock.now())
            assert CaseLease.objects.get().expires_at == lease.expires_at
            leases.renew_on_opening(claim, reviewer, clock.now())
            assert CaseLease.objects.get().expires_at == clock.now() + leases.LENGTH

    def test_opening_takes_no_lease(self, claim: Claim, reviewer: User) -> None:
        shown(claim, reviewer)

        assert lease_rows(claim) == []

    def test_take_and_give_back(self, claim: Claim, reviewer: User) -> None:
        client = browser_of(reviewer)
        taken = client.post(f"{url('case', claim)}take/")
        assert (taken.status_code, taken.headers["Location"]) == (302, url("case", claim))
        given = client.post(f"{url('case', claim)}release/")

        assert told(given) == [f"You have given {claim.number} back; others can open it now."]
        assert lease_rows(claim) == [("Rita Reviewer", End.RELEASED)]

    def test_a_refusal_is_a_sentence(self, claim: Claim, reviewer: User, colleague: User) -> None:
        take(claim, reviewer)
        refused = browser_of(colleague).post(f"{url('case', claim)}take/")

        assert told(refused) == [
            (
                "Rita Reviewer has this case open. Wait until it is given back; a lead reviewer "
                "can take it over. (REV-05)"
            )
        ]

    def test_taking_over_asks_for_the_reason(
        self, claim: Claim, reviewer: User, lead: User
    ) -> None:
        take(claim, reviewer)
        client, address = browser_of(lead), f"{url('case', claim)}take-over/"

        assert "Rita Reviewer has this case open." in text_of(client.get(address))
        empty = client.post(address, {"reason": " "})
        assert empty.status_code == 409
        assert "Give a reason; your colleagues read it. REV-07" in text_of(empty)
        assert client.post(address, {"reason": "Ill."}).status_code == 302
        assert lease_rows(claim) == [("Rita Reviewer", End.TAKEN_OVER), ("Lea Lead", "")]

    def test_changing_the_reviewer(
        self, held: Claim, reviewer: User, colleague: User, ops: User
    ) -> None:
        client, address = browser_of(reviewer), f"{url('case', held)}reassign/"
        page = client.get(address)

        assert "Carl Colleague" in text_of(page)
        assert "Otto Ops" not in text_of(page)
        moved = client.post(address, {"to": colleague.pk, "reason": "Holiday."})
        assert told(moved) == [f"The reviewer of {held.number} is changed."]
        assert acts.fresh(held).assigned_reviewer == colleague

    def test_while_somebody_else_has_it_open_nothing_is_offered(
        self, held: Claim, reviewer: User
    ) -> None:
        lead = browser_of(factories.make_reviewer(role="Lead reviewer"))

        case, act = (text_of(lead.get(url(name, held))) for name in ("case", "approve"))
        assert ("Take over…" in case, "Approve…" in case) == (True, False)
        assert "Rita Reviewer has this case open." in act
        leases.release_case(claim_id=held.pk, actor=actors.reviewer(reviewer))
        case, act = (text_of(lead.get(url(name, held))) for name in ("case", "approve"))
        assert ("Take over…" in case, "Approve…" in case) == (False, True)
        assert "There is a problem" not in act

    @pytest.mark.parametrize("to", ["999999", "x", "\0"])
    def test_nonsense_keeps_what_was_typed(self, held: Claim, to: str, reviewer: User) -> None:
        page = browser_of(reviewer).post(
            f"{url('case', held)}reassign/", {"to": to, "reason": "Holiday."}
        )

        assert page.status_code == 422
        assert "Holiday." in page.content.decode()
        assert acts.fresh(held).assigned_reviewer == reviewer
