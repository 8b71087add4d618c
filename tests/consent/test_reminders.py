"""The customer is asked again once, on day 4, if nobody has answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine

from claims.models import Claim, ClaimEvent, ClaimReminder, ClockHold, RuleProfile
from consent.models import ConsentEvent, ConsentRecipient, ConsentRequest
from consent.services import answers
from consent.services.answers import Responder
from consent.services.reminders import customers_due, remind_customer, remind_customers
from cpor_site.common import outbox
from cpor_site.common.jobs import Outcome
from cpor_site.common.models import JobRun
from tests import acts, factories
from tests.shared import shared

pytestmark = pytest.mark.django_db

MONDAY = factories.at("2026-03-02T17:00+01:00")
DAY_4 = factories.at("2026-03-06T00:00+01:00")
CLOSES = factories.at("2026-03-09T23:59:59+01:00")
SECOND = timedelta(seconds=1)


def at(moment: datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


def in_window(days: int = 7) -> Claim:
    with at(MONDAY):
        claim = factories.make_claim(tenant=factories.make_tenant(admin_emails=["adm@c.example"]))
        RuleProfile.objects.update(consent_calendar_days=days)
        return acts.in_window(claim)


@shared
def claim() -> Claim:
    return in_window()


def counts(run: JobRun) -> tuple[int, int]:
    return run.examined, run.acted


@pytest.mark.parametrize(
    ("moment", "due"),
    [(DAY_4 - SECOND, 0), (DAY_4, 1), (CLOSES - SECOND, 1), (CLOSES, 0)],
)
def test_on_day_4_and_until_the_window_closes(claim: Claim, moment: datetime, due: int) -> None:
    with at(moment):
        assert counts(remind_customers()) == (due, due)
        assert counts(remind_customers()) == (0, 0)
        assert remind_customer(claim.pk) == Outcome.SKIPPED
    assert len(acts.letters(claim, "consent_reminder")) == 2 * due
    assert ClaimReminder.objects.count() == due


def test_everybody_gets_the_own_link_and_the_date(claim: Claim) -> None:
    with at(DAY_4):
        remind_customers()
        outbox.send_due()
    recipients = ConsentRecipient.objects.filter(request__claim=claim).order_by("pk")
    letters = acts.letters(claim, "consent_reminder")
    assert [row.about for row in letters] == [f"consent-recipient:{each.pk}" for each in recipients]
    assert [row.recipient for row in letters] == [each.email for each in recipients]
    assert [row.state for row in letters] == ["sent", "sent"]
    for row in letters:
        assert row.subject.startswith(f"{claim.number}: ")
        assert "9 March 2026" in row.subject
        assert outbox.MARKER in row.text_body
    events = ConsentEvent.objects.filter(kind=ConsentEvent.Kind.REMINDED)
    assert [each.recipient for each in events] == list(recipients)
    event = ClaimEvent.objects.get(claim=claim, kind="customer_reminder_sent")
    assert event.internal is False


@pytest.mark.parametrize(("days", "due"), [(4, 0), (5, 1)])
def test_a_window_of_four_days_has_no_reminder(days: int, due: int) -> None:
    in_window(days)
    with at(DAY_4):
        assert counts(remind_customers()) == (due, due)


def answered(claim: Claim) -> None:
    with at(MONDAY + timedelta(days=1)):
        answers.agree(token=acts.token_of(claim), responder=Responder(name="Carla", title="CIO"))


def stopped(claim: Claim) -> None:
    Claim.objects.filter(pk=claim.pk).update(consent_undelivered_at=MONDAY)
    ConsentRequest.objects.filter(claim=claim).update(undelivered_at=MONDAY)


def held(claim: Claim) -> None:
    ClockHold.objects.create(
        claim=claim, reason="Outage.", placed_by=factories.make_reviewer(), placed_at=MONDAY
    )


@pytest.mark.parametrize("happened", [answered, stopped, held])
def test_who_has_answered_or_cannot_be_reached_is_not_asked_again(
    claim: Claim, happened: Callable[[Claim], None]
) -> None:
    assert list(customers_due(DAY_4)) == [claim.pk]
    happened(claim)
    with at(DAY_4):
        assert list(customers_due(DAY_4)) == []
        assert remind_customer(claim.pk) == Outcome.SKIPPED


def test_the_others_of_a_customer_are_asked_again_where_one_cannot_be_reached(
    claim: Claim,
) -> None:
    ConsentRecipient.objects.filter(request__claim=claim, role="business").update(bounced_at=MONDAY)
    with at(DAY_4):
        remind_customers()
    assert [row.recipient for row in acts.letters(claim, "consent_reminder")] == ["adm@c.example"]


def test_the_coming_day(claim: Claim) -> None:
    day = timedelta(days=1)
    assert list(customers_due(DAY_4 - day - SECOND, until=DAY_4 - SECOND)) == []
    assert list(customers_due(DAY_4 - day, until=DAY_4)) == [claim.pk]
