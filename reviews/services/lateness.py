"""Telling the lead reviewers when a deadline of the reviewers has passed (2.5: SLA breach)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from claims import actors, deadlines, door, reminding
from claims.models import Claim
from claims.services.reminders import outcome, remind, reminded_since
from claims.states import DeadlineKind, Reminder, Status
from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun, User

from .. import letters
from ..models import CompetingParty

WITH_REVIEWERS = (Status.SUBMITTED, Status.UNDER_REVIEW, Status.DISPUTED)


def late(now: datetime, *, until: datetime | None = None) -> Iterator[int]:
    """Yield the claims whose reviewers are late and whose lateness nobody was told of.

    A review may take longer while competing claims are compared (2.3); pick-up and the answer to a
    dispute may not. Nothing is listed while there is no lead reviewer to be told.
    """
    if not lead_reviewers():
        return
    competing = CompetingParty.objects.filter(
        claim=OuterRef("pk"), left_at=None, case__closed_at=None
    )
    yield from keyset(
        Claim.objects.filter(
            ~reminded_since(Reminder.REVIEW_LATE, "due_at"),
            ~(Q(deadline_kind=DeadlineKind.REVIEW) & Exists(competing)),
            status__in=WITH_REVIEWERS,
            deadline_kind__in=reminding.REVIEWERS_CLOCKS,
            due_at__lte=(until or now) - deadlines.ARRIVAL_GRACE,
        )
    )


def report_late_reviews(*, dry_run: bool = False) -> JobRun:
    """Tell the lead reviewers of every deadline of the reviewers that has passed, once."""
    now = clock.now()
    return run_sweep("report_late_reviews", late(now), report_late_review, dry_run=dry_run, now=now)


def report_late_review(claim_id: int) -> Outcome:
    """Tell the lead reviewers about one claim, if it is still late.

    Effects, in order: ``ClaimReminder``, the internal event ``late_review_reported``, a letter to
    each lead who isn't a party to the claim.
    """
    with door.open_for_change(claim_id=claim_id, actor=actors.SYSTEM) as (claim, now):
        due_at = claim.due_at
        if claim.status not in WITH_REVIEWERS or due_at is None:
            return Outcome.SKIPPED
        if claim.deadline_kind not in reminding.REVIEWERS_CLOCKS:
            return Outcome.SKIPPED
        if due_at > now - deadlines.ARRIVAL_GRACE or _may_take_longer(claim):
            return Outcome.SKIPPED
        leads = [lead for lead in lead_reviewers() if not actors.has_interest(lead, claim)]
        occasion = due_at.isoformat()
        details = {"clock": claim.deadline_kind, "due_at": occasion}
        event = remind(
            claim, Reminder.REVIEW_LATE, occasion, now=now, details=details, internal=True
        )
        if event is not None:
            letters.write_late_review(claim, event, leads)
        return outcome(event)


def lead_reviewers() -> list[User]:
    """Return everybody whose role makes them a lead reviewer."""
    app_label, codename = actors.LEAD_PERMISSION.split(".")
    return list(
        User.objects.filter(
            groups__permissions__codename=codename,
            groups__permissions__content_type__app_label=app_label,
            is_active=True,
            is_staff=True,
        )
        .distinct()
        .order_by("pk")
    )


def _may_take_longer(claim: Claim) -> bool:
    return (
        claim.deadline_kind == DeadlineKind.REVIEW
        and CompetingParty.objects.filter(claim=claim, left_at=None, case__closed_at=None).exists()
    )
