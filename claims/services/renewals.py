"""Asking that the customer who refused be asked once more (Q8)."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Problem, Refused, error

from .. import actors, deadlines, door
from ..actors import Actor, Capability
from ..models import Association, Claim, ClaimLine, ConsentRenewal
from ..refusals import MovedOn, NotYours
from ..states import RejectionReason, Side, Status
from ..wording import date_words

LONGEST = 2000


def ask_renewal(
    *,
    claim_id: int,
    actor: Actor,
    reason: str,
    version: int | None = None,
    arrived_at: datetime | None = None,
) -> ConsentRenewal:
    """Ask the operator to ask the customer once more; once for a claim, within the days to dispute.

    Effects, in order: the wish on record, event ``renewal_asked``; the status stays. ``arrived_at``
    is the moment the request came in, which is what counts. Raises ``NotYours``,
    ``ChangedMeanwhile``, ``MovedOn`` for a claim that isn't rejected, ``Refused``: RNW-01 where no
    customer refused, RNW-02 the second time, RNW-03 after the last day, RNW-04 without a reason.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor, version=version) as (claim, now):
        user = actor.user
        if actor.side != Side.PARTNER or user is None:
            raise NotYours
        if not actors.partner_can(user, Capability.CLAIM, claim):
            raise NotYours
        if claim.status != Status.REJECTED:
            raise MovedOn(door.status_label(claim))
        reason = reason.strip()
        problems = closed_to_renewals(claim, arrived_at or now) or _unreasoned(reason)
        if problems:
            raise Refused(*problems)
        renewal = ConsentRenewal(claim=claim, reason=reason, asked_by=user, asked_at=now)
        renewal._history_user = user  # type: ignore[attr-defined]
        renewal.save()
        door.save(claim, actor=actor, now=now, reason="renewal_asked")
        event = door.record(
            claim, kind="renewal_asked", actor=actor, at=now, details={"text": reason}
        )
        door.tell(claim, event=event, actor=actor)
    return renewal


def closed_to_renewals(claim: Claim, at: datetime) -> list[Problem]:
    """Return why the customer can't be asked again at the partner's wish; nothing if they can."""
    if RejectionReason.CUSTOMER not in claim.rejection_reasons:
        return [
            error(
                "RNW-01",
                _("No customer has refused this claim, so there is nobody to ask again."),
            )
        ]
    if ConsentRenewal.objects.filter(claim=claim).exists():
        return [
            error("RNW-02", _("This can be asked for once, and for this claim it has been.")),
        ]
    last = deadlines.renewal_end(claim)
    if last is None or at > last:
        day = date_words(timezone.localtime(last).date()) if last else ""
        return [
            error(
                "RNW-03",
                _(
                    "The %(days)d days to ask for this ended on %(date)s. With the customer's "
                    "agreement you can make a new claim; you can copy this one."
                )
                % {"days": claim.rule_profile.dispute_filing_calendar_days, "date": day},
            )
        ]
    return []


def refused_lines(claim: Claim) -> list[ClaimLine]:
    """Return the lines that the customer refused, with what a binding reads of them."""
    return list(
        ClaimLine.objects.filter(
            claim=claim, association__end_reason=Association.EndReason.CUSTOMER_DECLINED
        )
        .select_related("product", "activity__program", "subscription")
        .order_by("pk")
    )


def settle_renewal(
    renewal: ConsentRenewal,
    outcome: ConsentRenewal.Outcome,
    *,
    actor: Actor,
    text: str,
    at: datetime,
) -> None:
    """Write the operator's answer on the row."""
    assert actor.user is not None
    renewal.outcome = outcome
    renewal.text = text
    renewal.decided_by, renewal.decided_at = actor.user, at
    renewal._history_user = actor.user  # type: ignore[attr-defined]
    renewal.save()


def _unreasoned(reason: str) -> list[Problem]:
    if not reason:
        return [
            error(
                "RNW-04",
                _("Say why the customer should be asked once more."),
                field="reason",
            )
        ]
    if len(reason) > LONGEST:
        return [
            error(
                "RNW-04",
                _("The reason has %(length)d characters; at most %(longest)d fit.")
                % {"length": len(reason), "longest": LONGEST},
                field="reason",
            )
        ]
    return []
