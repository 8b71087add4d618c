"""The status door for many claims at once: the set-based path of the system's own acts.

    with door_batch.passage(claim_ids=keys, act=Act.REJECT_UNANSWERED) as batch:
        claims = [claim for claim in batch.claims if ...]   # guards, on locked rows
        ...                                                 # what else the act changes
        batch.go(claims, event="claim_rejected", deadline=...)

Writes the same rows as ``door.passage`` does for each claim, with few statements: the transition
runs on every locked claim, then claims that changed alike share one UPDATE, history and events are
written together, and ``claims_moved`` carries the news of all. Whatever fails undoes all of it; the
caller then takes the claims in smaller batches, or one by one through ``claims.door``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django_fsm import can_proceed

from cpor_site.common import clock
from cpor_site.common.business_calendar import Deadline
from cpor_site.common.together import note_together

from . import actors, door
from .models import Claim, ClaimEvent
from .signals import Moved, claims_moved
from .states import Act, DeadlineKind

Limit = tuple[DeadlineKind, Deadline]
LOADED = ("location", "tenant")
SHARED = ("organization", "area", "rule_profile")
"""Each of these is the same row for many claims of a batch."""


@dataclass(frozen=True)
class Batch:
    """One act of the system in progress on locked claims; ``now`` is its moment (UTC).

    ``claims`` are those of the given keys that nobody else has locked and for which the machine
    allows the act, by ascending key.
    """

    claims: list[Claim]
    act: Act
    now: datetime

    def go(
        self,
        claims: Sequence[Claim],
        *,
        event: str,
        deadline: Callable[[Claim], Limit | None] | None = None,
        reason: str = "",
        details: dict[str, Any] | None = None,
    ) -> list[ClaimEvent]:
        """Run the transition on each, save all, write their events and send ``claims_moved``.

        ``claims`` are some of the batch's. The arguments are those of ``door.Passage.go``;
        ``deadline`` is asked for each claim before its transition.
        """
        changed: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        events = []
        for claim in claims:
            before, held = claim.status, _columns(claim)
            missed = claim.due_at
            limit = deadline(claim) if deadline else None
            door.move(claim, self.act, actor=actors.SYSTEM, now=self.now, deadline=limit)
            claim.changed_at = self.now
            after = _columns(claim)
            alike = tuple(
                (name, _hashable(value)) for name, value in after.items() if value != held[name]
            )
            changed[alike].append(claim.pk)
            claim.version += 1
            events.append(
                door.event_of(
                    claim,
                    kind=event,
                    actor=actors.SYSTEM,
                    at=self.now,
                    from_status=before,
                    to_status=claim.status,
                    nominal_due_at=missed,
                    details=details,
                )
            )
        by_key = {claim.pk: claim for claim in claims}
        for alike, keys in changed.items():
            values = {name: getattr(by_key[keys[0]], name) for name, _value in alike}
            # The plain queryset: the model's own refuses what only the door may write.
            QuerySet(Claim).filter(pk__in=keys).update(version=F("version") + 1, **values)
        note_together(Claim, list(by_key), now=self.now, reason=(reason or event)[:100])
        ClaimEvent.objects.bulk_create(events)
        moves = [Moved(claim, event) for claim, event in zip(claims, events, strict=True)]
        if moves:
            claims_moved.send(sender=Claim, moves=moves, actor=actors.SYSTEM)
        return events


@contextmanager
def passage(*, claim_ids: Sequence[int], act: Act) -> Iterator[Batch]:
    """Open the door for one act of the system on many claims, in one transaction.

    Locks by ascending key and waits for nobody: a claim that somebody holds is left out, and the
    next run asks again. Raises ``ValueError`` for an act that isn't the system's.
    """
    with transaction.atomic():
        locked = list(
            Claim.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related(*LOADED)
            .prefetch_related(*SHARED)
            .filter(pk__in=claim_ids)
            .order_by("pk")
        )
        if not all(actors.may(actors.SYSTEM, act, claim) for claim in locked):
            raise ValueError(f"{act.label} is not an act of the system.")
        ready = [claim for claim in locked if can_proceed(getattr(claim, act.value))]
        yield Batch(ready, act, clock.now())


def _columns(claim: Claim) -> dict[str, Any]:
    return {field.attname: getattr(claim, field.attname) for field in Claim._meta.concrete_fields}


def _hashable(value: Any) -> Any:
    return repr(value) if isinstance(value, list | dict) else value
