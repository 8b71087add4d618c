"""Letters that time itself causes: to the partner, once for each occasion, and only while true."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.db.models import QuerySet

from claims import actors, reminding
from claims.models import (
    Claim,
    ClaimEvent,
    ClaimLine,
    ClaimReminder,
    ClockHold,
    Membership,
    PoEDocument,
    Subscription,
)
from claims.services.copies import renew_claim
from claims.services.drafting import ClaimChanges
from claims.services.reminders import (
    drafts_due,
    partners_due,
    proof_due,
    remind_of_draft,
    remind_of_drafts,
    remind_of_old_proof,
    remind_of_proof,
    remind_partner,
    remind_partners,
)
from claims.services.renewal_reminders import (
    remind_of_ends,
    remind_of_subscriptions,
    subscriptions_due,
)
from claims.states import AssociationState, Reminder, Status
from cpor_site.common.jobs import Outcome
from cpor_site.common.models import JobRun
from cpor_site.common.operator_calendar import operator_calendar
from tests import acts, factories
from tests.shared import shared

pytestmark = pytest.mark.django_db

MONDAY = factories.at("2026-03-02T09:00+01:00")
"""An answer asked for on this day is due by the end of Monday, 9 March."""
HALF_TIME = factories.at("2026-03-05T00:00+01:00")
LAST_DAY = factories.at("2026-03-06T00:00+01:00")
DUE = factories.at("2026-03-09T23:59:59+01:00")
SECOND = timedelta(seconds=1)

HALF, LAST = "half_time_reminder_sent", "last_day_reminder_sent"


def at(moment: datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


@shared
def claim() -> Claim:
    """A claim whose partner was asked on Monday."""
    with at(MONDAY):
        return acts.asked()


@shared
def draft() -> Claim:
    with at(MONDAY):
        return factories.make_claim()


@shared
def approved() -> Claim:
    with at(MONDAY):
        return acts.approved()


@shared
def in_force() -> Claim:
    """A claim in force with one subscription."""
    with at(MONDAY):
        return acts.active(
            factories.make_claim(area_code=factories.BIZAPPS, products=("d365_sales",))
        )


def reminded(claim: Claim) -> list[str]:
    """Return the reminders' events, after checking that each has its row."""
    events = ClaimEvent.objects.filter(claim=claim, kind__contains="reminder").order_by("pk")
    rows = ClaimReminder.objects.filter(claim=claim).order_by("pk")
    assert [event.at for event in events] == list(dict.fromkeys(row.written_at for row in rows))
    return [event.kind for event in events]


def letter_of(claim: Claim, kind: str) -> str:
    """Return subject and text of the one letter of this kind to the submitter, in one line."""
    (row,) = [row for row in acts.letters(claim, kind) if row.recipient == claim.created_by.email]
    return " ".join(f"{row.subject} {row.text_body}".split())


def counts(run: JobRun) -> tuple[int, int, int]:
    return run.examined, run.acted, run.skipped


# --- the partner's answer -------------------------------------------------------------------------


def test_the_deadline_of_these_tests(claim: Claim) -> None:
    calendar = operator_calendar()
    assert claim.due_at == DUE
    assert calendar.half_time(MONDAY, DUE) == HALF_TIME
    assert calendar.one_business_day_before(DUE) == LAST_DAY


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (HALF_TIME - SECOND, []),
        (HALF_TIME, [HALF]),
        (LAST_DAY - SECOND, [HALF]),
        (LAST_DAY, [LAST]),
        (DUE - SECOND, [LAST]),
        (DUE, []),
        (DUE + timedelta(minutes=2), []),
    ],
)
def test_the_partner_is_reminded_of_what_is_still_true(
    claim: Claim, moment: datetime, expected: list[str]
) -> None:
    with at(moment):
        assert counts(remind_partners()) == (len(expected), len(expected), 0)
        assert reminded(claim) == expected
        assert counts(remind_partners()) == (0, 0, 0)
        assert remind_partner(claim.pk) == Outcome.SKIPPED
    assert reminded(claim) == expected


def test_half_time_then_last_day_each_once(claim: Claim) -> None:
    for moment in (HALF_TIME, HALF_TIME + timedelta(hours=5), LAST_DAY, DUE - SECOND):
        with at(moment):
            remind_partners()
    assert reminded(claim) == [HALF, LAST]
    text = letter_of(claim, HALF)
    assert text.startswith(f"{claim.number}: half of your time is over, answer by")
    assert "Monday, 9 March 2026" in text
    assert "It is your move: answer by" in text
    assert "Please add the date of the signature." in text
    event = ClaimEvent.objects.get(claim=claim, kind=HALF)
    assert (event.internal, event.at) == (False, HALF_TIME)


@pytest.mark.parametrize(
    ("days", "kinds"),
    [
        (1, []),
        (2, [Reminder.PARTNER_LAST_DAY]),
        (3, [Reminder.PARTNER_LAST_DAY]),
        (4, [Reminder.PARTNER_HALF_TIME, Reminder.PARTNER_LAST_DAY]),
        (14, [Reminder.PARTNER_HALF_TIME, Reminder.PARTNER_LAST_DAY]),
    ],
)
def test_reminders_of_short_and_long_deadlines(days: int, kinds: list[Reminder]) -> None:
    calendar = operator_calendar()
    due_at = calendar.business_deadline(MONDAY, days).due_at
    hours = int((due_at - MONDAY).total_seconds() // 3600)
    found = [
        reminding.partner_reminder(calendar, MONDAY, due_at, MONDAY + timedelta(hours=hour))
        for hour in range(hours + 1)
    ]
    assert list(dict.fromkeys(kind for kind in found if kind)) == kinds


def test_the_list_finds_what_the_calendar_finds(claim: Claim) -> None:
    calendar = operator_calendar()
    for hour in range(0, 24 * 9, 5):
        now = MONDAY + timedelta(hours=hour)
        due = now < DUE and reminding.partner_reminder(calendar, MONDAY, DUE, now) is not None
        assert list(partners_due(now)) == ([claim.pk] if due else [])


def test_the_list_of_the_coming_day(claim: Claim) -> None:
    day = timedelta(days=1)
    assert list(partners_due(HALF_TIME - day - SECOND, until=HALF_TIME - SECOND)) == []
    assert list(partners_due(HALF_TIME - day, until=HALF_TIME)) == [claim.pk]
    with at(HALF_TIME):
        remind_partners()
    assert list(partners_due(HALF_TIME, until=LAST_DAY - SECOND)) == []
    assert list(partners_due(HALF_TIME, until=LAST_DAY)) == [claim.pk]


def test_nobody_is_reminded_of_a_held_claim(claim: Claim) -> None:
    hold = ClockHold.objects.create(
        claim=claim, reason="Outage.", placed_by=factories.make_reviewer(), placed_at=MONDAY
    )
    with at(LAST_DAY):
        assert counts(remind_partners()) == (0, 0, 0)
        assert remind_partner(claim.pk) == Outcome.SKIPPED
        hold.lifted_at, hold.lifted_by = LAST_DAY, hold.placed_by
        hold.save()
        assert counts(remind_partners()) == (1, 1, 0)


def test_an_answer_ends_the_reminders_and_a_new_question_begins_them_anew(claim: Claim) -> None:
    with at(HALF_TIME):
        remind_partners()
        claim = acts.fresh(claim)
        Claim.objects.filter(pk=claim.pk).update(
            action_requested_at=HALF_TIME,
            due_at=operator_calendar().business_deadline(HALF_TIME, 5).due_at,
        )
        assert list(partners_due(HALF_TIME)) == []
    with at(HALF_TIME + timedelta(days=5)):
        remind_partners()
    assert reminded(claim) == [HALF, HALF]


def test_a_dry_run_writes_nothing(claim: Claim) -> None:
    with at(HALF_TIME):
        assert counts(remind_partners(dry_run=True)) == (1, 0, 1)
    assert reminded(claim) == []
    assert acts.letters(claim, HALF) == []


def test_a_reminder_that_is_rolled_back_is_written_by_the_next_run(
    claim: Claim, settings: Any
) -> None:
    with at(HALF_TIME):
        settings.CPOR_OPERATOR_TIME_ZONE = "Nowhere/Land"
        with pytest.raises(Exception, match="CPOR_OPERATOR_TIME_ZONE"):
            remind_partner(claim.pk)
        assert reminded(claim) == []
        settings.CPOR_OPERATOR_TIME_ZONE = "Europe/Berlin"
        assert remind_partner(claim.pk) == Outcome.ACTED
    assert reminded(claim) == [HALF]


# --- drafts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "due"), [(29, False), (30, True), (89, True), (90, False), (200, False)]
)
def test_the_owner_of_an_idle_draft_is_told_once(draft: Claim, days: int, due: bool) -> None:
    with at(MONDAY + timedelta(days=days)):
        assert counts(remind_of_drafts()) == (int(due), int(due), 0)
        assert counts(remind_of_drafts()) == (0, 0, 0)
        assert remind_of_draft(draft.pk) == Outcome.SKIPPED
    assert [row.recipient for row in acts.letters(draft)] == [draft.created_by.email] * due


def test_a_changed_draft_begins_its_time_anew(draft: Claim) -> None:
    later = MONDAY + timedelta(days=31)
    with at(later):
        remind_of_drafts()
        acts.edit(draft, ClaimChanges(name="Other name"))
        assert list(drafts_due(later)) == []
    with at(later + timedelta(days=30)):
        remind_of_drafts()
    assert reminded(draft) == ["draft_reminder_sent"] * 2
    text = " ".join(acts.letters(draft)[0].text_body.split())
    assert "It is your move: complete and submit it, or discard it." in text
    assert "goes into the archive on Sunday, 31 May 2026" in text.replace(
        "31 May 2026", "31 May 2026"
    )


def test_an_archived_draft_and_an_owner_who_has_left_get_no_letter() -> None:
    with at(MONDAY):
        archived, left = factories.make_claim(), factories.make_claim()
    Claim.objects.filter(pk=archived.pk).update(archived_at=MONDAY)
    Membership.objects.filter(user=left.created_by).update(is_active=False)
    with at(MONDAY + timedelta(days=40)):
        assert counts(remind_of_drafts()) == (1, 0, 1)
        assert remind_of_draft(archived.pk) == Outcome.SKIPPED
        assert counts(remind_of_drafts()) == (0, 0, 0)
    assert acts.letters(archived) + acts.letters(left) == []
    assert not ClaimEvent.objects.filter(kind="draft_reminder_sent").exists()


# --- ageing proof ---------------------------------------------------------------------------------


def dated(claim: Claim, signed_on: date | None, document_on: date | None = None) -> None:
    PoEDocument.objects.filter(claim=claim).update(signed_on=signed_on, document_on=document_on)


def test_proof_of_ten_months_is_told_once_for_its_date(approved: Claim) -> None:
    dated(approved, date(2026, 1, 15))
    with at(factories.at("2026-11-14T12:00+01:00")):
        assert counts(remind_of_proof()) == (0, 0, 0)
        assert remind_of_old_proof(approved.pk) == Outcome.SKIPPED
    with at(factories.at("2026-11-15T12:00+01:00")):
        assert counts(remind_of_proof()) == (1, 1, 0)
        assert counts(remind_of_proof()) == (0, 0, 0)
        assert remind_of_old_proof(approved.pk) == Outcome.SKIPPED
        text = letter_of(approved, "proof_reminder_sent")
        assert text.startswith(f"{approved.number}: the newest proof is of ")
        assert "Proof should not be older than 12 months." in text
    newer = factories.make_document(approved, signed_on=date(2026, 3, 1))
    with at(factories.at("2027-01-02T12:00+01:00")):
        assert counts(remind_of_proof()) == (1, 1, 0)
        PoEDocument.objects.filter(pk=newer.pk).update(withdrawn_at=MONDAY)
        assert counts(remind_of_proof()) == (0, 0, 0)
    assert [row.occasion for row in ClaimReminder.objects.order_by("pk")] == [
        "2026-01-15",
        "2026-03-01",
    ]


def test_the_date_of_proof_is_the_signature_then_the_documents_own_then_the_uploads(
    approved: Claim,
) -> None:
    on, later = factories.at("2026-12-01T12:00+01:00"), factories.at("2027-01-02T12:00+01:00")

    def due() -> tuple[list[int], list[int]]:
        return list(proof_due(on)), list(proof_due(on, until=later))

    dated(approved, None, date(2026, 1, 31))
    assert due() == ([approved.pk], [approved.pk])
    dated(approved, None)
    assert due() == ([], [approved.pk])
    dated(approved, date(2026, 1, 31), date(2026, 2, 20))
    assert due() == ([approved.pk], [approved.pk])


def test_only_approved_claims_are_asked_for_newer_proof(approved: Claim) -> None:
    after = MONDAY + timedelta(days=400)
    assert list(proof_due(after)) == [approved.pk]
    for status in (Status.UNDER_REVIEW, Status.REJECTED):
        QuerySet(Claim).filter(pk=approved.pk).update(
            status=status, association_state=AssociationState.NONE, rejection_reasons=["R-POE"]
        )
        assert list(proof_due(after)) == [], status


def test_a_claim_that_waits_for_its_partner_is_not_asked_for_newer_proof(claim: Claim) -> None:
    assert list(proof_due(MONDAY + timedelta(days=400))) == []


# --- subscriptions --------------------------------------------------------------------------------

TODAY = date(2026, 4, 1)
NOON = factories.at("2026-04-01T12:00+02:00")
ENDS = "subscription_reminder_sent"


def ends_in(claim: Claim, days: int) -> None:
    """Let the claim's subscriptions end so many days after ``TODAY``."""
    ends_on = TODAY + timedelta(days=days)
    Subscription.objects.filter(lines__claim=claim).update(ends_on=ends_on)


@pytest.mark.parametrize(
    ("days", "kind"),
    [
        (61, None),
        (60, Reminder.SUBSCRIPTION_60),
        (31, Reminder.SUBSCRIPTION_60),
        (30, Reminder.SUBSCRIPTION_30),
        (8, Reminder.SUBSCRIPTION_30),
        (7, Reminder.SUBSCRIPTION_7),
        (0, Reminder.SUBSCRIPTION_7),
        (-1, None),
    ],
)
def test_a_subscription_near_its_end_is_told_once_for_each_stage(
    in_force: Claim, days: int, kind: Reminder | None
) -> None:
    ends_in(in_force, days)
    due = int(kind is not None)
    with at(NOON):
        assert counts(remind_of_subscriptions()) == (due, due, 0)
        assert counts(remind_of_subscriptions()) == (0, 0, 0)
        assert remind_of_ends(in_force.pk) == Outcome.SKIPPED
    assert list(ClaimReminder.objects.values_list("kind", flat=True)) == ([kind] if kind else [])


def test_three_letters_before_an_end_with_the_way_to_renew(in_force: Claim, settings: Any) -> None:
    settings.CPOR_PUBLIC_URL = "https://desk.example"
    ends_in(in_force, 60)
    for days in (0, 29, 30, 31, 53, 54, 60, 61):
        with at(NOON + timedelta(days=days)):
            remind_of_subscriptions()
    assert [row.kind for row in ClaimReminder.objects.order_by("pk")] == [
        Reminder.SUBSCRIPTION_60,
        Reminder.SUBSCRIPTION_30,
        Reminder.SUBSCRIPTION_7,
    ]
    first = acts.letters(in_force, ENDS)[0]
    assert f"Renew the claim: https://desk.example/claims/{in_force.pk}/renew/" in first.text_body


def test_a_prolonged_cancelled_or_given_up_subscription_is_not_told(in_force: Claim) -> None:
    ends_in(in_force, 20)
    assert list(subscriptions_due(NOON)) == [in_force.pk]
    line = ClaimLine.objects.filter(claim=in_force)
    subscription = Subscription.objects.filter(lines__claim=in_force)
    for change in (
        lambda: subscription.update(ends_on=TODAY + timedelta(days=300)),
        lambda: subscription.update(state=Subscription.State.CANCELLED),
        lambda: line.update(line_status="ended"),
    ):
        with transaction.atomic():
            assert change() == 1
            assert list(subscriptions_due(NOON)) == []
            transaction.set_rollback(True)


def test_a_renewal_in_progress_needs_no_reminder_but_a_draft_does(in_force: Claim) -> None:
    claim = in_force
    ends_in(claim, 50)
    ending = ClaimLine.objects.get(claim=claim).subscription
    assert claim.tenant is not None
    assert ending is not None
    with at(NOON - timedelta(hours=1)):
        newer = factories.make_subscription(claim.tenant, listed_product=ending.listed_product)
        draft = renew_claim(
            claim_id=claim.pk, actor=actors.partner(claim.created_by), with_documents=True
        )
        assert ClaimLine.objects.get(claim=draft).subscription == newer
    with at(NOON):
        assert counts(remind_of_subscriptions()) == (1, 1, 0)
        assert f"you have started the renewal {draft.number}" in letter_of(claim, ENDS)
    with at(NOON + timedelta(days=20, minutes=1)):
        acts.submit(acts.fresh(draft))
        assert counts(remind_of_subscriptions()) == (0, 0, 0)
        assert remind_of_ends(claim.pk) == Outcome.SKIPPED


def test_the_coming_day_of_subscriptions(in_force: Claim) -> None:
    ends_in(in_force, 61)
    assert list(subscriptions_due(NOON)) == []
    assert list(subscriptions_due(NOON, until=NOON + timedelta(days=1))) == [in_force.pk]


def test_one_letter_for_the_subscriptions_of_one_stage(in_force: Claim) -> None:
    assert in_force.tenant is not None
    second = in_force.lines.get()
    second.pk, second.product = None, factories.product("d365_customer_service")
    with at(NOON):
        second.subscription = factories.make_subscription(in_force.tenant, second.product)
    second._state.adding = True
    second.save()
    ends_in(in_force, 58)
    Subscription.objects.filter(pk=second.subscription.pk).update(
        ends_on=TODAY + timedelta(days=55)
    )
    with at(NOON):
        assert counts(remind_of_subscriptions()) == (1, 1, 0)
    assert ClaimReminder.objects.count() == 2
    assert len(letter_of(in_force, ENDS).split(" – ")) == 3


# --- commands -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "job", ["remind_partners", "remind_of_drafts", "remind_of_proof", "remind_of_subscriptions"]
)
def test_each_sweep_is_a_command(job: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command(job, "--dry-run")
    assert capsys.readouterr().out.startswith(f"{job}: 0 due")
    assert list(JobRun.objects.values_list("job", "dry_run")) == [(job, True)]
