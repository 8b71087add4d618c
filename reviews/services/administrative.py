"""The operator's own end of a claim, which takes two lead reviewers (T23)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from claims import actors, door
from claims.actors import Actor
from claims.models import Association, Claim, Dispute
from claims.refusals import MovedOn, NotYours
from claims.services import associations, proof_requests
from claims.services.dispute_record import settle_dispute
from claims.services.submission import close_lines, settle_findings
from claims.states import Act, LineStatus, RejectionReason, Status
from cpor_site.common.key_lists import Among
from cpor_site.common.models import User
from cpor_site.common.problems import Refused, error, too_long

from .. import letters
from ..models import AdministrativeEnd
from . import cases, leases, secrecy

Outcome = AdministrativeEnd.Outcome
LONGEST_REASON = 200
LONGEST_NOTE = 2000


class NothingProposed(Refused):
    """ADM-03: no proposal waits (any more)."""

    def __init__(self) -> None:
        super().__init__(error("ADM-03", _("The proposal to close this claim is settled by now.")))


class SecondPersonNeeded(Refused):
    """ADM-02: who proposed it can't be the one who confirms it."""

    def __init__(self) -> None:
        super().__init__(
            error(
                "ADM-02", _("You proposed this yourself. Another lead reviewer has to confirm it.")
            )
        )


def can_be_closed(claim: Claim) -> bool:
    """Whether the machine lets the operator close the claim as it stands."""
    return Act.CLOSE_BY_OPERATOR in door.possible_acts(claim)


def open_end(claim: Claim) -> AdministrativeEnd | None:
    """Return the proposal that waits for a second lead reviewer, or None."""
    return waiting_ends().filter(claim=claim).first()


def waiting_ends() -> QuerySet[AdministrativeEnd]:
    """Return all proposals that wait, the oldest first."""
    return (
        AdministrativeEnd.objects.filter(outcome="")
        .select_related("proposed_by", "claim__organization", "claim__tenant")
        .order_by("proposed_at", "pk")
    )


def propose_end(
    *, claim_id: int, actor: Actor, reason: str, internal_note: str = "", version: int | None = None
) -> AdministrativeEnd:
    """Propose to close a claim; nothing changes until another lead confirms it.

    ``reason`` is what the parties read. Effects: the proposal, internal event
    ``administrative_end_proposed``. Raises ``NotYours`` for anybody but a lead,
    ``ChangedMeanwhile``, ``ConflictOfInterest``, ``DecidedBefore``, ``Refused``: ADM-01 for a
    draft, ADM-04 while another proposal waits, ADM-05 without a reason or with a far too long text,
    REV-46 for a reason that names a rival; ``MovedOn`` for a claim that is closed.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor, version=version) as (claim, now):
        user = leases.leading(actor)
        door.ask_impartial(user, claim)
        _must_be_closable(claim)
        if open_end(claim) is not None:
            raise Refused(
                error("ADM-04", _("Somebody has proposed this already; it waits for an answer."))
            )
        reason, internal_note = reason.strip(), internal_note.strip()
        _check_texts(claim, reason, internal_note)
        proposal = AdministrativeEnd(
            claim=claim,
            reason=reason,
            internal_note=internal_note,
            proposed_by=user,
            proposed_at=now,
        )
        _save(proposal, user)
        door.record(
            claim,
            kind="administrative_end_proposed",
            actor=actor,
            at=now,
            details={"text": "\n".join(each for each in (reason, internal_note) if each)},
            internal=True,
        )
    return proposal


def confirm_end(*, claim_id: int, actor: Actor, version: int | None = None) -> Claim:
    """T23: close the claim as another lead reviewer proposed it.

    Effects, in order: of an approved claim the associations ended as ``administrative``, their keys
    freed, the lines ended; of an undecided one the lines rejected as ``R-ADMIN``, findings, dispute
    and requests for newer proof settled; a lease of somebody else ended; the proposal, status,
    event ``association_closed_by_operator`` or ``claim_closed_by_operator`` (whose news closes the
    consent request, hands over terminations and writes the letters). Raises ``NotYours`` for
    anybody but a lead, ADM-01, ADM-02 for who proposed it, ADM-03, and the door's refusals.
    """
    _ask_draft(claim_id)
    with door.passage(
        claim_id=claim_id, act=Act.CLOSE_BY_OPERATOR, actor=actor, version=version
    ) as passage:
        claim, now, user = passage.claim, passage.now, passage.actor.user
        assert user is not None
        proposal = open_end(claim)
        if proposal is None:
            raise NothingProposed
        if proposal.proposed_by_id == user.pk:
            raise SecondPersonNeeded
        leases.end_for_closing(claim, by=user, now=now)
        _settle(proposal, Outcome.CONFIRMED, user, now)
        was_approved = claim.status == Status.APPROVED
        if was_approved:
            associations.end(
                claim,
                actor=actor,
                now=now,
                reason=Association.EndReason.ADMINISTRATIVE,
                line_status=LineStatus.ENDED,
            )
        else:
            close_lines(claim, actor=actor, to=LineStatus.REJECTED, note="")
            settle_findings(claim, now)
            settle_dispute(claim, Dispute.Outcome.REJECTED, by=user, now=now)
        claim.ended_reason = proposal.reason
        if was_approved:
            passage.go(event="association_closed_by_operator", details={"text": proposal.reason})
        else:
            passage.go(
                event="claim_closed_by_operator",
                details={"reasons": [RejectionReason.OPERATOR], "text": proposal.reason},
            )
        # After the news, which locks the cases behind them as everybody does first.
        for request in proof_requests.open_requests(claim):
            proof_requests.close(request, actor=actor, now=now)
    return passage.claim


def turn_down_end(*, claim_id: int, actor: Actor, version: int | None = None) -> AdministrativeEnd:
    """Leave the claim as it is; the one who proposed to close it may also take that back.

    Effects: the proposal settled, internal event ``administrative_end_turned_down``. Raises
    ``NotYours`` for anybody but a lead, ``ChangedMeanwhile``, ``ConflictOfInterest``, ADM-03.
    """
    with door.open_for_change(claim_id=claim_id, actor=actor, version=version) as (claim, now):
        user = leases.leading(actor)
        door.ask_impartial(user, claim)
        proposal = open_end(claim)
        if proposal is None:
            raise NothingProposed
        _settle(proposal, Outcome.TURNED_DOWN, user, now)
        door.record(
            claim,
            kind="administrative_end_turned_down",
            actor=actor,
            at=now,
            internal=True,
        )
    return proposal


def lapse_ends(claims: Sequence[Claim], now: datetime) -> None:
    """Let proposals lapse whose claims can't be closed any more, whatever else closed them.

    Effects for each, in order: the proposal settled as lapsed by nobody, its history likewise,
    internal event ``administrative_end_lapsed``, a letter to who made it.
    """
    over = {claim.pk: claim for claim in claims if not can_be_closed(claim)}
    if not over:
        return
    for proposal in waiting_ends().filter(Among("claim", over)):
        claim, user = over[proposal.claim_id], proposal.proposed_by
        _settle(proposal, Outcome.LAPSED, None, now)
        event = door.record(
            claim, kind="administrative_end_lapsed", actor=actors.SYSTEM, at=now, internal=True
        )
        if user.is_active:
            letters.write_lapsed_end(proposal, claim, event)


def _must_be_closable(claim: Claim) -> None:
    if claim.status == Status.EDITING:
        raise _a_draft()
    if not can_be_closed(claim):
        raise MovedOn(door.status_label(claim))


def _ask_draft(claim_id: int) -> None:
    status = Claim.objects.filter(pk=claim_id).values_list("status", flat=True).first()
    if status is None:
        raise NotYours
    if status == Status.EDITING:
        raise _a_draft()


def _a_draft() -> Refused:
    return Refused(
        error(
            "ADM-01",
            _(
                "A draft can't be closed this way: nobody but its partner has it. They can discard "
                "it, and it goes to the archive by itself."
            ),
        )
    )


def _check_texts(claim: Claim, reason: str, note: str) -> None:
    problems = []
    if not reason:
        problems.append(
            error("ADM-05", _("Write the reason; partner and customer read it."), field="reason")
        )
    for text, longest, field in (
        (reason, LONGEST_REASON, "reason"),
        (note, LONGEST_NOTE, "internal_note"),
    ):
        problems += too_long("ADM-05", text, longest, field=field)
    named = secrecy.named_in(reason, [claim], cases.rivals_of(claim))
    if named:
        problems.append(
            error(
                "REV-46",
                _(
                    "Partner and customer read the reason, and they may not learn of others who "
                    "claim the same. Leave out: %(found)s."
                )
                % {"found": secrecy.quoted(named)},
                field="reason",
            )
        )
    if problems:
        raise Refused(*problems)


def _settle(
    proposal: AdministrativeEnd, outcome: Outcome, user: User | None, now: datetime
) -> None:
    proposal.outcome = outcome
    proposal.settled_by, proposal.settled_at = user, now
    _save(proposal, user)


def _save(proposal: AdministrativeEnd, user: User | None) -> None:
    proposal._history_user = user  # type: ignore[attr-defined]
    proposal.save()
