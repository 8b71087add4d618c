"""A holder makes room for the winner of a ruling when the winner's window has passed (T21)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cpor_site.common.spoken import operators_words

from .. import actors, deadlines, door
from ..models import Association, Claim, ClaimEvent, ClaimLine, ClockHold
from ..refusals import MovedOn
from ..states import Act, AssociationState, LineStatus, RejectionReason
from . import associations
from .lines import approved_lines
from .submission import lock_customer
from .sweeps import is_any_on_hold

REASONS = [str(RejectionReason.COMPETE)]
LIVING = (AssociationState.PROVISIONAL, AssociationState.ACTIVE)


def claims_in_the_way(claim_id: int) -> list[int]:
    """Return the keys of the claims whose associations end when this claim's come into force."""
    return list(
        Association.objects.filter(
            hold__waiting__associations__claim=claim_id, hold__waiting__released_at=None
        )
        .exclude(state=AssociationState.ENDED)
        .order_by("claim_id")
        .values_list("claim_id", flat=True)
        .distinct()
    )


def associations_to_yield(claim: Any) -> QuerySet[Association]:
    """Return the associations whose place the winner of a ruling waits to take.

    ``claim`` is theirs, or ``OuterRef`` to its key.
    """
    return Association.objects.filter(
        claim=claim, state__in=LIVING, hold__waiting__isnull=False, hold__waiting__released_at=None
    )


def is_to_yield(claim: Claim) -> bool:
    """Whether the winner of a ruling waits to take the place of one of the claim's associations."""
    return associations_to_yield(claim).exists()


def holds_in_the_way(claim: Any) -> QuerySet[ClockHold]:
    """Return the holds on claims whose end would put this claim's associations in force.

    ``claim`` is one, or ``OuterRef`` to its key.
    """
    return ClockHold.objects.filter(
        lifted_at=None,
        claim__associations__state__in=LIVING,
        claim__associations__hold__waiting__released_at=None,
        claim__associations__hold__waiting__associations__claim=claim,
        claim__associations__hold__waiting__associations__state__in=LIVING,
    ).distinct()


def held_up() -> QuerySet[Association, int]:
    """Return the keys of the claims that come into force when such a hold is lifted."""
    held = ClockHold.objects.filter(lifted_at=None).values("claim")
    return (
        Association.objects.filter(
            state__in=LIVING,
            hold__released_at=None,
            hold__waits_for__in=Association.objects.filter(claim__in=held, state__in=LIVING).values(
                "hold"
            ),
        )
        .order_by()
        .values_list("claim", flat=True)
    )


def held_up_by(claim_ids: Collection[int]) -> dict[int, list[Claim]]:
    """Return for claims on hold who waits to take their place."""
    found: dict[int, list[Claim]] = defaultdict(list)
    waiting = Association.objects.filter(
        state__in=LIVING,
        hold__released_at=None,
        hold__waits_for__associations__claim__in=list(claim_ids),
        hold__waits_for__associations__state__in=LIVING,
    )
    pairs = waiting.order_by("claim").values_list("hold__waits_for__associations__claim", "claim")
    claims = Claim.objects.in_bulk([claim_id for _held, claim_id in pairs])
    for held, claim_id in dict.fromkeys(pairs):
        found[held].append(claims[claim_id])
    return found


def displace_for(claim: Claim, *, locked: Collection[int], now: datetime) -> datetime:
    """T21: end what the claim's waiting holds wait for, which makes the claim the holder.

    The second half of T11 for the winner of a ruling; the caller holds the locks of the claims
    ``locked``, which it asked ``claims_in_the_way`` for; ``MovedOn`` if another came meanwhile, or
    while a lead reviewer keeps the sweeps from one of them.
    Effects for each of these, in order: associations ended as
    ``displaced``, their holds freed and those that waited promoted, lines ended; if no line is
    left: status ended, time to dispute, event ``association_displaced``; else event
    ``line_displaced`` and the claim lives on.

    Returns the moment from which the winner is in force: ``now``, or later if the clock was set
    back, so that at every instant exactly one association is active.
    """
    lock_customer(claim)
    ending: dict[int, list[Association]] = defaultdict(list)
    for association in (
        Association.objects.filter(hold__waiting__in=associations.waiting_holds(claim))
        .exclude(state=AssociationState.ENDED)
        .select_related("line")
        .order_by("pk")
    ):
        ending[association.claim_id].append(association)
    if not ending.keys() <= set(locked) or is_any_on_hold(ending):
        raise MovedOn(door.status_label(claim))
    began = [each.effective_from for group in ending.values() for each in group]
    moment = max([now, *(each for each in began if each is not None)])
    for claim_id, group in sorted(ending.items()):
        _displace(claim_id, [each.line for each in group], moment)
    return moment


def _displace(claim_id: int, lines: list[ClaimLine], now: datetime) -> None:
    claim = door.locked(claim_id)
    details = {"lines": [line.pk for line in lines]} | _rulings_on(claim, lines)
    if {line.pk for line in approved_lines(claim)} <= {line.pk for line in lines}:
        with door.passage(claim_id=claim_id, act=Act.DISPLACE, actor=actors.SYSTEM) as passage:
            passage.now = now
            _end(passage.claim, lines, now)
            passage.claim.ended_reason = operators_words(_("another partner's proof prevailed"))
            passage.go(
                event="association_displaced",
                deadline=deadlines.dispute_filing(passage.claim, now, REASONS),
                details=details,
            )
    else:
        _end(claim, lines, now)
        door.save(claim, actor=actors.SYSTEM, now=now, reason="line_displaced")
        event = door.record(
            claim, kind="line_displaced", actor=actors.SYSTEM, at=now, details=details
        )
        door.tell(claim, event=event, actor=actors.SYSTEM)


def _rulings_on(claim: Claim, lines: Collection[ClaimLine]) -> dict[str, object]:
    """Return what the claim's partner was told of the rulings by which these lines are displaced.

    Each line by the newest one that is about it; of several what they have in common is said once.
    """
    wanted = {line.pk for line in lines}
    found: list[ClaimEvent] = []
    for event in ClaimEvent.objects.filter(claim=claim, kind=door.RULED).order_by("-at", "-pk"):
        about = wanted & set(event.details.get("lines", ()))
        if about:
            wanted -= about
            found.insert(0, event)
    if not found:
        return {}
    grounds = [each for event in found for each in event.details.get("grounds", ())]
    texts = [event.details["text"] for event in found if event.details.get("text")]
    return {"grounds": list(dict.fromkeys(grounds)), "text": "\n\n".join(dict.fromkeys(texts))}


def _end(claim: Claim, lines: list[ClaimLine], now: datetime) -> None:
    associations.end(
        claim,
        actor=actors.SYSTEM,
        now=now,
        reason=Association.EndReason.DISPLACED,
        line_status=LineStatus.ENDED,
        lines=lines,
    )
