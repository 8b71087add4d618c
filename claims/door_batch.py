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
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django_fsm import can_proceed

from cpor_site.common import clock
from cpor_site.common.business_calendar import Deadline
from cpor_site.common.key_lists import Among
from cpor_site.common.together import copy_together, note_together

from . import actors, door
from .models import Claim, ClaimEvent
from .signals import Moved, claims_moved
from .states import Act, DeadlineKind

Limit = tuple[DeadlineKind, Deadline]
SHARED = ("organization", "rule_profile")
"""Each of these is the same row for many claims of a batch."""
COLUMNS = frozenset(field.attname for field in Claim._meta.concrete_fields)


@dataclass(frozen=True)
class Batch:
    """One act of the system in progress on locked claims; ``now`` is its moment (UTC).

    ``claims`` are those of the given keys that nobody else has locked and for which the machine
    allows the act, by ascending key, each with its organisation and rule profile.
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
        moved: dict[tuple[Any, ...], list[Claim]] = defaultdict(list)
        missed = {}
        for claim in claims:
            held = vars(claim).copy()
            limit = deadline(claim) if deadline else None
            door.move(claim, self.act, actor=actors.SYSTEM, now=self.now, deadline=limit)
            claim.changed_at = self.now
            moved[held["status"], *_changes(claim, held)].append(claim)
            missed[claim.pk] = held["due_at"]
        told: dict[int, ClaimEvent] = {}
        for (before, *changes), alike in moved.items():
            pattern = door.event_of(
                alike[0],
                kind=event,
                actor=actors.SYSTEM,
                at=self.now,
                from_status=before,
                to_status=alike[0].status,
                nominal_due_at=None,
                details=details,
            )
            told |= _write_events(pattern, alike, missed)
            values = {name: getattr(alike[0], name) for name, _value in changes}
            # The plain queryset: the model's own refuses what only the door may write.
            rows: QuerySet[Any] = QuerySet(Claim).filter(Among("pk", [claim.pk for claim in alike]))
            rows.update(version=F("version") + 1, **values)
        for claim in claims:
            claim.version += 1
        note_together(Claim, list(told), now=self.now, reason=(reason or event)[:100])
        moves = [Moved(claim, told[claim.pk]) for claim in claims]
        if moves:
            claims_moved.send(sender=Claim, moves=moves, actor=actors.SYSTEM)
        return [event for _claim, event in moves]


@contextmanager
def passage(*, claim_ids: Sequence[int], act: Act) -> Iterator[Batch]:
    """Open the door for one act of the system on many claims, in one transaction.

    Locks by ascending key and waits for nobody: a claim that somebody holds is left out, and the
    next run asks again. Raises ``ValueError`` for an act that isn't the system's.
    """
    with transaction.atomic():
        locked = list(
            Claim.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(Among("pk", claim_ids))
            .order_by("pk")
        )
        if not all(actors.may(actors.SYSTEM, act, claim) for claim in locked):
            raise ValueError(f"{act.label} is not an act of the system.")
        ready = [claim for claim in locked if can_proceed(getattr(claim, act.value))]
        for name in SHARED:
            _load(name, ready)
        yield Batch(ready, act, clock.now())


def _load(name: str, claims: Sequence[Claim]) -> None:
    """Give each of the claims what its foreign key of that name points to; one query for all."""
    field: Any = Claim._meta.get_field(name)
    keys = {getattr(claim, field.attname) for claim in claims}
    rows = field.related_model._default_manager.in_bulk(keys)
    for claim in claims:
        field.set_cached_value(claim, rows[getattr(claim, field.attname)])


def _changes(claim: Claim, held: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the columns that differ from what the claim held before, with values to compare."""
    for name, value in vars(claim).items():
        if value is not held.get(name) and name in COLUMNS and value != held.get(name):
            yield name, repr(value) if isinstance(value, list | dict) else value


def _write_events(
    pattern: ClaimEvent, claims: Sequence[Claim], missed: dict[int, datetime | None]
) -> dict[int, ClaimEvent]:
    """Write an event like the pattern for each of the claims, and return them by claim.

    What was due is copied from the claims' rows, which aren't changed yet, and known from
    ``missed`` to the objects.
    """
    by_key = {claim.pk: claim for claim in claims}
    events = {}
    varying = {"claim_id": F("pk"), "nominal_due_at": F("due_at")}
    source: QuerySet[Any] = QuerySet(Claim).filter(Among("pk", by_key)).order_by("pk")
    for key, claim_id in copy_together(source, pattern, varying, returning=("id", "claim_id")):
        event = events[claim_id] = copy(pattern)
        event.pk, event.claim, event.nominal_due_at = key, by_key[claim_id], missed[claim_id]
        event._state.adding = False
    return events
