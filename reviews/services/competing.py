"""Finding a challenger's proof sufficient, which lets its case be compared and ruled on (5.3)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from claims import door
from claims.actors import Actor
from claims.models import Claim
from claims.refusals import MovedOn
from claims.services import pausing
from claims.services.comments import write_notice
from claims.services.lines import look_up_subscriptions
from claims.services.submission import lock_customer
from cpor_site.common.problems import Refused, error

from ..models import CompetingParty, InternalNote
from . import cases, comparing, leases, outcomes
from .decisions import proof_problems

PAUSED = _(
    "Your proof has been read. We compare it with that of another claim for the same products now. "
    "Your review clock is paused meanwhile: we tell you as soon as it is decided, and there is "
    "nothing for you to do."
)


def may_find_sufficient(claim: Claim) -> bool:
    """Whether the claim takes part in an open case without its proof being found sufficient."""
    return claim.status in pausing.PAUSABLE and bool(_unmarked(claim))


def find_sufficient(
    *, claim_id: int, actor: Actor, internal_note: str = "", version: int | None = None
) -> Claim:
    """Find a challenger's proof sufficient by itself; by the claim's reviewer or a lead (5.3).

    Effects, in order: the claim's parties in open cases marked with the round, internal note, the
    claim's clock paused with a comment and the event ``competing_check_started``, the reviewer's
    lease given back; in each case every claim in force that hasn't been asked gets a request for
    its newest proof (5 business days).

    Raises the door's refusals, ``HeldElsewhere`` (REV-05), ``MovedOn`` unless the claim is under
    review or disputed, REV-40 if no case waits for it, and what stops an approval but for the
    competition itself (REV-20, REV-22 to REV-25, SUB-13 ...).
    """
    with door.open_for_change(claim_id=claim_id, actor=actor, version=version) as (claim, now):
        user = leases.reviewing(actor)
        if claim.status not in pausing.PAUSABLE:
            raise MovedOn(door.status_label(claim))
        door.ask_reviewer(actor, claim)
        leases.follow(claim, actor, now)
        lock_customer(claim)
        look_up_subscriptions(claim, actor)
        parties = _unmarked(claim)
        if not parties:
            raise Refused(
                error(
                    "REV-40",
                    _(
                        "No case of competing claims waits for this claim's proof. Decide on the "
                        "claim, or wait for the ruling."
                    ),
                )
            )
        problems = proof_problems(claim, now)
        if problems:
            raise Refused(*problems)
        locked = cases.lock(party.case_id for party in parties)
        for party in parties:
            party.sufficient_at, party.sufficient_by = now, user
            party.sufficient_round = claim.round
            comparing.save_party(party, actor)
        for case in locked:
            comparing.save_case(case, actor)
        if internal_note.strip():
            InternalNote.objects.create(
                claim=claim, author=user, body=internal_note.strip(), created_at=now
            )
        if claim.assigned_reviewer_id is None:
            claim.assigned_reviewer = user
        _pause(claim, actor, now)
        # The claim waits for an arbiter now, whom a lease would keep off.
        leases.give_back(claim, user, now)
        comparing.ask_incumbents(locked, now)
    return claim


def _unmarked(claim: Claim) -> list[CompetingParty]:
    """Return the claim's lines in open cases that no ruling could decide on yet."""
    won = outcomes.won_lines(claim)
    waiting = cases.open_parties(claim).filter(standing=CompetingParty.Standing.CHALLENGER)
    return [
        party
        for party in waiting.order_by("pk")
        if party.sufficient_round != claim.round and party.line_id not in won
    ]


def _pause(claim: Claim, actor: Actor, now: datetime) -> None:
    """Stop the clock and say so; of a clock that stands already the partner has read."""
    if not pausing.pause(claim, actor=actor, now=now):
        door.save(claim, actor=actor, now=now, reason="competing_check_started", is_touched=False)
        return
    write_notice(claim, PAUSED, now=now)
    event = door.record(claim, kind="competing_check_started", actor=actor, at=now)
    door.tell(claim, event=event, actor=actor)
