"""Letters before a subscription of an active association ends: 60, 30 and 7 days before (T22)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun
from cpor_site.common.operator_calendar import operator_calendar

from .. import actors, door, reminding
from ..models import Claim, ClaimLine, ClaimReminder
from ..states import UNDECIDED_STATUSES, AssociationState, LineStatus, Reminder, Status
from .copies import OVER, TAKEN_OUT
from .reminders import remind
from .sweeps import is_on_hold, not_on_hold

IN_PROGRESS = (*UNDECIDED_STATUSES, Status.APPROVED)
"""Where a renewal stands that needs no reminder; a draft is still to be submitted."""


def subscriptions_due(now: datetime, *, until: datetime | None = None) -> Iterator[int]:
    """Yield the claims in force with a subscription whose end is near and not told yet."""
    calendar = operator_calendar()
    first, last = calendar.day_of(now), calendar.day_of(until or now)
    lines = _ending(first, last).annotate(
        occasion=Concat(
            Cast("subscription_id", output_field=TextField()),
            Value(":"),
            Cast("subscription__ends_on", output_field=TextField()),
            output_field=TextField(),
        )
    )
    untold = Q(pk__in=[])
    nearer = first
    for days, kind in reminding.SUBSCRIPTION_DAYS.items():
        until_day = last + timedelta(days=days)
        told = ClaimReminder.objects.filter(
            claim=OuterRef("claim"), kind=kind, occasion=OuterRef("occasion")
        )
        untold |= Q(
            ~Exists(told), subscription__ends_on__gte=nearer, subscription__ends_on__lte=until_day
        )
        nearer = until_day + timedelta(days=1)
    return keyset(
        not_on_hold(
            Claim.objects.filter(
                status=Status.APPROVED,
                association_state=AssociationState.ACTIVE,
                pk__in=lines.filter(untold).values("claim"),
            )
        )
    )


def remind_of_subscriptions(*, dry_run: bool = False) -> JobRun:
    """Tell partners which subscriptions behind their associations end soon, and how to renew."""
    now = clock.now()
    return run_sweep(
        "remind_of_subscriptions", subscriptions_due(now), remind_of_ends, dry_run=dry_run, now=now
    )


def remind_of_ends(claim_id: int) -> Outcome:
    """Tell the partner of one claim; one letter for the subscriptions that have the same number
    of days to go."""
    with door.open_for_change(claim_id=claim_id, actor=actors.SYSTEM) as (claim, now):
        if claim.association_state != AssociationState.ACTIVE or is_on_hold(claim):
            return Outcome.SKIPPED
        today = operator_calendar().day_of(now)
        by_kind: dict[Reminder, list[ClaimLine]] = {}
        lines = _ending(today, today).filter(claim=claim).select_related("subscription")
        for line in lines.order_by("pk"):
            ends_on = _end_of(line)
            kind = reminding.subscription_reminder(ends_on, today)
            if kind is not None and not _is_told(line, kind):
                by_kind.setdefault(kind, []).append(line)
        done = [
            remind(
                claim,
                kind,
                *dict.fromkeys(_occasion(line) for line in found),
                now=now,
                details={"lines": [line.pk for line in found]},
            )
            for kind, found in by_kind.items()
        ]
        return Outcome.ACTED if any(done) else Outcome.SKIPPED


def _ending(first: date, last: date) -> QuerySet[ClaimLine]:
    """Return the approved lines whose subscription ends near these days and has no successor."""
    renewed = ClaimLine.objects.filter(
        claim__copied_from=OuterRef("claim"),
        claim__is_renewal=True,
        claim__status__in=IN_PROGRESS,
        product=OuterRef("product"),
        activity=OuterRef("activity"),
    ).exclude(line_status__in=[*TAKEN_OUT, LineStatus.REJECTED])
    return ClaimLine.objects.filter(
        ~Exists(renewed.exclude(subscription=OuterRef("subscription"))),
        line_status=LineStatus.APPROVED,
        subscription__ends_on__gte=first,
        subscription__ends_on__lte=last + timedelta(days=max(reminding.SUBSCRIPTION_DAYS)),
    ).exclude(subscription__state__in=OVER)


def _is_told(line: ClaimLine, kind: Reminder) -> bool:
    return ClaimReminder.objects.filter(
        claim=line.claim_id, kind=kind, occasion=_occasion(line)
    ).exists()


def _occasion(line: ClaimLine) -> str:
    return f"{line.subscription_id}:{_end_of(line).isoformat()}"


def _end_of(line: ClaimLine) -> date:
    assert line.subscription is not None
    assert line.subscription.ends_on is not None
    return line.subscription.ends_on
