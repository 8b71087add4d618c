"""When time itself causes a letter (section 2.5): every number of days and where it comes from.

Pure: the moment, the operator's calendar and the dates are passed in.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from cpor_site.common.business_calendar import BusinessCalendar

from .states import DeadlineKind, Reminder

CUSTOMER_DAY = 4
"""The day of the customer's window on which it is asked again (2.5); the day it opened is day 0."""

SUBSCRIPTION_DAYS = {
    7: Reminder.SUBSCRIPTION_7,
    30: Reminder.SUBSCRIPTION_30,
    60: Reminder.SUBSCRIPTION_60,
}
"""So many days before a subscription's end its partner is told, the nearest first (T22)."""

PROOF_MONTHS = 10
"""Proof of an approved claim is called stale at this age, two months before it is too old (2.5)."""

DRAFT_IDLE = timedelta(days=30)
"""A draft's owner is told after so long without a change (T1, Q16)."""

DRAFT_KEPT = timedelta(days=90)
"""An idle draft goes into the archive after so long (T1, Q16)."""

REVIEWERS_CLOCKS = (DeadlineKind.PICKUP, DeadlineKind.REVIEW, DeadlineKind.DISPUTE_ANSWER)
"""The deadlines whose lapse is told to the lead reviewers (2.5: SLA breach)."""


def partner_reminder(
    calendar: BusinessCalendar, asked_at: datetime, due_at: datetime, at: datetime
) -> Reminder | None:
    """Return which reminder of the partner's deadline has its time at ``at``, or None.

    At half time, and one business day before the end; from then on only the latter is still true,
    so it is the only one where both fall on one day. A deadline of less than two business days has
    none: the question itself came a day before. Whether the deadline has passed isn't asked here.
    """
    counted = calendar.recount(asked_at, due_at).counted
    if len(counted) < 2:
        return None
    if at >= calendar.one_business_day_before(due_at):
        return Reminder.PARTNER_LAST_DAY
    if at >= calendar.half_time(asked_at, due_at):
        return Reminder.PARTNER_HALF_TIME
    return None


def customer_reminder_at(
    calendar: BusinessCalendar, opened_at: datetime, closes_at: datetime
) -> datetime | None:
    """Return when the customer is asked again: at the start of day 4; None in a shorter window."""
    day = calendar.calendar_deadline(opened_at, CUSTOMER_DAY).counted[-1]
    return calendar.start_of_day(day) if day < calendar.day_of(closes_at) else None


def subscription_reminder(ends_on: date, today: date) -> Reminder | None:
    """Return which reminder of a subscription's end has its time today, the nearest of them.

    None long before, and once the subscription has ended.
    """
    left = (ends_on - today).days
    if left < 0:
        return None
    return next((kind for days, kind in SUBSCRIPTION_DAYS.items() if left <= days), None)
