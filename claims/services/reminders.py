"""Letters that time itself causes: to the partner about its deadline, its draft, its proof.

Each sweep lists what has its time, then locks each claim, asks again and writes ``ClaimReminder``,
event and letter in one transaction, so a doubled, late or killed run writes nothing twice. A late
run writes only what is still true.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db.models import DateField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast, Coalesce, TruncDate

from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun
from cpor_site.common.operator_calendar import operator_calendar, operator_zone

from .. import actors, door, reminding
from ..actors import Capability
from ..models import Claim, ClaimEvent, ClaimReminder, PoEDocument, RuleProfile
from ..rules.documents import months_before
from ..states import Reminder, Status
from .sweeps import is_on_hold, not_on_hold

BATCH = 500

EVENTS = {
    Reminder.PARTNER_HALF_TIME: "half_time_reminder_sent",
    Reminder.PARTNER_LAST_DAY: "last_day_reminder_sent",
    Reminder.CONSENT_DAY_4: "customer_reminder_sent",
    Reminder.SUBSCRIPTION_60: "subscription_reminder_sent",
    Reminder.SUBSCRIPTION_30: "subscription_reminder_sent",
    Reminder.SUBSCRIPTION_7: "subscription_reminder_sent",
    Reminder.PROOF_STALE: "proof_reminder_sent",
    Reminder.DRAFT_IDLE: "draft_reminder_sent",
    Reminder.REVIEW_LATE: "late_review_reported",
}
"""The event that each reminder leaves on its claim."""


def remind(
    claim: Claim,
    kind: Reminder,
    *occasions: str,
    now: datetime,
    details: dict[str, Any] | None = None,
    internal: bool = False,
) -> ClaimEvent | None:
    """Write the reminder of the locked claim, unless it was written for all these occasions.

    Effects, in order: a ``ClaimReminder`` for each new occasion, the event, its news, with which
    the letters are written. Returns the event, or None if nothing was new.
    """
    made = [
        ClaimReminder.objects.get_or_create(
            claim=claim, kind=kind, occasion=occasion, defaults={"written_at": now}
        )[1]
        for occasion in occasions
    ]
    if not any(made):
        return None
    event = door.record(
        claim,
        kind=EVENTS[kind],
        actor=actors.SYSTEM,
        at=now,
        details=details,
        internal=internal,
    )
    door.tell(claim, event=event, actor=actors.SYSTEM)
    return event


def outcome(event: ClaimEvent | None) -> Outcome:
    """Return what a sweep counts for what ``remind`` returned."""
    return Outcome.SKIPPED if event is None else Outcome.ACTED


def rows_of(due: QuerySet[Any], *columns: str) -> Iterator[tuple[Any, ...]]:
    """Yield the key and further columns of ``due``, by ascending key, one short query a batch."""
    last = 0
    while True:
        batch = list(due.order_by("pk").filter(pk__gt=last).values_list("pk", *columns)[:BATCH])
        yield from batch
        if len(batch) < BATCH:
            return
        last = batch[-1][0]


def reminded_since(kind: Reminder, moment: str) -> Exists:
    """Return the condition that the reminder was written since the claim's column ``moment``."""
    return Exists(
        ClaimReminder.objects.filter(
            claim=OuterRef("pk"), kind=kind, written_at__gt=OuterRef(moment)
        )
    )


# -- the partner's answer ----------------------------------------------------------------------


def partners_due(now: datetime, *, until: datetime | None = None) -> Iterator[int]:
    """Yield the claims whose partner is to be reminded of its answer by ``until`` (now)."""
    until = until or now
    calendar = operator_calendar()
    longest = RuleProfile.objects.aggregate(Max("partner_response_days"))
    half = (longest["partner_response_days__max"] or 0) // 2
    # No deadline further away than this has reached its half.
    nearest = calendar.business_deadline(until, half + 1).due_at
    asked = not_on_hold(
        Claim.objects.filter(
            ~reminded_since(Reminder.PARTNER_LAST_DAY, "action_requested_at"),
            status=Status.PARTNER_ACTION_REQUIRED,
            due_at__gt=now,
            due_at__lte=nearest,
            action_requested_at__isnull=False,
        )
    ).annotate(half_sent=reminded_since(Reminder.PARTNER_HALF_TIME, "action_requested_at"))
    kinds: dict[tuple[date, datetime], Reminder | None] = {}
    for key, asked_at, due_at, half_sent in rows_of(
        asked, "action_requested_at", "due_at", "half_sent"
    ):
        spell = (calendar.day_of(asked_at), due_at)
        if spell not in kinds:
            kinds[spell] = reminding.partner_reminder(calendar, asked_at, due_at, until)
        kind = kinds[spell]
        if kind == Reminder.PARTNER_LAST_DAY or (kind is not None and not half_sent):
            yield key


def remind_partners(*, dry_run: bool = False) -> JobRun:
    """Remind partners of their answer, at half time and one business day before the deadline."""
    now = clock.now()
    return run_sweep("remind_partners", partners_due(now), remind_partner, dry_run=dry_run, now=now)


def remind_partner(claim_id: int) -> Outcome:
    """Remind the partner of one claim, if its time has come and its deadline hasn't passed."""
    with door.open_for_change(claim_id=claim_id, actor=actors.SYSTEM) as (claim, now):
        asked_at, due_at = claim.action_requested_at, claim.due_at
        if claim.status != Status.PARTNER_ACTION_REQUIRED or asked_at is None or due_at is None:
            return Outcome.SKIPPED
        if due_at <= now or is_on_hold(claim):
            return Outcome.SKIPPED
        kind = reminding.partner_reminder(operator_calendar(), asked_at, due_at, now)
        if kind is None:
            return Outcome.SKIPPED
        return outcome(remind(claim, kind, due_at.isoformat(), now=now))


# -- idle drafts -------------------------------------------------------------------------------


def drafts_due(now: datetime, *, until: datetime | None = None) -> Iterator[int]:
    """Yield the drafts that nobody has touched for 30 days, and that aren't archived yet."""
    return keyset(
        Claim.objects.filter(
            ~reminded_since(Reminder.DRAFT_IDLE, "changed_at"),
            status=Status.EDITING,
            archived_at=None,
            changed_at__lte=(until or now) - reminding.DRAFT_IDLE,
            changed_at__gt=now - reminding.DRAFT_KEPT,
        )
    )


def remind_of_drafts(*, dry_run: bool = False) -> JobRun:
    """Tell owners of idle drafts that they will be archived."""
    now = clock.now()
    return run_sweep("remind_of_drafts", drafts_due(now), remind_of_draft, dry_run=dry_run, now=now)


def remind_of_draft(claim_id: int) -> Outcome:
    """Tell the owner of one draft, if it is still idle."""
    with door.open_for_change(claim_id=claim_id, actor=actors.SYSTEM) as (claim, now):
        idle = now - claim.changed_at
        if claim.status != Status.EDITING or claim.archived_at is not None:
            return Outcome.SKIPPED
        if not reminding.DRAFT_IDLE <= idle < reminding.DRAFT_KEPT:
            return Outcome.SKIPPED
        occasion = claim.changed_at.isoformat()
        if not actors.partner_can(claim.created_by, Capability.DRAFT, claim):
            # Nobody to write to: noted, so that the next run doesn't look at the draft again.
            ClaimReminder.objects.get_or_create(
                claim=claim,
                kind=Reminder.DRAFT_IDLE,
                occasion=occasion,
                defaults={"written_at": now},
            )
            return Outcome.SKIPPED
        return outcome(remind(claim, Reminder.DRAFT_IDLE, occasion, now=now))


# -- ageing proof ------------------------------------------------------------------------------


def proof_due(now: datetime, *, until: datetime | None = None) -> Iterator[int]:
    """Yield the approved claims whose newest proof has become 10 months old."""
    oldest = months_before(operator_calendar().day_of(until or now), reminding.PROOF_MONTHS)
    documents = counting(OuterRef("pk"))
    stale = Claim.objects.filter(
        Exists(documents.filter(day__lte=oldest)),
        ~Exists(documents.filter(day__gt=oldest)),
        status=Status.APPROVED,
    )
    told = ClaimReminder.objects.filter(
        claim=OuterRef("pk"), kind=Reminder.PROOF_STALE, occasion=OuterRef("occasion")
    )
    newest = Subquery(documents.order_by("-day").values("day")[:1], output_field=DateField())
    return keyset(
        not_on_hold(stale)
        .annotate(occasion=Cast(newest, output_field=TextField()))
        .filter(~Exists(told))
    )


def remind_of_proof(*, dry_run: bool = False) -> JobRun:
    """Tell partners that the proof of an approved claim is getting old."""
    now = clock.now()
    return run_sweep(
        "remind_of_proof", proof_due(now), remind_of_old_proof, dry_run=dry_run, now=now
    )


def remind_of_old_proof(claim_id: int) -> Outcome:
    """Tell the partner of one claim, once for the date of its newest document."""
    with door.open_for_change(claim_id=claim_id, actor=actors.SYSTEM) as (claim, now):
        if claim.status != Status.APPROVED or is_on_hold(claim):
            return Outcome.SKIPPED
        day = counting(claim.pk).aggregate(newest=Max("day"))["newest"]
        today = operator_calendar().day_of(now)
        if day is None or day > months_before(today, reminding.PROOF_MONTHS):
            return Outcome.SKIPPED
        occasion = day.isoformat()
        return outcome(
            remind(claim, Reminder.PROOF_STALE, occasion, now=now, details={"day": occasion})
        )


def counting(claim: Any) -> QuerySet[Any]:
    """Return the documents of a claim that count, each with its ``day``.

    That is the date of the customer's signature, else of the document, else of the upload.
    """
    uploaded = TruncDate("uploaded_at", tzinfo=operator_zone())
    return PoEDocument.objects.filter(
        ~Q(scan_state=PoEDocument.ScanState.INFECTED), claim=claim, withdrawn_at=None
    ).annotate(day=Coalesce(F("signed_on"), F("document_on"), uploaded))
