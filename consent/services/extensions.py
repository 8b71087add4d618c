"""More time for the customer, once, at a lead reviewer's word (section 7.4)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from claims import actors, door
from claims.actors import Actor
from claims.models import Claim
from claims.refusals import ConflictOfInterest, NotYours
from claims.states import AssociationState, Side
from cpor_site.common import clock
from cpor_site.common.models import User
from cpor_site.common.operator_calendar import operator_calendar
from cpor_site.common.problems import Refused, error

from .. import letters
from ..models import ConsentEvent, ConsentRequest

MOST_DAYS = 30
LONGEST_REASON = 300


def extendable(claim: Claim) -> ConsentRequest | None:
    """Return the request whose window is open and was never extended, or None."""
    request = ConsentRequest.objects.filter(claim=claim, closed_at=None).first()
    if request is None or request.extended_at is not None or not _is_open(claim, request):
        return None
    return request


def extension_of(claim: Claim) -> ConsentRequest | None:
    """Return the claim's last request whose window was extended, or None."""
    return (
        ConsentRequest.objects.filter(claim=claim, extended_at__isnull=False)
        .select_related("extended_by")
        .order_by("-extended_at")
        .first()
    )


def extend_window(*, claim_id: int, actor: Actor, days: int, reason: str) -> ConsentRequest:
    """Let the open window end ``days`` calendar days later; once, for leads, with a reason (7.4).

    Effects, in order: the request's new end, with who and why; the claim's deadline; a
    ``ConsentEvent``; event ``consent_window_extended``; a letter with the new date to everybody who
    holds a link. Raises ``NotYours`` for anybody but a lead reviewer, ``ConflictOfInterest``,
    CNS-04 before the window opened and after it ended, CNS-05 the second time, CNS-06 for a number
    of days out of range, REV-07 without a reason.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor) as (claim, now):
        user = _leading(actor)
        if actors.has_interest(user, claim):
            raise ConflictOfInterest
        request = ConsentRequest.objects.select_for_update().filter(claim=claim, closed_at=None)
        found = request.first()
        if found is None or found.closes_at is None or not _is_open(claim, found):
            raise Refused(
                error(
                    "CNS-04",
                    _("The customer's time to refuse isn't running, so it can't be extended."),
                )
            )
        if found.extended_at is not None:
            raise Refused(
                error("CNS-05", _("The customer's time was extended before; that is done once."))
            )
        if not 1 <= days <= MOST_DAYS:
            raise Refused(
                error(
                    "CNS-06",
                    _("Enter a number of days from 1 to %(most)d.") % {"most": MOST_DAYS},
                    field="days",
                )
            )
        reason = reason.strip()[:LONGEST_REASON]
        if not reason:
            raise Refused(error("REV-07", _("Write the reason."), field="reason"))
        limit = operator_calendar().calendar_deadline(found.closes_at, days)
        found.closes_at = limit.due_at
        found.extended_at, found.extended_by, found.extension_reason = now, user, reason
        found.save()
        claim.consent_closes_at = claim.due_at = limit.due_at
        door.save(claim, actor=actor, now=now, reason="consent_window_extended")
        ConsentEvent.objects.create(
            request=found, kind=ConsentEvent.Kind.EXTENDED, at=now, note=reason
        )
        event = door.record(
            claim,
            kind="consent_window_extended",
            actor=actor,
            at=now,
            details={"days": days, "closes_at": limit.due_at.isoformat()},
        )
        door.tell(claim, event=event, actor=actor)
        letters.write_extension(found, event)
    return found


def _is_open(claim: Claim, request: ConsentRequest) -> bool:
    return (
        claim.association_state == AssociationState.PROVISIONAL
        and request.closes_at is not None
        and clock.now() <= request.closes_at
    )


def _leading(actor: Actor) -> User:
    user = actor.user
    if (
        actor.side != Side.REVIEWER
        or user is None
        or not user.is_active
        or not user.has_perm(actors.REVIEW_PERMISSION)
        or not actors.is_lead(user)
    ):
        raise NotYours
    return user
