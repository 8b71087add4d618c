"""What happens to approvals when the customer is silent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from claims import actors, deadlines, door, door_batch
from claims.models import Claim
from claims.models.querysets import ClaimQuerySet
from claims.refusals import MovedOn
from claims.services import associations
from claims.services.displacement import claims_in_the_way, displace_for, held_up
from claims.services.endings import end_replaced
from claims.services.sweeps import is_on_hold, not_held, not_on_hold
from claims.states import Act, AssociationState, Status
from cpor_site.common import clock
from cpor_site.common.batches import run_batches
from cpor_site.common.jobs import Outcome, keyset
from cpor_site.common.key_lists import Among
from cpor_site.common.models import JobRun

from .handoffs import hand_over


def passed(now: datetime) -> Iterator[int]:
    """Yield the primary keys of claims whose consent window has passed without a refusal (T11).

    But for those on hold, and those that would displace a claim on hold.
    """
    return keyset(over(now).exclude(pk__in=held_up()))


def over(now: datetime) -> ClaimQuerySet:
    """Return the claims whose window has passed without a refusal, but for those on hold."""
    return not_on_hold(
        Claim.objects.filter(
            status=Status.APPROVED,
            association_state=AssociationState.PROVISIONAL,
            consent_closes_at__lte=now - deadlines.ARRIVAL_GRACE,
        )
    )


def finalise_consent_windows(*, dry_run: bool = False) -> JobRun:
    """T11: put every association in force whose window has passed; safe when late or doubled."""
    now = clock.now()
    return run_batches(
        "finalise_consent_windows",
        over(now).exclude(_needs_several_locks()),
        close_windows_together,
        close_window,
        alone=over(now).filter(_needs_several_locks()).exclude(pk__in=held_up()),
        dry_run=dry_run,
        now=now,
    )


def close_windows_together(claim_ids: list[int]) -> set[int]:
    """T11 for many claims: what ``close_window`` does, by few statements; return who it hit.

    For claims that neither replace nor displace another one: those need several locks, and each
    goes alone.
    """
    with door_batch.passage(claim_ids=claim_ids, act=Act.CLOSE_WINDOW) as batch:
        now = batch.now
        locked = Among("claim", [claim.pk for claim in batch.claims])
        waiting = set(associations.waiting_claims().filter(locked))
        closing = [
            claim
            for claim in batch.claims
            if _is_over(claim, now) and claim.replaces_id is None and claim.pk not in waiting
        ]
        claims = not_held(closing)
        hand_over(associations.activate_together(claims, now=now), now=now)
        batch.go(claims, event="window_closed")
    return {claim.pk for claim in claims}


def close_window(claim_id: int) -> Outcome:
    """T11 for one claim: lock, ask again, associations active, hand-off rows, event.

    What this claim replaces or displaces ends first, in the same transaction and at the very moment
    at which this one comes into force.
    """
    try:
        with (
            _all_locked(claim_id) as locked,
            door.passage(claim_id=claim_id, act=Act.CLOSE_WINDOW, actor=actors.SYSTEM) as passage,
        ):
            claim, now = passage.claim, passage.now
            if not _is_over(claim, now) or is_on_hold(claim):
                raise MovedOn(door.status_label(claim))
            end_replaced(claim, now=now)
            passage.now = now = displace_for(claim, locked=locked, now=now)
            hand_over(associations.activate(claim, now=now), now=now)
            passage.go(event="window_closed")
    except MovedOn:
        return Outcome.SKIPPED
    return Outcome.ACTED


def _is_over(claim: Claim, now: datetime) -> bool:
    closes_at = claim.consent_closes_at
    return closes_at is not None and closes_at <= now - deadlines.ARRIVAL_GRACE


def _needs_several_locks() -> Q:
    """Return the condition for claims whose coming into force ends another claim's association."""
    return Q(replaces__isnull=False) | Q(pk__in=associations.waiting_claims())


@contextmanager
def _all_locked(claim_id: int) -> Iterator[set[int]]:
    """Lock the claim together with those that it ends, in the order that all acts use."""
    with transaction.atomic():
        found = {claim_id, *claims_in_the_way(claim_id)}
        replaced = Claim.objects.filter(pk=claim_id).values_list("replaces_id", flat=True).first()
        if replaced is not None:
            found.add(replaced)
        if len(found) > 1:
            door.locked_in_order(list(found))
        yield found
