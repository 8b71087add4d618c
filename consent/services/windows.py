"""What happens to approvals when the customer is silent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from claims import actors, deadlines, door
from claims.models import Claim
from claims.refusals import MovedOn
from claims.services import associations
from claims.states import Act, AssociationState, Status
from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun

from .handoffs import hand_over


def passed(now: datetime) -> Iterator[int]:
    """Yield the primary keys of claims whose consent window has passed without a refusal (T11)."""
    return keyset(
        Claim.objects.filter(
            status=Status.APPROVED,
            association_state=AssociationState.PROVISIONAL,
            consent_closes_at__lte=now - deadlines.ARRIVAL_GRACE,
        )
    )


def finalise_consent_windows(*, dry_run: bool = False) -> JobRun:
    """T11: put every association in force whose window has passed; safe when late or doubled."""
    now = clock.now()
    return run_sweep(
        "finalise_consent_windows", passed(now), close_window, dry_run=dry_run, now=now
    )


def close_window(claim_id: int) -> Outcome:
    """T11 for one claim: lock, ask again, associations active, hand-off rows, event."""
    try:
        with door.passage(claim_id=claim_id, act=Act.CLOSE_WINDOW, actor=actors.SYSTEM) as passage:
            claim, now = passage.claim, passage.now
            closes_at = claim.consent_closes_at
            if closes_at is None or closes_at > now - deadlines.ARRIVAL_GRACE:
                raise MovedOn(door.status_label(claim))
            for association in associations.activate(claim, now=now):
                hand_over(association, now=now)
            passage.go(event="window_closed")
    except MovedOn:
        return Outcome.SKIPPED
    return Outcome.ACTED
