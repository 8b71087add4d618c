"""What the customer takes back after the window (section 7.5, T12)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from claims import actors, door
from claims.models import Association, Claim, ClaimLine, ClockHold
from claims.services import associations
from claims.services.lines import approved_lines
from claims.services.sweeps import is_on_hold
from claims.states import Act, AssociationState, LineStatus, Status
from cpor_site.common import clock
from cpor_site.common.jobs import Outcome, keyset, run_sweep
from cpor_site.common.models import JobRun
from cpor_site.common.operator_calendar import operator_zone
from cpor_site.common.problems import Refused, information
from cpor_site.common.spoken import operators_words
from cpor_site.common.zone_days import last_second

from ..models import ConsentAnswer
from .answers import (
    NothingChosen,
    Responder,
    WindowOver,
    ask_open,
    recipient_of,
    record_answer,
    require_name,
)

AT_ONCE = "at_once"


class WindowRuns(Refused):
    """CNS-03: the customer can still decline, which is more than to withdraw."""

    def __init__(self) -> None:
        super().__init__(
            information(
                "CNS-03", _("The response period still runs: you can decline until it ends.")
            )
        )


def is_about_to_displace(claim: Claim) -> bool:
    """Whether the claim has won over a present partner and isn't in force yet.

    The window has passed and the sweep is still to come. What the customer takes back then never
    comes into force, so that the present partner isn't displaced for it (5.3).
    """
    return claim.association_state == AssociationState.PROVISIONAL and bool(
        associations.waiting_holds(claim)
    )


def effect_on(claim: Claim, now: datetime) -> datetime:
    """Return when a withdrawal of the claim made at ``now`` takes effect.

    At once for ``is_about_to_displace``, else when ``effect_of`` says.
    """
    return now if is_about_to_displace(claim) else effect_of(now)


def effect_of(now: datetime) -> datetime:
    """Return when a withdrawal made at ``now`` takes effect: at once, or at the month's end.

    The setting says which; the month is that of the operator's zone.
    """
    if settings.CPOR_WITHDRAWAL_TAKES_EFFECT == AT_ONCE:
        return now
    zone = operator_zone()
    first = now.astimezone(zone).date().replace(day=1)
    next_month = (first + timedelta(days=32)).replace(day=1)
    return last_second(zone, next_month - timedelta(days=1))


def standing_lines(claim: Claim) -> list[ClaimLine]:
    """Return the approved lines for which nobody has withdrawn yet."""
    if claim.status != Status.APPROVED:
        return []
    gone = set(announced(claim).values_list("lines", flat=True))
    return [line for line in approved_lines(claim) if line.pk not in gone]


def announced(claim: Claim) -> QuerySet[ConsentAnswer]:
    """Return the withdrawals that have not taken effect yet."""
    return ConsentAnswer.objects.filter(
        request__claim=claim, kind=ConsentAnswer.Kind.WITHDRAWN, carried_out_at=None
    ).order_by("takes_effect_at", "pk")


def withdraw(
    *,
    token: str,
    responder: Responder,
    line_ids: Sequence[int] | None = None,
    reason: str = "",
    message: str = "",
    share_message: bool = False,
) -> ConsentAnswer:
    """T12: take the consent back after the window, for all lines or for those named.

    Effects, in order: the answer; then at once or, where the setting says so, with the month's end
    (``carry_out_withdrawals``): associations ended as ``customer_withdrew``, their keys freed, the
    lines ended; if no line is left: status ended, event ``consent_withdrawn``; else event
    ``line_withdrawn`` and the claim lives on. What waits for its day leaves the event
    ``withdrawal_announced``, and so does a withdrawal made between the window's end and the sweep
    that puts the association in force; but who has won over a present partner ends at once, and
    that one is spared. The news of these events writes terminations and letters.

    Raises the refusals of the link, ``WindowRuns``, ``Refused`` (CNS-01 without a name, CNS-02
    without a line that stands).
    """
    now = clock.now()
    recipient = recipient_of(token)
    ask_over(token, now)
    require_name(responder)
    claim_id = recipient.request.claim_id
    actor = actors.customer(claim_id=claim_id, name=responder.name)
    with door.open_for_change(claim_id=claim_id, actor=actor) as (claim, _locked_at):
        ask_over(token, now)
        chosen = standing_lines(claim)
        if line_ids is not None:
            chosen = [line for line in chosen if line.pk in set(line_ids)]
        if not chosen:
            raise NothingChosen(_("Choose at least one product to withdraw."))
        answer = record_answer(
            recipient,
            ConsentAnswer.Kind.WITHDRAWN,
            responder,
            chosen,
            now,
            reason=reason,
            message=message,
            share_message=share_message,
            takes_effect_at=effect_on(claim, now),
        )
        assert answer.takes_effect_at is not None
        if answer.takes_effect_at <= now and (
            claim.association_state == AssociationState.ACTIVE or is_about_to_displace(claim)
        ):
            _carry_out(claim, answer, now)
        else:
            event = door.record(
                claim,
                kind="withdrawal_announced",
                actor=actor,
                at=now,
                details=_details(answer, chosen),
            )
            door.tell(claim, event=event, actor=actor)
    return answer


def ask_over(token: str, now: datetime) -> None:
    """Raise the refusal unless the window is over and the association may be taken back."""
    try:
        ask_open(recipient_of(token), now)
    except WindowOver:
        return
    raise WindowRuns


def due(now: datetime) -> Iterator[int]:
    """Yield the primary keys of withdrawals whose day has come, but for claims on hold."""
    return keyset(_due(now))


def claims_due(now: datetime) -> dict[int, datetime]:
    """Return the keys of the claims that ``due`` is about, each with when the first one is."""
    found = _due(now).filter(request__claim__status=Status.APPROVED).order_by("-takes_effect_at")
    rows = found.values_list("request__claim", "takes_effect_at")
    return {claim_id: at for claim_id, at in rows if at is not None}


def _due(now: datetime) -> QuerySet[ConsentAnswer]:
    on_hold = ClockHold.objects.filter(claim=OuterRef("request__claim"), lifted_at=None)
    return (
        ConsentAnswer.objects.filter(
            kind=ConsentAnswer.Kind.WITHDRAWN, carried_out_at=None, takes_effect_at__lte=now
        )
        .exclude(request__claim__association_state=AssociationState.PROVISIONAL)
        .exclude(Exists(on_hold))
    )


def carry_out_withdrawals(*, dry_run: bool = False) -> JobRun:
    """T12: end what customers withdrew with effect from a day that has come; safe when doubled."""
    now = clock.now()
    return run_sweep("carry_out_withdrawals", due(now), carry_out, dry_run=dry_run, now=now)


def carry_out(answer_id: int) -> Outcome:
    """T12 for one withdrawal: lock the claim, ask again, end the lines that still stand.

    Where the association has ended meanwhile, the withdrawal is closed and nothing else happens.
    """
    answer = ConsentAnswer.objects.select_related("request").get(pk=answer_id)
    claim_id = answer.request.claim_id
    with door.open_for_change(claim_id=claim_id, actor=actors.SYSTEM) as (claim, now):
        answer = ConsentAnswer.objects.select_for_update().get(pk=answer_id)
        assert answer.takes_effect_at is not None
        if answer.carried_out_at is not None or answer.takes_effect_at > now:
            return Outcome.SKIPPED
        if claim.association_state == AssociationState.PROVISIONAL or is_on_hold(claim):
            return Outcome.SKIPPED
        return Outcome.ACTED if _carry_out(claim, answer, now) else Outcome.SKIPPED


def _carry_out(claim: Claim, answer: ConsentAnswer, now: datetime) -> bool:
    """End the answer's lines that still stand; the caller holds the claim's lock."""
    chosen = set(answer.lines.values_list("pk", flat=True))
    standing = approved_lines(claim) if claim.status == Status.APPROVED else []
    gone = [line for line in standing if line.pk in chosen]
    answer.carried_out_at = now
    answer.save(update_fields=["carried_out_at"])
    if not gone:
        return False
    actor = actors.customer(claim_id=claim.pk, name=answer.responder_name)
    details = _details(answer, gone)
    # The day that the customer was told counts, unless the association began after it.
    assert answer.takes_effect_at is not None
    began_at = claim.activated_at or answer.takes_effect_at
    ends_at = answer.takes_effect_at if answer.takes_effect_at >= began_at else now
    if len(gone) == len(standing):
        with door.passage(claim_id=claim.pk, act=Act.WITHDRAW_CONSENT, actor=actor) as passage:
            _end(passage.claim, gone, actor, ends_at)
            passage.claim.ended_reason = operators_words(_("the customer withdrew"))
            passage.go(event="consent_withdrawn", details=details)
    else:
        _end(claim, gone, actor, ends_at)
        door.save(claim, actor=actor, now=now, reason="line_withdrawn")
        event = door.record(claim, kind="line_withdrawn", actor=actor, at=now, details=details)
        door.tell(claim, event=event, actor=actor)
    return True


def _end(claim: Claim, lines: list[ClaimLine], actor: actors.Actor, ends_at: datetime) -> None:
    associations.end(
        claim,
        actor=actor,
        now=ends_at,
        reason=Association.EndReason.CUSTOMER_WITHDREW,
        line_status=LineStatus.ENDED,
        lines=lines,
    )


def _details(answer: ConsentAnswer, lines: list[ClaimLine]) -> dict[str, object]:
    assert answer.takes_effect_at is not None
    return {
        "answer": answer.pk,
        "lines": [line.pk for line in lines],
        "takes_effect_at": answer.takes_effect_at.isoformat(),
        "customer_reason": answer.reason,
        "customer_message": answer.message if answer.share_message else "",
    }
