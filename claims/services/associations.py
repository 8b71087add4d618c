"""Making, activating and ending associations: who is partner of record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from cpor_site.common.key_lists import Among
from cpor_site.common.operator_calendar import operator_day
from cpor_site.common.together import change_together

from .. import conflicts
from ..actors import Actor
from ..models import Association, Claim, ClaimLine, ExclusivityHold
from ..refusals import KeyTaken
from ..states import AssociationState, LineStatus
from .lines import approved_lines, included_lines
from .submission import lock_customer

EndReason = Association.EndReason


def bind(
    claim: Claim, *, actor: Actor, now: datetime, displaces: Mapping[str, int] | None = None
) -> list[Association]:
    """T8: make the claim's lines approved and its associations provisional.

    ``displaces`` maps an exclusivity key to the hold that a ruling lets the claim displace: there
    the claim gets a hold that waits for it (5.3). Raises ``KeyTaken`` if another organisation holds
    one of the other keys, or waits for one; of two approvals at once the database lets one through.
    """
    allowed = displaces or {}
    return [_bind_line(claim, line, actor, now, allowed) for line in included_lines(claim)]


def activate(claim: Claim, *, now: datetime) -> list[int]:
    """T11: put the claim's provisional associations in force from now on; return their keys."""
    return activate_together([claim], now=now)


def activate_together(claims: Sequence[Claim], *, now: datetime) -> list[int]:
    """T11 for many claims: what ``activate`` does, by one statement."""
    of_these = Among("claim", [claim.pk for claim in claims])
    provisional = Association.objects.filter(of_these, state=AssociationState.PROVISIONAL)
    in_force = {"state": AssociationState.ACTIVE, "effective_from": now}
    return change_together(provisional, in_force, now=now)


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

    A key is freed when the organisation has no other association left under it; whoever waits for
    it then holds it. The customer's row is locked first, as by everybody who takes or frees a key.
    """
    lock_customer(claim)
    associations = _living(claim).select_related("line", "hold")
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


def waiting_holds(claim: Claim) -> list[ExclusivityHold]:
    """Return the holds of the claim's living associations that wait for somebody else's.

    A hold whose line has ended here may still serve another claim of the organisation (Q5).
    """
    return list(
        ExclusivityHold.objects.filter(
            associations__in=_living(claim), released_at=None, waits_for__isnull=False
        )
        .select_related("waits_for")
        .distinct()
        .order_by("pk")
    )


def replacing_lines(claim: Claim) -> list[ClaimLine]:
    """Return the claim's approved lines that take the place of another partner's association."""
    waiting = set(
        Association.objects.filter(
            claim=claim, hold__released_at=None, hold__waits_for__isnull=False
        ).values_list("line", flat=True)
    )
    return [line for line in approved_lines(claim) if line.pk in waiting]


def waiting_claims() -> QuerySet[Association, int]:
    """Return the keys of the claims with a hold that waits for somebody else's: only few do."""
    return (
        Association.objects.filter(hold__released_at=None, hold__waits_for__isnull=False)
        .order_by()
        .values_list("claim", flat=True)
    )


def _living(claim: Claim) -> QuerySet[Association]:
    return Association.objects.filter(claim=claim).exclude(state=AssociationState.ENDED)


def release(hold: ExclusivityHold, now: datetime) -> None:
    """Free the key of a hold; whoever waits for it is its holder from the same moment on."""
    hold.released_at = now
    hold.save()
    # First released, then promoted: at no time are there two holders.
    for waiting in hold.waiting.filter(released_at=None):
        waiting.waits_for = None
        waiting.save()


def _bind_line(
    claim: Claim, line: ClaimLine, actor: Actor, now: datetime, displaces: Mapping[str, int]
) -> Association:
    assert claim.tenant is not None
    assert claim.location is not None
    hold = _hold(conflicts.exclusivity_key(claim, line), claim, line, now, displaces)
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
        claimed_on=operator_day(claimed_at),
    )


def _hold(
    key: str, claim: Claim, line: ClaimLine, now: datetime, displaces: Mapping[str, int]
) -> ExclusivityHold:
    unreleased = ExclusivityHold.objects.select_for_update().filter(key=key, released_at=None)
    found = list(unreleased)
    own = [each for each in found if each.organization_id == claim.organization_id]
    if own:
        return own[0]
    waits_for = None
    if found:
        holder = next((each for each in found if each.waits_for_id is None), None)
        if len(found) > 1 or holder is None or displaces.get(key) != holder.pk:
            raise KeyTaken(line.product)
        waits_for = holder
    try:
        with transaction.atomic():
            return ExclusivityHold.objects.create(
                key=key, organization=claim.organization, taken_at=now, waits_for=waits_for
            )
    except IntegrityError:
        own = [each for each in unreleased if each.organization_id == claim.organization_id]
        if own:
            return own[0]
        if not unreleased.exists():
            raise
    raise KeyTaken(line.product)


def _free(hold: ExclusivityHold, now: datetime) -> None:
    if not hold.associations.exclude(state=AssociationState.ENDED).exists():
        release(hold, now)
