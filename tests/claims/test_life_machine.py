"""Random lives of several claims, compared after every act with a small model of the rules."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, ClassVar

import pytest
import time_machine
from django.core import mail
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from claims import actors
from claims.actors import Actor
from claims.models import (
    Association,
    Claim,
    CustomerTenant,
    PartnerLocation,
)
from claims.services.archive import archive_idle_drafts
from claims.services.dispute_windows import close_dispute_windows
from claims.services.disputes import dispute_claim
from claims.services.drafting import discard_claim
from claims.services.endings import end_association
from claims.services.lines import approved_lines, included_lines
from claims.services.reminders import remind_of_drafts, remind_partners
from claims.services.submission import recall_claim, resubmit_claim, withdraw_claim
from claims.services.sweeps import reject_stale_claims
from claims.states import DeficiencyCode, RejectionReason
from consent.models import IncentiveHandoff
from consent.services import answers, extensions, withdrawals
from consent.services.answers import Responder
from consent.services.reminders import remind_customers
from consent.services.windows import finalise_consent_windows
from cpor_site.common import outbox
from cpor_site.common.models import NonWorkingDay, OutboxMessage, User
from cpor_site.common.problems import Refused
from reviews.services import decisions, holds
from reviews.services.decisions import FindingEntry
from reviews.services.lateness import report_late_reviews
from tests import acts, factories

from . import life_model
from .life_model import Life, No

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 4, 27, 7, tzinfo=UTC)
LAST_DAY = datetime(2026, 12, 1, tzinfo=UTC)
"""The model knows no holiday after this."""

JANA = Responder("Jana Meier")
REVIEWERS_ACTS = {"take_up", "ask", "approve", "reject", "extend", "hold", "lift"}
CUSTOMERS_ACTS = {"agree", "decline", "decline_one", "withdraw_consent"}
SWEEPS = (
    reject_stale_claims,
    finalise_consent_windows,
    withdrawals.carry_out_withdrawals,
    close_dispute_windows,
    archive_idle_drafts,
    remind_of_drafts,
    remind_partners,
    remind_customers,
    report_late_reviews,
)
JUMPS = tuple(
    timedelta(**each)
    for each in (
        {"minutes": 1},
        {"minutes": 31},
        {"hours": 7},
        {"days": 1},
        {"days": 2, "hours": 14},
        {"days": 8},
        {"days": 31},
        {"days": 91},
    )
)
AROUND = tuple(
    timedelta(seconds=each) for each in (-86_400, -1, 0, 1, 299, 300, 301, 86_400, 172_800)
)
"""So long before or after a deadline the clock is set: also where the sweeps' grace ends."""

CHOICES: dict[str, dict[str, int]] = {
    "submit": {"editing": 12},
    "discard": {"editing": 1},
    "recall": {"submitted": 1},
    "take_up": {"submitted": 12},
    "withdraw": {"submitted": 1, "under_review": 1, "partner_action_required": 1},
    "ask": {"under_review": 8, "disputed": 6},
    "approve": {"under_review": 14, "disputed": 8},
    "reject": {"under_review": 6, "disputed": 4},
    "answer": {"partner_action_required": 6},
    "dispute": {"rejected": 12},
    "hold": {"partner_action_required": 1, "approved": 1},
    "lift": {"partner_action_required": 2, "approved": 2},
    "extend": {"approved": 2},
    "agree": {"approved": 1},
    "decline_one": {"approved": 3},
    "decline": {"approved": 2},
    "withdraw_consent": {"approved": 4},
    "end_association": {"approved": 1},
}
"""The acts, the statuses in which each is sensible, and how often it is chosen there."""


@dataclass
class World:
    """Who and what is there before the first claim: two partners, two customers, reviewers."""

    locations: dict[str, PartnerLocation]
    owners: dict[str, User]
    tenants: dict[str, CustomerTenant]
    reviewers: dict[str, User]

    @classmethod
    def make(cls) -> World:
        NonWorkingDay.objects.create(day=life_model.OWN_CLOSING_DAY, name="Stocktaking")
        return cls(
            {name: factories.make_location() for name in "AB"},
            {name: factories.make_user() for name in "AB"},
            {
                "one": factories.make_tenant(),
                "two": factories.make_tenant(admin_emails=["admin@two.example"]),
            },
            {
                "first": factories.make_reviewer(),
                "second": factories.make_reviewer(),
                "lead": factories.make_reviewer(role="Lead reviewer"),
            },
        )


DoneTwice = tuple[Callable[[Life, life_model.Claim], None], Callable[[], Any]]
"""An act as the model does it, and as the product does it."""


def token_of(key: int) -> str:
    return acts.token_of(Claim.objects.get(pk=key))


class LifeMachine(RuleBasedStateMachine):
    """Does every act to the product and to the model, and compares what both say of it."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.life = Life()
        self.keys: list[int] = []
        self.now = MONDAY
        self.steps = 0
        self.undo = ExitStack()
        self.undo.enter_context(transaction.atomic())
        self.undo.callback(transaction.set_rollback, True)
        self.clock = time_machine.travel(MONDAY, tick=False)
        self.traveller = self.clock.start()
        self.undo.callback(self.clock.stop)
        self.new("A", "one")

    def teardown(self) -> None:
        mail.outbox.clear()
        self.undo.close()

    # -- what is done next ------------------------------------------------------------------------

    @rule(
        seed=st.integers(0, 100_000),
        who=st.sampled_from(["own", "own", "lead", "first", "second"]),
        jump=st.sampled_from(JUMPS),
        distance=st.sampled_from(AROUND),
    )
    def go_on(self, seed: int, who: str, jump: timedelta, distance: timedelta) -> None:
        """Do an act that the rules allow, one time in ten any act, or let time pass."""
        self.steps += 1
        dice = Random(f"{seed}:{self.steps}")
        anything = dice.random() < 0.1
        claims = self.life.claims
        options = [
            (name, number)
            for name, statuses in CHOICES.items()
            for number, claim in enumerate(claims)
            for _often in range(1 if anything else statuses.get(claim.status, 0))
        ]
        options += [("new", dice.randrange(4))] * (4 * (len(claims) < 4))
        options += [
            ("mail", 0)
            for claim in claims
            for _often in range(8)
            if claim.status == "approved" and claim.opened_at is None
        ]
        options += [("jump", 0)] * 2
        for number, claim in enumerate(claims):
            if claim.due_at is not None:
                silence_ends = claim.status in ("partner_action_required", "approved")
                options += [("deadline", number)] * (6 if silence_ends else 2)
        dice.shuffle(options)
        for name, number in options:
            if name == "new":
                self.new("AB"[number % 2], ("one", "two")[number // 2])
            elif name == "mail":
                self.mail_leaves()
            elif name in ("jump", "deadline"):
                due_at = claims[number].due_at
                moment = due_at + distance if name == "deadline" and due_at else self.now + jump
                if moment < self.now:
                    continue
                self.go_to(moment, sweeps=dice.random() < 0.8)
            else:
                act = self.act(name, number, who)
                if act is None or not (anything or self.is_allowed(number, act)):
                    continue
                self.do(number, act)
            return

    def act(self, name: str, number: int, who: str) -> DoneTwice | None:
        """Return the act as model and product do it; None if nobody could even try it."""
        claim, key = self.life.claims[number], self.keys[number]
        if name in REVIEWERS_ACTS:
            users = self.world.reviewers
            own = next((each for each in users.values() if each.email == claim.reviewer), None)
            user = own or users["first"] if who == "own" else users[who]
            return getattr(self, name)(key, user)
        if name in CUSTOMERS_ACTS:
            # Before the letter has left nobody has the link.
            return getattr(self, name)(key) if claim.opened_at is not None else None
        actor = actors.partner(self.world.owners[claim.organization])
        return getattr(self, name)(key, actor)

    def is_allowed(self, number: int, act: DoneTwice) -> bool:
        life = deepcopy(self.life)
        try:
            act[0](life, life.claims[number])
        except No:
            return False
        return True

    def do(self, number: int, act: DoneTwice) -> None:
        """Let both do it, and agree whether it can be done."""
        model, product = act
        try:
            product()
            refusal = ""
        except Refused as refused:
            refusal = f"refused: {refused.codes}"
        try:
            model(self.life, self.life.claims[number])
        except No:
            assert refusal, "the rules forbid it, the product did it"
        else:
            assert not refusal, f"the rules allow it, {refusal}"

    # -- the partner ------------------------------------------------------------------------------

    def new(self, organization: str, tenant: str) -> None:
        user, customer = self.world.owners[organization], self.world.tenants[tenant]
        products = ("exchange_online", "teams") if organization == "A" else ("exchange_online",)
        row = factories.make_claim(
            user=user,
            location=self.world.locations[organization],
            tenant=customer,
            products=products,
        )
        contacts = {each.kind: each.email for each in row.contacts.all()}
        self.keys.append(row.pk)
        self.life.claims.append(
            life_model.Claim(
                organization=organization,
                tenant=tenant,
                lines=[life_model.Line(each) for each in products],
                owner=user.email,
                contacts=[contacts["partner"], user.email],
                customers=[contacts["business"], *customer.admin_emails],
                leads=[self.world.reviewers["lead"].email],
                changed_at=self.now,
            )
        )

    def submit(self, key: int, actor: Actor) -> DoneTwice:
        return (
            lambda life, claim: life.submit(claim, self.now),
            lambda: acts.submit(Claim.objects.get(pk=key)),
        )

    def recall(self, key: int, actor: Actor) -> DoneTwice:
        return (
            lambda life, claim: life.recall(claim, self.now),
            lambda: recall_claim(claim_id=key, actor=actor),
        )

    def discard(self, key: int, actor: Actor) -> DoneTwice:
        return (
            lambda life, claim: life.discard(claim, self.now),
            lambda: discard_claim(claim_id=key, actor=actor),
        )

    def answer(self, key: int, actor: Actor) -> DoneTwice:
        def resubmit() -> None:
            row = Claim.objects.get(pk=key)
            resubmit_claim(
                claim_id=key,
                actor=actor,
                version=row.version,
                reply="Here it is.",
                confirmed=acts.warnings(row),
            )

        return lambda life, claim: life.answer(claim, self.now), resubmit

    def withdraw(self, key: int, actor: Actor) -> DoneTwice:
        return (
            lambda life, claim: life.withdraw(claim, self.now),
            lambda: withdraw_claim(claim_id=key, actor=actor, reason="A mistake."),
        )

    def dispute(self, key: int, actor: Actor) -> DoneTwice:
        return (
            lambda life, claim: life.dispute(claim, self.now),
            lambda: dispute_claim(claim_id=key, actor=actor, justification="Page 3 names both."),
        )

    def end_association(self, key: int, actor: Actor) -> DoneTwice:
        return (
            lambda life, claim: life.end_association(claim, self.now),
            lambda: end_association(claim_id=key, actor=actor, reason="It has ended."),
        )

    # -- reviewers --------------------------------------------------------------------------------

    def take_up(self, key: int, user: User) -> DoneTwice:
        return (
            lambda life, claim: life.take_up(claim, user.email, self.now),
            lambda: decisions.take_up_claim(claim_id=key, actor=actors.reviewer(user)),
        )

    def ask(self, key: int, user: User) -> DoneTwice:
        def request() -> None:
            lines = [line.pk for line in included_lines(Claim.objects.get(pk=key))]
            decisions.request_action(
                claim_id=key,
                actor=actors.reviewer(user),
                findings=[FindingEntry(DeficiencyCode.DATE, lines[:1], "No date.")],
                comment="Please add the date.",
            )

        return lambda life, claim: life.ask(claim, user.email, self.now), request

    def approve(self, key: int, user: User) -> DoneTwice:
        return (
            lambda life, claim: life.approve(claim, user.email, self.now),
            lambda: decisions.approve_claim(claim_id=key, actor=actors.reviewer(user)),
        )

    def reject(self, key: int, user: User) -> DoneTwice:
        return (
            lambda life, claim: life.reject(claim, user.email, self.now),
            lambda: decisions.reject_claim(
                claim_id=key,
                actor=actors.reviewer(user),
                reasons=[RejectionReason.POE],
                text="The proof names no product.",
            ),
        )

    def extend(self, key: int, user: User) -> DoneTwice:
        days = min(self.now.day, 30)
        return (
            lambda life, claim: life.extend(claim, user.email, days, self.now),
            lambda: extensions.extend_window(
                claim_id=key, actor=actors.reviewer(user), days=days, reason="They are ill."
            ),
        )

    def hold(self, key: int, user: User) -> DoneTwice:
        return (
            lambda life, claim: life.hold(claim, user.email),
            lambda: holds.place_hold(claim_id=key, actor=actors.reviewer(user), reason="Wait."),
        )

    def lift(self, key: int, user: User) -> DoneTwice:
        return (
            lambda life, claim: life.lift(claim, user.email),
            lambda: holds.lift_hold(claim_id=key, actor=actors.reviewer(user)),
        )

    # -- the customer -----------------------------------------------------------------------------

    def agree(self, key: int) -> DoneTwice:
        return (
            lambda life, claim: life.agree(claim, self.now),
            lambda: answers.agree(token=token_of(key), responder=JANA),
        )

    def decline(self, key: int) -> DoneTwice:
        return (
            lambda life, claim: life.decline(claim, self.now, only_first=False),
            lambda: answers.decline(token=token_of(key), responder=JANA),
        )

    def decline_one(self, key: int) -> DoneTwice:
        def refuse() -> None:
            lines = [line.pk for line in approved_lines(Claim.objects.get(pk=key))[:1]]
            answers.decline(token=token_of(key), responder=JANA, line_ids=lines)

        return lambda life, claim: life.decline(claim, self.now, only_first=True), refuse

    def withdraw_consent(self, key: int) -> DoneTwice:
        return (
            lambda life, claim: life.withdraw_consent(claim, self.now),
            lambda: withdrawals.withdraw(token=token_of(key), responder=JANA),
        )

    # -- time -------------------------------------------------------------------------------------

    def mail_leaves(self) -> None:
        outbox.send_due()
        self.life.mail_leaves(self.now)

    def go_to(self, moment: datetime, *, sweeps: bool) -> None:
        if moment >= LAST_DAY:
            return
        self.now = moment
        self.traveller.move_to(moment)
        if sweeps:
            for sweep in SWEEPS:
                run = sweep()
                assert (run.refused, run.failed) == (0, 0), run.problems
            self.life.sweep(moment)

    # -- what both say ----------------------------------------------------------------------------

    @invariant()
    def same_claims(self) -> None:
        rows = Claim.objects.in_bulk(self.keys)
        found = [
            (
                row.status,
                row.association_state,
                row.deadline_kind,
                row.due_at,
                row.consent_closes_at,
                row.archived_at is not None,
            )
            for row in (rows[key] for key in self.keys)
        ]
        assert found == [
            (
                claim.status,
                claim.association_state,
                claim.clock,
                claim.due_at,
                claim.closes_at,
                claim.is_archived,
            )
            for claim in self.life.claims
        ]

    @invariant()
    def same_associations_and_handoffs(self) -> None:
        columns = ("claim", "line__product__code", "state", "end_reason")
        associations = set(
            Association.objects.filter(claim__in=self.keys).values_list(
                *columns, "effective_from", "effective_to"
            )
        )
        assert associations == {
            (key, line.product, line.association, line.reason, line.since, line.until)
            for key, claim in zip(self.keys, self.life.claims, strict=True)
            for line in claim.lines
            if line.association
        }
        handoffs = Counter(
            IncentiveHandoff.objects.filter(claim__in=self.keys).values_list(
                "claim", "line__product__code", "kind"
            )
        )
        assert handoffs == {
            (key, *each): number
            for key, claim in zip(self.keys, self.life.claims, strict=True)
            for each, number in claim.handoffs.items()
        }

    @invariant()
    def same_letters(self) -> None:
        numbers = dict(Claim.objects.filter(pk__in=self.keys).values_list("pk", "number"))
        found = Counter(
            OutboxMessage.objects.filter(claim_number__in=numbers.values()).values_list(
                "claim_number", "kind", "recipient"
            )
        )
        assert found == {
            (numbers[key], *each): number
            for key, claim in zip(self.keys, self.life.claims, strict=True)
            for each, number in claim.letters.items()
        }


LIVES = int(os.environ.get("LIVES", "3"))


def test_product_and_rules_agree_on_random_lives() -> None:
    with time_machine.travel(MONDAY, tick=False):
        LifeMachine.world = World.make()
    run_state_machine_as_test(
        LifeMachine,
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=40,
            derandomize=True,
            database=None,
            deadline=None,
            # A life is short enough to be read as it is, and each try to shorten it takes seconds.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
