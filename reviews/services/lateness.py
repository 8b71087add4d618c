"""Telling the lead reviewers when a review or a case is late (2.5: SLA breach; 5.8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import OuterRef, Subquery

from claims import actors, deadlines, door, reminding
from claims.models import Claim, ClaimEvent, ClaimReminder
from claims.services.reminders import outcome, remind, reminded_since
from claims.states import Reminder, Status
from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun, User
from cpor_site.common.operator_calendar import operator_calendar

from .. import letters
from ..competing_stages import late_since
from ..models import CompetingClaimsCase, CompetingParty

WITH_REVIEWERS = (Status.SUBMITTED, Status.UNDER_REVIEW, Status.DISPUTED)


def late(now: datetime, *, until: datetime | None = None) -> Iterator[int]:
    """Yield the claims whose reviewers are late and whose lateness nobody was told of.

    A clock that is paused while competing claims are compared has no deadline; the case itself has
    one, and is told of at the claim that joined it first (5.8). Nothing is listed while there is no
    lead reviewer to be told.
    """
    if not lead_reviewers():
        return
    moment = (until or now) - deadlines.ARRIVAL_GRACE
    listed = set()
    for claim_id in keyset(
        Claim.objects.filter(
            ~reminded_since(Reminder.REVIEW_LATE, "due_at"),
            status__in=WITH_REVIEWERS,
            deadline_kind__in=reminding.REVIEWERS_CLOCKS,
            due_at__lte=moment,
        )
    ):
        listed.add(claim_id)
        yield claim_id
    anchors = {anchor for anchor, _case in _late_cases(moment)}
    yield from sorted(anchors - listed)


def report_late_reviews(*, dry_run: bool = False) -> JobRun:
    """Tell the lead reviewers of every deadline of the reviewers that has passed, once."""
    now = clock.now()
    return run_sweep("report_late_reviews", late(now), report_late_review, dry_run=dry_run, now=now)


def report_late_review(claim_id: int) -> Outcome:
    """Tell the lead reviewers about one claim and the cases told at it, if they are still late.

    Effects for each, in order: ``ClaimReminder``, the internal event ``late_review_reported``, a
    letter to each lead who isn't a party.
    """
    with door.open_for_change(claim_id=claim_id, actor=actors.SYSTEM) as (claim, now):
        events = [_report_claim(claim, now), *_report_cases(claim, now)]
        return outcome(next((event for event in events if event is not None), None))


def _report_claim(claim: Claim, now: datetime) -> ClaimEvent | None:
    due_at = claim.due_at
    if claim.status not in WITH_REVIEWERS or due_at is None:
        return None
    if claim.deadline_kind not in reminding.REVIEWERS_CLOCKS:
        return None
    if due_at > now - deadlines.ARRIVAL_GRACE:
        return None
    leads = [lead for lead in lead_reviewers() if not actors.has_interest(lead, claim)]
    occasion = due_at.isoformat()
    details = {"clock": claim.deadline_kind, "due_at": occasion}
    event = remind(claim, Reminder.REVIEW_LATE, occasion, now=now, details=details, internal=True)
    if event is not None:
        letters.write_late_review(claim, event, leads)
    return event


def _late_cases(moment: datetime) -> list[tuple[int, CompetingClaimsCase]]:
    """Return the open cases that should be settled by ``moment`` and that nobody was told of.

    Each comes with the claim that joined it first, where the telling is noted.
    """
    calendar = operator_calendar()
    first = CompetingParty.objects.filter(case=OuterRef("pk")).order_by("pk").values("claim")[:1]
    cases = CompetingClaimsCase.objects.filter(closed_at=None).annotate(anchor=Subquery(first))
    found = [
        (each.anchor, each)
        for each in cases.order_by("opened_at", "pk")
        if late_since(each, calendar) <= moment
    ]
    told = set(
        ClaimReminder.objects.filter(
            kind=Reminder.REVIEW_LATE, occasion__in=[_occasion(case) for _anchor, case in found]
        ).values_list("occasion", flat=True)
    )
    return [(anchor, case) for anchor, case in found if anchor and _occasion(case) not in told]


def _report_cases(claim: Claim, now: datetime) -> list[ClaimEvent | None]:
    events = []
    for anchor, case in _late_cases(now - deadlines.ARRIVAL_GRACE):
        if anchor != claim.pk:
            continue
        due_at = late_since(case, operator_calendar())
        details = {"clock": "competing_case", "case": case.pk, "due_at": due_at.isoformat()}
        event = remind(
            claim,
            Reminder.REVIEW_LATE,
            _occasion(case),
            now=now,
            details=details,
            internal=True,
        )
        if event is not None:
            parties = CompetingParty.objects.filter(case=case, left_at=None)
            claims = list(Claim.objects.filter(pk__in=parties.values("claim")).order_by("pk"))
            leads = [
                lead
                for lead in lead_reviewers()
                if not any(actors.has_interest(lead, each) for each in claims)
            ]
            letters.write_late_case(case, claims, event, leads, due_at)
        events.append(event)
    return events


def _occasion(case: CompetingClaimsCase) -> str:
    return f"case {case.pk}"


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
