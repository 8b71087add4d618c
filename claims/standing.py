"""Whose move is it, and by when: what every page about a claim tells alike.

``standing_for_partners`` says it in sentences to the claim's partner, ``reviews`` to its reviewers.
Reads the claim's own columns, and of a refused claim whether somebody asked for another letter to
the customer; the moment and the operator's calendar are passed in. Times are told in the time zone
that is active, which is the reader's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from cpor_site.common.business_calendar import BusinessCalendar
from cpor_site.common.spoken import date_words, time_words

from . import deadlines, door
from .models import Claim, ConsentRenewal, ProofRequest
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


OPEN_REQUESTS = "open_requests"


def open_requests() -> Prefetch[Any]:
    """Return how requests for newer proof that aren't settled are loaded for many claims."""
    found = ProofRequest.objects.filter(closed_at=None).order_by("due_at", "pk")
    return Prefetch("proof_requests", found, to_attr=OPEN_REQUESTS)


def keep_requests(claim: Claim, requests: Sequence[ProofRequest]) -> None:
    """Note the claim's open requests on it, so that nobody looks for them again."""
    setattr(claim, OPEN_REQUESTS, list(requests))


def proof_asked(claim: Claim) -> ProofRequest | None:
    """Return the request for newer proof that the partner hasn't answered, if there is one (5.3).

    Only approved claims are asked; who shows many claims loads ``open_requests``.
    """
    if claim.status != Status.APPROVED or claim.pk is None:
        return None
    found = getattr(claim, OPEN_REQUESTS, None)
    if found is None:
        rows = ProofRequest.objects.filter(claim=claim, answer="", closed_at=None)
        return rows.order_by("due_at", "pk").first()
    return next((each for each in found if not each.answer), None)


def whose_move(claim: Claim) -> Side | None:
    """Return who has to act next; None once nothing is awaited from anybody."""
    match claim.status:
        case Status.EDITING | Status.PARTNER_ACTION_REQUIRED:
            return Side.PARTNER
        case Status.SUBMITTED | Status.UNDER_REVIEW | Status.DISPUTED:
            return Side.REVIEWER
        case Status.REJECTED if waits_for_renewal(claim):
            return Side.REVIEWER
        case Status.APPROVED if claim.awaits_contact or proof_asked(claim) is not None:
            return Side.PARTNER
        case Status.APPROVED if claim.association_state == AssociationState.PROVISIONAL:
            return Side.CUSTOMER
        case _:
            return None


def hue_of(claim: Claim) -> str:
    """Return the name of the claim's status hue, which is also that of its icon."""
    if claim.status == Status.REJECTED:
        return "reviewer" if waits_for_renewal(claim) else "bad"
    side = whose_move(claim)
    if claim.association_state == AssociationState.ACTIVE:
        return side.value if side else "good"
    return side.value if side else "nobody"


def due_of(claim: Claim, now: datetime, calendar: BusinessCalendar) -> Due | None:
    """Return the clock that runs on the claim, or None if none does."""
    if claim.due_at is None:
        return None
    in_calendar_days = claim.deadline_kind in CALENDAR_DAYS
    return due_seen(claim.due_at, now, calendar, in_calendar_days=in_calendar_days)


def due_seen(
    at: datetime, now: datetime, calendar: BusinessCalendar, *, in_calendar_days: bool = False
) -> Due:
    """Return a deadline as seen from now."""
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
    if claim.status == Status.REJECTED and not disputable and not waits_for_renewal(claim):
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
