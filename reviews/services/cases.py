"""Opening and closing cases of competing claims (section 5.1 to 5.3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from claims import conflicts
from claims.models import Claim, ClaimLine
from claims.states import LineStatus

from ..models import CompetingClaimsCase, CompetingParty

Standing = CompetingParty.Standing
IN_THE_RUNNING = (LineStatus.INCLUDED, LineStatus.APPROVED)


def follow(claim: Claim, now: datetime) -> None:
    """Bring the cases of competing claims in line with where the claim stands now.

    A line that meets another organisation on its key joins the key's one open case, and so does the
    line it meets. Lines out of the running leave, and a case with a single organisation left is
    closed: there is nothing to compare any more.
    """
    if claim.is_undecided:
        for conflict in conflicts.find_conflicts(claim):
            if conflict.rival:
                _join(conflict, now)
    for party in CompetingParty.objects.filter(
        claim=claim, left_at=None, case__closed_at=None
    ).select_related("case", "line"):
        if not _in_the_running(claim, party.line):
            party.left_at = now
            party.save()
        _close_if_settled(party.case, now)


def parties_of(claims: Sequence[Claim]) -> set[int]:
    """Return the keys of those claims that take part in an open case."""
    parties = CompetingParty.objects.filter(claim__in=claims, left_at=None, case__closed_at=None)
    return set(parties.values_list("claim", flat=True))


def _join(conflict: conflicts.Conflict, now: datetime) -> None:
    case, _opened = CompetingClaimsCase.objects.get_or_create(
        key=conflict.key, closed_at=None, defaults={"opened_at": now}
    )
    holds = conflict.standing == "holder"
    parties = (
        (conflict.line, Standing.CHALLENGER),
        (conflict.other_line, Standing.INCUMBENT if holds else Standing.CHALLENGER),
    )
    for line, standing in parties:
        CompetingParty.objects.get_or_create(
            case=case,
            line=line,
            left_at=None,
            defaults={"claim": line.claim, "standing": standing, "joined_at": now},
        )


def _in_the_running(claim: Claim, line: ClaimLine) -> bool:
    return (claim.is_undecided or claim.holds_lines) and line.line_status in IN_THE_RUNNING


def _close_if_settled(case: CompetingClaimsCase, now: datetime) -> None:
    organizations = set(
        case.parties.filter(left_at=None).values_list("claim__organization", flat=True)
    )
    if len(organizations) < 2:
        case.closed_at = now
        case.save()
