"""Keeping the sweeps from one claim, and the page that tells what they will do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from claims import actors
from claims.models import Claim, ClaimEvent, ClockHold
from claims.services.sweeps import reject_stale_claims, reject_unanswered
from consent.services.answers import Responder
from consent.services.windows import close_window, finalise_consent_windows, passed
from consent.services.withdrawals import carry_out_withdrawals, withdraw
from cpor_site.common.jobs import Outcome
from cpor_site.common.models import User
from cpor_site.common.problems import Refused
from reviews.queue_pages import rows
from reviews.services import holds
from tests import acts, factories
from tests.shared import shared

from . import competing
from .acting import told
from .pages import browser_of, rita, text_of, url

pytestmark = pytest.mark.django_db

SWEEPS = "admin:reviews_sweeps"


@pytest.fixture
def lead() -> User:
    return factories.make_reviewer(
        role="Lead reviewer", full_name="Lea Lead", time_zone="Europe/Berlin"
    )


@shared
def asked() -> Claim:
    """Rita Reviewer has asked the partner."""
    return acts.asked(reviewer=rita())


def place(claim: Claim, lead: User, reason: str = "The portal was down.") -> ClockHold:
    return holds.place_hold(claim_id=claim.pk, actor=actors.reviewer(lead), reason=reason)


@pytest.mark.parametrize(
    ("make", "sweep", "one", "after"),
    [
        pytest.param(acts.asked, reject_stale_claims, reject_unanswered, "rejected", id="partner"),
        pytest.param(
            acts.in_window, finalise_consent_windows, close_window, "approved", id="customer"
        ),
    ],
)
def test_sweeps_leave_a_held_claim_alone_until_it_is_lifted(
    make: Callable[[], Claim], sweep: Callable[[], object], one: Callable[[int], Outcome],
    after: str, lead: User,
) -> None:  # fmt: skip
    claim, other = make(), make()
    place(claim, lead)
    before = Claim.objects.filter(pk=claim.pk).values().get()
    with acts.past(other):
        sweep()
        assert one(claim.pk) == Outcome.SKIPPED
        assert Claim.objects.filter(pk=claim.pk).values().get() == before
        holds.lift_hold(claim_id=claim.pk, actor=actors.reviewer(lead))
        sweep()

    for each in (claim, other):
        now = acts.fresh(each)
        assert (now.status, now.association_state == "provisional") == (after, False)


def test_a_hold_on_who_is_to_yield_keeps_its_successor_waiting(lead: User) -> None:
    holder, winner = competing.won()
    place(holder, lead)
    clock = reverse("admin:reviews_clock", args=[winner.pk])
    with acts.past(winner):
        assert finalise_consent_windows().examined == 0
        assert close_window(winner.pk) == Outcome.SKIPPED
        assert (competing.holders(holder), list(passed(timezone.now()))) == ([holder.pk], [])
        sees = browser_of(lead)
        shown = text_of(sees.get(clock)), text_of(sees.get(reverse(SWEEPS)))
        [row] = rows([winner.pk])
        to_winner, to_holder = (
            text_of(browser_of(each.created_by).get(reverse("claim_page", args=[each.pk])))
            for each in (winner, holder)
        )
        holds.lift_hold(claim_id=holder.pk, actor=actors.reviewer(lead))
        assert finalise_consent_windows().acted == 1
        assert competing.holders(holder) == [winner.pk]

    assert "The customer's time to refuse ended on" in shown[0]
    waits = f"doesn't come into force while {holder.number}, whose place it is to take, is on hold"
    assert waits in shown[0]
    assert f"{winner.number}, which is to take its place, waits as well." in shown[1]
    assert row.on_hold  # type: ignore[attr-defined]
    assert "within minutes unless we hold that back" in to_winner
    for words in ("The portal was down.", holder.number, holder.organization.name):
        assert words not in to_winner
    assert "The portal was down." not in to_holder


def test_a_hold_is_logged_with_its_reason_for_reviewers_only(asked: Claim, lead: User) -> None:
    claim = asked
    place(claim, lead)
    holds.lift_hold(claim_id=claim.pk, actor=actors.reviewer(lead))

    found = ClaimEvent.objects.filter(claim=claim, kind__startswith="clock_").order_by("pk")
    assert [(each.kind, each.internal, each.actor, each.details) for each in found] == [
        ("clock_held", True, lead, {"reason": "The portal was down."}),
        ("clock_released", True, lead, {}),
    ]


def test_what_is_refused(asked: Claim, lead: User, reviewer: User) -> None:
    claim, submitted = asked, acts.submit(factories.make_claim())

    def code(run: Callable[[], object]) -> str:
        with pytest.raises(Refused) as caught:
            run()
        return caught.value.codes[0]

    lift = actors.reviewer(lead)
    assert code(lambda: place(claim, reviewer)) == "ACC-01"
    assert code(lambda: place(submitted, lead)) == "SUBM-03"
    assert code(lambda: place(claim, lead, " ")) == "REV-07"
    assert code(lambda: holds.lift_hold(claim_id=claim.pk, actor=lift)) == "REV-09"
    place(claim, lead)
    assert code(lambda: place(claim, lead)) == "REV-09"
    assert code(lambda: holds.lift_hold(claim_id=claim.pk, actor=actors.reviewer(reviewer))) == (
        "ACC-01"
    )
    assert ClockHold.objects.filter(lifted_at=None).count() == 1


class TestPage:
    def test_it_shows_what_the_jobs_themselves_would_choose(self, asked: Claim, lead: User) -> None:
        approved = acts.in_window()
        assert "No partner's time to answer ends" in text_of(browser_of(lead).get(reverse(SWEEPS)))
        with acts.past(asked):
            shown = text_of(browser_of(lead).get(reverse(SWEEPS)))
        assert f"{asked.number} {asked.tenant} {asked.organization}" in shown
        assert "is rejected; the partner can dispute that" in shown
        with acts.past(approved):
            shown = text_of(browser_of(lead).get(reverse(SWEEPS)))
            assert f"{approved.number} {approved.tenant}" in shown
        assert acts.fresh(asked).status == "partner_action_required"

    def test_it_shows_withdrawals_whose_day_comes(self, lead: User, settings: Settings) -> None:
        settings.CPOR_WITHDRAWAL_TAKES_EFFECT = "month_end"
        claim = acts.active()
        sentence = "ends for the products that the customer withdrew"
        with time_machine.travel("2027-02-10T10:00:00Z", tick=False):
            withdraw(token=acts.token_of(claim), responder=Responder(name="Jana"))
            assert sentence not in text_of(browser_of(lead).get(reverse(SWEEPS)))
        with time_machine.travel("2027-02-28T10:00:00Z", tick=False):
            shown = text_of(browser_of(lead).get(reverse(SWEEPS)))
            assert f"{claim.number} {claim.tenant}" in shown
            assert sentence in shown
            place(claim, lead)
            assert sentence not in text_of(browser_of(lead).get(reverse(SWEEPS)))
        with time_machine.travel("2027-03-01T10:00:00Z", tick=False):
            assert carry_out_withdrawals().examined == 0
            holds.lift_hold(claim_id=claim.pk, actor=actors.reviewer(lead))
            assert carry_out_withdrawals().acted == 1

    def test_a_lead_holds_and_lifts(self, asked: Claim, lead: User) -> None:
        claim = asked
        address = reverse("admin:reviews_hold", args=[claim.pk])
        with acts.past(claim):
            client = browser_of(lead)
            assert f'href="{address}"' in client.get(reverse(SWEEPS)).content.decode()
            assert "isn't rejected for want of an answer" in text_of(client.get(address))
            assert client.post(address, {"reason": ""}).status_code == 409
            assert client.post(address, {"reason": "Portal down."}).status_code == 302
            page = text_of(client.get(reverse(SWEEPS)))
            assert f"On hold {claim.number}" in page
            assert "“Portal down.”" in page
            lifted = client.post(reverse("admin:reviews_lift", args=[claim.pk]))

        assert told(lifted)[-1] == (
            f"The hold on {claim.number} is lifted. What is overdue happens with the next run."
        )

    def test_others_only_read(self, asked: Claim, reviewer: User, ops: User, lead: User) -> None:
        claim = asked
        place(claim, lead)
        for person in (reviewer, ops):
            html = browser_of(person).get(reverse(SWEEPS)).content.decode()
            assert claim.number in html
            assert "Lift the hold" not in html


class TestClock:
    def test_every_day_is_explained(self, reviewer: User) -> None:
        with time_machine.travel("2026-06-02T10:00:00Z", tick=False):
            claim = acts.asked(reviewer=reviewer)
            address = reverse("admin:reviews_clock", args=[claim.pk])
            shown = text_of(browser_of(reviewer).get(address))

        assert "Counted 5 business days from" in shown
        assert shown.count(" not counted: weekend") == 2
        assert all(f" day {number}" in shown for number in range(1, 6))
        assert "None. A pause between two rounds" in shown

    def test_holds_and_past_deadlines_are_named(
        self, asked: Claim, reviewer: User, lead: User
    ) -> None:
        claim = asked
        place(claim, lead)
        shown = text_of(browser_of(reviewer).get(reverse("admin:reviews_clock", args=[claim.pk])))

        assert "Lea Lead put the automatic end on hold on" in shown
        assert "“The portal was down.”" in shown
        assert "Deadlines before" in shown
        assert "Partner asked" in shown

    def test_a_claim_without_a_clock(self, reviewer: User) -> None:
        draft = factories.make_claim()

        assert "No clock runs" in text_of(browser_of(reviewer).get(f"{url('case', draft)}clock/"))

    def test_a_changed_rule_moves_no_running_deadline(self, reviewer: User) -> None:
        with time_machine.travel("2026-06-02T10:00:00Z", tick=False):
            before = acts.asked(reviewer=reviewer)
            profile = before.rule_profile
            profile.partner_response_days = 1
            profile.save()
            after = acts.asked(factories.make_claim(), reviewer=reviewer)
            address = reverse("admin:reviews_clock", args=[before.pk])
            words = text_of(browser_of(reviewer).get(address))

        assert acts.fresh(before).due_at == before.due_at
        assert before.due_at is not None
        assert after.due_at is not None
        assert after.due_at < before.due_at
        assert "Counted 5 business days from Tue 2 June 2026" in words
