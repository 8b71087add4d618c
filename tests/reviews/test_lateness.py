"""The lead reviewers are told of every deadline of the reviewers that has passed, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from claims import actors
from claims.models import Claim, ClaimContact, ClaimEvent, ClaimReminder
from claims.states import DeadlineKind, Reminder
from cpor_site.common.jobs import Outcome
from cpor_site.common.models import JobRun, OutboxMessage, User
from reviews.models import CompetingClaimsCase
from reviews.services import decisions
from reviews.services.lateness import late, report_late_review, report_late_reviews
from tests import acts, factories
from tests.reviews import competing
from tests.shared import shared

pytestmark = pytest.mark.django_db

MONDAY = factories.at("2026-03-02T09:00+01:00")
KIND = "late_review_reported"


@pytest.fixture
def leads() -> list[User]:
    return [
        factories.make_reviewer("lea@desk.example", role="Lead reviewer", locale="pl"),
        factories.make_reviewer("leo@desk.example", role="Lead reviewer", locale="en"),
    ]


def counts(run: JobRun) -> tuple[int, int]:
    return run.examined, run.acted


@shared
@time_machine.travel(MONDAY, tick=False)
def claim() -> Claim:
    return acts.fresh(acts.submit(factories.make_claim()))


@pytest.mark.parametrize(
    ("stage", "kind"),
    [
        (acts.fresh, DeadlineKind.PICKUP),
        (acts.under_review, DeadlineKind.REVIEW),
        (acts.disputed, DeadlineKind.DISPUTE_ANSWER),
    ],
    ids=["pickup", "review", "dispute"],
)
def test_each_clock_of_the_reviewers_is_told_once(
    stage: Callable[[Claim], Claim], kind: DeadlineKind, claim: Claim, leads: list[User]
) -> None:
    with time_machine.travel(MONDAY, tick=False):
        claim = acts.fresh(stage(claim))
    assert claim.due_at is not None
    assert claim.deadline_kind == kind
    assert list(late(claim.due_at)) == []
    with acts.past(claim):
        assert counts(report_late_reviews()) == (1, 1)
        assert counts(report_late_reviews()) == (0, 0)
        assert report_late_review(claim.pk) == Outcome.SKIPPED
    lea, leo = acts.letters(claim, KIND)
    assert [lea.recipient, leo.recipient] == [each.email for each in leads]
    assert (lea.locale, leo.locale) == ("pl", "en")
    assert leo.subject == (
        f"{claim.number}: the reviewers are late, it was due by Monday, 9 March 2026"
    )
    assert f"/admin/claims/claim/{claim.pk}/" in leo.text_body
    assert "It is the reviewers' move" in " ".join(leo.text_body.split())
    event = ClaimEvent.objects.get(claim=claim, kind=KIND)
    assert event.internal is True
    reminder = ClaimReminder.objects.get(claim=claim)
    assert (reminder.kind, reminder.occasion) == (Reminder.REVIEW_LATE, claim.due_at.isoformat())


def test_the_next_deadline_is_told_anew(claim: Claim, leads: list[User]) -> None:
    with acts.past(claim):
        report_late_reviews()
        reviewer = factories.make_reviewer()
        decisions.take_up_claim(claim_id=claim.pk, actor=actors.reviewer(reviewer))
        assert counts(report_late_reviews()) == (0, 0)
    with acts.past(acts.fresh(claim)):
        assert counts(report_late_reviews()) == (1, 1)


def test_nobody_to_tell(claim: Claim) -> None:
    with acts.past(claim):
        assert counts(report_late_reviews()) == (0, 0)


def test_a_lead_who_is_a_party_and_one_who_has_left_are_not_told(
    claim: Claim, leads: list[User]
) -> None:
    ClaimContact.objects.filter(claim=claim, kind="partner").update(email=leads[0].email)
    User.objects.filter(pk=leads[1].pk).update(is_active=False)
    third = factories.make_reviewer(role="Lead reviewer")
    with acts.past(claim):
        report_late_reviews()
    assert [row.recipient for row in acts.letters(claim, KIND)] == [third.email]


def test_a_clock_that_is_paused_is_not_late_but_its_case_is_after_15_business_days(
    leads: list[User],
) -> None:
    with time_machine.travel(MONDAY, tick=False):
        tenant = factories.make_tenant()
        first = acts.under_review(factories.make_claim(tenant=tenant))
        second = competing.sufficient(competing.rival(first))
    case = CompetingClaimsCase.objects.get()
    with acts.past(first):  # Its own first review is late, though somebody else claims the same.
        assert counts(report_late_reviews()) == (1, 1)
        assert counts(report_late_reviews()) == (0, 0)
    assert [row.claim_number for row in acts.letters(second, KIND)] == []
    with time_machine.travel(factories.at("2026-03-23T23:58+01:00"), tick=False):
        assert counts(report_late_reviews()) == (0, 0)
    with time_machine.travel(factories.at("2026-03-24T00:06+01:00"), tick=False):
        assert counts(report_late_reviews()) == (1, 1)
        assert counts(report_late_reviews()) == (0, 0)
    lea, leo = OutboxMessage.objects.filter(kind="late_case_reported").order_by("pk")
    assert [lea.recipient, leo.recipient] == [each.email for each in leads]
    assert f"/admin/reviews/competingclaimscase/{case.pk}/change/" in leo.text_body
    assert f"{first.number} ({first.organization})" in leo.text_body
    assert f"{second.number} ({second.organization})" in leo.text_body


def test_the_coming_day(claim: Claim, leads: list[User]) -> None:
    assert claim.due_at is not None
    day = timedelta(days=1)
    assert list(late(claim.due_at - day)) == []
    assert list(late(claim.due_at - day + timedelta(minutes=6), until=claim.due_at)) == []
    assert list(late(claim.due_at - day, until=claim.due_at + day)) == [claim.pk]
