"""What becomes of rulings afterwards: wins that still count, displaced and spared partners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from claims import actors, door
from claims.models import Claim, ClaimEvent, ClaimLine, ExclusivityHold
from claims.states import LineStatus

from ..models import CompetingParty
from .comparing import save_party

Outcome, Standing = CompetingParty.Outcome, CompetingParty.Standing


def wins(claim: Claim) -> list[CompetingParty]:
    """Return the rulings' wins that an undecided claim can still be approved with.

    A rejection since then takes them away, whatever a dispute brings back.
    """
    if not claim.is_undecided:
        return []
    found = CompetingParty.objects.filter(
        claim=claim, outcome=Outcome.WON, line__line_status=LineStatus.INCLUDED
    ).select_related("case__ruling__displaces", "line")
    return [each for each in found if _counts(each, claim)]


def won_lines(claim: Claim) -> set[int]:
    """Return the keys of the lines with which the claim has prevailed."""
    return {each.line_id for each in wins(claim)}


def displaces(claim: Claim) -> dict[str, int]:
    """Return the holds that rulings let the claim displace, by exclusivity key."""
    return {
        each.case.key: each.case.ruling.displaces_id
        for each in wins(claim)
        if each.case.ruling.displaces_id is not None
    }


def displaceable(lines: Iterable[ClaimLine]) -> dict[int, set[int]]:
    """Return for each line the holds that it may displace; most have none."""
    found: dict[int, set[int]] = defaultdict(set)
    parties = CompetingParty.objects.filter(
        line__in={line.pk for line in lines}, outcome=Outcome.WON
    ).select_related("case__ruling", "claim")
    for party in parties:
        displaced = party.case.ruling.displaces_id
        if displaced is not None and party.claim.is_undecided and _counts(party, party.claim):
            found[party.line_id].add(displaced)
    return found


def earlier_winner(key: str) -> CompetingParty | None:
    """Return who has won the key and isn't its holder yet: not approved, or in the window."""
    undecided = CompetingParty.objects.filter(
        case__key=key, outcome=Outcome.WON, line__line_status=LineStatus.INCLUDED
    ).select_related("claim", "case")
    for party in undecided:
        if party.claim.is_undecided and _counts(party, party.claim):
            return party
    waiting = ExclusivityHold.objects.filter(key=key, released_at=None, waits_for__isnull=False)
    return (
        CompetingParty.objects.filter(
            case__key=key, outcome=Outcome.WON, line__association__hold__in=waiting
        )
        .select_related("claim", "case")
        .first()
    )


def note_displaced(claim: Claim, event: ClaimEvent) -> None:
    """Record that lines which were to yield have been displaced (T21)."""
    for party in CompetingParty.objects.filter(
        claim=claim, line__in=event.details["lines"], outcome=Outcome.YIELDS
    ):
        party.outcome, party.outcome_at = Outcome.DISPLACED, event.at
        save_party(party, actors.SYSTEM)


def spare(claim: Claim, now: datetime) -> None:
    """Tell the present partner that it stays, if the winner of its case has fallen away (5.3).

    Effects for each claim that was to yield, in order: outcome, event ``association_spared``.
    """
    yielding = CompetingParty.objects.filter(
        outcome=Outcome.YIELDS,
        case__in=CompetingParty.objects.filter(claim=claim, outcome=Outcome.WON).values("case"),
    ).select_related("claim__organization", "claim__tenant", "claim__rule_profile", "line")
    spared: dict[int, list[CompetingParty]] = defaultdict(list)
    for party in yielding:
        if not _winner_runs(party.case_id, claim):
            spared[party.claim_id].append(party)
    for _claim_id, parties in sorted(spared.items()):
        standing = [each for each in parties if each.line.line_status == LineStatus.APPROVED]
        for party in standing:
            party.outcome, party.outcome_at = Outcome.SPARED, now
            save_party(party, actors.SYSTEM)
        if standing:
            kept = standing[0].claim
            door.touch(kept, now=now)
            event = door.record(
                kept,
                kind="association_spared",
                actor=actors.SYSTEM,
                at=now,
                details={"lines": [each.line_id for each in standing]},
            )
            door.tell(kept, event=event, actor=actors.SYSTEM)


def _winner_runs(case_id: int, claim: Claim) -> bool:
    """Whether a line that won the case is still on its way; ``claim`` is as its act left it."""
    winners = CompetingParty.objects.filter(case=case_id, outcome=Outcome.WON).select_related(
        "claim", "line"
    )
    for winner in winners:
        own = claim if winner.claim_id == claim.pk else winner.claim
        status = winner.line.line_status
        if own.holds_lines and status == LineStatus.APPROVED:
            return True
        if own.is_undecided and status == LineStatus.INCLUDED and _counts(winner, own):
            return True
    return False


def _counts(party: CompetingParty, claim: Claim) -> bool:
    assert party.outcome_at is not None
    return claim.decided_at is None or claim.decided_at <= party.outcome_at
