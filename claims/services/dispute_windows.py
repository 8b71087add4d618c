"""The end of the time to dispute a rejection, or a displacement (T19, T21)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun

from .. import actors, deadlines, door
from ..models import Claim
from ..states import DeadlineKind, Status
from .sweeps import is_on_hold, not_on_hold

DISPUTABLE = (Status.REJECTED, Status.ENDED)


def lapsed(now: datetime) -> Iterator[int]:
    """Yield the rejected and displaced claims whose time to dispute has passed without one."""
    return keyset(
        not_on_hold(
            Claim.objects.filter(
                status__in=DISPUTABLE,
                deadline_kind=DeadlineKind.DISPUTE_FILING,
                due_at__lte=now - deadlines.ARRIVAL_GRACE,
            )
        )
    )


def close_dispute_windows(*, dry_run: bool = False) -> JobRun:
    """T19: close what was not disputed in time; safe when late, doubled or killed."""
    now = clock.now()
    return run_sweep(
        "close_dispute_windows", lapsed(now), close_dispute_window, dry_run=dry_run, now=now
    )


def close_dispute_window(claim_id: int) -> Outcome:
    """T19 for one claim: lock, ask again, clear the deadline, event ``dispute_window_closed``.

    No letter: the one about the rejection named the day.
    """
    with door.open_for_change(claim_id=claim_id, actor=actors.SYSTEM) as (claim, now):
        due_at = claim.due_at
        runs = claim.status in DISPUTABLE and claim.deadline_kind == DeadlineKind.DISPUTE_FILING
        if not runs or due_at is None or due_at > now - deadlines.ARRIVAL_GRACE:
            return Outcome.SKIPPED
        if is_on_hold(claim):
            return Outcome.SKIPPED
        claim.deadline_kind, claim.due_at = "", None
        door.save(claim, actor=actors.SYSTEM, now=now, reason="dispute_window_closed")
        event = door.record(
            claim,
            kind="dispute_window_closed",
            actor=actors.SYSTEM,
            at=now,
            nominal_due_at=due_at,
        )
        door.tell(claim, event=event, actor=actors.SYSTEM)
    return Outcome.ACTED
