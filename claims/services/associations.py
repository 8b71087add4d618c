"""Making, activating and ending associations: who is partner of record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from cpor_site.common.operator_calendar import operator_zone

from .. import conflicts
from ..actors import Actor
from ..models import Association, Claim, ClaimLine, ExclusivityHold
from ..refusals import KeyTaken
from ..states import AssociationState, LineStatus
from .lines import included_lines

EndReason = Association.EndReason


def bind(claim: Claim, *, actor: Actor, now: datetime) -> list[Association]:
    """T8: make the claim's lines approved and its associations provisional.

    Raises ``KeyTaken`` if another organisation holds one of the keys; of two approvals at once the
    database lets one through.
    """
    return [_bind_line(claim, line, actor, now) for line in included_lines(claim)]


def activate(claim: Claim, *, now: datetime) -> list[Association]:
    """T11: put the claim's provisional associations in force from now on."""
    associations = list(_provisional([claim]))
    for association in associations:
        association.state = AssociationState.ACTIVE
        association.effective_from = now
        association.save()
    return associations


def activate_together(claims: Sequence[Claim], *, now: datetime) -> list[Association]:
    """T11 for many claims: what ``activate`` does, by one statement."""
    associations = list(_provisional(claims))
    keys = [association.pk for association in associations]
    Association.objects.filter(pk__in=keys).update(
        state=AssociationState.ACTIVE, effective_from=now
    )
    for association in associations:
        association.state = AssociationState.ACTIVE
        association.effective_from = now
    return associations


def end(
    claim: Claim,
    *,
    actor: Actor,
    now: datetime,
    reason: EndReason,
    line_status: LineStatus,
    lines: list[ClaimLine] | None = None,
) -> list[Association]:
    """End the claim's associations, or those of the given lines, and free their keys.

    A key is freed when the organisation has no other association left under it.
    """
    associations = (
        Association.objects.filter(claim=claim)
        .exclude(state=AssociationState.ENDED)
        .select_related("line", "hold")
    )
    if lines is not None:
        associations = associations.filter(line__in=lines)
    ended = list(associations)
    for association in ended:
        association.state = AssociationState.ENDED
        # Clocks are set back, and those of two machines differ: nothing ends before it began.
        association.effective_to = max(now, association.effective_from or now)
        association.end_reason = reason
        association.save()
        line = association.line
        line.line_status = line_status
        line._history_user = actor.user  # type: ignore[attr-defined]
        line.save()
        _free(association.hold, now)
    return ended


def _provisional(claims: Sequence[Claim]) -> QuerySet[Association]:
    return (
        Association.objects.filter(claim__in=claims, state=AssociationState.PROVISIONAL)
        .select_related(
            "line__product",
            "line__subscription",
            "activity__program",
            "activity__area",
            "location",
            "tenant",
            "claim",
        )
        .order_by("pk")
    )


def _bind_line(claim: Claim, line: ClaimLine, actor: Actor, now: datetime) -> Association:
    assert claim.tenant is not None
    assert claim.location is not None
    hold = _hold(conflicts.exclusivity_key(claim, line), claim, line, now)
    line.line_status = LineStatus.APPROVED
    line.contested = False
    line._history_user = actor.user  # type: ignore[attr-defined]
    line.save()
    claimed_at = claim.first_submitted_at or now
    return Association.objects.create(
        line=line,
        claim=claim,
        hold=hold,
        location=claim.location,
        tenant=claim.tenant,
        activity=line.activity,
        state=AssociationState.PROVISIONAL,
        claimed_on=claimed_at.astimezone(operator_zone()).date(),
    )


def _hold(key: str, claim: Claim, line: ClaimLine, now: datetime) -> ExclusivityHold:
    unreleased = ExclusivityHold.objects.select_for_update().filter(key=key, released_at=None)
    hold = unreleased.first()
    if hold is None:
        try:
            with transaction.atomic():
                return ExclusivityHold.objects.create(
                    key=key, organization=claim.organization, taken_at=now
                )
        except IntegrityError:
            hold = unreleased.first()
            if hold is None:
                raise
    if hold.organization_id != claim.organization_id:
        raise KeyTaken(line.product)
    return hold


def _free(hold: ExclusivityHold, now: datetime) -> None:
    if not hold.associations.exclude(state=AssociationState.ENDED).exists():
        hold.released_at = now
        hold.save()
