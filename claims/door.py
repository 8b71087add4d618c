"""The status door: the one module that changes a claim's status (architecture, section 2).

    with door.passage(claim_id=7, act=Act.RECALL, actor=actors.partner(user)) as passage:
        ...                     # guards that need the locked row; raise Refused to stop
        passage.go(event="claim_recalled")

Entering opens a transaction, locks the claim and asks permission and machine on the locked row.
``go`` runs the transition, saves once with history, writes the event and sends the signal. Leaving
without ``go`` is a programming error unless something was raised, which rolls everything back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, Q
from django_fsm import can_proceed

from cpor_site.common import clock, request_numbers
from cpor_site.common.business_calendar import Deadline

from . import actors
from .actors import Actor
from .models import Claim, ClaimEvent, Dispute, ReviewDecision
from .refusals import (
    AlreadyHeld,
    ChangedMeanwhile,
    ConflictOfInterest,
    DecidedBefore,
    MovedOn,
    NotYours,
)
from .signals import claim_moved
from .states import Act, DeadlineKind, Side, Status

if TYPE_CHECKING:
    from cpor_site.common.models import User

RULED = "competing_case_ruled"
"""The event that a ruling leaves on each party's claim; its actor is the arbiter."""


@dataclass
class Passage:
    """One act in progress on one locked claim; ``now`` is the moment of the act (UTC)."""

    claim: Claim
    act: Act
    actor: Actor
    now: datetime
    event: ClaimEvent | None = field(default=None, init=False)

    def go(
        self,
        *,
        event: str,
        deadline: tuple[DeadlineKind, Deadline] | None = None,
        reason: str = "",
        details: dict[str, Any] | None = None,
        **arguments: Any,
    ) -> ClaimEvent:
        """Run the transition, save once, write the event and send ``claim_moved``.

        ``deadline`` is the clock that runs from now on, or none. ``reason`` goes into the history,
        ``details`` (JSON) into the event, ``arguments`` to the transition.
        """
        claim, before, missed = self.claim, self.claim.status, self.claim.due_at
        move(claim, self.act, actor=self.actor, now=self.now, deadline=deadline, **arguments)
        save(claim, actor=self.actor, now=self.now, reason=reason or event)
        self.event = record(
            claim,
            kind=event,
            actor=self.actor,
            at=self.now,
            from_status=before,
            to_status=claim.status,
            nominal_due_at=missed,
            details=details,
        )
        tell(claim, event=self.event, actor=self.actor)
        return self.event


@contextmanager
def passage(
    *, claim_id: int, act: Act, actor: Actor, version: int | None = None
) -> Iterator[Passage]:
    """Open the door for one act on one claim.

    ``version`` is the version of the claim that the actor's page showed, if it showed one. Raises
    ``NotYours``, ``MovedOn``, ``ChangedMeanwhile``, ``AlreadyHeld`` or ``ConflictOfInterest``.
    """
    with transaction.atomic():
        claim = locked(claim_id)
        if not actors.may(actor, act, claim):
            raise NotYours
        if not can_proceed(getattr(claim, act.value)):
            raise MovedOn(status_label(claim))
        if version is not None and version != claim.version:
            raise ChangedMeanwhile
        if actor.side == Side.REVIEWER:
            ask_reviewer(actor, claim)
        opened = Passage(claim, act, actor, clock.now())
        yield opened
        if opened.event is None:
            raise RuntimeError(f"Nobody went through the door to {act.value} claim {claim}.")


@contextmanager
def open_for_change(
    *, claim_id: int, actor: Actor, version: int | None = None
) -> Iterator[tuple[Claim, datetime]]:
    """Lock a claim for a change that leaves its status alone, such as an edited field.

    Yields the locked claim and the moment. Whoever asks checks the actor's right and the status.
    Raises ``NotYours`` for an unknown claim and ``ChangedMeanwhile`` for a stale page.
    """
    with transaction.atomic():
        claim = locked(claim_id)
        if version is not None and version != claim.version:
            raise ChangedMeanwhile
        yield claim, clock.now()


def locked(claim_id: int) -> Claim:
    """Return the claim with its row locked, freshly read; raise ``NotYours`` if there is none.

    The lock leaves the key alone: an act on a rival's claim may still write rows that refer to this
    one, such as an event, and need not wait for it.
    """
    claim = (
        Claim.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organization", "location", "tenant", "area", "rule_profile")
        .filter(pk=claim_id)
        .first()
    )
    if claim is None:
        raise NotYours
    return claim


def locked_in_order(claim_ids: list[int]) -> list[Claim]:
    """Return several claims locked in primary-key order, so that two acts never wait in a ring."""
    return [locked(claim_id) for claim_id in sorted(set(claim_ids))]


def move(
    claim: Claim,
    act: Act,
    *,
    actor: Actor,
    now: datetime,
    deadline: tuple[DeadlineKind, Deadline] | None,
    **arguments: Any,
) -> None:
    """Run the transition on the locked claim and set the clock that runs from now on."""
    getattr(claim, act.value)(now=now, by=actor.user, **arguments)
    kind, limit = deadline or ("", None)
    claim.deadline_kind = kind
    claim.due_at = limit.due_at if limit else None
    # Whatever moves a claim ends a pause of its clock.
    claim.paused_at = claim.business_days_left = None


def save(
    claim: Claim, *, actor: Actor, now: datetime, reason: str, is_touched: bool = True
) -> None:
    """Save the locked claim once, as its next version, with the history's user and reason.

    Whoever touches a draft recovers it from the archive; what only time does isn't a touch.
    """
    claim.version += 1
    if is_touched:
        claim.changed_at = now
        claim.archived_at = None
    claim._history_user = actor.user  # type: ignore[attr-defined]
    claim._change_reason = reason[:100]  # type: ignore[attr-defined]
    claim.save()


def touch(claim: Claim, *, now: datetime) -> None:
    """Note news about a claim as its last change; its version stays, as does all else.

    Never waits for the claim's row: who has it is changing the claim in this moment anyway.
    """
    row = Claim.objects.filter(pk=claim.pk)
    if row.select_for_update(skip_locked=True, no_key=True).first() is not None:
        claim.changed_at = now
        row.update(changed_at=now)


def record(
    claim: Claim,
    *,
    kind: str,
    actor: Actor,
    at: datetime,
    from_status: str = "",
    to_status: str = "",
    nominal_due_at: datetime | None = None,
    details: dict[str, Any] | None = None,
    internal: bool = False,
) -> ClaimEvent:
    """Write one event about the claim and return it."""
    event = event_of(
        claim,
        kind=kind,
        actor=actor,
        at=at,
        from_status=from_status,
        to_status=to_status,
        nominal_due_at=nominal_due_at,
        details=details,
        internal=internal,
    )
    event.save()
    return event


def event_of(
    claim: Claim,
    *,
    kind: str,
    actor: Actor,
    at: datetime,
    from_status: str,
    to_status: str,
    nominal_due_at: datetime | None,
    details: dict[str, Any] | None,
    internal: bool = False,
) -> ClaimEvent:
    """Return an event about the claim that is still to be written."""
    return ClaimEvent(
        claim=claim,
        kind=kind,
        at=at,
        side=actor.side,
        actor=actor.user,
        actor_name=actor.display_name,
        from_status=from_status,
        to_status=to_status,
        nominal_due_at=nominal_due_at,
        details=details or {},
        internal=internal,
        request_id=request_numbers.present(),
    )


def tell(claim: Claim, *, event: ClaimEvent, actor: Actor) -> None:
    """Send the news of an event upward, inside the transaction of the act."""
    claim_moved.send(sender=Claim, claim=claim, event=event, actor=actor)


def status_label(claim: Claim) -> str:
    """Return the status in the words of the claim's rule profile."""
    other = claim.rule_profile.status_labels.get(claim.status)
    return str(other or Status(claim.status).label)


def open_acts(actor: Actor, claim: Claim) -> list[Act]:
    """Return the acts that pages may offer the actor now; the door itself asks again.

    Leaves out what only ``ask_reviewer`` knows.
    """
    if actor.side == Side.PARTNER and actor.user is not None:
        has = actors.capabilities_on(actor.user, claim)
        return [act for act in possible_acts(claim) if actors.ACT_CAPABILITY.get(act) in has]
    return [act for act in possible_acts(claim) if actors.may(actor, act, claim)]


def possible_acts(claim: Claim) -> list[Act]:
    """Return the acts that the machine allows from where the claim stands, whoever does them."""
    return [act for act in Act if can_proceed(getattr(claim, act.value))]


def _decided_before(user: User, claim: Claim) -> Q:
    """Return the condition that the reviewer decided before the dispute, which others judge.

    Who ruled on a case of competing claims in which the claim took part has decided on it too.
    """
    disputed_round = Dispute.objects.filter(claim=claim).order_by("-number").values("round")[:1]
    return Q(
        Exists(ReviewDecision.objects.filter(claim=claim, reviewer=user, round__lt=disputed_round))
    ) | Q(
        Exists(
            ClaimEvent.objects.filter(claim=claim, kind=RULED, actor=user, at__lt=claim.disputed_at)
        )
    )


def ask_reviewer(actor: Actor, claim: Claim) -> None:
    """Raise the refusal if this reviewer can't act on the claim.

    What ``ask_impartial`` raises, and ``AlreadyHeld``.
    """
    assert actor.user is not None
    ask_impartial(actor.user, claim)
    holder = claim.assigned_reviewer
    if holder is not None and holder != actor.user and not actors.is_lead(actor.user):
        raise AlreadyHeld(holder)


def ask_impartial(user: User, claim: Claim) -> None:
    """Raise ``ConflictOfInterest`` (Q28) or ``DecidedBefore`` (section 6), whatever the user leads.

    Who decided before a dispute has no part in it until it is settled.
    """
    asked: dict[str, Any] = {"is_party": actors.interest(user, claim)}
    if claim.disputed_at is not None and claim.is_undecided:
        asked["has_decided"] = _decided_before(user, claim)
    row: Any = Claim.objects.filter(pk=claim.pk)
    found: dict[str, Any] = row.values(**asked).get()
    if found["is_party"]:
        raise ConflictOfInterest
    if found.get("has_decided"):
        raise DecidedBefore
