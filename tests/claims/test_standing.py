"""Whose move it is, and by when, in the words a partner reads."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from claims import letters_together
from claims.models import Claim, ClaimEvent, RuleProfile
from claims.standing import Due, due_of, until, whose_move
from claims.standing_for_partners import Standing, move_facts, standing_of
from claims.states import AssociationState, DeadlineKind, Side, Status
from cpor_site.common.business_calendar import BusinessCalendar
from tests.factories import at

BERLIN = ZoneInfo("Europe/Berlin")
WHIT_MONDAY = at("2026-05-25T12:00+02:00").date()
CALENDAR = BusinessCalendar(zone=BERLIN, holidays={WHIT_MONDAY: "Whit Monday"}.get)
NOW = at("2026-05-21T16:00+02:00")
DUE = at("2026-05-29T23:59:59+02:00")


@pytest.fixture(autouse=True)
def _reader_in_berlin() -> Any:
    with timezone.override(BERLIN):
        yield


def claim(status: Status, **fields: Any) -> Claim:
    profile = fields.pop("rule_profile", RuleProfile(code="2020", status_labels={}))
    return Claim(status=status, rule_profile=profile, **fields)


def stands(status: Status, now: datetime = NOW, **fields: Any) -> Standing:
    return standing_of(claim(status, **fields), now, CALENDAR)


@pytest.mark.parametrize(
    ("status", "association", "side"),
    [
        (Status.EDITING, AssociationState.NONE, Side.PARTNER),
        (Status.SUBMITTED, AssociationState.NONE, Side.REVIEWER),
        (Status.UNDER_REVIEW, AssociationState.NONE, Side.REVIEWER),
        (Status.PARTNER_ACTION_REQUIRED, AssociationState.NONE, Side.PARTNER),
        (Status.APPROVED, AssociationState.PROVISIONAL, Side.CUSTOMER),
        (Status.APPROVED, AssociationState.ACTIVE, None),
        (Status.REJECTED, AssociationState.NONE, None),
        (Status.DISPUTED, AssociationState.NONE, Side.REVIEWER),
        (Status.CANCELLED, AssociationState.NONE, None),
        (Status.ENDED, AssociationState.ENDED, None),
    ],
)
def test_every_status_has_a_mover(
    status: Status, association: AssociationState, side: Side | None
) -> None:
    assert whose_move(claim(status, association_state=association)) == side


def test_the_partners_deadline_is_said_with_the_business_days_left() -> None:
    asked = stands(
        Status.PARTNER_ACTION_REQUIRED, due_at=DUE, deadline_kind=DeadlineKind.PARTNER_RESPONSE
    )

    assert asked.move == "Your move: answer by Fri 29 May 2026 (5 business days left)."
    assert asked.hue == "partner"
    assert asked.is_mine is True
    assert asked.due == Due(DUE, False, "5 business days left", 5, in_calendar_days=False)


@pytest.mark.parametrize(
    ("moment", "left"),
    [
        ("2026-05-22T09:00+02:00", "4 business days left"),
        ("2026-05-25T09:00+02:00", "4 business days left"),
        ("2026-05-28T23:00+02:00", "1 business day left"),
        ("2026-05-29T00:00+02:00", "last day"),
        ("2026-05-29T23:59:58+02:00", "last day"),
        ("2026-05-29T23:59:59+02:00", "time is up"),
    ],
)
def test_business_days_left_skip_weekend_and_holiday(moment: str, left: str) -> None:
    asked = claim(
        Status.PARTNER_ACTION_REQUIRED, due_at=DUE, deadline_kind=DeadlineKind.PARTNER_RESPONSE
    )
    due = due_of(asked, at(moment), CALENDAR)

    assert due is not None
    assert due.left == left


def test_a_missed_answer_is_named_before_the_sweep_acts() -> None:
    asked = stands(
        Status.PARTNER_ACTION_REQUIRED,
        at("2026-05-30T00:01+02:00"),
        due_at=DUE,
        deadline_kind=DeadlineKind.PARTNER_RESPONSE,
    )

    assert asked.move == (
        "Your answer was due by Fri 29 May 2026. The claim is about to be rejected."
    )


def test_the_customers_days_are_calendar_days() -> None:
    approved = stands(
        Status.APPROVED,
        association_state=AssociationState.PROVISIONAL,
        due_at=DUE,
        consent_closes_at=DUE,
        deadline_kind=DeadlineKind.CONSENT,
    )

    assert approved.move == (
        "With the customer, who may decline until Fri 29 May 2026 (8 days left)."
    )
    assert (approved.label, approved.hue) == ("Approved", "customer")


def test_an_approval_whose_letter_has_not_left_names_no_date() -> None:
    approved = stands(Status.APPROVED, association_state=AssociationState.PROVISIONAL)

    assert approved.move == "Approved. The letter to the customer is on its way."
    assert approved.due is None


def test_an_active_association_promises_no_payment() -> None:
    active = stands(
        Status.APPROVED,
        association_state=AssociationState.ACTIVE,
        activated_at=at("2026-05-14T00:05+02:00"),
    )

    assert active.move == "You are partner of record since Thu 14 May 2026."
    assert active.hue == "good"
    assert active.consequence == (
        "The claim goes on to the incentive program by itself, which judges by its own rules "
        "whether anything is earned."
    )


@pytest.mark.parametrize(
    ("status", "fields", "move"),
    [
        (
            Status.SUBMITTED,
            {"deadline_kind": DeadlineKind.PICKUP, "due_at": DUE},
            "With the reviewers: somebody takes it up by Fri 29 May 2026 (5 business days left).",
        ),
        (
            Status.SUBMITTED,
            {
                "deadline_kind": DeadlineKind.PICKUP,
                "due_at": DUE,
                "assigned_reviewer_id": 1,
                "round": 2,
            },
            (
                "With the reviewers: they look at your answer by Fri 29 May 2026 "
                "(5 business days left)."
            ),
        ),
        (
            Status.SUBMITTED,
            {"deadline_kind": DeadlineKind.PICKUP, "due_at": at("2026-05-20T23:59:59+02:00")},
            "With the reviewers: nobody has taken it up yet; it was due by Wed 20 May 2026.",
        ),
        (
            Status.UNDER_REVIEW,
            {"deadline_kind": DeadlineKind.REVIEW, "due_at": DUE},
            (
                "With the reviewers: a decision or a question by Fri 29 May 2026 "
                "(5 business days left)."
            ),
        ),
        (
            Status.UNDER_REVIEW,
            {"deadline_kind": DeadlineKind.REVIEW, "due_at": at("2026-05-20T23:59:59+02:00")},
            "With the reviewers: the decision is late; it was due by Wed 20 May 2026.",
        ),
        (Status.EDITING, {}, "Your move: finish this draft and submit it."),
        (Status.CANCELLED, {}, "Closed: this draft was discarded."),
        (
            Status.DISPUTED,
            {"deadline_kind": DeadlineKind.DISPUTE_ANSWER, "due_at": DUE},
            (
                "With the reviewers: your dispute is answered by Fri 29 May 2026 "
                "(5 business days left)."
            ),
        ),
        (
            Status.DISPUTED,
            {
                "deadline_kind": DeadlineKind.DISPUTE_ANSWER,
                "due_at": at("2026-05-20T23:59:59+02:00"),
            },
            ("With the reviewers: the answer to your dispute is late; due by Wed 20 May 2026."),
        ),
        (
            Status.ENDED,
            {"ended_at": at("2026-05-20T12:00:00+02:00")},
            "Closed: the association ended on Wed 20 May 2026.",
        ),
    ],
)
def test_what_the_others_are_waiting_for(status: Status, fields: dict[str, Any], move: str) -> None:
    assert stands(status, **fields).move == move


def test_a_rejection_names_reasons_and_the_time_to_dispute() -> None:
    rejected = stands(
        Status.REJECTED,
        rejection_reasons=["R-POE", "R-PROD"],
        due_at=DUE,
        deadline_kind=DeadlineKind.DISPUTE_FILING,
    )

    assert rejected.label == "Rejected"
    assert rejected.move == (
        "Rejected (Insufficient PoE; Missing products). "
        "You can dispute it until Fri 29 May 2026 (8 days left)."
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"rejection_reasons": ["R-PARTNER"]},
        {
            "rejection_reasons": ["R-PARTNER"],
            "due_at": at("2026-05-20T23:59:59+02:00"),
            "deadline_kind": DeadlineKind.DISPUTE_FILING,
        },
    ],
)
@pytest.mark.parametrize(
    ("labels", "label"),
    [({}, "Rejected, final"), ({"rejected_final": "Rejected final"}, "Rejected final")],
)
def test_a_rejection_that_cannot_be_disputed_reads_as_final(
    fields: dict[str, Any], labels: dict[str, str], label: str
) -> None:
    profile = RuleProfile(code="x", status_labels=labels)
    rejected = stands(Status.REJECTED, rule_profile=profile, **fields)

    assert rejected.label == label
    assert rejected.move == "Closed: rejected (Partner request)."


def test_the_label_follows_the_claims_rules() -> None:
    profile = RuleProfile(code="2023", status_labels={"editing": "Draft"})

    assert stands(Status.EDITING, rule_profile=profile).label == "Draft"


def test_a_reader_elsewhere_is_told_the_hour() -> None:
    with timezone.override(ZoneInfo("Asia/Taipei")):
        assert until(DUE) == "Sat 30 May 2026, 05:59"
    assert until(DUE) == "Fri 29 May 2026"


class Watched:
    """Stands in for a claim and remembers what was asked of it."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.asked: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.asked.add(name)
        return getattr(self.claim, name)


@pytest.mark.parametrize("status", list(Status))
def test_the_facts_hold_all_that_a_standing_depends_on(status: Status) -> None:
    known = Watched(claim(status))
    move_facts(known)  # type: ignore[arg-type]
    for state, kind, due in product(AssociationState, ["", *DeadlineKind], (None, DUE, NOW)):
        seen = Watched(
            claim(status, association_state=state, due_at=due, deadline_kind=kind, ended_at=NOW)
        )
        standing_of(seen, NOW, CALENDAR)  # type: ignore[arg-type]
        asked = {f"{name}_id" if name == "rule_profile" else name for name in seen.asked}
        assert asked - {"awaits_contact"} <= known.asked


@pytest.mark.parametrize("kind", sorted(letters_together.WRITTEN_TOGETHER))
def test_the_facts_hold_all_that_a_letter_for_many_depends_on(kind: str) -> None:
    known = Watched(claim(Status.REJECTED))
    move_facts(known)  # type: ignore[arg-type]
    for reasons in (["R-NORESP"], []):
        seen = Watched(claim(Status.REJECTED, rejection_reasons=reasons))
        letters_together.own_context(seen, ClaimEvent(kind=kind))  # type: ignore[arg-type]
        assert seen.asked <= known.asked
