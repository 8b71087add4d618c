"""The end of an association with the subscription it rests on (T22)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun
from cpor_site.common.operator_calendar import operator_calendar
from cpor_site.common.spoken import operators_words

from .. import actors, door
from ..models import Association, Claim, ClaimLine, Subscription
from ..states import Act, AssociationState, LineStatus, Status
from . import associations
from .lines import approved_lines
from .sweeps import is_on_hold, not_on_hold

OVER = (Subscription.State.EXPIRED, Subscription.State.CANCELLED)
"""States in which nothing is left of a subscription, its grace period included."""


def ended(now: datetime) -> Iterator[int]:
    """Yield the claims in force with a line whose subscription is past its end and grace."""
    gone = Association.objects.filter(_is_gone(_last_day(now)), state=AssociationState.ACTIVE)
    return keyset(
        not_on_hold(
            Claim.objects.filter(
                Exists(gone.filter(claim=OuterRef("pk"))),
                status=Status.APPROVED,
                association_state=AssociationState.ACTIVE,
            )
        )
    )


def end_expired_subscriptions(*, dry_run: bool = False) -> JobRun:
    """T22: end every association whose subscription has ended; safe when late or doubled."""
    now = clock.now()
    return run_sweep("end_expired_subscriptions", ended(now), end_expired, dry_run=dry_run, now=now)


def end_expired(claim_id: int) -> Outcome:
    """T22 for one claim: lock, ask again, end the lines whose subscription has ended.

    Effects, in order: associations ended as ``subscription_expired`` and their keys freed, lines
    ended; if no line is left: status ended, event ``association_expired``; else event
    ``line_expired`` and the claim lives on. The news hands over terminations and writes letters.
    """
    with door.open_for_change(claim_id=claim_id, actor=actors.SYSTEM) as (claim, now):
        if claim.association_state != AssociationState.ACTIVE or is_on_hold(claim):
            return Outcome.SKIPPED
        gone = list(_gone_lines(claim, now))
        if not gone:
            return Outcome.SKIPPED
        standing = approved_lines(claim)
        details = {"lines": [line.pk for line in gone]}
        if len(gone) == len(standing):
            with door.passage(claim_id=claim_id, act=Act.EXPIRE, actor=actors.SYSTEM) as passage:
                _end(passage.claim, gone, passage.now)
                passage.claim.ended_reason = operators_words(_("the subscription ended"))
                passage.go(event="association_expired", details=details)
        else:
            _end(claim, gone, now)
            door.save(claim, actor=actors.SYSTEM, now=now, reason="line_expired")
            event = door.record(
                claim, kind="line_expired", actor=actors.SYSTEM, at=now, details=details
            )
            door.tell(claim, event=event, actor=actors.SYSTEM)
    return Outcome.ACTED


def rests_on_subscriptions(claim: Claim) -> bool:
    """Whether the claim is in force for a line that ends with its subscription."""
    return Association.objects.filter(
        claim=claim, state=AssociationState.ACTIVE, line__subscription__isnull=False
    ).exists()


def claims_ending(now: datetime) -> dict[int, datetime]:
    """Return the keys of the claims that ``ended`` is about, each with when its first line ends.

    For what the registry calls ended this is when it said so.
    """
    due = set(ended(now))
    found: dict[int, datetime] = {}
    for association in Association.objects.filter(
        _is_gone(_last_day(now)), claim__in=due, state=AssociationState.ACTIVE
    ).select_related("line__subscription"):
        moment = _ends_at(association.line.subscription)
        found[association.claim_id] = min(found.get(association.claim_id, moment), moment)
    return found


def _ends_at(subscription: Subscription | None) -> datetime:
    assert subscription is not None
    if subscription.state in OVER or subscription.ends_on is None:
        return subscription.last_synced_at
    return operator_calendar().start_of_day(subscription.ends_on + _grace() + timedelta(days=1))


def _gone_lines(claim: Claim, now: datetime) -> QuerySet[ClaimLine]:
    gone = Association.objects.filter(
        _is_gone(_last_day(now)), claim=claim, state=AssociationState.ACTIVE
    )
    return ClaimLine.objects.filter(
        pk__in=gone.values("line"), line_status=LineStatus.APPROVED
    ).order_by("pk")


def _is_gone(last_day: date) -> Q:
    return Q(line__subscription__state__in=OVER) | Q(line__subscription__ends_on__lt=last_day)


def _last_day(now: datetime) -> date:
    """Return the day whose subscriptions are still in their grace period today."""
    return operator_calendar().day_of(now) - _grace()


def _grace() -> timedelta:
    return timedelta(days=settings.CPOR_SUBSCRIPTION_GRACE_DAYS)


def _end(claim: Claim, lines: list[ClaimLine], now: datetime) -> None:
    associations.end(
        claim,
        actor=actors.SYSTEM,
        now=now,
        reason=Association.EndReason.SUBSCRIPTION_ENDED,
        line_status=LineStatus.ENDED,
        lines=lines,
    )
