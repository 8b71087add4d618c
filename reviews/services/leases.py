"""Who has a case open: leases that run out by themselves and never move a deadline.

A lease keeps two people from working on one case at once. It says nothing about whose claim it is:
that is ``assigned_reviewer``, set when somebody takes the claim up (T3) or by ``reassign_claim``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from claims import actors, door
from claims.actors import Actor
from claims.models import Claim
from claims.refusals import MovedOn, NotYours
from claims.states import Side, Status
from cpor_site.common.key_lists import Among
from cpor_site.common.models import User
from cpor_site.common.problems import Refused, error

from ..models import CaseLease

End = CaseLease.End

LENGTH = timedelta(minutes=30)
"""How long a lease runs after it was taken or its holder last did something."""

RENEWED_BELOW = timedelta(minutes=25)
"""Opening a case again renews its lease only when less than this is left."""

WITH_REVIEWERS = (Status.SUBMITTED, Status.UNDER_REVIEW, Status.DISPUTED)
"""The statuses in which a case can be held."""

LONGEST_REASON = 300


class HeldElsewhere(Refused):
    """Somebody else has the case open just now (REV-05)."""

    def __init__(self, holder: object) -> None:
        super().__init__(
            error(
                "REV-05",
                _(
                    "%(holder)s has this case open. Wait until it is given back; a lead reviewer "
                    "can take it over."
                )
                % {"holder": holder},
            )
        )


class NothingHeld(Refused):
    """There is no running lease to give back or take over (REV-06)."""

    def __init__(self) -> None:
        super().__init__(error("REV-06", _("Nobody has this case open any more.")))


def running(now: datetime) -> Q:
    """Return the condition for leases that keep others off at ``now``."""
    return Q(ended_at=None, expires_at__gt=now)


def running_leases(now: datetime) -> QuerySet[CaseLease]:
    """Return the leases that run at ``now``, each with its holder."""
    return CaseLease.objects.filter(running(now)).select_related("holder").order_by("-taken_at")


def lease_of(claim: Claim, now: datetime) -> CaseLease | None:
    """Return the lease that runs on the claim at ``now``, or None."""
    return running_leases(now).filter(claim=claim).first()


def take_case(*, claim_id: int, actor: Actor) -> CaseLease:
    """Hold the case for ``LENGTH``; a lease of one's own is renewed.

    Raises ``NotYours`` for anybody but a reviewer, ``MovedOn`` for a claim that isn't with the
    reviewers, ``ConflictOfInterest``, ``AlreadyHeld`` (somebody else's claim) and
    ``HeldElsewhere`` (REV-05).
    """
    with door.open_for_change(claim_id=claim_id, actor=actor) as (claim, now):
        user = reviewing(actor)
        _must_be_with_reviewers(claim)
        door.ask_reviewer(actor, claim)
        return hold(claim, user, now)


def hold(claim: Claim, user: User, now: datetime) -> CaseLease:
    """Give the user the lease of a locked claim, anew or renewed.

    Raises ``HeldElsewhere`` if it isn't free. A lease that ran out is ended here, by whoever comes
    next.
    """
    current = CaseLease.objects.select_related("holder").filter(claim=claim, ended_at=None).first()
    if current is not None:
        if current.holder_id == user.pk:
            return _renew(current, now)
        if current.expires_at > now:
            raise HeldElsewhere(current.holder)
        _end(current, now, End.EXPIRED, by=None)
    return CaseLease.objects.create(claim=claim, holder=user, taken_at=now, expires_at=now + LENGTH)


def renew_on_opening(claim: Claim, user: User, now: datetime) -> CaseLease | None:
    """Return the claim's running lease, renewed first if it is the user's own and half used.

    Opening a case takes no lease: only who holds it keeps it that way.
    """
    lease = lease_of(claim, now)
    if lease is None or lease.holder_id != user.pk or lease.expires_at - now >= RENEWED_BELOW:
        return lease
    CaseLease.objects.filter(pk=lease.pk, ended_at=None).update(expires_at=now + LENGTH)
    lease.expires_at = now + LENGTH
    return lease


def release_case(*, claim_id: int, actor: Actor, reason: str = "") -> CaseLease:
    """Give the case back, so that others may open it.

    A lead may end anybody's lease, with a reason. Raises ``NotYours``, ``NothingHeld`` (REV-06),
    ``HeldElsewhere`` for somebody else's lease, and for a lead ``ConflictOfInterest``,
    ``DecidedBefore`` or REV-07 without a reason.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor) as (claim, now):
        user = reviewing(actor)
        lease = lease_of(claim, now)
        if lease is None:
            raise NothingHeld
        if lease.holder_id != user.pk:
            if not actors.is_lead(user):
                raise HeldElsewhere(lease.holder)
            door.ask_impartial(user, claim)
            reason = required_reason(reason)
        return _end(lease, now, End.RELEASED, by=user, reason=reason)


def take_over_case(*, claim_id: int, actor: Actor, reason: str) -> CaseLease:
    """Let a lead hold a case that somebody else has open; both see it in the case's history.

    Raises ``NotYours`` for anybody but a lead, ``NothingHeld``, REV-07 without a reason.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor) as (claim, now):
        user = leading(actor)
        _must_be_with_reviewers(claim)
        door.ask_reviewer(actor, claim)
        lease = lease_of(claim, now)
        if lease is None or lease.holder_id == user.pk:
            raise NothingHeld
        reason = required_reason(reason)
        _end(lease, now, End.TAKEN_OVER, by=user, reason=reason)
        door.record(
            claim,
            kind="case_taken_over",
            actor=actor,
            at=now,
            details={"from": str(lease.holder), "reason": reason},
            internal=True,
        )
        return hold(claim, user, now)


def reassign_claim(
    *, claim_id: int, actor: Actor, to: User | None, reason: str, version: int | None = None
) -> Claim:
    """Give the claim another reviewer, or nobody, which puts it back to the unassigned ones.

    A lead may do so with every claim, a reviewer with their own unless somebody else has it open.
    Who is a party to the claim can only put their own back, not choose who decides; nor can who
    decided before a dispute choose who judges it (Q28, section 6). Deadlines stay.
    Effects, in order: the running lease ends, reviewer, history, internal event
    ``claim_reassigned``. Raises ``NotYours``, ``MovedOn``, ``ChangedMeanwhile``,
    ``ConflictOfInterest``, ``DecidedBefore``, ``HeldElsewhere``, REV-07 without a reason, REV-08
    for somebody who can't review this claim or has it already.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor, version=version) as (claim, now):
        user = reviewing(actor)
        if not actors.is_lead(user) and claim.assigned_reviewer_id != user.pk:
            raise NotYours
        _must_be_with_reviewers(claim)
        if to is not None or claim.assigned_reviewer_id != user.pk:
            door.ask_impartial(user, claim)
        lease = lease_of(claim, now)
        if lease is not None and lease.holder_id != user.pk and not actors.is_lead(user):
            raise HeldElsewhere(lease.holder)
        reason = required_reason(reason)
        before = claim.assigned_reviewer
        if to == before:
            raise Refused(
                error("REV-08", _("That wouldn't change who reviews this claim."), field="to")
            )
        if to is not None:
            _must_be_able_to_review(to, claim)
        if lease is not None and lease.holder != to:
            _end(lease, now, End.REASSIGNED, by=user, reason=reason)
        claim.assigned_reviewer = to
        door.save(claim, actor=actor, now=now, reason="claim_reassigned")
        door.record(
            claim,
            kind="claim_reassigned",
            actor=actor,
            at=now,
            details={"from": str(before or ""), "to": str(to or ""), "reason": reason},
            internal=True,
        )
        return claim


def follow(claim: Claim, actor: Actor, now: datetime) -> None:
    """Bring the lease in line with an act that moved the claim; called inside the act.

    A reviewer's act needs the lease to be free or their own (REV-05) and renews it; a claim that
    left the reviewers has none any more.
    """
    if actor.side == Side.REVIEWER and actor.user is not None:
        lease = lease_of(claim, now)
        if lease is not None and lease.holder_id != actor.user.pk:
            raise HeldElsewhere(lease.holder)
        if claim.status in WITH_REVIEWERS:
            hold(claim, actor.user, now)
            return
    for open_lease in CaseLease.objects.filter(claim=claim, ended_at=None):
        _end(open_lease, now, End.MOVED_ON, by=actor.user)


def end_for_closing(claim: Claim, *, by: User, now: datetime) -> None:
    """End whatever lease runs on a locked claim that two leads close (T23)."""
    for open_lease in CaseLease.objects.filter(claim=claim, ended_at=None):
        _end(open_lease, now, End.MOVED_ON, by=by)


def give_back(claim: Claim, user: User, now: datetime) -> None:
    """End the user's own lease of a locked claim with which nothing is left to do for them."""
    lease = lease_of(claim, now)
    if lease is not None and lease.holder_id == user.pk:
        _end(lease, now, End.RELEASED, by=user)


def held_among(claims: Sequence[Claim]) -> set[int]:
    """Return the keys of those claims that have a lease which has not ended."""
    of_these = Among("claim", [claim.pk for claim in claims])
    open_leases = CaseLease.objects.filter(of_these, ended_at=None)
    return set(open_leases.values_list("claim", flat=True))


def reviewing(actor: Actor) -> User:
    """Return the actor's user if they may review; raise ``NotYours`` otherwise."""
    user = actor.user
    if actor.side != Side.REVIEWER or user is None or not can_review(user):
        raise NotYours
    return user


def leading(actor: Actor) -> User:
    """Return the actor's user if they lead; raise ``NotYours`` otherwise."""
    user = reviewing(actor)
    if not actors.is_lead(user):
        raise NotYours
    return user


def can_review(user: User) -> bool:
    """Whether the user works here and decides claims."""
    return user.is_active and user.is_staff and user.has_perm(actors.REVIEW_PERMISSION)


def required_reason(reason: str) -> str:
    """Return the reason without blanks around it; REV-07 if there is none or it is too long."""
    reason = reason.strip()
    if not reason:
        raise Refused(error("REV-07", _("Give a reason; your colleagues read it."), field="reason"))
    if len(reason) > LONGEST_REASON:
        raise Refused(
            error(
                "REV-07",
                _("The reason has %(length)d characters; at most %(longest)d fit.")
                % {"length": len(reason), "longest": LONGEST_REASON},
                field="reason",
            )
        )
    return reason


def _must_be_with_reviewers(claim: Claim) -> None:
    if claim.status not in WITH_REVIEWERS:
        raise MovedOn(door.status_label(claim))


def _must_be_able_to_review(user: User, claim: Claim) -> None:
    refused = Refused(
        error(
            "REV-08",
            _("%(person)s can't review this claim. Choose somebody else.") % {"person": user},
            field="to",
        )
    )
    if not can_review(user):
        raise refused
    before, claim.assigned_reviewer = claim.assigned_reviewer, None
    try:
        door.ask_reviewer(actors.reviewer(user), claim)
    except Refused:
        raise refused from None
    finally:
        claim.assigned_reviewer = before


def _renew(lease: CaseLease, now: datetime) -> CaseLease:
    lease.expires_at = max(lease.expires_at, now + LENGTH)
    lease.save(update_fields=["expires_at"])
    return lease


def _end(
    lease: CaseLease, now: datetime, end: CaseLease.End, *, by: User | None, reason: str = ""
) -> CaseLease:
    lease.ended_at = now
    lease.end, lease.ended_by, lease.reason = end, by, reason.strip()[:LONGEST_REASON]
    lease.save(update_fields=["ended_at", "end", "ended_by", "reason"])
    return lease
