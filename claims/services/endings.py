"""Ending an association that has been approved."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Refused, error

from .. import actors, door
from ..actors import Actor
from ..models import Association, Claim
from ..refusals import MovedOn
from ..states import Act, LineStatus
from . import associations

LONGEST = 200
REPLACED = _("replaced by claim %(number)s")


def end_association(
    *, claim_id: int, actor: Actor, reason: str, version: int | None = None
) -> Claim:
    """T13: the partner ends its association, in the customer's window or later.

    Effects, in order: associations ended and their keys freed, lines ended, status, event
    ``association_ended`` (whose news closes the consent request, hands over terminations and tells
    the customer). Raises ``Refused`` (ASC-01) without a reason, and the door's refusals.
    """
    with door.passage(
        claim_id=claim_id, act=Act.END_ASSOCIATION, actor=actor, version=version
    ) as passage:
        reason = reason.strip()
        if not reason:
            raise Refused(
                error("ASC-01", _("Tell us why you're ending the association."), field="reason")
            )
        associations.end(
            passage.claim,
            actor=actor,
            now=passage.now,
            reason=Association.EndReason.PARTNER_ENDED,
            line_status=LineStatus.ENDED,
        )
        passage.claim.ended_reason = reason[:LONGEST]
        passage.go(event="association_ended", details={"text": reason[:LONGEST]})
    return passage.claim


def end_replaced(claim: Claim, *, now: datetime) -> Claim | None:
    """End the approved claim that ``claim`` names in ``replaces``; the caller holds both locks.

    The second half of T11 for an own replacement (5.1): in the same transaction, and before the
    newer associations come into force at the same moment ``now``, so that at no moment two are
    active or none. Returns the ended claim, or None if there was nothing to end.
    """
    if claim.replaces_id is None:
        return None
    try:
        with door.passage(
            claim_id=claim.replaces_id, act=Act.DISPLACE, actor=actors.SYSTEM
        ) as passage:
            passage.now = now
            words = str(REPLACED % {"number": claim.number})
            associations.end(
                passage.claim,
                actor=actors.SYSTEM,
                now=passage.now,
                reason=Association.EndReason.REPLACED,
                line_status=LineStatus.ENDED,
            )
            passage.claim.ended_reason = words
            passage.go(event="association_ended", details={"text": words})
    except MovedOn:
        return None
    return passage.claim
