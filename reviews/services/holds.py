"""Keeping the sweeps from one claim for a while; the deadline itself stays where it is."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from claims import door
from claims.actors import Actor
from claims.models import Claim, ClockHold
from claims.refusals import MovedOn
from claims.services.displacement import is_to_yield
from claims.services.subscription_ends import rests_on_subscriptions
from claims.states import Status
from consent.services.withdrawals import announced
from cpor_site.common.problems import Refused, error

from .leases import leading, required_reason


def ends_by_itself(claim: Claim) -> bool:
    """Whether a sweep will act on the claim if nobody does before."""
    return claim.status == Status.PARTNER_ACTION_REQUIRED or (
        claim.status == Status.APPROVED
        and (
            (claim.consent_closes_at is not None and claim.activated_at is None)
            or announced(claim).exists()
            or rests_on_subscriptions(claim)
            or is_to_yield(claim)
        )
    )


def place_hold(*, claim_id: int, actor: Actor, reason: str) -> ClockHold:
    """Keep the sweeps from the claim until the hold is lifted; for leads.

    Nor does the winner of a ruling take the claim's place meanwhile: it waits with it (T21).
    Effects: the hold, an internal event ``clock_held``. Raises ``NotYours`` for anybody but a lead,
    ``ConflictOfInterest``, ``DecidedBefore``, ``MovedOn`` for a claim that no sweep would touch,
    REV-07 without a reason, REV-09 if it is on hold already.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor) as (claim, now):
        user = leading(actor)
        door.ask_impartial(user, claim)
        if not ends_by_itself(claim):
            raise MovedOn(door.status_label(claim))
        reason = required_reason(reason)
        if ClockHold.objects.filter(claim=claim, lifted_at=None).exists():
            raise Refused(error("REV-09", _("The automatic end of this claim is on hold already.")))
        hold = ClockHold.objects.create(claim=claim, reason=reason, placed_by=user, placed_at=now)
        door.record(
            claim,
            kind="clock_held",
            actor=actor,
            at=now,
            details={"reason": reason},
            internal=True,
        )
        return hold


def lift_hold(*, claim_id: int, actor: Actor) -> ClockHold:
    """Let the sweeps see the claim again; what is overdue is done by their next run.

    Effects: the hold ends, an internal event ``clock_released``. Raises ``NotYours`` for anybody
    but a lead, ``ConflictOfInterest``, ``DecidedBefore``, REV-09 if there is no hold.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor) as (claim, now):
        user = leading(actor)
        door.ask_impartial(user, claim)
        hold = ClockHold.objects.filter(claim=claim, lifted_at=None).first()
        if hold is None:
            raise Refused(error("REV-09", _("This claim isn't on hold any more.")))
        hold.lifted_by, hold.lifted_at = user, now
        hold.save(update_fields=["lifted_by", "lifted_at"])
        door.record(claim, kind="clock_released", actor=actor, at=now, internal=True)
        return hold
