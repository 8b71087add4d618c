"""The one reminder that a customer gets, on day 4 of its window, if nobody has answered (2.5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from claims import actors, door, reminding
from claims.models import Claim
from claims.services.reminders import remind, reminded_since, rows_of
from claims.services.sweeps import is_on_hold, not_on_hold
from claims.states import AssociationState, Reminder, Status
from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, run_sweep
from cpor_site.common.models import JobRun
from cpor_site.common.operator_calendar import operator_calendar

from .. import letters
from ..models import ConsentAnswer, ConsentEvent, ConsentRecipient, ConsentRequest

NEVER_EARLIER = timedelta(days=reminding.CUSTOMER_DAY - 1)
"""From the opening of a window to the start of its fourth day, whatever the hour it opened."""


def customers_due(now: datetime, *, until: datetime | None = None) -> Iterator[int]:
    """Yield the claims whose customer is to be asked again by ``until`` (now)."""
    until = until or now
    calendar = operator_calendar()
    silent = not_on_hold(
        Claim.objects.filter(
            ~reminded_since(Reminder.CONSENT_DAY_4, "consent_sent_at"),
            ~Exists(
                ConsentAnswer.objects.filter(request__claim=OuterRef("pk"), request__closed_at=None)
            ),
            Exists(_reachable(OuterRef("pk"))),
            status=Status.APPROVED,
            association_state=AssociationState.PROVISIONAL,
            consent_closes_at__gt=now,
            consent_sent_at__lte=until - NEVER_EARLIER,
            consent_undelivered_at=None,
        )
    )
    times: dict[tuple[date, datetime], datetime | None] = {}
    for key, opened_at, closes_at in rows_of(silent, "consent_sent_at", "consent_closes_at"):
        window = (calendar.day_of(opened_at), closes_at)
        if window not in times:
            times[window] = reminding.customer_reminder_at(calendar, opened_at, closes_at)
        at = times[window]
        if at is not None and at <= until:
            yield key


def remind_customers(*, dry_run: bool = False) -> JobRun:
    """Ask customers again who haven't answered by day 4 of their window."""
    now = clock.now()
    return run_sweep(
        "remind_customers", customers_due(now), remind_customer, dry_run=dry_run, now=now
    )


def remind_customer(claim_id: int) -> Outcome:
    """Ask the customer of one claim again: everybody whose letter left, with their own link.

    Effects, in order: ``ClaimReminder``, event ``customer_reminder_sent``, a letter and a
    ``ConsentEvent`` for each recipient.
    """
    with door.open_for_change(claim_id=claim_id, actor=actors.SYSTEM) as (claim, now):
        if claim.association_state != AssociationState.PROVISIONAL or is_on_hold(claim):
            return Outcome.SKIPPED
        request = ConsentRequest.objects.filter(claim=claim, closed_at=None).first()
        if request is None or request.opened_at is None or request.closes_at is None:
            return Outcome.SKIPPED
        if request.undelivered_at is not None or request.closes_at <= now:
            return Outcome.SKIPPED
        at = reminding.customer_reminder_at(
            operator_calendar(), request.opened_at, request.closes_at
        )
        if at is None or at > now or request.answers.exists():
            return Outcome.SKIPPED
        recipients = list(_reachable(claim.pk).order_by("pk"))
        occasion = request.opened_at.isoformat()
        if not recipients or not remind(claim, Reminder.CONSENT_DAY_4, occasion, now=now):
            return Outcome.SKIPPED
        for recipient in recipients:
            letters.write_reminder(recipient, request, now=now)
            ConsentEvent.objects.create(
                request=request, recipient=recipient, kind=ConsentEvent.Kind.REMINDED, at=now
            )
        return Outcome.ACTED


def _reachable(claim: Any) -> QuerySet[ConsentRecipient]:
    """Return who holds a link to the claim's open request, and whose letter left and arrived."""
    return ConsentRecipient.objects.filter(
        request__claim=claim,
        request__closed_at=None,
        superseded_at=None,
        sent_at__isnull=False,
        bounced_at=None,
    )
