"""Whose move is it, and by when: what every page about a claim tells alike.

``standing_for_partners`` says it in sentences to the claim's partner, ``reviews`` to its reviewers.
Reads the claim's own columns, and of a refused claim whether somebody asked for another letter to
the customer; the moment and the operator's calendar are passed in. Times are told in the time zone
that is active, which is the reader's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from cpor_site.common.business_calendar import BusinessCalendar
from cpor_site.common.spoken import date_words, time_words

from . import deadlines, door
from .models import Claim, ConsentRenewal
from .states import AssociationState, DeadlineKind, RejectionReason, Side, Status

CALENDAR_DAYS = (DeadlineKind.CONSENT, DeadlineKind.DISPUTE_FILING)


@dataclass(frozen=True)
class Due:
    """A deadline seen from now. ``left`` is in words: "3 business days left".

    ``days`` are those that are left, in the unit that ``in_calendar_days`` names; 0 once it passed.
    """

    at: datetime
    passed: bool
    left: str
    days: int
    in_calendar_days: bool


def whose_move(claim: Claim) -> Side | None:
    """Return who has to act next; None once nothing is awaited from anybody."""
    match claim.status:
        case Status.EDITING | Status.PARTNER_ACTION_REQUIRED:
            return Side.PARTNER
        case Status.SUBMITTED | Status.UNDER_REVIEW | Status.DISPUTED:
            return Side.REVIEWER
        case Status.REJECTED if waits_for_renewal(claim):
            return Side.REVIEWER
        case Status.APPROVED if claim.awaits_contact:
            return Side.PARTNER
        case Status.APPROVED if claim.association_state == AssociationState.PROVISIONAL:
            return Side.CUSTOMER
        case _:
            return None


def hue_of(claim: Claim) -> str:
    """Return the name of the claim's status hue, which is also that of its icon."""
    if claim.status == Status.REJECTED:
        return "reviewer" if waits_for_renewal(claim) else "bad"
    if claim.association_state == AssociationState.ACTIVE:
        return "good"
    side = whose_move(claim)
    return side.value if side else "nobody"


def due_of(claim: Claim, now: datetime, calendar: BusinessCalendar) -> Due | None:
    """Return the clock that runs on the claim, or None if none does."""
    at = claim.due_at
    if at is None:
        return None
    in_calendar_days = claim.deadline_kind in CALENDAR_DAYS
    if at <= now:
        return Due(at, True, gettext("time is up"), 0, in_calendar_days)
    if in_calendar_days:
        days = (calendar.day_of(at) - calendar.day_of(now)).days
        words = ngettext("%(days)d day left", "%(days)d days left", days)
    else:
        days = calendar.business_days_left(now, at)
        words = ngettext("%(days)d business day left", "%(days)d business days left", days)
    left = words % {"days": days} if days else gettext("last day")
    return Due(at, False, left, days, in_calendar_days)


def can_be_disputed(claim: Claim, due: Due | None) -> bool:
    """Whether the time to dispute a rejection or a displacement runs, as far as the claim tells."""
    return (
        claim.status in (Status.REJECTED, Status.ENDED)
        and claim.deadline_kind == DeadlineKind.DISPUTE_FILING
        and due is not None
        and not due.passed
    )


def renewal_of(claim: Claim) -> ConsentRenewal | None:
    """Return the partner's wish that the customer be asked again, with its answer (Q8).

    A claim that no customer refused is not asked; who shows many claims loads ``consent_renewal``.
    """
    if RejectionReason.CUSTOMER not in claim.rejection_reasons:
        return None
    return getattr(claim, "consent_renewal", None)


def waits_for_renewal(claim: Claim) -> bool:
    """Whether a lead reviewer owes the partner an answer about asking the customer again."""
    renewal = renewal_of(claim)
    return renewal is not None and not renewal.outcome


def label_of(claim: Claim, due: Due | None) -> str:
    """Return the status in words; a rejection that nobody can dispute any more is final."""
    return _label(claim, disputable=can_be_disputed(claim, due))


def label_at(claim: Claim, now: datetime) -> str:
    """Return the status in words at a moment, as ``label_of`` does, without counting days."""
    return _label(claim, disputable=deadlines.may_dispute(claim, now))


def _label(claim: Claim, *, disputable: bool) -> str:
    if claim.status == Status.REJECTED and not disputable:
        other = claim.rule_profile.status_labels.get("rejected_final")
        return str(other or gettext("Rejected, final"))
    return door.status_label(claim)


def day(moment: datetime) -> str:
    """Return the day of a moment on the reader's clock: "Thu 12 June 2025"."""
    return date_words(timezone.localtime(moment))


def until(moment: datetime) -> str:
    """Return a deadline for the reader: the day, and the time where it isn't the end of the day."""
    local = timezone.localtime(moment)
    if (local.hour, local.minute) == (23, 59):
        return day(moment)
    return gettext("%(day)s, %(time)s") % {"day": day(moment), "time": time(moment)}


def time(moment: datetime) -> str:
    """Return the time of a moment on the reader's clock: "14:05"."""
    return time_words(moment)


def reasons_of(claim: Claim) -> str:
    """Return why the claim was rejected, in words."""
    known = dict(RejectionReason.choices)
    return "; ".join(str(known.get(code, code)) for code in claim.rejection_reasons)
