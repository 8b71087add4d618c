"""Drafts that nobody touches: put into the archive by time, taken out again by a touch (Q16)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun

from .. import actors, door
from ..actors import Actor, Capability
from ..models import Claim
from ..refusals import MovedOn
from ..reminding import DRAFT_KEPT
from ..states import Status
from .drafting import require
from .sweeps import is_on_hold, not_on_hold


def idle(now: datetime) -> Iterator[int]:
    """Yield the drafts that nobody has touched for 90 days."""
    return keyset(
        not_on_hold(
            Claim.objects.filter(
                status=Status.EDITING, archived_at=None, changed_at__lte=now - DRAFT_KEPT
            )
        )
    )


def archive_idle_drafts(*, dry_run: bool = False) -> JobRun:
    """Q16: put idle drafts into the archive; safe when late, doubled or killed."""
    now = clock.now()
    return run_sweep("archive_idle_drafts", idle(now), archive_draft, dry_run=dry_run, now=now)


def archive_draft(claim_id: int) -> Outcome:
    """Q16 for one draft: lock, ask again, archived, event ``draft_archived``; nothing is lost.

    The day of the last change stays: only time has passed.
    """
    with door.open_for_change(claim_id=claim_id, actor=actors.SYSTEM) as (claim, now):
        is_idle = claim.status == Status.EDITING and claim.changed_at <= now - DRAFT_KEPT
        if not is_idle or claim.archived_at is not None or is_on_hold(claim):
            return Outcome.SKIPPED
        claim.archived_at = now
        door.save(claim, actor=actors.SYSTEM, now=now, reason="draft_archived", is_touched=False)
        event = door.record(claim, kind="draft_archived", actor=actors.SYSTEM, at=now)
        door.tell(claim, event=event, actor=actors.SYSTEM)
    return Outcome.ACTED


def recover_draft(*, claim_id: int, actor: Actor) -> Claim:
    """Take a draft out of the archive; any other change of the draft does so as well.

    Effects: archived no more, event ``draft_recovered``; nothing if it is not in the archive.
    Raises ``NotYours`` without the right to draft, ``MovedOn`` for a claim that is no draft.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor) as (claim, now):
        require(actor, Capability.DRAFT, claim)
        if claim.status != Status.EDITING:
            raise MovedOn(door.status_label(claim))
        if claim.archived_at is not None:
            door.save(claim, actor=actor, now=now, reason="draft_recovered")
            event = door.record(claim, kind="draft_recovered", actor=actor, at=now)
            door.tell(claim, event=event, actor=actor)
    return claim
