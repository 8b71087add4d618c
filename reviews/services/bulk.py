"""Acts on many claims at once: each claim by its own rules, with a result of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from claims.actors import Actor
from claims.models import Claim
from claims.refusals import NotYours
from claims.states import Side
from cpor_site.common import clock, limits
from cpor_site.common.models import User
from cpor_site.common.problems import Refused, error

from ..models import BulkAct, BulkResult
from . import leases

Kind = BulkAct.Kind
MOST = 200
MOST_EXPORTS = 30
WITHIN = timedelta(minutes=10)
VIEW_CLAIM = "claims.view_claim"


def assign_claims(
    *, claim_ids: Iterable[int], actor: Actor, to: User | None, reason: str
) -> BulkAct:
    """Give many claims to one reviewer, or back to nobody; for leads.

    Each claim is reassigned in a transaction of its own; what is refused stands in its result.
    Raises ``NotYours`` for anybody but a lead, REV-07 without a reason, REV-19 for no claim or
    more than ``MOST``.
    """
    user = leases.leading(actor)
    reason = leases.required_reason(reason)

    def assign(claim: Claim) -> Any:
        return leases.reassign_claim(claim_id=claim.pk, actor=actor, to=to, reason=reason)

    return _each(Kind.ASSIGN, chosen(claim_ids), user, assign, target=to, reason=reason)


def release_claims(*, claim_ids: Iterable[int], actor: Actor, reason: str = "") -> BulkAct:
    """Give many cases back; a lead those of others too, for which the reason is needed.

    Raises ``NotYours`` for anybody but a reviewer, REV-19 for no claim or more than ``MOST``.
    """
    user = leases.reviewing(actor)

    def release(claim: Claim) -> Any:
        return leases.release_case(claim_id=claim.pk, actor=actor, reason=reason)

    return _each(Kind.RELEASE, chosen(claim_ids), user, release, reason=reason.strip())


def record_export(*, claim_ids: Iterable[int], actor: Actor) -> BulkAct:
    """Write down who took which claims out of the desk; for everybody who may read claims.

    Raises ``NotYours``, REV-19 for no claim or more than ``MOST``, ``TooMany`` (LIM-01) for whoever
    took ``MOST_EXPORTS`` files ``WITHIN`` this while.
    """
    user = actor.user
    if actor.side != Side.REVIEWER or user is None:
        raise NotYours
    if not (user.is_active and user.is_staff and user.has_perm(VIEW_CLAIM)):
        raise NotYours
    claims = chosen(claim_ids)
    limits.ask("claim_export", str(user.pk), most=MOST_EXPORTS, within=WITHIN)
    return _each(Kind.EXPORT, claims, user, lambda claim: None)


def chosen(claim_ids: Iterable[int]) -> list[Claim]:
    """Return the claims in the order asked for; REV-19 for none or more than ``MOST``."""
    keys = list(dict.fromkeys(claim_ids))
    if len(keys) > MOST:
        raise Refused(
            error("REV-19", _("Choose at most %(most)d claims at once.") % {"most": MOST})
        )
    claims = Claim.objects.in_bulk(keys)
    if not claims:
        raise Refused(error("REV-19", _("Choose at least one claim.")))
    return [claims[key] for key in keys if key in claims]


def _each(
    kind: BulkAct.Kind,
    claims: Sequence[Claim],
    user: User,
    act: Callable[[Claim], Any],
    *,
    target: User | None = None,
    reason: str = "",
) -> BulkAct:
    bulk = BulkAct.objects.create(
        kind=kind, by=user, at=clock.now(), target=target, reason=reason[: leases.LONGEST_REASON]
    )
    for claim in claims:
        result = BulkResult(act=bulk, claim=claim, done=True)
        try:
            act(claim)
        except Refused as refusal:
            problem = refusal.problems[0]
            result.done = False
            result.refusal, result.message = problem.code[:10], str(problem.message)[:500]
        result.save()
    return bulk
