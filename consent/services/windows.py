"""What happens to approvals when the customer is silent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from claims import actors, deadlines, door
from claims.models import Claim
from claims.refusals import MovedOn
from claims.services import associations
from claims.services.endings import end_replaced
from claims.services.sweeps import is_on_hold, not_on_hold
from claims.states import Act, AssociationState, Status
from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun

from .handoffs import hand_over


def passed(now: datetime) -> Iterator[int]:
    """Yield the primary keys of claims whose consent window has passed without a refusal (T11)."""
    return keyset(
        not_on_hold(
            Claim.objects.filter(
                status=Status.APPROVED,
                association_state=AssociationState.PROVISIONAL,
                consent_closes_at__lte=now - deadlines.ARRIVAL_GRACE,
            )
        )
    )


def finalise_consent_windows(*, dry_run: bool = False) -> JobRun:
    """T11: put every association in force whose window has passed; safe when late or doubled."""
    now = clock.now()
    return run_sweep(
        "finalise_consent_windows", passed(now), close_window, dry_run=dry_run, now=now
    )


def close_window(claim_id: int) -> Outcome:
    """T11 for one claim: lock, ask again, associations active, hand-off rows, event.

    A claim of the partner's own that this one replaces ends first, in the same transaction.
    """
    try:
        with (
            _both_locked(claim_id),
            door.passage(claim_id=claim_id, act=Act.CLOSE_WINDOW, actor=actors.SYSTEM) as passage,
        ):
            claim, now = passage.claim, passage.now
            closes_at = claim.consent_closes_at
            if closes_at is None or closes_at > now - deadlines.ARRIVAL_GRACE:
                raise MovedOn(door.status_label(claim))
            if is_on_hold(claim):
                raise MovedOn(door.status_label(claim))
            end_replaced(claim)
            for association in associations.activate(claim, now=now):
                hand_over(association, now=now)
            passage.go(event="window_closed")
    except MovedOn:
        return Outcome.SKIPPED
    return Outcome.ACTED


@contextmanager
def _both_locked(claim_id: int) -> Iterator[None]:
    """Lock the claim together with the one that it replaces, in the order that all acts use."""
    with transaction.atomic():
        replaced = Claim.objects.filter(pk=claim_id).values_list("replaces_id", flat=True).first()
        if replaced is not None:
            door.locked_in_order([claim_id, replaced])
        yield
